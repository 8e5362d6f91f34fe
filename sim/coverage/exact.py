"""Images whose sums of the first layer are what is wanted, by the known effect of each pixel's state.

One image is brought to wanted sums of several neurons at once: some pair of changes of inputs, perhaps after another
one, makes up for what is left of all of them, as there are millions of pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.sim.coverage.counts import Counts, possible_states
from spinsc.sim.coverage.reach import states_of_sum

#: Neurons that one image is to serve at once, and further single changes that are tried for it.
_AT_ONCE, _TRIES = 4, 24
#: Sets of sums larger than this are not listed.
_MOST_BITS = 1 << 30

Integers = npt.NDArray[np.int64]
States = npt.NDArray[np.uint8]


class PixelChanges:
    """Changes of an image's pixels that bring sums of the first layer, in one slot, to wanted values.

    Parameters
    ----------
    network : Network
    streams : Streams
    slot : int
    """

    def __init__(self, network: Network, streams: Streams, slot: int) -> None:
        self.possible = possible_states(network, 0)
        #: What each state of each input adds to each neuron, shape (neurons, inputs, states).
        self.effects = Counts(network, streams, 0, slot).of_neurons()

    def sums(self, states: States) -> Integers:
        """Accumulators of all neurons, shape (neurons,)."""
        total: Integers = self.effects[:, np.arange(len(states)), states].sum(1, dtype=np.int64)
        return total

    def solve(self, states: States, neurons: Integers, values: Integers, rng: np.random.Generator) -> States | None:
        """States near those given with which as many of the neurons as possible have their values; None if none has.

        Parameters
        ----------
        states : uint8, shape (inputs,)
        neurons, values : int64
            Sums wanted, one of each neuron.
        """
        left = values - self.sums(states)[neurons]
        away = np.abs(left)
        order = np.argsort(away, kind="stable")
        largest = np.abs(self.effects[neurons[order[0]]] - self.effects[neurons[order[0]]][:, :1]).max()
        near = order[away[order] <= max(1, largest // 2)]
        # A bit that changes adds or takes one in every neuron of a pass: their sums stay even or odd together.
        near = near[(left[near] - left[order[0]]) % 2 == 0][:_AT_ONCE]
        for count in range(len(near), 1, -1):
            found = self._together(states, neurons[near[:count]], values[near[:count]], rng)
            if found is not None:
                return found
        return self._alone(states, int(neurons[order[0]]), int(values[order[0]]))

    def _single(self, states: States, neurons: Integers) -> tuple[Integers, Integers, Integers]:
        """Every change of one input: input, new state, and what it adds to the neurons, shape (changes, neurons)."""
        allowed = self.possible.copy()
        allowed[np.arange(len(states)), states] = False
        inputs, new = np.nonzero(allowed)
        added = (self.effects[neurons[:, None], inputs, new] - self.effects[neurons[:, None], inputs, states[inputs]]).T
        return inputs, new, added.astype(np.int64)

    def _together(self, states: States, neurons: Integers, values: Integers, rng: np.random.Generator) -> States | None:
        inputs, new, added = self._single(states, neurons)
        if not len(inputs):
            return None
        left = values - self.sums(states)[neurons]
        base = 8 * max(1, int(np.abs(added).max()), int(np.abs(left).max())) + 1
        if base ** len(neurons) >= 1 << 62:
            return None
        weights = base ** np.arange(len(neurons), dtype=np.int64)
        codes = added @ weights
        order = np.argsort(codes, kind="stable")
        ordered = codes[order]
        wanted = int(left @ weights)
        for start in [-1, *rng.integers(0, len(codes), _TRIES)]:
            rest = wanted - (int(codes[start]) if start >= 0 else 0)
            place = np.searchsorted(ordered, rest - codes)
            place[place == len(ordered)] = 0
            partner = order[place]
            fits = (ordered[place] == rest - codes) & (inputs[partner] != inputs)
            if start >= 0:
                fits &= (inputs != inputs[start]) & (inputs[partner] != inputs[start])
            if len(pairs := np.flatnonzero(fits)):
                pair = pairs[rng.integers(len(pairs))]
                found = states.copy()
                for change in (start, pair, partner[pair]):
                    if change >= 0:
                        found[inputs[change]] = new[change]
                return found
        return None

    def _alone(self, states: States, neuron: int, value: int) -> States | None:
        """By the changes that bring most, then one or two more; else by listing all sums."""
        found = states.copy()
        left = value - int(self.effects[neuron, np.arange(len(states)), states].sum())
        effects = np.where(self.possible, self.effects[neuron], -1).astype(np.int64)
        now = effects[np.arange(len(states)), states]
        added = np.where(self.possible, effects - now[:, None], 0) * (1 if left > 0 else -1)
        gains, best = added.max(1), added.argmax(1)
        order = np.argsort(-gains, kind="stable")
        count = int(np.searchsorted(np.cumsum(gains[order]), abs(left) + 1))
        taken = order[:count]
        found[taken] = best[taken]
        left = value - int(effects[np.arange(len(states)), found].sum())
        if left:
            inputs, new, changes = self._single(found, np.array([neuron]))
            codes = changes[:, 0]
            order = np.argsort(codes, kind="stable")
            place = np.searchsorted(codes[order], np.concatenate([[left], left - codes]))
            place[place == len(order)] = 0
            hit = codes[order[place]] == np.concatenate([[left], left - codes])
            hit[1:] &= inputs[order[place[1:]]] != inputs
            if not hit.any():
                return self._listed(effects, value)
            first = int(np.flatnonzero(hit)[0])
            for change in [int(order[place[first]]), *([first - 1] if first else [])]:
                found[inputs[change]] = new[change]
        return found

    def _listed(self, effects: Integers, value: int) -> States | None:
        return states_of_sum(effects, value) if len(effects) * max(0, value) <= _MOST_BITS else None
