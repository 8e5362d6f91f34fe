"""Statistics of a recording: bias, dwell times, autocorrelation, min-entropy and structure."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.sim.recordings.recording import Bits, Recording
from spinsc.sim.recordings.structure import Structure, find_structure

DEFAULT_LAGS = 20
SIGNIFICANT = 4.0
Z_99 = NormalDist().inv_cdf(0.995)  # the standard prints 2.576, its tools compute with more digits
_PICTURE_SAMPLES = 1 << 22
_GROUP_BYTES = 1 << 24

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Statistics:
    """Statistics of each device of a recording.

    Attributes
    ----------
    steps : int
        Samples of each device.
    sampling_interval_s : float or None
        Time between samples, in seconds.
    p1, p1_error : float64, shape (devices,)
        Share of ones, and its standard error: that of independent samples, widened by the square root of the integrated
        correlation time.
    dwell_samples : float64, shape (devices, 2)
        Mean number of successive samples in states 0 and 1: samples in the state that have a successor, by exits from
        it (maximum likelihood for geometric dwell times, so the unfinished last dwell is not lost). Infinite without an
        exit.
    dwell_times_s : float64, shape (devices, 2)
        Mean dwell times of the junction itself, in seconds, as r = exp(-dt (1/tau_0 + 1/tau_1)) and
        P(1) = tau_1/(tau_0 + tau_1) give them; the switches between samples are thus accounted for. NaN where r does
        not stand out from 0 by four standard errors (nothing is left to infer from), or where dt is unknown.
    autocorrelation : float64, shape (devices, lags)
        At lags 1 to ``lags``; NaN for a constant device.
    min_entropy_common : float64, shape (devices,)
        Bits per sample by the most common value estimate of NIST SP 800-90B, section 6.3.1 (99 % upper bound).
    min_entropy_markov : float64, shape (devices,)
        Bits per sample by the Markov estimate of NIST SP 800-90B, section 6.3.3.
    structure : Structure
        Memory, drift, periodic interference, and dependence between devices.
    """

    steps: int
    sampling_interval_s: float | None
    p1: Floats
    p1_error: Floats
    dwell_samples: Floats
    dwell_times_s: Floats
    autocorrelation: Floats
    min_entropy_common: Floats
    min_entropy_markov: Floats
    structure: Structure

    @property
    def devices(self) -> int:
        return len(self.p1)

    @property
    def min_entropy(self) -> Floats:
        """The lower of the two estimates, bits per sample, shape (devices,)."""
        return np.minimum(self.min_entropy_common, self.min_entropy_markov)

    def as_dict(self) -> dict[str, Any]:
        """All fields in JSON-compatible form; numbers that are not finite become None."""
        def plain(value: Any) -> Any:
            if isinstance(value, np.ndarray):
                return [plain(item) for item in value.tolist()]
            if isinstance(value, list):
                return [plain(item) for item in value]
            return None if isinstance(value, float) and not math.isfinite(value) else value
        values = {item.name: plain(getattr(self, item.name)) for item in fields(self) if item.name != "structure"}
        return values | {name: {key: plain(value) for key, value in part.items()}
                         for name, part in self.structure.as_dict().items()}


def measure(recording: Recording, lags: int = DEFAULT_LAGS) -> Statistics:
    """Statistics of every device, over all its samples.

    Parameters
    ----------
    recording : Recording
        At least two samples per device.
    lags : int
        Highest lag of the autocorrelation, at least 1; cut to a quarter of the samples.
    """
    steps = recording.steps
    if steps < 2:
        raise InputError(f"statistics need at least 2 samples per device, not {steps}")
    if lags < 1:
        raise InputError(f"lags must be at least 1, not {lags}")
    lags = max(1, min(lags, steps // 4))
    structure = find_structure(recording)
    group = max(1, _GROUP_BYTES // recording.packed.shape[1])
    parts = [_pair_counts(recording.packed[first:first + group], steps, lags)
             for first in range(0, recording.devices, group)]
    ones = np.concatenate([part[0] for part in parts])
    head, tail, both = (np.concatenate([part[n] for part in parts]) for n in (1, 2, 3))
    p1 = ones / steps
    pairs = steps - np.arange(1, lags + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = both / pairs - (head / pairs) * (tail / pairs)
        autocorrelation = covariance / (p1 * (1 - p1))[:, None]
        r = np.clip(np.nan_to_num(autocorrelation[:, 0]), -1, 1 - 1 / steps)
        error = np.sqrt(p1 * (1 - p1) * np.nan_to_num(structure.memory.time, nan=1.0) / steps)
        from_one = head[:, 0].astype(np.float64)
        from_zero = steps - 1 - from_one
        fall = from_one - both[:, 0]
        rise = tail[:, 0] - both[:, 0]
        dwell = np.stack([from_zero / rise, from_one / fall], axis=1)
        dt = recording.sampling_interval_s
        tau = np.full((recording.devices, 2), np.nan)
        if dt is not None:
            clear = r > SIGNIFICANT / math.sqrt(steps)
            mixing = -np.log(np.where(clear, r, np.nan)) / dt
            tau = np.stack([1 / (mixing * p1), 1 / (mixing * (1 - p1))], axis=1)
    common = np.array([common_value_min_entropy(max(p, 1 - p), steps) for p in p1])
    markov = np.array([
        markov_min_entropy(p, _share(up, zero), _share(stay, one))
        for p, up, zero, stay, one in zip(p1, rise, from_zero, both[:, 0], from_one, strict=True)])
    return Statistics(steps, dt, p1, error, dwell, tau, autocorrelation, common, markov, structure)


def common_value_min_entropy(p_max: float, samples: int) -> float:
    """Min-entropy in bits per sample from the share of the most common value; NIST SP 800-90B, section 6.3.1."""
    upper = min(1.0, p_max + Z_99 * math.sqrt(p_max * (1 - p_max) / max(1, samples - 1)))
    return max(0.0, -math.log2(upper))


def markov_min_entropy(p1: float, rise: float, stay: float) -> float:
    """Min-entropy in bits per sample of a binary Markov chain; NIST SP 800-90B, section 6.3.3.

    The most likely of all sequences of 128 samples is among six: constant, alternating, or constant after the first
    sample, each from either state.

    Parameters
    ----------
    p1, rise, stay : float
        P(1), P(0 to 1) and P(1 to 1).
    """
    start = _log2(1 - p1), _log2(p1)
    to = (_log2(1 - rise), _log2(rise)), (_log2(1 - stay), _log2(stay))
    paths = [start[a] + times * to[a][b] + rest for a in (0, 1) for b in (0, 1) for times, rest in (
        [(127, 0.0)] if a == b else [(64, 63 * to[b][a]), (1, 126 * to[b][b])])]
    return float(min(max(-max(paths) / 128, 0.0), 1.0))


def dwell_counts(recording: Recording, samples: int = _PICTURE_SAMPLES) -> tuple[npt.NDArray[np.int64], ...]:
    """How often the dwells in states 0 and 1 last 1, 2, ... samples, over all devices.

    Dwells cut by either end of the recording are not counted.

    Parameters
    ----------
    samples : int
        Roughly how many samples to look at; the first ones of each device.

    Returns
    -------
    tuple of two int64 arrays
        Entry n is the number of dwells of n samples.
    """
    steps = min(recording.steps, max(64, samples // recording.devices))
    lengths = [dwells(recording.bits(slice(device, device + 1), slice(0, steps))[0])
               for device in range(recording.devices)]
    return tuple(np.bincount(np.concatenate(part), minlength=1) for part in zip(*lengths, strict=True))


def dwells(bits: Bits) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Lengths of one device's dwells in states 0 and 1, without those that either end of the samples cuts."""
    edges = np.flatnonzero(bits[1:] != bits[:-1]) + 1
    lengths = np.diff(edges)
    first, second = lengths[::2], lengths[1::2]
    return (second, first) if len(edges) and bits[edges[0]] else (first, second)


def _pair_counts(packed: npt.NDArray[np.uint8], steps: int, lags: int) -> tuple[npt.NDArray[np.int64], ...]:
    """Ones of each device; and for each lag ones with a partner after them, with one before them, and both ones."""
    words = np.zeros((len(packed), 8 * (ceil_div(packed.shape[1], 8) + 1)), np.uint8)
    words[:, :packed.shape[1]] = packed
    x = words.view("<u8")
    ones = np.bitwise_count(x).sum(axis=1, dtype=np.int64)
    head, tail, both = (np.empty((len(packed), lags), np.int64) for _ in range(3))
    starts = np.unpackbits(packed[:, :ceil_div(lags, 8)], axis=1, bitorder="little")
    ends = np.unpackbits(packed[:, max(0, (steps - lags) // 8):], axis=1, bitorder="little")
    ends = ends[:, :steps - 8 * max(0, (steps - lags) // 8)]
    for lag in range(1, lags + 1):
        skip, shift = divmod(lag, 64)
        later = x[:, skip:] >> np.uint64(shift)
        if shift:
            later[:, :-1] |= x[:, skip + 1:] << np.uint64(64 - shift)
        both[:, lag - 1] = np.bitwise_count(x[:, :x.shape[1] - skip] & later).sum(axis=1, dtype=np.int64)
        head[:, lag - 1] = ones - ends[:, ends.shape[1] - lag:].sum(axis=1, dtype=np.int64)
        tail[:, lag - 1] = ones - starts[:, :lag].sum(axis=1, dtype=np.int64)
    return ones, head, tail, both


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


def _log2(probability: float) -> float:
    return math.log2(probability) if probability > 0 else -math.inf


def time_unit(time_s: float) -> tuple[str, float]:
    """Unit that suits a time, and its length in seconds."""
    return next(((name, scale) for name, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)) if time_s >= scale),
                ("ns", 1e-9))
