"""Layers: integers that follow from real numbers, and one-line errors for all that is wrong."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.layer import Folding, Layer
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side
from tests.models.small import hidden, output


@pytest.mark.parametrize("length", [1, 16, 99, 100, 1000])
def test_integers_follow_for_any_length(length: int) -> None:
    z_thresholds = np.sort(np.random.default_rng(1).normal(0, 9, (40, 4)), axis=1)
    z_thresholds[0] = [-np.inf, -12.0, 12.0, np.inf]
    z_biases = np.random.default_rng(2).normal(0, 9, 40)
    weights = np.zeros((40, 12), np.uint8)
    layer = Layer(weights, Side(3), Side(3), Folding(12, 40), Thresholds(z_thresholds))
    full_scale = 12 * length
    for z_row, row in zip(z_thresholds.tolist(), layer.outcome_integers(length).tolist(), strict=True):
        for z, threshold in zip(z_row, row, strict=True):
            wanted = z if math.isinf(z) else math.ceil(length * (12 + z) / 2)
            assert threshold == min(max(wanted, 0), full_scale + 1)
    assert layer.outcome_integers(length)[0].tolist() == [0, 0, full_scale, full_scale + 1]
    biases = dataclasses.replace(layer, outcome=Scores(z_biases)).outcome_integers(length)
    assert biases.tolist() == [min(max(round(length * z / 2), -full_scale), full_scale) for z in z_biases.tolist()]


def test_biases_round_half_to_even() -> None:
    layer = output(outcome=Scores(np.array([1.0, 3.0, -5.0])))
    assert layer.outcome_integers(1).tolist() == [0, 2, -2]
    assert output(outcome=Scores(np.array([1e9, -1e9, 0]))).outcome_integers(7).tolist() == [14, -14, 0]


BAD_LAYERS: list[tuple[Callable[[], object], str]] = [
    (lambda: hidden(weights=np.zeros((2, 4))), "non-empty integer matrix"),
    (lambda: hidden(weights=np.zeros(4, np.uint8)), "non-empty integer matrix"),
    (lambda: hidden(weights=np.zeros((0, 4), np.uint8)), "non-empty integer matrix"),
    (lambda: hidden(weights=np.full((2, 4), 3, np.uint8)), "from 0 to 2, but neuron 0, input 0 has 3"),
    (lambda: hidden(weights=np.full((2, 4), -1)), "has -1"),
    (lambda: Side(1), r"states \(K\) must be from 2 to 256, not 1"),
    (lambda: Side(257), r"states \(K\) must be from 2 to 256, not 257"),
    (lambda: Side(3, 17), r"random bits \(m\) must be from 0 to 16, not 17"),
    (lambda: Side(3, -1), r"random bits \(m\) must be from 0 to 16, not -1"),
    (lambda: hidden(folding=Folding(0, 2)), r"lanes \(S\) must be from 1 to 4, not 0"),
    (lambda: hidden(folding=Folding(5, 2)), r"lanes \(S\) must be from 1 to 4, not 5"),
    (lambda: hidden(folding=Folding(4, 0)), r"\(P\) must be from 1 to 2, not 0"),
    (lambda: hidden(folding=Folding(4, 3)), r"\(P\) must be from 1 to 2, not 3"),
    (lambda: hidden(folding=Folding(4, 2, 0)), r"unroll \(B\) must be at least 1, not 0"),
    (lambda: Thresholds(np.zeros(3)), r"shape \(neurons, 1..255\), not \(3,\)"),
    (lambda: Thresholds(np.zeros((3, 256))), r"shape \(neurons, 1..255\), not \(3, 256\)"),
    (lambda: Thresholds(np.array([[0, np.nan], [0, 1]])), "NaN"),
    (lambda: Thresholds(np.array([[0, 1.0], [1, 0.5]])), "entry 1 of neuron 1 is 0.5 after 1.0"),
    (lambda: Scores(np.zeros((3, 1))), r"shape \(neurons,\), not \(3, 1\)"),
    (lambda: Scores(np.array([0, np.nan])), "finite"),
    (lambda: Scores(np.array([0, np.inf])), "finite"),
    (lambda: hidden(outcome=Thresholds(np.zeros((3, 2)))), "2 neurons has thresholds for each of them, not for 3"),
    (lambda: hidden(outcome=Scores(np.zeros(3))), "2 neurons has biases for each of them, not for 3"),
]


@pytest.mark.parametrize(("make", "message"), BAD_LAYERS)
def test_bad_layers_are_one_line(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)
