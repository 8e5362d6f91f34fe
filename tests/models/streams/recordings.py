"""Small recordings, and a network that reads them."""

from __future__ import annotations

import numpy as np

from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side
from spinsc.sim.recordings.recording import Recording

META = {"kind": "simulated"}


def coins(devices, steps, seed=0):
    return Recording.from_bits(np.random.default_rng(seed).integers(0, 2, (devices, steps)), META, allow_constant=True)


def small_network():
    """Three layers of different folding, states and widths of random numbers (among them 0 and 11)."""
    rng = np.random.default_rng(3)
    first = Layer(rng.integers(0, 5, (6, 10)), Side(4), Side(5), Folding(3, 4),
                  Thresholds(np.sort(rng.normal(0, 2, (6, 1)))))
    second = Layer(rng.integers(0, 3, (5, 6)), Side(2), Side(3, 11), Folding(6, 5),
                   Thresholds(np.sort(rng.normal(0, 2, (5, 8)))))
    last = Layer(rng.integers(0, 9, (3, 5)), Side(9), Side(9), Folding(2, 1), Scores(rng.normal(0, 1, 3)))
    return Network((first, second, last), np.array([40, 90, 200]), 7)
