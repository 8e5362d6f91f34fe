"""Activation thresholds: a neuron's accumulator against each of its thresholds.

The states are compared, so a threshold t is told from the one below (above) it exactly if the accumulator was t - 1 (t)
in an image: the neuron's state is then one more (less), whatever other thresholds are equal to it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.sim.coverage.reach import Reach
from spinsc.sim.coverage.told import Flags, Told


def deciding_values(network: Network, number: int) -> npt.NDArray[np.int64]:
    """Values of the accumulators that tell thresholds from their neighbours, shape (2, neurons, thresholds)."""
    thresholds = network.layers[number].outcome_integers(network.lengths[number])
    return np.stack([thresholds - 1, thresholds])


class ActivationThresholds:
    """Those of a hidden layer, filled image by image."""

    def __init__(self, network: Network, number: int) -> None:
        self.number = number
        self.values = deciding_values(network, number)
        self.seen: Flags = np.zeros(self.values.shape, bool)

    def add(self, trace: Trace) -> None:
        """Take note of the accumulators of some images."""
        accumulators = trace.accumulators[self.number]
        for side, k in np.ndindex(2, self.values.shape[2]):
            missing = np.flatnonzero(~self.seen[side, :, k])
            if len(missing):
                self.seen[side, missing, k] = (accumulators[:, missing] == self.values[side, missing, k]).any(0)

    def told(self, reach: Reach) -> Told:
        """What was told apart, and what cannot be."""
        return Told("activation", self.number, self.seen, reach.unreachable(self.number, self.values, ~self.seen))
