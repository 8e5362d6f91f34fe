"""Several fitted junctions as one kind: its mean, and how much its devices differ, as an `SMTJ` to simulate more by."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.junctions.chain import STRETCH
from spinsc.sim.junctions.fit import Fit
from spinsc.sim.junctions.model import JunctionModel
from spinsc.sim.junctions.smtj import LARGEST_BIAS_KT, SMTJ

#: Logarithm of the dwell times that stand for samples too far apart to tell any, in sampling intervals.
_INDEPENDENT = math.log(0.25)
_DEVIATIONS = 400

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error; an error of NaN where it is not known."""

    value: float
    error: float


@dataclass(frozen=True)
class Trim:
    """Junctions set right by what drives them.

    Attributes
    ----------
    way, price : str
        What is done, and what it takes.
    fields : mapping
        Of the model, instead of what was fitted.
    gain : float
        Departure from 1/2 in P(1) that this removes.
    """

    way: str
    price: str
    fields: Mapping[str, float]
    gain: float


class Kind(Protocol):
    """What junctions of a family are like, as far as their use in networks depends on it.

    Attributes
    ----------
    interval_s : float or None
        Time from sample to sample, where it is known.
    lag_one : float
        Autocorrelation from sample to sample.
    common_bias : float
        How far P(1) of all junctions is from 1/2.
    scatter : float
        Standard deviation of P(1) over devices or over time, the larger one.
    trimmed : Trim
    """

    @property
    def interval_s(self) -> float | None: ...

    @property
    def lag_one(self) -> float: ...

    @property
    def common_bias(self) -> float: ...

    @property
    def scatter(self) -> float: ...

    @property
    def trimmed(self) -> Trim: ...

    def model(self, seed: int = 0, **others: float) -> JunctionModel:
        """Junctions like these; ``others`` are fields of the model instead of what was measured."""
        ...


@dataclass(frozen=True, eq=False)
class Family:
    """A kind of junction.

    Attributes
    ----------
    fits : tuple of Fit
    log_dwell, bias, flips, drift : Estimate
        Means over the devices; times in sampling intervals, energies in kT.
    drift_time : float
        In sampling intervals; NaN without a drift.
    barrier_spread, bias_spread : Estimate
        Standard deviations over devices of the logarithm of dwell times, and of the bias, in kT. Of a single device
        they are not known; the model's defaults then stand for them.
    interval_s : float or None
        Sampling interval.
    """

    fits: tuple[Fit, ...]
    log_dwell: Estimate
    bias: Estimate
    flips: Estimate
    drift: Estimate
    drift_time: float
    barrier_spread: Estimate
    bias_spread: Estimate
    interval_s: float | None

    @property
    def resolved(self) -> bool:
        """Whether dwell times are told by at least one device."""
        return any(fit.resolved for fit in self.fits)

    @property
    def dwell_times(self) -> tuple[float, float]:
        """Of states 0 and 1, in sampling intervals."""
        return (math.exp(self.log_dwell.value - self.bias.value), math.exp(self.log_dwell.value + self.bias.value))

    @property
    def dwell_error(self) -> float:
        """Relative standard error of either dwell time."""
        return math.hypot(self.log_dwell.error, self.bias.error)

    @property
    def lag_one(self) -> float:
        """Autocorrelation of the junction itself from sample to sample."""
        if not self.resolved:
            return 0.0
        return math.exp(-sum(1 / tau for tau in self.dwell_times))

    @property
    def common_bias(self) -> float:
        """How far P(1) of all junctions is from 1/2."""
        return abs(math.tanh(self.bias.value)) / 2

    @property
    def scatter(self) -> float:
        """Standard deviation of P(1) over devices or over time, the larger one."""
        return max(self.bias_spread.value, self.drift.value) / 2

    @property
    def trimmed(self) -> Trim:
        """Junctions whose common bias is made good."""
        return Trim(f"a bias of {-self.bias.value:+.3f} kT", "a bias current or field for all junctions",
                    {"bias_kt": 0.0}, self.common_bias)

    def model(self, seed: int = 0, **others: float) -> SMTJ:
        """Junctions like these; ``others`` are fields of `SMTJ` instead of what was fitted."""
        interval = self.interval_s or 1.0
        log_dwell = self.log_dwell.value if self.resolved else _INDEPENDENT
        # the model knows no drift that is faster than this
        fastest = 4 * STRETCH * others.get("sampling_interval_s", interval) * (1 + 1e-9)
        drift = {"drift_kt": self.drift.value, "drift_time_s": max(interval * self.drift_time, fastest)} \
            if self.drift.value else {}
        dwell = interval * math.exp(log_dwell)
        fitted = {"dwell_time_0_s": dwell, "dwell_time_1_s": dwell, "sampling_interval_s": interval,
                  "bias_kt": float(np.clip(self.bias.value, -LARGEST_BIAS_KT, LARGEST_BIAS_KT)),
                  "barrier_spread_kt": self.barrier_spread.value, "bias_spread_kt": self.bias_spread.value,
                  "flip_probability": min(self.flips.value, 0.5)}
        return SMTJ(seed=seed, **{**fitted, **drift, **others})


def family(fits: Sequence[Fit], interval_s: float | None) -> Family:
    """Fitted devices as one kind.

    Raises
    ------
    InputError
        If there is none.
    """
    if not fits:
        raise InputError("there is no junction to describe")
    resolved = [fit for fit in fits if fit.resolved]
    log_dwell, barrier_spread = scatter([(fit.log_dwell, fit.log_dwell_error) for fit in resolved] or
                                         [(fit.log_dwell, math.nan) for fit in fits], SMTJ().barrier_spread_kt)
    bias, bias_spread = scatter([(fit.bias, fit.bias_error) for fit in fits], SMTJ().bias_spread_kt)
    drifting = [fit for fit in fits if fit.drift.found]
    times = [math.log(fit.drift.time * fit.part) for fit in drifting]
    return Family(
        tuple(fits), log_dwell, bias, mean([(fit.flips, fit.flips_error) for fit in resolved or fits]),
        mean([(fit.drift.deviation, fit.drift.deviation_error) for fit in fits]),
        math.exp(sum(times) / len(times)) if times else math.nan, barrier_spread, bias_spread, interval_s)


def mean(values: Sequence[tuple[float, float]]) -> Estimate:
    """Mean, and its error from those of the values."""
    array = np.array(values)
    return Estimate(float(array[:, 0].mean()), float(np.sqrt((array[:, 1] ** 2).sum()) / len(array)))


def scatter(values: Sequence[tuple[float, float]], assumed: float) -> tuple[Estimate, Estimate]:
    """Mean and standard deviation of what has been measured with errors, by maximum likelihood.

    Each value is Gaussian about the mean, with the variance of the devices and of its own error. The error of the
    standard deviation is half of where the likelihood has fallen by e^-2 above it, less it. Of one value it is
    ``assumed``.
    """
    array = np.array(values)
    value, error = array[:, 0], np.nan_to_num(array[:, 1])
    if len(value) < 2:
        return Estimate(float(value[0]), float(array[0, 1])), Estimate(assumed, math.nan)
    grid = np.concatenate([[0.0], np.geomspace(1e-3, 30, _DEVIATIONS) * max(float(value.std(ddof=1)), 1e-6)])
    variance = grid[:, None] ** 2 + error**2 + 1e-18
    mean = (value / variance).sum(axis=1) / (1 / variance).sum(axis=1)
    likelihood = -0.5 * (np.log(variance) + (value - mean[:, None]) ** 2 / variance).sum(axis=1) \
        - 0.5 * np.log((1 / variance).sum(axis=1))  # restricted: the mean is not known
    best = int(likelihood.argmax())
    above = np.flatnonzero(likelihood[best] - likelihood[best:] > 2)
    limit = grid[best + int(above[0])] if len(above) else grid[-1]
    mean_error = 1 / math.sqrt(float((1 / variance[best]).sum()))
    return (Estimate(float(mean[best]), mean_error),
            Estimate(float(grid[best]), float(limit - grid[best]) / 2))
