"""Comparator levels: a random number against the level T[k] of each state, ``bit = r < T[k]``.

A level one too high gives another bit where r = T[k] meets state k, one too low where r = T[k] - 1 does. A comparator
serves the lanes of its group. Such a bit changes every product that it is part of, by one either way. Where their
number in an image and a pass is odd, the accumulators cannot stay the same; where it is even, what they change by is
worked out, for some images. So all that counts as told is certain.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.integers import ceil_div
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.side import Side
from spinsc.models.streams.protocol import Numbers, Streams, checked_numbers
from spinsc.sim.coverage.counts import bits_of_states, possible_states
from spinsc.sim.coverage.told import HIGHER, LOWER, Flags, Told

NO_NUMBER = "no random number is that small or that large"
NO_WEIGHT = "no weight has that state"
NO_STATE = "no input has that state"
#: Slots of random numbers that are looked at, and times that changes are worked out, for so many images each.
MOST_SLOTS, _EXACT_TIMES, _EXACT_IMAGES = 256, 12, 8


class ComparatorLevels:
    """Levels of both sides of a layer, filled image by image."""

    def __init__(self, network: Network, streams: Streams, number: int) -> None:
        self.network, self.streams, self.number = network, streams, number
        layer = network.layers[number]
        self.layer = layer
        self.same = [_same(side, possible, reason) for side, possible, reason in (
            (layer.activation, possible_states(network, number), NO_STATE),
            (layer.weight, (layer.weights[:, :, None] == np.arange(layer.weight.states)).any(0), NO_WEIGHT))]
        self.seen: list[Flags] = [np.zeros((2, side.groups, side.states), bool) for side in layer.sides]
        self.looked_at: set[int] = set()
        self._worked_out = 0

    def _complete(self, side: int) -> bool:
        return self.layer.sides[side].tuned or bool(
            np.logical_or.reduce([self.seen[side], *self.same[side].values()]).all())

    def add(self, trace: Trace, first: int) -> None:
        """Take note of the states of some images, the first of which is number ``first``."""
        states = trace.input_states if self.number == 0 else trace.states[self.number - 1]
        period = self.streams.period
        for start in range(min(period, len(states))):
            slot = (first + start) % period
            new = slot not in self.looked_at
            if (self._complete(0) and self._complete(1)) or (new and len(self.looked_at) >= MOST_SLOTS):
                continue
            self.looked_at.add(slot)
            numbers = checked_numbers(self.network, self.streams, self.number, slot)
            if not self._complete(0):
                self._look(0, numbers[0], states[start::period])
            if new and not self._complete(1):
                self._look(1, numbers[1], self.layer.weights)
            if self._worked_out < _EXACT_TIMES:
                self._worked_out += 1
                for which in (0, 1):
                    if not self._complete(which):
                        self._work_out(which, numbers, states[start::period])

    def _look(self, which: int, numbers: Numbers, states: npt.NDArray[np.uint8]) -> None:
        """Count what a neighbour would change, for rows of states: images, or neurons in their passes."""
        layer, side = self.layer, self.layer.sides[which]
        padded = self._by_chunk(states)
        exists = self._by_chunk(np.ones((1, layer.inputs), bool))[0]
        for neighbour, state in self._missing(which):
            odd = (self._met(which, numbers, neighbour, state).sum(2) & 1).astype(bool) & exists
            if not odd.any():
                continue
            meets = padded == state
            for number in range(layer.passes):
                rows = meets if which == 0 else meets[number * layer.folding.units:(number + 1) * layer.folding.units]
                of_lanes = np.logical_xor.reduce(rows & odd[number], axis=1)
                changed = of_lanes if side.direct else self._of_groups(which, of_lanes) % 2 != 0
                self.seen[which][neighbour, :, state] |= changed.any(0)

    def _work_out(self, which: int, numbers: tuple[Numbers, Numbers], states: npt.NDArray[np.uint8]) -> None:
        """Find what neighbours change the accumulators by, in some of the images of a slot."""
        layer, other = self.layer, self.layer.sides[1 - which]
        shape = (layer.passes, layer.chunks, self.network.length, layer.folding.lanes)
        bits = bits_of_states(other, numbers[1 - which]).reshape(*shape, other.states)
        of_pass = np.arange(layer.neurons) // layer.folding.units
        for neighbour, state in self._missing(which):
            met = self._met(which, numbers[which], neighbour, state)
            rows = self._telling(which, neighbour, state, met, states)
            if not len(rows):
                continue
            pairs = [states[rows][:, None], layer.weights[None]]
            # the new bit is 1 of a level that is higher, so products where the other bit is 1 too gain
            products = np.where(bits, 1, -1).transpose(0, 1, 3, 4, 2)
            gains = products @ met.transpose(0, 1, 3, 2)[..., None].astype(np.int64)
            of_inputs = gains[..., 0].reshape(layer.passes, -1, other.states)[:, :layer.inputs]
            change = of_inputs[of_pass[:, None], np.arange(layer.inputs), pairs[1 - which]] * (pairs[which] == state)
            of_lanes = self._by_chunk(change.reshape(-1, layer.inputs)).sum(1)
            self.seen[which][neighbour, :, state] |= (self._of_groups(which, of_lanes) != 0).any(0)

    def _telling(self, which: int, neighbour: int, state: int, met: npt.NDArray[np.bool_],
                 states: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Some images that may tell a level of some group which was not told yet."""
        if which == 1:
            return np.arange(0, len(states), ceil_div(len(states), _EXACT_IMAGES))
        of_input = self.layer.activation.group_of_lane[np.arange(self.layer.inputs) % self.layer.folding.lanes]
        meets = (states == state) & met.any((0, 2)).reshape(-1)[:self.layer.inputs]
        rows = [np.flatnonzero(meets[:, of_input == group].any(1))[:2]
                for group in np.flatnonzero(~self.seen[which][neighbour, :, state])]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *rows[:_EXACT_IMAGES]]))

    def _missing(self, which: int) -> list[tuple[int, int]]:
        """Neighbour and state of which some group was not told yet."""
        done = np.logical_or.reduce([self.seen[which], *self.same[which].values()])
        return [(int(neighbour), int(state)) for neighbour, state in np.argwhere(~done.all(1))]

    def _met(self, which: int, numbers: Numbers, neighbour: int, state: int) -> npt.NDArray[np.bool_]:
        """Steps at which a neighbour gives another bit, shape (passes, chunks, length, lanes)."""
        layer = self.layer
        steps = numbers.reshape(layer.passes, layer.chunks, self.network.length, layer.folding.lanes)
        met: npt.NDArray[np.bool_] = \
            steps == layer.sides[which].comparator_thresholds[:, state] - (neighbour == LOWER)
        return met

    def _by_chunk(self, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Rows over inputs, shape (rows, inputs), by chunks and lanes; zero where there is no input."""
        chunks, lanes = self.layer.chunks, self.layer.folding.lanes
        return np.pad(rows, ((0, 0), (0, chunks * lanes - self.layer.inputs))).reshape(len(rows), chunks, lanes)

    def _of_groups(self, which: int, of_lanes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Sums over the lanes of each group, shape (rows, groups)."""
        side = self.layer.sides[which]
        sums: npt.NDArray[np.int64] = of_lanes.astype(np.int64) @ (
            side.group_of_lane[:, None] == np.arange(side.groups)).astype(np.int64)
        return sums

    def told(self) -> list[Told]:
        """What was told apart on both sides; a tuned side has no comparators."""
        return [Told(f"{name} comparator", self.number, seen, {reason: which & ~seen for reason, which in same.items()})
                for name, side, seen, same in zip(("activation", "weight"), self.layer.sides, self.seen, self.same,
                                                  strict=True) if not side.tuned]


def _same(side: Side, possible: npt.NDArray[np.bool_], reason: str) -> dict[str, npt.NDArray[Any]]:
    """Neighbours of each group's levels that change nothing; ``possible`` are states by input, (inputs, states)."""
    lanes = np.arange(len(possible)) % side.lanes
    occurs = np.zeros((side.groups, side.states), bool)
    np.logical_or.at(occurs, side.group_of_lane[lanes], possible)
    levels = side.comparator_thresholds[np.unique(side.group_of_lane, return_index=True)[1]]
    beyond = np.zeros((2, *levels.shape), bool)
    beyond[LOWER], beyond[HIGHER] = levels == 0, levels >> side.bits > 0
    return {NO_NUMBER: beyond, reason: ~beyond & ~occurs}
