"""One layer of a network: its mathematics, its randomness and its folding, each in a type of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.arrays import frozen_copy
from spinsc.models.contract import check_range
from spinsc.models.outcome import Outcome
from spinsc.models.side import Side


@dataclass(frozen=True)
class Folding:
    """How a layer's work is laid out in hardware and time.

    Attributes
    ----------
    lanes : int
        S, inputs at a time, 1..inputs.
    units : int
        P, neurons in parallel, 1..neurons.
    unroll : int
        B, time steps that the hardware takes at once, 1..L. Decides no bit.
    """

    lanes: int
    units: int
    unroll: int = 1

    def __post_init__(self) -> None:
        for name in ("lanes", "units", "unroll"):
            object.__setattr__(self, name, int(getattr(self, name)))

    def check(self, inputs: int, neurons: int) -> None:
        """Refuse a folding that a layer of this size cannot have."""
        check_range("lanes (S)", self.lanes, 1, inputs)
        check_range("neurons in parallel (P)", self.units, 1, neurons)
        if self.unroll < 1:
            raise InputError(f"unroll (B) must be at least 1, not {self.unroll}")


@dataclass(frozen=True, eq=False, repr=False)
class Layer:
    """One fully connected layer: every neuron takes all inputs, chunk by chunk in their order.

    A layer of another kind (a convolution) would say in a further attribute which inputs its neurons gather at each
    chunk; sides, folding and outcome would stay.

    Attributes
    ----------
    weights : uint8, shape (neurons, inputs)
        Weight states, 0 to K-1 of the weights' side.
    activation, weight : Side
        States and random numbers of the layer's inputs and of its weights, worked out for its lanes.
    folding : Folding
    outcome : Outcome
        `Activation` of a hidden layer, `Scores` of the output layer.
    """

    weights: npt.NDArray[np.uint8]
    activation: Side
    weight: Side
    folding: Folding
    outcome: Outcome

    def __post_init__(self) -> None:
        raw = np.asarray(self.weights)
        if raw.ndim != 2 or not raw.size or raw.dtype.kind not in "iu":
            raise InputError("weights must be a non-empty integer matrix (neurons, inputs), "
                             f"not {raw.dtype} {raw.shape}")
        states = self.weight.states
        if raw.min() < 0 or raw.max() >= states:
            bad = tuple(int(v) for v in np.argwhere((raw < 0) | (raw >= states))[0])
            raise InputError(f"weight states must be from 0 to {states - 1}, but neuron {bad[0]}, "
                             f"input {bad[1]} has {raw[bad]}")
        object.__setattr__(self, "weights", frozen_copy(raw, np.uint8))
        self.folding.check(self.inputs, self.neurons)
        for name in ("activation", "weight"):
            object.__setattr__(self, name, getattr(self, name).for_lanes(self.folding.lanes))
        if self.fill and self.folding.unroll > 1:
            raise InputError(f"delays need unroll (B) 1, not {self.folding.unroll}; "
                             "leave out the delays or the unrolling")
        if len(self.outcome.z) != self.neurons:
            raise InputError(f"a layer of {self.neurons} neurons has "
                             f"{self.outcome.name} for each of them, "
                             f"not for {len(self.outcome.z)}")

    def __repr__(self) -> str:
        return (f"Layer({self.inputs} -> {self.neurons}, K={self.activation.states}/{self.weight.states}, "
                f"{self.outcome.name}, S={self.folding.lanes}, P={self.folding.units}, B={self.folding.unroll})")

    @property
    def neurons(self) -> int:
        """N."""
        return int(self.weights.shape[0])

    @property
    def inputs(self) -> int:
        """I."""
        return int(self.weights.shape[1])

    @property
    def chunks(self) -> int:
        """C, chunks of inputs."""
        return ceil_div(self.inputs, self.folding.lanes)

    @property
    def passes(self) -> int:
        """Q, passes over the neurons."""
        return ceil_div(self.neurons, self.folding.units)

    @property
    def product_levels(self) -> int:
        """(K_a-1)(K_w-1): a product of two values in units of 1/(K_a-1)/(K_w-1) is one of so many and one."""
        return (self.activation.states - 1) * (self.weight.states - 1)

    @property
    def sides(self) -> tuple[Side, Side]:
        """Activations and weights, in the order of their devices."""
        return self.activation, self.weight

    @property
    def direct(self) -> bool:
        """Whether every lane has junctions of its own on both sides."""
        return all(side.direct for side in self.sides)

    @property
    def devices(self) -> int:
        """D, random bits per step."""
        return sum(side.devices for side in self.sides)

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """P(1) that each junction is tuned to, shape (devices,)."""
        return np.concatenate([side.probabilities for side in self.sides])

    @property
    def fill(self) -> int:
        """F, steps at the beginning of an image that fill the delay lines."""
        return max(side.longest_delay for side in self.sides)

    def steps(self, length: int) -> int:
        """Compute steps per image at stream length ``length``."""
        return self.passes * self.chunks * length

    def samples(self, length: int) -> int:
        """Samples of each device that an image takes: those of the compute steps and those that fill delay lines."""
        return self.fill + self.steps(length)

    def outcome_integers(self, length: int) -> npt.NDArray[np.int64]:
        """Integer thresholds (neurons, states - 1) of a hidden layer, biases (neurons,) of the output layer."""
        return self.outcome.integers(self.inputs, length)
