"""A small network of two layers, and its parts to be changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side


def hidden(**changes: Any) -> Layer:
    fields: dict[str, Any] = {
        "weights": np.zeros((2, 4), np.uint8), "activation": Side(3), "weight": Side(3), "folding": Folding(4, 2),
        "outcome": Thresholds(np.array([[-1.0, 1.0], [0.0, 0.5]]))}
    return Layer(**(fields | changes))


def output(**changes: Any) -> Layer:
    fields: dict[str, Any] = {
        "weights": np.zeros((3, 2), np.uint8), "activation": Side(3), "weight": Side(3), "folding": Folding(2, 3),
        "outcome": Scores(np.zeros(3))}
    return Layer(**(fields | changes))


def joined(**changes: Any) -> Network:
    fields: dict[str, Any] = {"layers": (hidden(), output()), "input_thresholds": np.array([85, 170]), "length": 10}
    return Network(**(fields | changes))
