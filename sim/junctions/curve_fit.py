"""The sigmoid of an actuated junction fitted to its switching probabilities, and several as one kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.junctions.actuated import Actuated
from spinsc.sim.junctions.family import Estimate, Trim, mean, scatter
from spinsc.sim.junctions.fit import hidden_flips
from spinsc.sim.junctions.newton import maximize
from spinsc.sim.recordings.importing.curves import Curve
from spinsc.sim.recordings.structure import chi_square_tail

#: Probability of points as far from the sigmoid, below which they are not on it.
UNLIKELY = 1e-3
#: Twice the gain in log-likelihood from which on read errors count as found; by chance in about 1 of 400 curves.
NOTABLE_GAIN = 9.0
_FLIP_STARTS = (0.003, 0.02, 0.1)
#: Variance of the switched cycles that is compared at a time.
_POOLED_VARIANCE = 5.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CurveFit:
    """A curve as P = f + (1 - 2 f) / (1 + exp(-(V - midpoint) / width)); each error is a standard error.

    Attributes
    ----------
    curve : Curve
    midpoint, midpoint_error : float
        In volts.
    width, width_error : float
        In volts; negative where the probability falls with the voltage.
    flips, flips_error : float
        f, the share of cycles that are read wrong at either end; 0 if none was found, the error then being half of what
        may hide.
    chance : float
        Probability of points as far from the sigmoid, if it holds. Where it is below `UNLIKELY` the errors are
        widened by the root of the reduced chi-square.
    """

    curve: Curve
    midpoint: float
    midpoint_error: float
    width: float
    width_error: float
    flips: float
    flips_error: float
    chance: float

    @property
    def fits(self) -> bool:
        return self.chance > UNLIKELY

    def probability(self, voltages: npt.ArrayLike) -> Floats:
        """The sigmoid at some voltages."""
        return _sigmoid(np.asarray(voltages, np.float64), self.midpoint, self.width, self.flips)


def fit_curve(curve: Curve) -> CurveFit:
    """Fit a curve by maximum likelihood, its points binomial.

    Raises
    ------
    InputError
        If it does not tell midpoint and width.
    """
    v, p = curve.voltages, curve.probabilities
    sign = 1.0 if float(np.cov(v, p)[0, 1]) >= 0 else -1.0
    middle, extent = float(v.mean()), float(np.ptp(v))

    # in units of the voltages' extent: midpoint, logarithm of the width; logarithm of the flips
    def likelihood(at: Floats, flips: float = 0.0) -> float:
        flips = math.exp(min(float(at[2]), math.log(0.49))) if len(at) > 2 else flips
        expected = _sigmoid(v, middle + extent * at[0], sign * extent * math.exp(float(np.clip(at[1], -30, 30))), flips)
        expected = np.clip(expected, 1e-12, 1 - 1e-12)
        return float((curve.switched * np.log(expected) + (curve.cycles - curve.switched) * np.log1p(-expected)).sum())

    scale = 1 / math.sqrt(float(curve.cycles.sum()))
    plain, covariance = _best(likelihood, [np.array([m, w]) for m in np.linspace(-0.45, 0.45, 10)
                                           for w in (-4.0, -3.0, -2.0, -1.0)], scale * np.array([1, 5]))
    between = int(((p > 0) & (p < 1)).sum())
    if not (between > 1 and p.min() < 0.5 < p.max() and np.isfinite(covariance).all() and covariance[1, 1] < 1):
        raise InputError(f"the curve of {curve.name} does not tell its midpoint and width: measure more voltages at "
                         "which it switches in some cycles only, and on both sides of the middle")
    full, wider = _best(likelihood, [np.array([*plain, math.log(flips)]) for flips in _FLIP_STARTS],
                        np.array([scale, 5 * scale, 0.3]))
    found = 2 * (likelihood(full) - likelihood(plain)) > NOTABLE_GAIN and bool(np.isfinite(wider).all())
    place, covariance = (full, wider) if found else (plain, covariance)
    flips = math.exp(full[2]) if found else 0.0
    errors = np.sqrt(np.diag(covariance))
    if found:
        flips_error = flips * float(errors[2])
    else:  # what so many as could hide would do to the sigmoid is part of its error
        flips_error, other = hidden_flips(likelihood, plain, scale * np.array([1, 5]))
        errors = np.hypot(errors, other - plain)
    width = sign * extent * math.exp(float(place[1]))
    midpoint = middle + extent * float(place[0])
    chance, ratio = _chance(curve, _sigmoid(v, midpoint, width, flips), len(place))
    wide = math.sqrt(ratio) if chance < UNLIKELY else 1.0
    return CurveFit(curve, midpoint, wide * extent * float(errors[0]), width, wide * abs(width) * float(errors[1]),
                    flips, flips_error, chance)


def _sigmoid(v: Floats, midpoint: float, width: float, flips: float) -> Floats:
    return np.asarray(flips + (1 - 2 * flips) * 0.5 * (1 + np.tanh((v - midpoint) / width / 2)))


def _best(likelihood: Callable[[Floats], float], starts: Sequence[Floats], scales: Floats) -> tuple[Floats, Floats]:
    return maximize(likelihood, max(starts, key=likelihood), scales)


def _chance(curve: Curve, expected: Floats, parameters: int) -> tuple[float, float]:
    """Probability of a chi-square as large, and the reduced chi-square; neighbours at the ends are taken together."""
    total, pools = 0.0, 0
    away = variance = 0.0
    for switched, cycles, p in zip(curve.switched.tolist(), curve.cycles.tolist(), expected.tolist(), strict=True):
        away, variance = away + switched - cycles * p, variance + cycles * p * (1 - p)
        if variance >= _POOLED_VARIANCE:
            total, pools = total + away**2 / variance, pools + 1
            away = variance = 0.0
    freedom = pools - parameters
    if freedom < 1:
        return 1.0, 1.0
    return float(chi_square_tail(np.array(total / freedom), freedom)), total / freedom


@dataclass(frozen=True, eq=False)
class CurveFamily:
    """Fitted curves of one direction as one kind of actuated junction.

    Attributes
    ----------
    fits : tuple of CurveFit
    direction : str
    midpoint, log_width, flips : Estimate
        Means over the devices: in volts, logarithm of volts, share of the cycles.
    midpoint_spread, width_spread : Estimate
        Standard deviations over devices, of the midpoint in volts and of the width's logarithm. Of a single device they
        are not known; the model's defaults then stand for them, that of the midpoint in proportion to the width.
    rising : bool
        The probability rises with the voltage.
    pulses : mapping
        Fields of `Actuated` that a curve does not tell: ``sampling_interval_s``, ``pulse_s``, ``resistance_ohm``,
        ``reset_v``, ``reset_s``, as far as they are known.
    """

    fits: tuple[CurveFit, ...]
    direction: str
    midpoint: Estimate
    log_width: Estimate
    flips: Estimate
    midpoint_spread: Estimate
    width_spread: Estimate
    rising: bool
    pulses: Mapping[str, float]

    #: Resets make the bits independent, as far as a curve tells, and the voltage is chosen for P(1) = 1/2 on average.
    lag_one = common_bias = 0.0

    @property
    def interval_s(self) -> float | None:
        """Time from bit to bit, where it is known."""
        return self.pulses.get("sampling_interval_s")

    @property
    def width(self) -> float:
        """Mean width in volts."""
        return math.exp(self.log_width.value)

    @property
    def scatter(self) -> float:
        """Standard deviation over devices of P(1), where all are pulsed with the same voltage."""
        return min(0.5, self.midpoint_spread.value / (4 * self.width))

    @property
    def trimmed(self) -> Trim:
        """Each device pulsed at the midpoint that was measured of it, as far as that is known."""
        left = math.sqrt(sum(fit.midpoint_error**2 for fit in self.fits) / len(self.fits))
        return Trim("a voltage for each junction", "a setting of each junction's pulse", {"midpoint_spread_v": left},
                    self.scatter - left / (4 * self.width))

    @property
    def energy_j(self) -> float | None:
        """Energy of a bit in joule, where resistance and duration of the pulse are known."""
        return self.model().energy_j if {"pulse_s", "resistance_ohm"} <= set(self.pulses) else None

    def model(self, seed: int = 0, **others: float) -> Actuated:
        """Junctions like these, pulsed at the mean midpoint; ``others`` are fields of `Actuated` instead."""
        known = {"reset_v": 0.0, "reset_s": 0.0} if "pulse_s" in self.pulses else {}
        fitted = {"midpoint_v": abs(self.midpoint.value), "width_v": self.width,
                  "midpoint_spread_v": self.midpoint_spread.value, "width_spread": min(self.width_spread.value, 2.0),
                  "flip_probability": min(self.flips.value, 0.5)}
        return Actuated(seed=seed, **{**known, **fitted, **self.pulses, **others})


def curve_family(fits: Sequence[CurveFit], pulses: Mapping[str, float]) -> CurveFamily:
    """Fitted curves of one direction as one kind."""
    widths = [(math.log(abs(fit.width)), fit.width_error / abs(fit.width)) for fit in fits]
    plain = Actuated()
    log_width, width_spread = scatter(widths, plain.width_spread)
    assumed = plain.midpoint_spread_v / plain.width_v * math.exp(log_width.value)
    midpoint, midpoint_spread = scatter([(fit.midpoint, fit.midpoint_error) for fit in fits], assumed)
    rising = sum(fit.width > 0 for fit in fits) * 2 >= len(fits)
    return CurveFamily(tuple(fits), fits[0].curve.direction, midpoint, log_width,
                       mean([(fit.flips, fit.flips_error) for fit in fits]), midpoint_spread, width_spread,
                       rising, pulses)


def curve_families(fits: Sequence[CurveFit], pulses: Mapping[str, float]) -> list[CurveFamily]:
    """A kind for each direction; the one with the smallest spread of P(1) first."""
    directions = list(dict.fromkeys(fit.curve.direction for fit in fits))
    made = [curve_family([fit for fit in fits if fit.curve.direction == direction], pulses)
            for direction in directions]
    return sorted(made, key=lambda kind: kind.scatter)
