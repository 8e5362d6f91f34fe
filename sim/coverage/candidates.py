"""Images that may hit what is left: first layer exactly, deeper ones by blends of images and changes of near ones."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.sim.coverage.counts import countable, possible_states
from spinsc.sim.coverage.exact import PixelChanges
from spinsc.sim.coverage.targets import Targets

States = npt.NDArray[np.uint8]
#: Slots whose effects of pixels are kept.
_KEPT = 64
#: Share of the candidates that begin from images which came near a target, once there are such.
_FROM_NEAR = 0.75


class Candidates:
    """Makes input states of images, some at a time.

    Parameters
    ----------
    network : Network
    streams : Streams
    seeds : uint8, shape (images, inputs)
        Input states of images to begin from.
    rng : numpy.random.Generator
    """

    def __init__(self, network: Network, streams: Streams, seeds: States, rng: np.random.Generator) -> None:
        self.network, self.streams, self.rng = network, streams, rng
        self.possible = possible_states(network, 0)
        self.seeds = seeds if len(seeds) else self._any(64)
        self.changes_in = lru_cache(maxsize=_KEPT)(partial(PixelChanges, network, streams))
        self.failed: set[tuple[int, int, int]] = set()

    def exact(self, targets: Targets, slots: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], States]:
        """States that hit targets of the first layer, one row for some of the slots, and which of them."""
        of_first = np.flatnonzero(targets.layer == 0)
        if not countable(self.network, 0) or not len(of_first):
            return np.zeros(0, np.int64), np.zeros((0, self.network.inputs), np.uint8)
        open_targets = {(int(targets.place[n]), int(targets.value[n])) for n in of_first}
        made: dict[int, States] = {}
        for position, slot in enumerate(slots.tolist()):
            waiting = np.array(sorted(target for target in open_targets if (slot, *target) not in self.failed))
            if not len(waiting):
                continue
            changes = self.changes_in(slot)
            states = self.seeds[self.rng.integers(len(self.seeds))]
            neurons, values = self._nearest(waiting, changes.sums(states))
            found = changes.solve(states, neurons, values, self.rng)
            if found is None:
                lone = np.argmin(np.abs(changes.sums(states)[neurons] - values))
                self.failed.add((slot, int(neurons[lone]), int(values[lone])))
                continue
            made[position] = found
            hit = changes.sums(found)
            open_targets -= {(neuron, int(hit[neuron])) for neuron in np.unique(neurons).tolist()}
        return np.array(list(made), np.int64), np.array(list(made.values()), np.uint8).reshape(-1, self.network.inputs)

    def blended(self, count: int) -> States:
        """Parts of two images and some noise, in any proportion."""
        rng, inputs = self.rng, self.network.inputs
        a, b = (self.seeds[rng.integers(0, len(self.seeds), count)] for _ in range(2))
        states = np.where(rng.random((count, inputs)) < rng.random((count, 1)), a, b)
        noisy = rng.random((count, inputs)) < rng.choice([0, 0.02, 0.1, 0.5], (count, 1))
        return np.where(noisy, self._any(count), states)

    def nearby(self, targets: Targets, count: int) -> States:
        """Changes of images that came near targets: between the nearest two, or with some inputs of others."""
        rng, inputs = self.rng, self.network.inputs
        which = rng.integers(0, len(targets), count)
        known = targets.distance[:, which] < np.iinfo(np.int64).max
        side = np.where(known.all(0), rng.integers(0, 2, count), known.argmax(0))
        base, other = targets.nearest[side, which], targets.nearest[1 - side, which]
        crossed = known.all(0) & (rng.random(count) < 0.5)
        fresh = np.where(rng.random((count, 1)) < 0.5, self._any(count), self.blended(count))
        other = np.where(crossed[:, None], other, fresh)
        few = 2.0 ** rng.uniform(0, 7, count) / inputs
        share = np.where(crossed, rng.random(count) ** 2, np.minimum(few, 1))
        return np.where(rng.random((count, inputs)) < share[:, None], other, base)

    def make(self, targets: Targets, count: int) -> States:
        """Some of each kind."""
        known = len(targets) and (targets.distance < np.iinfo(np.int64).max).any()
        near = int(count * _FROM_NEAR) if known else 0
        states = self.blended(count)
        if near:
            states[self.rng.permutation(count)[:near]] = self.nearby(targets, near)
        return states

    def _nearest(self, waiting: npt.NDArray[np.int64], sums: npt.NDArray[np.int64],
                 ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The value of each neuron that its sum is nearest to."""
        order = np.lexsort((np.abs(sums[waiting[:, 0]] - waiting[:, 1]), waiting[:, 0]))
        neurons, values = waiting[order].T
        first = np.flatnonzero(np.diff(neurons, prepend=-1))
        return neurons[first], values[first]

    def _any(self, count: int) -> States:
        """Any states, those of some images mostly low or mostly high."""
        rng = self.rng
        inputs = len(self.possible)
        level = rng.random((count, inputs)) ** (4.0 ** rng.uniform(-1, 1, (count, 1)))
        of_input = self.possible.sum(1)
        nth = np.minimum((level * of_input).astype(np.int64), of_input - 1)
        allowed = np.argsort(~self.possible, axis=1, kind="stable")  # states that occur, first
        chosen: States = allowed[np.arange(inputs), nth].astype(np.uint8)
        return chosen


def pixels_of_states(network: Network, states: States, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Pixels of these states, the lowest or the highest of each, as these lie at the pixel thresholds."""
    lowest = np.concatenate([[0], network.input_thresholds])
    highest = np.concatenate([network.input_thresholds - 1, [255]])
    # of states that no pixel has, none is asked for
    pixels: npt.NDArray[np.uint8] = np.where(
        rng.random(states.shape) < 0.5, lowest[states], highest[states]).astype(np.uint8)
    return pixels
