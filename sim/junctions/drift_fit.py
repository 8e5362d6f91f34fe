"""Slow wandering of a junction's bias: an Ornstein-Uhlenbeck process fitted to the biases of successive parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numba
import numpy as np
import numpy.typing as npt

from spinsc.sim.junctions.newton import maximize

#: Twice the gain in log-likelihood from which on a drift counts as found; by chance in about 1 of 100 devices.
NOTABLE_GAIN = 9.0
#: Parts that a drift is looked for in, at least.
FEWEST_PARTS = 16
_TIMES, _DEVIATIONS = 24, 40

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Drift:
    """A drift of the bias, in kT.

    Attributes
    ----------
    mean, mean_error : float
        Bias about which it wanders.
    deviation, deviation_error : float
        Standard deviation over time; 0 if none was found, with its error as a bound.
    time, time_error : float
        Correlation time in parts; NaN if there is no drift. The error is that of its logarithm.
    """

    mean: float
    mean_error: float
    deviation: float
    deviation_error: float
    time: float
    time_error: float

    @property
    def found(self) -> bool:
        return self.deviation > 0


def fit_drift(biases: Floats, variance: float) -> Drift:
    """Fit the drift by maximum likelihood.

    Parameters
    ----------
    biases : float64, shape (parts,)
        Of successive parts, each an average over the part.
    variance : float
        Of each by chance.
    """
    parts = len(biases)
    flat = Drift(float(biases.mean()), math.sqrt(variance / parts), 0.0, 2 * math.sqrt(variance) / parts**0.25,
                 math.nan, math.nan)
    if parts < FEWEST_PARTS:
        return flat
    without = _profile(biases, np.zeros(parts), variance)[0]
    likelihood = partial(_log_likelihood, biases, variance)
    starts = [np.array([math.log(deviation), math.log(time)]) for time in np.geomspace(0.5, parts, _TIMES)
              for deviation in np.geomspace(0.1, 30, _DEVIATIONS) * math.sqrt(variance)]
    best = max(starts, key=likelihood)
    if 2 * (likelihood(best) - without) < NOTABLE_GAIN:
        return flat
    found, covariance = maximize(likelihood, best, np.array([0.1, 0.2]))
    deviation, time = np.exp(found).tolist()
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    _, mean, mean_error = _profile(biases, deviation**2 * _averaged_correlation(parts, time), variance)
    return Drift(mean, mean_error, deviation, deviation * float(errors[0]), time, float(errors[1]))


def _log_likelihood(biases: Floats, variance: float, parameters: Floats) -> float:
    """Of the logarithms of deviation and time, with the most likely mean."""
    deviation, time = np.exp(np.clip(parameters, -30, 30)).tolist()
    return _profile(biases, deviation**2 * _averaged_correlation(len(biases), time), variance)[0]


def _profile(biases: Floats, covariance: Floats, variance: float) -> tuple[float, float, float]:
    """Log-likelihood without its constant, most likely mean and its error, of a stationary Gaussian process."""
    total, mean, error = _innovations(biases, covariance + variance * (np.arange(len(covariance)) == 0))
    return float(total), float(mean), float(error)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _innovations(values: Floats, covariance: Floats) -> tuple[float, float, float]:
    # Levinson and Durbin's recursion: each value less what those before it predict, and the same of a constant 1.
    count = len(values)
    weights, former = np.zeros(count), np.zeros(count)
    spread = covariance[0]
    logarithms = products = ones = squares = 0.0
    for n in range(count):
        if n:
            reflection = covariance[n]
            for k in range(n - 1):
                reflection -= weights[k] * covariance[n - 1 - k]
            reflection /= spread
            former[:n] = weights[:n]
            for k in range(n - 1):
                weights[k] = former[k] - reflection * former[n - 2 - k]
            weights[n - 1] = reflection
            spread *= 1 - reflection * reflection
        value, one = values[n], 1.0
        for k in range(n):
            value -= weights[k] * values[n - 1 - k]
            one -= weights[k]
        logarithms += np.log(spread)
        squares += value * value / spread
        products += value * one / spread
        ones += one * one / spread
    mean = products / ones
    return -0.5 * (logarithms + squares - mean * products), mean, 1 / np.sqrt(ones)


def _averaged_correlation(parts: int, time: float) -> Floats:
    """Correlation exp(-|t| / time), averaged over parts of length 1, of a part with the n-th after it, (parts,)."""
    a = 1 / time
    row = np.exp(-a * np.maximum(np.arange(parts) - 1, 0)) * (math.expm1(-a) / a) ** 2
    row[0] = 2 * (math.expm1(-a) + a) / a**2
    return np.asarray(row)
