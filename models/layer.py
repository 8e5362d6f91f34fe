"""One layer of a network: its mathematics, its randomness and its folding, each in a type of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.contract import MAX_STATES, check_range
from spinsc.models.side import Side


def frozen_copy(array: Any, dtype: Any) -> Any:
    """A copy of an array that cannot be written to."""
    result = np.array(array, dtype=dtype)
    result.flags.writeable = False
    return result


def check_ascending(name: str, rows: npt.NDArray[Any]) -> None:
    """Refuse rows that descend somewhere along the last axis."""
    falls = np.argwhere(rows[..., 1:] < rows[..., :-1])  # no np.diff, which warns of infinities
    if len(falls):
        where = tuple(int(v) for v in falls[0])
        raise InputError(f"{name} must not descend, but entry {where[-1] + 1}"
                         + (f" of neuron {where[0]}" if len(where) > 1 else "")
                         + f" is {rows[(*where[:-1], where[-1] + 1)]} after {rows[where]}")


@dataclass(frozen=True, eq=False)
class Thresholds:
    """What a hidden layer makes of its sums: the next states, by thresholds.

    Attributes
    ----------
    z : float64, shape (neurons, states - 1)
        Thresholds of the sums z of v_x * v_w, non-descending along the last axis; infinities allowed, NaN not.
    """

    z: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        z = frozen_copy(self.z, np.float64)
        if z.ndim != 2 or not 1 <= z.shape[1] < MAX_STATES:
            raise InputError(f"z_thresholds must have shape (neurons, 1..{MAX_STATES - 1}), not {z.shape}")
        if np.isnan(z).any():
            raise InputError("z_thresholds contain NaN")
        check_ascending("thresholds", z)
        object.__setattr__(self, "z", z)

    @property
    def states(self) -> int:
        """K of the activations that the layer gives."""
        return int(self.z.shape[1]) + 1

    def integers(self, inputs: int, length: int) -> npt.NDArray[np.int64]:
        """Thresholds of the accumulators of I inputs at stream length L, shape (neurons, states - 1)."""
        exact = np.ceil(length * (inputs + self.z) / 2)
        return np.clip(exact, 0, inputs * length + 1).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Scores:
    """What the output layer makes of its sums: a score of each class, by biases.

    Attributes
    ----------
    z : float64, shape (neurons,)
        Biases of the sums z of v_x * v_w, finite.
    """

    z: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        z = frozen_copy(self.z, np.float64)
        if z.ndim != 1:
            raise InputError(f"z_biases must have shape (neurons,), not {z.shape}")
        if not np.isfinite(z).all():
            raise InputError("z_biases must be finite")
        object.__setattr__(self, "z", z)

    def integers(self, inputs: int, length: int) -> npt.NDArray[np.int64]:
        """Biases of the accumulators of I inputs at stream length L, shape (neurons,)."""
        full_scale = inputs * length
        return np.clip(np.rint(length * self.z / 2), -full_scale, full_scale).astype(np.int64)


Outcome = Thresholds | Scores


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


@dataclass(frozen=True, eq=False)
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
    outcome : Thresholds or Scores
        Of a hidden layer or of the output layer.
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
                             f"{'thresholds' if isinstance(self.outcome, Thresholds) else 'biases'} for each of them, "
                             f"not for {len(self.outcome.z)}")

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
