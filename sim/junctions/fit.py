"""The s-MTJ model fitted to a recording: dwell times, bias, drift and read-out noise of each device, with errors.

Maximum likelihood throughout. A device's samples are those of a two-state chain, read inverted now and then
(`hidden_chain`), whose bias wanders slowly (`drift_fit`); the two are fitted in turn. Parameters are those of `SMTJ`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.junctions.drift_fit import Drift, fit_drift
from spinsc.sim.junctions.hidden_chain import Wandering, expected_dwells, log_likelihood
from spinsc.sim.junctions.newton import maximize
from spinsc.sim.recordings.recording import Bits, Recording
from spinsc.sim.recordings.statistics import SIGNIFICANT, dwells
from spinsc.sim.recordings.structure import chi_square_tail

#: Samples of a device that its chain is fitted to; its bias and drift are those of all.
MOST_SAMPLES = 1 << 20
FEWEST_SAMPLES = 1000
#: Probability of dwells as different from the model's, below which they are not its.
UNLIKELY = 1e-3
_MOST_PARTS, _PART_SAMPLES, _PART_TIMES = 128, 256, 16
_START_SAMPLES = 1 << 16
_FLIP_STARTS = (0.001, 0.004, 0.016, 0.06, 0.15)
_MOST_FLIPS = 0.49
_SMALLEST_FLIPS, _LARGEST_HIDDEN = 2.0**-17, 2.0**-3
_LARGEST_BIAS, _LARGEST_ERROR = 6.0, 2.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fit:
    """A device. Times are in sampling intervals, energies in kT; each error is a standard error.

    Attributes
    ----------
    resolved : bool
        Samples are correlated enough to tell dwell times; otherwise ``log_dwell`` is an upper bound, and flips are not
        told from a smaller bias.
    log_dwell, log_dwell_error : float
        Logarithm of the geometric mean of the two dwell times.
    bias, bias_error : float
        b of `SMTJ`, half the logarithm of tau_1 / tau_0.
    flips, flips_error : float
        Share of samples that are read inverted; 0 if none were found, the error then being twice a bound's half.
    drift : Drift
        Of the bias, in parts of ``part`` samples.
    part : int
    parts : float64
        Biases of those parts, one by one.
    dwells : int64, shape (2, longest)
        Dwells of 1, 2, ... samples in read states 0 and 1, as measured.
    expected : float64, shape (2, longest)
        The same, by the model.
    chance : float
        Probability that the model's dwells differ from its mean as much.
    """

    resolved: bool
    log_dwell: float
    log_dwell_error: float
    bias: float
    bias_error: float
    flips: float
    flips_error: float
    drift: Drift
    part: int
    parts: Floats
    dwells: npt.NDArray[np.int64]
    expected: Floats
    chance: float

    @property
    def fits(self) -> bool:
        """The dwells are the model's, as far as can be told."""
        return self.chance > UNLIKELY


def fit_device(recording: Recording, device: int = 0) -> Fit:
    """Fit one device.

    Raises
    ------
    InputError
        If there are too few samples, or they are all equal.
    """
    if recording.steps < FEWEST_SAMPLES:
        raise InputError(f"{recording.steps} samples tell too little of a junction; record at least {FEWEST_SAMPLES:,}")
    bits = recording.bits(slice(device, device + 1))[0]
    p1 = float(bits.mean())
    if p1 in (0.0, 1.0):
        raise InputError(f"device {device} is stuck at {int(p1)} in all {recording.steps:,} samples; leave it out")
    used = bits[:MOST_SAMPLES]
    correlation = _lag_one(bits)
    resolved = correlation * math.sqrt(len(bits)) > SIGNIFICANT
    if not resolved:
        return _unresolved(bits, p1, correlation)
    bias = math.atanh(2 * p1 - 1)
    log_dwell = math.log(2 * math.cosh(bias) / -math.log(min(correlation, 1 - 1e-9)))
    # First with a drift whose noise is told from the parts' own differences, as the chain is not known yet; then with
    # one whose noise follows from the chain.
    biases, _, part = _parts(bits, log_dwell, bias, 0.0)
    variance = float((np.diff(biases) ** 2).mean()) / 2 if len(biases) > 1 else 1.0
    start = _chain(used, _wandering(fit_drift(biases, variance), part), (log_dwell, bias, 0.0))[0]
    drift, part, parts = _drift(bits, *start)
    (log_dwell, bias, flips), errors = _chain(used, _wandering(drift, part), start)
    drift, part, parts = _drift(bits, log_dwell, bias, flips)
    log_error, bias_error, flips_error = errors
    if len(used) < len(bits):
        bias, bias_error = drift.mean, drift.mean_error
    return _judged(bits, Fit(True, log_dwell, log_error, bias, bias_error, flips, flips_error, drift, part,
                             parts, np.zeros((2, 0), np.int64), np.zeros((2, 0)), 1.0))


def _lag_one(bits: Bits) -> float:
    signal = bits.astype(np.float32) - np.float32(bits.mean())
    return float((signal[1:] * signal[:-1]).sum(dtype=np.float64) / (signal**2).sum(dtype=np.float64))


def _unresolved(bits: Bits, p1: float, correlation: float) -> Fit:
    """Samples that are as good as independent: a bias, and a bound of the dwell times."""
    bias = math.atanh(2 * p1 - 1)
    most = max(correlation, 0) + 2 / math.sqrt(len(bits))
    bound = math.log(2 * math.cosh(bias) / -math.log(most))
    drift, part, parts = _drift(bits, math.log(0.1), bias, 0.0)
    bias_error = math.sqrt(1 / (4 * p1 * (1 - p1) * len(bits)))
    if drift.found:
        bias, bias_error = drift.mean, drift.mean_error
    return _judged(bits, Fit(False, bound, math.nan, bias, bias_error, 0.0, math.nan, drift, part,
                             parts, np.zeros((2, 0), np.int64), np.zeros((2, 0)), 1.0))


def _parts(bits: Bits, log_dwell: float, bias: float, flips: float) -> tuple[Floats, float, int]:
    """Biases of successive parts, their variance by chance, and their samples, for a chain that is known about."""
    contrast, m = 1 - 2 * flips, math.tanh(bias)
    r = math.exp(-2 * math.cosh(bias) * math.exp(-log_dwell))
    seen = m * contrast
    time = 1 + 2 * contrast**2 * (1 - m**2) / (1 - seen**2) * r / (1 - r)
    part = max(_PART_SAMPLES, math.ceil(_PART_TIMES * time), math.ceil(len(bits) / _MOST_PARTS))
    parts = max(1, len(bits) // part)
    part = len(bits) // parts
    p1 = bits[:parts * part].reshape(parts, part).mean(axis=1)
    slope = contrast * (1 - m**2)  # of 2 P(1) - 1 over the bias
    biases = np.arctanh(np.clip((2 * p1 - 1) / contrast, -1 + 1e-9, 1 - 1e-9))
    return np.clip(biases, -_LARGEST_BIAS, _LARGEST_BIAS), (1 - seen**2) * time / part / slope**2, part


def _drift(bits: Bits, log_dwell: float, bias: float, flips: float) -> tuple[Drift, int, Floats]:
    """The drift of a device whose chain is known, the samples of each part that it was found in, and their biases."""
    biases, variance, part = _parts(bits, log_dwell, bias, flips)
    return fit_drift(biases, variance), part, biases


def _wandering(drift: Drift, part: int) -> Wandering:
    return Wandering.of(drift.deviation, drift.time * part)


def _chain(bits: Bits, wandering: Wandering, start: tuple[float, float, float],
           ) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Logarithm of the dwell time, mean bias and flips of a device that drifts so, from about these; then errors."""
    def without(parameters: Floats) -> float:
        return log_likelihood(bits, float(parameters[0]), float(parameters[1]), 0.0, wandering)

    def whole(parameters: Floats) -> float:
        flips = math.exp(min(float(parameters[2]), math.log(_MOST_FLIPS)))
        return log_likelihood(bits, float(parameters[0]), float(parameters[1]), flips, wandering)

    scale = 1 / math.sqrt(len(bits))
    plain, plain_covariance = maximize(without, np.array(start[:2]), np.array([3, 3]) * scale)
    # Inverted samples look like short dwells, so that without them the dwells are longer.
    few = bits[:_START_SAMPLES]
    starts = [(plain[0] + longer, plain[1], flips) for flips in _FLIP_STARTS
              for longer in (0.0, 0.25, 0.5, 1.0, 1.5, 2.5)] + ([start] if start[2] else [])
    best = max(starts, key=lambda at: log_likelihood(few, float(at[0]), float(at[1]), at[2], wandering))
    full, covariance = maximize(whole, np.array([best[0], best[1], math.log(best[2])]),
                                np.array([5 * scale, 5 * scale, 0.05]))
    if bool(np.isfinite(covariance).all()) and whole(full) > without(plain) and covariance[2, 2] < _LARGEST_ERROR**2:
        flips = math.exp(full[2])
        errors = np.sqrt(np.diag(covariance)).tolist()
        return (float(full[0]), float(full[1]), flips), (errors[0], errors[1], flips * errors[2])
    # None, as far as can be told: then what so many as could hide would do to the dwell time is part of its error.
    bound, hidden = hidden_flips(lambda at, flips: log_likelihood(bits, float(at[0]), float(at[1]), flips, wandering),
                                 plain, np.array([3, 3]) * scale)
    errors = np.sqrt(np.diag(plain_covariance)).tolist()
    return (float(plain[0]), float(plain[1]), 0.0), (math.hypot(errors[0], hidden[0] - plain[0]), errors[1], bound)


def hidden_flips(likelihood: Callable[[Floats, float], float], plain: Floats, scales: Floats) -> tuple[float, Floats]:
    """Flips that may be there unseen, halved, and the other parameters with so many.

    They are those at which the likelihood, with the best of the others for them, has fallen by e^-2.

    Parameters
    ----------
    likelihood : callable
        Its logarithm, of the other parameters and of the flips.
    plain, scales
        The best without flips, and as in `maximize`.
    """
    best, place, largest = likelihood(plain, 0.0), plain, _SMALLEST_FLIPS
    while largest < _LARGEST_HIDDEN and best - likelihood(plain, 2 * largest) <= 2:
        largest *= 2  # as fast, and no more than what follows finds
    while largest < _LARGEST_HIDDEN:
        place, _ = maximize(partial(lambda flips, at: likelihood(at, flips), 2 * largest), place, scales)
        if best - likelihood(place, 2 * largest) > 2:
            break
        largest *= 2
    return largest, maximize(lambda at: likelihood(at, largest), plain, scales)[0]


def _judged(bits: Bits, fit: Fit) -> Fit:
    """The fit with its dwells, and the probability of dwells as different."""
    lengths = dwells(bits)
    longest = 1 + max(int(of_state.max(initial=1)) for of_state in lengths)
    counts = np.stack([np.bincount(of_state, minlength=longest + 1)[1:] for of_state in lengths])
    log_dwell = fit.log_dwell if fit.resolved else math.log(0.05)
    # what the bias did, which in a short recording is not all that the drift may do
    _, variance, _ = _parts(bits, log_dwell, fit.bias, fit.flips)
    wandered = math.sqrt(max(0.0, float(fit.parts.var()) - variance)) if fit.drift.found else 0.0
    middle = float(fit.parts.mean()) if fit.drift.found else fit.bias
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    expected = len(bits) * sum(
        weight * expected_dwells(log_dwell, middle + wandered * float(node), fit.flips, longest)
        for node, weight in zip(nodes, weights / weights.sum(), strict=True))
    return dataclasses.replace(fit, dwells=counts, expected=np.asarray(expected),
                               chance=_chance(counts, np.asarray(expected)))


def _chance(counts: npt.NDArray[np.int64], expected: Floats) -> float:
    """Probability of a chi-square as large, over lengths binned to at least 20 expected dwells."""
    total, bins = 0.0, 0
    for measured, predicted in zip(counts, expected, strict=True):
        # the number of dwells is the bias' and the drift's business; here it is their lengths
        predicted = predicted * measured.sum() / max(predicted.sum(), 1e-12)
        seen = wanted = 0.0
        pieces = []
        for count, mean in zip(measured.tolist(), predicted.tolist(), strict=True):
            seen, wanted = seen + count, wanted + mean
            if wanted >= 20:
                pieces.append([seen, wanted])
                seen = wanted = 0.0
        if pieces:
            pieces[-1][0] += seen
            pieces[-1][1] += wanted
        total += sum((a - b) ** 2 / b for a, b in pieces)
        bins += max(0, len(pieces) - 1)
    freedom = bins - 1
    return 1.0 if freedom < 1 else float(chi_square_tail(np.array(total / freedom), freedom))
