"""Shapes: what decides the hardware of a neuron, of one side of a layer, and of a layer, in the contract's symbols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from amaranth.utils import bits_for

from spinsc.hdl.popcount import adder_stages, popcount_stages
from spinsc.integers import ceil_div

#: Most states of which a lane's bit is selected among those of all states. With more, comparing the random number with
#: the state's threshold is smaller (measured for ECP5, see docs/hardware.md).
MOST_SELECTED_STATES = 16


def state_width(states: int) -> int:
    """Bits of a state."""
    return bits_for(states - 1)


def comparator_threshold(state: int, states: int, random_bits: int) -> int:
    """T[k]: the bit of state ``state`` is ``r < T[k]``. 2^m k/(K-1), rounded half up."""
    return (2 * (state << random_bits) + states - 1) // (2 * (states - 1))


def check_range(name: str, value: int, low: int, high: int | None = None) -> None:
    """Refuse a value that is not from ``low`` to ``high``."""
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name} must be {f'at least {low}' if high is None else f'from {low} to {high}'}, "
                         f"not {value}")


@dataclass(frozen=True)
class SideShape:
    """States of one side of a layer, and where its random numbers come from; the contract calls this the side's plan.

    Attributes
    ----------
    states : int
        K, 2..256.
    bits : int
        m, 0..16.
    groups : int or None
        G; None for one per lane, and never more than that.
    blocks : bool
        Lane s uses group s div ceil(S/G), not s mod G.
    delay : int
        d: the j-th lane of a group sees the group's numbers j*d steps later.
    tuned : bool
        Bit k-1 of a number is the bit of state k, so there is no comparator.
    thresholds : tuple of rows of integers, or None
        T[0..K-1] of each group's comparator; None for the formula's.
    """

    states: int
    bits: int
    groups: int | None = None
    blocks: bool = False
    delay: int = 0
    tuned: bool = False
    thresholds: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        check_range("states", self.states, 2, 256)
        check_range("bits", self.bits, 0, 16)
        if self.tuned and self.bits != self.states - 2:
            raise ValueError(f"bits of a tuned source must be {self.states - 2}, not {self.bits}")

    def group_count(self, lanes: int) -> int:
        """G for so many lanes."""
        groups = min(self.groups or lanes, lanes)
        return ceil_div(lanes, ceil_div(lanes, groups)) if self.blocks else groups

    def lane_sources(self, lanes: int) -> list[tuple[int, int]]:
        """Group and delay of each lane."""
        groups = self.group_count(lanes)
        each = ceil_div(lanes, groups)
        return [(s // each, s % each * self.delay) if self.blocks else (s % groups, s // groups * self.delay)
                for s in range(lanes)]

    def comparator_thresholds(self) -> tuple[tuple[int, ...], ...]:
        """T[0..K-1] of each group, or once that of all."""
        return self.thresholds or (tuple(comparator_threshold(k, self.states, self.bits) for k in range(self.states)),)

    def lane_thresholds(self, lanes: int) -> list[tuple[int, ...]] | None:
        """T of each lane, or None for the formula's."""
        if self.thresholds is None:
            return None
        return [self.thresholds[group] for group, _ in self.lane_sources(lanes)]

    def longest_delay(self, lanes: int) -> int:
        """Largest e; 0 where there is nothing to delay."""
        return max(delay for _, delay in self.lane_sources(lanes)) if self.bits else 0

    def random_width(self, lanes: int) -> int:
        """Random bits per time step, G*m."""
        return self.group_count(lanes) * self.bits


@dataclass(frozen=True)
class NeuronShape:
    """Everything that the hardware of a neuron depends on, so that equal shapes can share one module.

    Attributes
    ----------
    lanes, weight_states : int
        S and K of the weights.
    full_scale : int
        Largest sum, I*L.
    unroll, rest : int
        B time steps per cycle, and how many of them a partial cycle counts.
    ascending : bool
        The planes of the weights' states ascend, as a comparator's do.
    random_bits : int or None
        m where each lane compares a random number with its weight's threshold; None where it selects among planes.
    packed : bool
        Its weights come from the layer's memory, not from one of its own.
    pipeline : bool
        With registers behind the weight memory, the products and every stage of the popcount.
    """

    lanes: int
    weight_states: int
    full_scale: int
    unroll: int = 1
    rest: int = 1
    ascending: bool = True
    random_bits: int | None = None
    packed: bool = False
    pipeline: bool = False

    @property
    def weight_width(self) -> int:
        """Bits of a weight in the memory: of its state, or of its threshold, 0 to 2^m."""
        return state_width(self.weight_states) if self.random_bits is None else self.random_bits + 1

    @property
    def planes(self) -> int:
        """Vectors of S bits that a time step takes to make the weights' bits from."""
        return self.weight_states - 2 if self.random_bits is None else self.random_bits

    @property
    def latency(self) -> int:
        """Cycles from the activation bits to the sum that has their products: multiply, count, add."""
        return 1 + popcount_stages(self.unroll * self.lanes) + 1 if self.pipeline else 2


@dataclass(frozen=True)
class BinaryNeuronShape:
    """Everything that the hardware of a neuron of binary arithmetic depends on.

    Attributes
    ----------
    lanes, activation_states, weight_states : int
        S and K of both sides.
    full_scale : int
        Largest sum, I*(K_a-1)*(K_w-1).
    pipeline : bool
        With registers behind the weight memory, the products and every stage of the adders.
    """

    lanes: int
    activation_states: int
    weight_states: int
    full_scale: int
    pipeline: bool = False
    #: Its weights come from a memory of its own, as states.
    packed: ClassVar[bool] = False
    random_bits: ClassVar[None] = None

    @property
    def weight_width(self) -> int:
        """Bits of a weight in the memory."""
        return state_width(self.weight_states)

    @property
    def latency(self) -> int:
        """Cycles from the activations' states to the sum that has their products: multiply, add up, accumulate."""
        return 1 + adder_stages(self.lanes) + 1 if self.pipeline else 2


@dataclass(frozen=True)
class LayerShape:
    """What decides the hardware of a layer.

    Attributes
    ----------
    inputs, neurons : int
        I and N.
    lanes, units, length : int
        S (1..I), P (1..N) and L (at least 1).
    activation, weight : SideShape
        The layer's inputs and its weights.
    unroll : int
        B, time steps per cycle (1..L).
    pipeline : bool
        With more registers, for a faster clock.
    word_units : int or None
        Units whose weights lie side by side in a word of the layer's memory, a divisor of P; None where each unit has
        a memory of its own.
    binary : bool
        Products are integers, formed in one cycle, not streams; L and B are (K_a-1)(K_w-1).
    """

    inputs: int
    neurons: int
    lanes: int
    units: int
    length: int
    activation: SideShape
    weight: SideShape
    unroll: int = 1
    pipeline: bool = False
    word_units: int | None = None
    binary: bool = False

    def __post_init__(self) -> None:
        if self.binary and not (self.unroll == self.length == (self.activation.states - 1) * (self.weight.states - 1)
                                and not self.random_sides):
            raise ValueError("a layer of binary arithmetic takes no random bits, and a product of (K_a-1)*(K_w-1) "
                             f"units in one cycle, not {self.unroll} of {self.length}")
        for name in ("inputs", "neurons", "length"):
            check_range(name, getattr(self, name), 1)
        for name, value, high in (("lanes", self.lanes, self.inputs), ("units", self.units, self.neurons),
                                  ("unroll", self.unroll, self.length)):
            check_range(name, value, 1, high)
        if self.word_units is not None and (
                self.units % self.word_units or self.reading_cycles > self.cycles_per_chunk):
            raise ValueError(f"word_units must divide {self.units} and leave time to read a chunk's weights, not "
                             f"{self.word_units}")
        if self.fill and self.unroll > 1:
            raise ValueError(f"unroll must be 1 where there are delays, not {self.unroll}")

    @property
    def sides(self) -> dict[str, SideShape]:
        """Both sides by the names that their ports carry, in the order of their devices."""
        return {"activation": self.activation, "weight": self.weight}

    @property
    def random_sides(self) -> dict[str, SideShape]:
        """The sides that take random numbers."""
        return {name: side for name, side in self.sides.items() if side.bits}

    @property
    def fill(self) -> int:
        """F, steps at the start of an image that fill delay lines."""
        return max(side.longest_delay(self.lanes) for side in self.sides.values())

    @property
    def chunks(self) -> int:
        """C."""
        return ceil_div(self.inputs, self.lanes)

    @property
    def passes(self) -> int:
        """Q."""
        return ceil_div(self.neurons, self.units)

    @property
    def full_scale(self) -> int:
        """Largest accumulator value, I*L."""
        return self.inputs * self.length

    @property
    def compute_steps(self) -> int:
        """Steps of an image in which something is counted."""
        return self.passes * self.chunks * self.length

    @property
    def cycles_per_chunk(self) -> int:
        """ceil(L/B)."""
        return ceil_div(self.length, self.unroll)

    @property
    def rest(self) -> int:
        """Time steps in the last cycle of a chunk, 1..B."""
        return self.length - (self.cycles_per_chunk - 1) * self.unroll

    @property
    def cycles(self) -> int:
        """Cycles of steps per image."""
        return self.fill + self.passes * self.chunks * self.cycles_per_chunk

    @property
    def devices(self) -> int:
        """D, random bits per time step."""
        return sum(side.random_width(self.lanes) for side in self.sides.values())

    @property
    def neuron(self) -> NeuronShape | BinaryNeuronShape:
        """Its neurons."""
        if self.binary:
            return BinaryNeuronShape(self.lanes, self.activation.states, self.weight.states, self.full_scale,
                                     self.pipeline)
        return NeuronShape(self.lanes, self.weight.states, self.full_scale, self.unroll, self.rest,
                           ascending=not self.weight.tuned,
                           random_bits=self.weight.bits if self.compares(self.weight) else None,
                           packed=self.word_units is not None, pipeline=self.pipeline)

    @property
    def reading_cycles(self) -> int:
        """Cycles that a layer's memory of weights takes to have those of a chunk ready."""
        return self.units // (self.word_units or self.units) + 3

    @property
    def weight_memories(self) -> tuple[int, int, int]:
        """How many memories hold the weights, and words and bits per word of each."""
        words, width = self.passes * self.chunks, self.neuron.weight_width * self.lanes
        if self.word_units is None:
            return self.units, words, width
        return 1, words * self.units // self.word_units, self.word_units * width

    @property
    def activation_codes(self) -> int:
        """Codes that the state buffer holds: of states, or where lanes compare magnitudes, of thresholds."""
        return (1 << self.activation.bits) + 1 if self.compares(self.activation) else self.activation.states

    @property
    def state_word_width(self) -> int:
        """Bits of a word of the state buffer."""
        return state_width(self.activation_codes) * self.lanes

    def compares(self, side: SideShape) -> bool:
        """Whether the lanes of a side compare random numbers with thresholds, in place of selecting among planes.

        With a pipeline, also for few states where these are 2^m + 1, whose thresholds are the states themselves.
        """
        if side.tuned or not side.bits:
            return False
        if side is self.activation and len(set(side.thresholds or ())) > 1:
            return False  # the lane that a state goes to decides its threshold
        exact = self.pipeline and side.states > 3 and side.states - 1 == 1 << side.bits
        return side.states > MOST_SELECTED_STATES or exact

    @property
    def bits_latency(self) -> int:
        """Cycles from a step to its activation bits; with a pipeline: issue, read and compare, again, select."""
        return 4 if self.pipeline else 1

    @property
    def latency(self) -> int:
        """Cycles from the last step of a pass to its first result."""
        return self.bits_latency + self.neuron.latency
