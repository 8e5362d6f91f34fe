"""Quantization after training: ranges and weights lose less than the plain way, and integers are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from spinsc.models.importing.calibrate import best_range, rounded_weights
from spinsc.models.importing.steps import Linear


@pytest.mark.parametrize("states", [2, 3, 4, 5, 8, 16])
@pytest.mark.parametrize("one_scale", [True, False])
def test_errors_of_weights_are_mended_by_those_that_follow(states: int, one_scale: bool) -> None:
    """Of correlated inputs; against the nearest states at the best of the same scales."""
    rng = np.random.default_rng(states)
    x = rng.normal(0, 1, (400, 30)) @ rng.normal(0, 0.5, (30, 30)) + 1
    linear = Linear("fc", rng.normal(0, 1, (6, 30)))
    found = rounded_weights(linear, states, x, one_scale=one_scale)
    assert found.unit is not None
    integers = np.rint(found.weights / found.unit)
    assert np.allclose(found.weights, integers * found.unit)
    assert len(found.unit) == (1 if one_scale else 6)
    assert np.abs(integers).max() <= ((states - 1) // 2 if states % 2 else states - 1)
    assert states % 2 or (integers % 2 != 0).all()
    centred = x - x.mean(0)
    errors = []
    for share in np.linspace(0.3, 1, 15):
        scale = share * (np.abs(linear.weights).max() if one_scale else np.abs(linear.weights).max(1, keepdims=True))
        k = np.clip(np.rint((linear.weights / scale + 1) * (states - 1) / 2), 0, states - 1)
        difference = scale * (2 * k / (states - 1) - 1) - linear.weights
        errors.append(np.square(centred @ difference.T).mean(0))
    nearest = min(map(np.sum, errors)) if one_scale else np.min(errors, axis=0).sum()
    assert np.square(centred @ (found.weights - linear.weights).T).mean(0).sum() < 0.8 * nearest


@pytest.mark.parametrize("states", [2, 3, 5, 16])
def test_ranges_lose_less_than_the_whole(states: int) -> None:
    rng = np.random.default_rng(1)

    def error(x: np.ndarray, low: float, high: float) -> float:
        step = (high - low) / (states - 1)
        return float(np.square(x - low - step * np.clip(np.rint((x - low) / step), 0, states - 1)).mean())

    for x in (rng.normal(0, 1, 2000), np.maximum(rng.normal(0, 1, 2000), 0), rng.exponential(1, 2000)):
        low, high = best_range(x, states)
        assert error(x, low, high) < 0.9 * error(x, x.min(), x.max())
        assert (low == 0) == (x.min() == 0)
    assert best_range(np.full(9, 2.0), states) == (1.5, 2.5)
