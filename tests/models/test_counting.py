"""Counting of thresholds against its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinsc.models.counting import reached_by_torch, thresholds_reached


@pytest.mark.parametrize("count", [thresholds_reached, reached_by_torch])
@pytest.mark.parametrize(("images", "neurons", "levels"), [(1, 1, 1), (3, 7, 1), (5, 33, 4), (2, 100, 10), (4, 9, 255)])
def test_thresholds_reached(count, images: int, neurons: int, levels: int) -> None:
    """Below, at and above the thresholds, out to the ends of an int32."""
    rng = np.random.default_rng(levels)
    sums = rng.integers(-20, 20, (images, neurons)).astype(np.int32)
    thresholds = np.sort(rng.integers(-20, 20, (levels, neurons)), 0).astype(np.int32)
    sums[0, 0], thresholds[-1, -1] = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    found = count(torch.from_numpy(sums), torch.from_numpy(thresholds))
    assert found.dtype == torch.uint8
    np.testing.assert_array_equal(found.numpy(), (sums[:, None] >= thresholds).sum(1))
