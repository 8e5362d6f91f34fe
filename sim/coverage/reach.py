"""Values that a neuron's accumulator never has, whatever the image: shown by its random bits, or not claimed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.sim.coverage.counts import Counts, countable, full_scale, possible_states
from spinsc.sim.coverage.told import Flags

RANGE = "no sum is that small or that large"
REMAINDER = "all sums have other remainders"
NO_SUM = "no states of the inputs add up to it"
#: Slots of random numbers that are looked at; with a longer period, less is shown.
MOST_SLOTS = 64
#: Bits of the sets of sums that are kept while one value is looked for.
_MOST_BITS = 1 << 30


Integers = npt.NDArray[np.int64]


class Reach:
    """What accumulators can be.

    An input can have the states that some sum before it gives in the same slot, each independently of the others: right
    for the first layer; further ones may reach less than is taken for possible, so what is shown is true of them too.

    Parameters
    ----------
    network : Network
    streams : Streams
    """

    def __init__(self, network: Network, streams: Streams) -> None:
        self.network = network
        self.streams = streams
        self._counts = lru_cache(maxsize=8)(partial(Counts, network, streams))
        self._sums = lru_cache(maxsize=None)(self._sums_of_slot)

    def slots(self, number: int) -> range:
        """All slots in which a layer's sums differ, or none where they are too many to be looked at."""
        if not any(layer.devices for layer in self.network.layers[:number + 1]):
            return range(1)
        return range(self.streams.period if self.streams.period <= MOST_SLOTS else 0)

    def unreachable(self, number: int, values: npt.NDArray[np.int64], wanted: Flags) -> dict[str, Flags]:
        """Which values no image gives, by the reason.

        Parameters
        ----------
        number : int
            Of the layer.
        values : int64, shape (2, neurons, thresholds)
        wanted : bool of the same shape
            Those that matter.
        """
        outside = wanted & ((values < 0) | (values > full_scale(self.network, number)))
        found = {RANGE: outside, REMAINDER: np.zeros_like(outside), NO_SUM: np.zeros_like(outside)}
        slots = self.slots(number)
        left = wanted & ~outside
        if not slots or not left.any() or not countable(self.network, number):
            return found
        in_range, summed = np.zeros_like(left), np.zeros_like(left)
        for slot in slots:
            low, high, step = self._sums(number, slot)
            within = (values >= low[:, None]) & (values <= high[:, None])
            in_range |= within
            summed |= within & ((values - low[:, None]) % step[:, None] == 0)
            if not (left & ~summed).any():
                break
        found[RANGE] |= left & ~in_range
        found[REMAINDER] |= left & in_range & ~summed
        if number == 0:
            for side, neuron, k in np.argwhere(left & summed & self._few(number, left & summed)):
                value = int(values[side, neuron, k])
                found[NO_SUM][side, neuron, k] = all(
                    states_of_sum(self.effects(number, slot, neuron), value) is None for slot in slots)
        return found

    def effects(self, number: int, slot: int, neuron: int) -> npt.NDArray[np.int64]:
        """What each state of each input adds to a neuron's sum, -1 for states that an input never has."""
        return np.where(self.possible(number, slot), self._counts(number, slot).of_neuron(neuron).astype(np.int64), -1)

    def possible(self, number: int, slot: int) -> Flags:
        """States that the inputs of a layer can have in a slot, shape (inputs, states)."""
        if number == 0 or not countable(self.network, number - 1):
            return possible_states(self.network, number)
        low, high, _ = self._sums(number - 1, slot)
        thresholds = self.network.layers[number - 1].outcome_integers(self.network.lengths[number - 1])
        low, high = low[:, None], high[:, None] + 1
        edges = np.concatenate([low, np.clip(thresholds, low, high), high], 1)
        possible: Flags = np.diff(edges, axis=1) > 0
        return possible

    def _few(self, number: int, left: Flags) -> bool:
        """Whether all sums can be listed."""
        bits = self.network.layers[number].inputs * full_scale(self.network, number)
        return bits * max(1, int(left.sum())) <= _MOST_BITS

    def _sums_of_slot(self, number: int, slot: int) -> tuple[Integers, Integers, Integers]:
        """Least and greatest sum of each neuron, and what all of its sums are apart; shape (neurons,) each."""
        possible = self.possible(number, slot)[:, :, None]
        entries = self._counts(number, slot).entries
        least = np.where(possible, entries, self.network.lengths[number]).min(2)  # (passes, inputs, weight states)
        most = np.where(possible, entries, 0).max(2)
        apart = np.gcd.reduce(np.where(possible, entries - least[:, :, None], 0), axis=2)
        layer = self.network.layers[number]
        of_weights = (np.arange(layer.neurons)[:, None] // layer.folding.units, np.arange(layer.inputs), layer.weights)
        step = np.gcd.reduce(apart[of_weights], axis=1)
        return (least[of_weights].sum(1, dtype=np.int64), most[of_weights].sum(1, dtype=np.int64),
                np.maximum(step, 1).astype(np.int64))


def states_of_sum(effects: npt.NDArray[np.int64], value: int) -> npt.NDArray[np.uint8] | None:
    """States whose effects add up to a value exactly, shape (inputs,); None if there are none.

    Parameters
    ----------
    effects : int64, shape (inputs, states)
        Of each state of each input, from 0; negative for states that an input never has.
    value : int
        The sum.
    """
    if value < 0:
        return None
    room = (1 << value + 1) - 1
    sums = [1]  # bit n: the inputs so far can add up to n
    for row in effects:
        sums.append(_shifted(sums[-1], row, room))
    if not sums[-1] >> value & 1:
        return None
    states = np.zeros(len(effects), np.uint8)
    for position in reversed(range(len(effects))):
        for state, effect in enumerate(effects[position].tolist()):
            if 0 <= effect <= value and sums[position] >> value - effect & 1:
                states[position], value = state, value - effect
                break
    return states


def _shifted(sums: int, row: npt.NDArray[np.int64], room: int) -> int:
    total = 0
    for effect in _different(row):
        total |= sums << effect
    return total & room


def _different(row: npt.NDArray[np.int64]) -> Iterator[int]:
    yield from sorted({effect for effect in row.tolist() if effect >= 0})
