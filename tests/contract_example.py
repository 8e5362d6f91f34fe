"""The worked example of ``docs/bit-contract.md``, read from the page itself."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Outcome, Scores, Thresholds
from spinsc.models.side import Side

LENGTH, STATES, FOLDING = 4, 3, Folding(lanes=2, units=2)


@cache
def page() -> str:
    text = (Path(__file__).parents[1] / "docs" / "bit-contract.md").read_text()
    return text.partition("## Worked example")[2]


def numbers(name: str) -> list[float]:
    """The numbers of the line that begins with a name."""
    found = re.search(rf"^    {re.escape(name)} {{2,}}((?:-?[\d.]+ ?)+)", page(), re.MULTILINE)
    assert found is not None, name
    return [float(number) for number in found[1].split()]


def integers(name: str) -> list[int]:
    assert all(number.is_integer() for number in numbers(name))
    return [int(number) for number in numbers(name)]


def rows() -> list[list[int]]:
    """Of the table: n, chunk, t, lane, input, x, r_a, its bit, r_w, the bits of both weights, both XNORs."""
    return [[int(cell) for cell in line.strip("|").split("|")]
            for line in page().splitlines() if re.match(r"\| \d", line)]


def bits() -> npt.NDArray[np.uint8]:
    """Samples of the recording, shape (devices, samples)."""
    return np.array([integers(f"device {device}") for device in range(4)], np.uint8)


def image() -> npt.NDArray[np.uint8]:
    return np.array([integers("pixels")], np.uint8)


def layer(outcome: Outcome) -> Layer:
    weights = np.array([integers("weights w_0"), integers("weights w_1")], np.uint8)
    return Layer(weights, Side(STATES), Side(STATES), FOLDING, outcome)


def network() -> Network:
    return Network((layer(Scores(np.array(numbers("z biases")))),), np.array(integers("theta")), LENGTH)


def hidden_layer() -> Layer:
    return layer(Thresholds(np.array([numbers("z thresholds")] * 2)))
