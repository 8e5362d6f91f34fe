"""Default widths and comparator thresholds."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from spinsc.models.contract import default_comparator_thresholds, default_random_bits


@pytest.mark.parametrize(("states", "bits"), [(2, 0), (3, 1), (5, 2), (9, 3), (11, 8), (4, 8), (17, 4), (129, 7),
                                              (256, 8)])
def test_default_random_bits(states: int, bits: int) -> None:
    assert default_random_bits(states) == bits


@pytest.mark.parametrize("states", [2, 3, 4, 5, 11, 17, 255, 256])
@pytest.mark.parametrize("bits", [0, 1, 2, 7, 8, 16])
def test_comparator_thresholds_are_rounded_half_up(states: int, bits: int) -> None:
    expected = [math.floor(Fraction(2**bits * k, states - 1) + Fraction(1, 2)) for k in range(states)]
    assert default_comparator_thresholds(states, bits).tolist() == expected
    assert expected[0] == 0
    assert expected[-1] == 2**bits
