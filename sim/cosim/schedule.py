"""Schedules of stress: in which cycles the source pauses, the sink stops and the hardware is reset, drawn from a seed.

A schedule is a sequence of episodes, each of which begins with a reset and has images of its own. It is played by
``spinsc_tb_stress.sv``, the same by every simulator.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: Rounds of all kinds of episodes at most.
MOST_ROUNDS = 10
#: Cycles that all registers of a pipeline may add to what a stop costs.
LONGEST_PIPELINE = 64
#: Cycles of a reset at most.
LONGEST_RESET = 3
#: Images of an episode at most, and of all; what `Schedule.words` has bits for.
MOST_IMAGES, MOST_IMAGES_OF_ALL = 255, 8191

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pace:
    """Cycles that a network takes.

    Attributes
    ----------
    beats : int
        To take in an image.
    image : int
        From class to class, nothing waiting.
    latency : int
        From the first beat of an image to its class, nothing waiting.
    quickest : int
        From image to image, of the layer that takes the least.
    layers : int
        Number of layers.
    """

    beats: int
    image: int
    latency: int
    quickest: int
    layers: int

    @property
    def capacity(self) -> int:
        """Images that it can hold: a layer one that waits, one in work and one whose sums are handed on; a class."""
        return 3 * self.layers + 1


@dataclass(frozen=True)
class Episode:
    """What lies between two resets.

    Attributes
    ----------
    start, stop : int
        Its first cycle, which follows the reset, and the first of the next reset, or of none.
    first, images : int
        The images that the source has for it, by their place in the schedule.
    complete : bool
        It lasts until all of them are done, and longer.
    """

    start: int
    stop: int
    first: int
    images: int
    complete: bool


@dataclass(frozen=True, eq=False)
class Schedule:
    """A drawn schedule.

    Attributes
    ----------
    seed : int
    words : uint32, shape (cycles,)
        As ``spinsc_tb_stress.sv`` reads them.
    episodes : tuple of Episode
    """

    seed: int
    words: npt.NDArray[np.uint32]
    episodes: tuple[Episode, ...]

    @property
    def cycles(self) -> int:
        """Length."""
        return len(self.words)

    @property
    def images(self) -> int:
        """Images of all episodes."""
        return sum(episode.images for episode in self.episodes)

    def until(self, cycle: int) -> Schedule:
        """The same up to a cycle."""
        return dataclasses.replace(self, words=self.words[:cycle])

    @property
    def resets(self) -> int:
        """Resets in the middle of work."""
        return len(self.episodes) - 1

    @classmethod
    def draw(cls, pace: Pace, seed: int, fewest_cycles: int) -> Schedule:
        """A schedule for a network of this pace; the same for the same seed, but for the end.

        It has a round of each kind of episode, and more until it has ``fewest_cycles`` or `MOST_ROUNDS`.
        """
        rng = np.random.default_rng(seed)
        kinds = [_gathering, _flowing, _gathering, _standing, _flowing, _gathering, _whole]
        words: list[npt.NDArray[np.uint32]] = []
        episodes: list[Episode] = []
        cycle = first = rounds = 0
        while rounds == 0 or (cycle < fewest_cycles and rounds < MOST_ROUNDS):
            for kind in kinds:
                drawn = kind(rng, pace)
                reset = int(rng.integers(1, LONGEST_RESET + 1))
                words.append(_packed(rng, drawn, reset, first))
                start = cycle + reset
                cycle += len(words[-1])
                episodes.append(Episode(start, cycle, first, drawn.images, drawn.complete))
                first += drawn.images
            rounds += 1
        assert first <= MOST_IMAGES_OF_ALL
        return cls(seed, np.concatenate(words), tuple(episodes))


@dataclass(frozen=True)
class Steps:
    """In which cycles of an image a layer takes random numbers, as `random*_last` and `_partial` tell outside.

    Attributes
    ----------
    fill : int
        Cycles that fill delay lines.
    chunk : int
        Cycles of a chunk.
    cycles : int
        Of an image.
    partial : bool
        The last one of a chunk does not take all the numbers that are there.
    """

    fill: int
    chunk: int
    cycles: int
    partial: bool


@dataclass(frozen=True)
class Stress:
    """What the records of a schedule hold.

    Attributes
    ----------
    cycles : int
    episodes : tuple of Episode
    numbers : tuple of int
        Number of the image at each place of the schedule.
    beats : int
        Of an image.
    steps : tuple of Steps
        Of each layer, where its steps can be seen from outside; else none.
    """

    cycles: int
    episodes: tuple[Episode, ...]
    numbers: tuple[int, ...]
    beats: int
    steps: tuple[Steps, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Stress:
        """From what :meth:`to_json` gave."""
        return cls(data["cycles"], tuple(Episode(**item) for item in data["episodes"]), tuple(data["numbers"]),
                   data["beats"], tuple(Steps(**item) for item in data["steps"]))


@dataclass(frozen=True, eq=False)
class _Drawn:
    """An episode: in which cycles the source pauses and the sink is ready, and how many images there are."""

    pause: Flags
    ready: Flags
    images: int
    complete: bool = False


def _gathering(rng: np.random.Generator, pace: Pace) -> _Drawn:
    """Ends while the first images are taken in."""
    return _cut(rng, pace, int(rng.integers(1, 2 * pace.beats + 2)), "mostly")


def _flowing(rng: np.random.Generator, pace: Pace) -> _Drawn:
    """Ends while results come."""
    return _cut(rng, pace, pace.latency + int(rng.integers(1, 2 * pace.image + 2)), "coin")


def _standing(rng: np.random.Generator, pace: Pace) -> _Drawn:
    """Ends while a result waits to be taken."""
    drawn = _cut(rng, pace, pace.latency + int(rng.integers(1, pace.image + 2)), "bursts")
    return _Drawn(drawn.pause, np.zeros(len(drawn.ready), bool), drawn.images)


def _whole(rng: np.random.Generator, pace: Pace) -> _Drawn:
    """The sink takes nothing until everything is full; later both wait now and then; then nothing, until all is done.

    Of whatever state the last part begins in, it is long enough: no state is worse than none of the images taken in.
    """
    images = min(pace.capacity + 2, MOST_IMAGES)
    full, mixed = pace.capacity * pace.image + pace.latency, 3 * pace.image
    freely = images * pace.image + pace.latency + 2 * pace.image + LONGEST_PIPELINE
    pause = np.concatenate([_pauses(rng, pace, full, "coin"), _pauses(rng, pace, mixed, "bursts"),
                            np.zeros(freely, bool)])
    ready = np.concatenate([np.zeros(full, bool), ~_pauses(rng, pace, mixed, "coin"), np.ones(freely, bool)])
    return _Drawn(pause, ready, images, complete=True)


def _cut(rng: np.random.Generator, pace: Pace, cycles: int, most: str) -> _Drawn:
    """So many cycles; the source pauses in the way of ``most`` or a lighter one, the sink in any."""
    styles = list(_STYLES)
    of_source = styles[int(rng.integers(0, styles.index(most) + 1))]
    of_sink = styles[int(rng.integers(0, len(styles)))]
    images = min(cycles // pace.beats + 1, cycles // pace.quickest + 2, MOST_IMAGES)
    return _Drawn(_pauses(rng, pace, cycles, of_source), ~_pauses(rng, pace, cycles, of_sink), images)


#: Ways to pause, from the lightest on.
_STYLES: dict[str, Callable[[np.random.Generator, Pace, int], Flags]] = {
    "never": lambda rng, pace, cycles: np.zeros(cycles, bool),
    "bursts": lambda rng, pace, cycles: _bursts(rng, pace, cycles),
    "coin": lambda rng, pace, cycles: rng.random(cycles) < 0.5,
    "mostly": lambda rng, pace, cycles: rng.random(cycles) < 0.9}


def _pauses(rng: np.random.Generator, pace: Pace, cycles: int, style: str) -> Flags:
    return _STYLES[style](rng, pace, cycles)


def _bursts(rng: np.random.Generator, pace: Pace, cycles: int) -> Flags:
    """Runs of cycles with and without pause, of all lengths up to half an image."""
    longest = max(2, pace.image // 2)
    flags = np.empty(cycles, bool)
    start, pausing = 0, bool(rng.random() < 0.5)
    while start < cycles:
        stop = start + int(np.ceil(longest ** rng.random()))
        flags[start:stop] = pausing
        start, pausing = stop, not pausing
    return flags


def _packed(rng: np.random.Generator, drawn: _Drawn, reset: int, first: int) -> npt.NDArray[np.uint32]:
    """Words of a reset of so many cycles and the episode that follows."""
    cycles = reset + len(drawn.pause)
    pause = np.concatenate([rng.random(reset) < 0.5, drawn.pause])
    ready = np.concatenate([rng.random(reset) < 0.5, drawn.ready])
    words = (rng.integers(0, 256, cycles) | pause << 8 | ready << 9 | (np.arange(cycles) < reset) << 10
             | first << 11 | drawn.images << 24)
    packed: npt.NDArray[np.uint32] = words.astype(np.uint32)
    return packed
