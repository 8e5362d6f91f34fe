"""Maxima of log-likelihoods of a few parameters, with their uncertainties."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_ITERATIONS, _TRIALS = 30, 8
_SMALLEST_GAIN = 1e-4

Floats = npt.NDArray[np.float64]


def maximize(function: Callable[[Floats], float], start: Floats, scales: Floats) -> tuple[Floats, Floats]:
    """Newton's method with derivatives by differences; the place, and the inverse of the negative Hessian there.

    The latter is the covariance of the parameters if the function is a log-likelihood. It is all NaN where the function
    is not curved downwards in every direction, so that the parameters are not determined.

    Parameters
    ----------
    function : callable
        Of parameters of shape (n,).
    start, scales : float64, shape (n,)
        Where to begin, and about how far from there the function changes by 1.
    """
    place, value, damping = start.astype(np.float64), function(start), 0.0
    scales = scales.astype(np.float64)
    for _ in range(_ITERATIONS):
        gradient, hessian = _derivatives(function, place, value, scales)
        # differences over about half a standard error are neither noise nor far from the parabola
        scales = np.clip(0.5 / np.sqrt(np.maximum(-np.diag(hessian), 1e-12)), scales / 10, scales * 10)
        gained, damping = 0.0, damping / 4
        for _ in range(_TRIALS):
            step = _step(gradient, hessian, damping)
            if (trial := function(place + step)) > value:
                gained, place, value = trial - value, place + step, trial
                break
            damping = max(0.1, 4 * damping)
        if gained < _SMALLEST_GAIN:
            break
    _, hessian = _derivatives(function, place, value, scales)
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(-hessian).min() <= 0:
        return place, np.full((len(place), len(place)), np.nan)
    return place, np.asarray(np.linalg.inv(-hessian), np.float64)


def _step(gradient: Floats, hessian: Floats, damping: float) -> Floats:
    """A step uphill: Newton's, shortened by the damping, with curvatures that point upwards turned round."""
    values, vectors = np.linalg.eigh(-hessian)
    curvature = np.maximum(np.abs(values), 1e-9)
    return np.asarray(vectors @ ((vectors.T @ gradient) / (curvature * (1 + damping))))


def _derivatives(function: Callable[[Floats], float], place: Floats, value: float, steps: Floats,
                 ) -> tuple[Floats, Floats]:
    count = len(place)
    moves = np.diag(steps)
    up = np.array([function(place + move) for move in moves])
    down = np.array([function(place - move) for move in moves])
    gradient = (up - down) / (2 * steps)
    hessian = np.diag((up - 2 * value + down) / steps**2)
    for a in range(count):
        for b in range(a):
            both = function(place + moves[a] + moves[b]) + function(place - moves[a] - moves[b])
            hessian[a, b] = hessian[b, a] = (both - up[a] - down[a] - up[b] - down[b] + 2 * value) / (
                2 * steps[a] * steps[b])
    return gradient, hessian
