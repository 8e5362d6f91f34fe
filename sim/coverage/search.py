"""Search for directed images: candidates by the batch, of which the golden model says what they hit."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spinsc.integers import ceil_div
from spinsc.models.golden.evaluation import evaluate, evaluate_batches
from spinsc.models.network import Network
from spinsc.models.streams.chosen import ChosenSlots
from spinsc.models.streams.protocol import Streams
from spinsc.sim.coverage.candidates import Candidates, pixels_of_states
from spinsc.sim.coverage.collector import Collector
from spinsc.sim.coverage.reach import Reach
from spinsc.sim.coverage.targets import Targets

#: Called with the targets hit so far, and all of them.
Progress = Callable[[int, int], None]
Pixels = npt.NDArray[np.uint8]

#: Places in a run that are filled at a time, at least; with a longer period, the next ones follow when these are full.
_WINDOW = 32
#: Candidates evaluated at a time, at most and at least, and their distances from targets.
_CANDIDATES, _FEWEST_CANDIDATES, _DISTANCES = 1024, 64, 1 << 24
#: Images of the run that candidates are made from.
_SEEDS = 2000
#: Images that are added at most for levels of comparators and pixels.
_MOST_MORE = 1024
#: Batches without a hit after which the next places are taken, or the search ends.
_PATIENCE, _GIVE_UP = 4, 100


class Search:
    """Fills the places of a run that follow some images.

    Parameters
    ----------
    network : Network
    streams : Streams
    images : uint8, shape (n, inputs)
        Those of the run, perhaps none; what they hit is not looked for.
    first : int
        Number of the first of them.
    seed : int
        Of the search.
    quantizers : int
        Pixels of a beat, each of which has a quantizer of its own.
    """

    def __init__(self, network: Network, streams: Streams, images: Pixels, first: int, seed: int,
                 quantizers: int = 1) -> None:
        self.network, self.streams, self.before, self.quantizers = network, streams, images, quantizers
        self.rng = np.random.default_rng(seed)
        self.start = first + len(images)
        self.targets = Targets(network, Reach(network, streams))
        self.all = len(self.targets)
        seeds = np.zeros((0, network.inputs), np.uint8)
        for trace in evaluate_batches(network, images, streams, first=first, batch=self._at_once):
            self._note(trace.input_states, self.targets.distances(trace))
            seeds = np.concatenate([seeds, trace.input_states])[:_SEEDS]
        self.candidates = Candidates(network, streams, seeds, self.rng)
        self.chosen: dict[int, Pixels] = {}
        self.opened = 0  # places up to here have been searched

    def run(self, seconds: float, progress: Progress | None = None) -> Pixels:
        """Search until everything is hit, nothing more is found, or the time is over; the images, shape (n, inputs)."""
        started = time.monotonic()
        without, since_opened = 0, 0
        places = self._open()
        while len(self.targets) and time.monotonic() < started + seconds and without < _GIVE_UP:
            found = self._batch(places)
            without, since_opened = (0, 0) if found else (without + 1, since_opened + 1)
            if progress is not None:
                progress(self.all - len(self.targets), self.all)
            if not self._repeats and (since_opened >= _PATIENCE or all(place in self.chosen for place in places)):
                places, since_opened = self._open(), 0
        images = self._images()
        return np.concatenate([images, self._more(images, max(seconds - (time.monotonic() - started), 1.0))])

    def _more(self, images: Pixels, seconds: float) -> Pixels:
        """Images of any states that follow, as long as they tell more levels of comparators and pixels apart."""
        network, start = self.network, self.start - len(self.before)
        collector = Collector(network, self.streams, self.quantizers)
        made: Pixels = np.zeros((0, network.inputs), np.uint8)
        end, without, told = time.monotonic() + seconds, 0, -1
        batch = np.concatenate([self.before, images])
        while without < _PATIENCE and len(made) < _MOST_MORE and time.monotonic() < end:
            collector.add(batch, evaluate(network, batch, self.streams, first=start), start)
            start += len(batch)
            now = sum(int(which.seen.sum()) for which in collector.of_inputs())
            if told >= 0:
                made = np.concatenate([made, batch])
            without, told = (0 if now > told else without + 1), now
            if all((which.seen | which.equivalent).all() for which in collector.of_inputs()):
                break
            batch = pixels_of_states(network, self.candidates.blended(_WINDOW), self.rng)
        return made[:len(made) - without * _WINDOW]

    @property
    def _repeats(self) -> bool:
        """Whether places of every slot come again and again within a window."""
        return self.streams.period <= _WINDOW

    @property
    def _at_once(self) -> int:
        """Images evaluated at a time."""
        return max(_FEWEST_CANDIDATES, min(_CANDIDATES, _DISTANCES // max(1, len(self.targets))))

    def _open(self) -> range:
        """The next places: a whole number of periods, or a part of one."""
        period = self.streams.period
        size = period * ceil_div(_WINDOW, period) if self._repeats else _WINDOW
        places = range(self.opened, self.opened + size)
        self.opened += size
        return places

    def _batch(self, places: range) -> int:
        """Try some candidates for these places, or later ones of the same slots; how many are taken."""
        size = len(places)
        count = ceil_div(self._at_once, size) * size
        of_candidate = places.start + np.arange(count) % size
        states = self.candidates.make(self.targets, count)
        which, exact = self.candidates.exact(self.targets, (self.start + of_candidate) % self.streams.period)
        states[which] = exact
        pixels = pixels_of_states(self.network, states, self.rng)
        slots = (self.start + np.arange(places.start, places.stop)) % self.streams.period
        trace = evaluate(self.network, pixels, ChosenSlots(self.network, self.streams, slots))
        distances = self.targets.distances(trace)
        images, hits = np.nonzero(distances == 0)
        starts = np.searchsorted(images, np.arange(count + 1))
        gains = np.diff(starts)
        left = np.ones(len(self.targets), bool)
        taken = 0
        while gains.any():
            best = int(gains.argmax())
            own = hits[starts[best]:starts[best + 1]]
            gains[best] = left[own].sum()  # less than before, where others have hit the same
            if not gains[best] or gains[best] < gains.max():
                continue
            gains[best] = 0
            if (place := self._free(int(of_candidate[best]), places)) is not None:
                self.chosen[place] = pixels[best]
                left[own] = False
                taken += 1
        self.targets.take_nearest(distances, trace.input_states)
        self.targets.drop(~left)
        return taken

    def _free(self, place: int, places: range) -> int | None:
        """The first free place of the same slot, if there is one."""
        if not self._repeats:
            return None if place in self.chosen else place
        place = places.start + (place - places.start) % self.streams.period
        while place in self.chosen:
            place += self.streams.period
        return place

    def _note(self, states: npt.NDArray[np.uint8], distances: npt.NDArray[np.int64]) -> None:
        self.targets.take_nearest(distances, states)
        self.targets.drop((distances == 0).any(0))

    def _images(self) -> Pixels:
        """In the order of their places; others of them stand where none was chosen."""
        last = max(self.chosen, default=-1)
        made: Pixels = np.zeros((last + 1, self.network.inputs), np.uint8)
        images = list(self.chosen.values())
        for place in range(last + 1):
            made[place] = self.chosen[place] if place in self.chosen else images[place % len(images)]
        return made


def directed_images(network: Network, streams: Streams, images: Pixels, *, first: int = 0, quantizers: int = 1,
                    seconds: float = 60.0, seed: int = 0, progress: Progress | None = None) -> Pixels:
    """Images that tell thresholds from their neighbours which others do not.

    They are for the places of a run that follow those of ``images``, as random numbers belong to places.

    Parameters
    ----------
    network : Network
    streams : Streams
        Made for it.
    images : uint8, shape (n, inputs)
        The run's other images, perhaps none, from which directed ones are also made.
    first : int
        Number of the first of them.
    quantizers : int
        Pixels of a beat, each of which has a quantizer of its own.
    seconds : float
        Time after which the search ends with what it has.
    seed : int
        Of the search; with enough time, the same seed gives the same images.
    progress : callable, optional

    Returns
    -------
    uint8, shape (m, inputs)
        Image ``first + n`` and those that follow it.
    """
    return Search(network, streams, images, first, seed, quantizers).run(seconds, progress)
