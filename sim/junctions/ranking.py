"""What networks do on junctions of a kind: as they are, and with each remedy, by the accuracy found on exact bits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.models.streams.chosen import ChosenSlots
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions import mitigation
from spinsc.sim.junctions.calibration import calibrate, widened
from spinsc.sim.junctions.family import Kind
from spinsc.sim.junctions.model import JunctionModel, simulate
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.trial import Trial, spread_slots
from spinsc.sim.recordings.verdict import ENOUGH_IMAGES, TOLERATED_LOSS

#: Correlation from sample to sample that a longer interval is chosen for.
CORRELATION = 0.01
#: Bias in P(1) from which on remedies against it are tried.
NOTABLE_BIAS = 0.002
_CALIBRATION_SAMPLES = 1 << 14

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Way:
    """A network on the junctions, in one way of using them.

    Attributes
    ----------
    network, plan : str
        Its name, and the plan of its random numbers where that is not its own.
    way : str
        What is done with the junctions, in words; "as they are" for nothing.
    price : str
        What that takes.
    accuracy, error : float
        In per cent of the images, on exact bits, and two standard errors.
    loss : float
        Points of accuracy less than with ideal bits.
    junctions, samples : int
        Junctions, and samples of each for an image.
    seconds : float or None
        For an image, at the measured sampling rate, where that is known.
    """

    network: str
    plan: str
    way: str
    price: str
    accuracy: float
    error: float
    loss: float
    junctions: int
    samples: int
    seconds: float | None

    @property
    def good(self) -> bool:
        """The loss is tolerable."""
        return self.loss <= TOLERATED_LOSS


def rank(kind: Kind, networks: Sequence[tuple[str, Network]],
         images: Callable[[Network], tuple[npt.NDArray[np.uint8], npt.NDArray[np.integer]]],
         plans: Sequence[str] = (), progress: Progress | None = None) -> list[Way]:
    """Every network in every way that may help, and in the best of them with other plans of its random numbers.

    The good ones are first, then it goes by accuracy and by time.

    Parameters
    ----------
    kind : Kind
    networks : sequence of (name, Network)
    images : callable
        Images and labels for a network, see `Trial`.
    plans : sequence of str
        As `Network.with_plan` takes them.
    progress : callable, optional
        Called with a few words before each.

    Raises
    ------
    InputError
        If nothing can be tried, as the junctions hardly ever change.
    """
    ways = []
    for name, network in networks:
        tried = partial(_try, kind, Trial(network, *images(network)), name, progress)
        own = [way for words, _, _ in _ways(kind, network) if (way := tried(network, "", words)) is not None]
        # other plans where they matter: in the way that is best without them
        ways += own + [way for plan in plans if own
                       and (way := tried(network.with_plan(plan), plan, cheapest(_in_order(own)).way)) is not None]
    if networks and not ways:
        raise InputError("such junctions change so seldom that no network can be tried on them; read them less often, "
                         "or lower their bias or barrier (--no-ranking only fits)")
    return _in_order(ways)


def _in_order(ways: Sequence[Way]) -> list[Way]:
    return sorted(ways, key=lambda way: (not way.good, -round(way.accuracy, 1), way.samples, way.junctions))


def _try(kind: Kind, plain: Trial, name: str, progress: Progress | None, network: Network, plan: str,
         words: str) -> Way | None:
    """A network in the way of these words; None if there is no such way for it, or not with these junctions.

    ``plain`` is its trial with its own plan, whose ideal bits are what it is compared with.
    """
    price, make = next(((price, make) for way, price, make in _ways(kind, network) if way == words), ("", None))
    if make is None:
        return None
    if progress is not None:
        progress(", ".join(filter(None, (name, plan, words))))
    try:
        used, recording, junctions, samples = make()
        streams = RecordedStreams(recording, used)
    except InputError:
        return None  # as calibration is for networks with comparators, and some junctions yield hardly any pairs
    trial = plain if used is plain.network else Trial(used, plain.images, plain.labels)
    loss = trial.loss(ChosenSlots(used, streams, spread_slots(streams.period)))
    accuracy = trial.ideal_percent - loss.points
    # a calibrated network is not made for ideal bits, so that its error is that of its accuracy alone
    error = loss.error if used is network else 2 * math.sqrt(accuracy * (100 - accuracy) / len(trial.images))
    seconds = None if kind.interval_s is None else samples * kind.interval_s
    return Way(name, plan, words, price, accuracy, error, plain.ideal_percent - accuracy, junctions, samples, seconds)


def cheapest(ways: Sequence[Way]) -> Way:
    """Of those that are as accurate as the best within the errors, that of the fewest samples of all junctions."""
    best = ways[0]
    near = [way for way in ways if way.good == best.good and way.accuracy >= best.accuracy - best.error - way.error]
    return min(near, key=lambda way: way.samples * way.junctions)


_Made = tuple[Network, Recording, int, int]


def _ways(kind: Kind, network: Network) -> Iterator[tuple[str, str, Callable[[], _Made]]]:
    """What can be done with the junctions, its price, and what makes the bits (with junctions and samples for them)."""
    samples = max(network.samples)
    steps = ENOUGH_IMAGES * samples
    interval = _interval(kind)
    as_they_are = kind.model()
    rare = kind.model(sampling_interval_s=as_they_are.sampling_interval_s * interval)

    def plain(model: JunctionModel, every: int) -> Callable[[], _Made]:
        return lambda: (network, simulate(model, network, steps, allow_constant=True), network.devices, samples * every)

    yield "as they are", "nothing", plain(as_they_are, 1)
    if interval > 1:
        yield f"1 sample in {interval}", f"{interval} times the time", plain(rare, interval)
    every = f", of 1 sample in {interval}" if interval > 1 else ""
    if max(kind.common_bias, kind.scatter) < NOTABLE_BIAS:
        return
    trim = kind.trimmed
    if trim.gain >= NOTABLE_BIAS:
        yield (f"{trim.way}{every}", trim.price,
               plain(kind.model(0, **trim.fields, sampling_interval_s=rare.sampling_interval_s), interval))
    if network.tuned:  # what follows is for junctions that are all alike
        return
    for count in (2, 3):
        yield (f"XOR of {count}{every}", f"{count} times the junctions",
               partial(_exclusive, network, rare, count, steps, samples * interval))
    yield f"von Neumann's pairs{every}", "4 or more samples for each bit, a buffer for each junction", lambda: (
        _von_neumann(network, rare, steps, samples * interval))
    yield f"calibrated thresholds{every}", "8-bit numbers", lambda: _calibrated(network, rare, interval)


def _interval(kind: Kind) -> int:
    """Samples from one that is used to the next, so that these hardly correlate."""
    if kind.lag_one <= CORRELATION:
        return 1
    return math.ceil(math.log(CORRELATION) / math.log(kind.lag_one))


def _exclusive(network: Network, model: JunctionModel, count: int, steps: int, samples: int) -> _Made:
    made = mitigation.xor(model.simulate(count * network.devices, steps, allow_constant=True), count)
    return network, made, count * network.devices, samples


def _von_neumann(network: Network, model: JunctionModel, steps: int, samples: int) -> _Made:
    p1, r = model.probability(network.devices), model.autocorrelation(network.devices, 1)[:, 0]
    pairs = float((4 * p1 * (1 - p1) * (1 - r)).min())  # of a chain: 2 p (1 - p) (1 - r) of all pairs are unequal
    taken = 4.5 / max(pairs, 1e-3)
    made = mitigation.von_neumann(model.simulate(network.devices, math.ceil(steps * taken)))
    return network, made, network.devices, math.ceil(samples * taken)


def _calibrated(network: Network, model: JunctionModel, interval: int) -> _Made:
    wide = widened(network)
    samples = max(wide.samples)
    recording = model.simulate(wide.devices, _CALIBRATION_SAMPLES + ENOUGH_IMAGES * samples)
    octets = _CALIBRATION_SAMPLES // 8
    before = Recording(recording.packed[:, :octets], _CALIBRATION_SAMPLES, recording.metadata, allow_constant=True)
    after = Recording(recording.packed[:, octets:], ENOUGH_IMAGES * samples, recording.metadata, allow_constant=True)
    return calibrate(network, before).network, after, wide.devices, samples * interval
