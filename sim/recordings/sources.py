"""The random bits that ``--rng`` names: a registry of `RandomBits`, and the golden model's streams from a name."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Protocol

from spinsc.errors import InputError, did_you_mean
from spinsc.models.network import Network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.registry import Registry
from spinsc.sim.recordings.fitting import fitting
from spinsc.sim.recordings.recording import DEFAULT_PERIOD, Recording, recording_path


@dataclass(frozen=True)
class Request:
    """What is asked of a source of random bits. None and False: not given.

    Attributes
    ----------
    argument : str
        What follows the name and a colon.
    images : int or None
        Number of images to be run, where it is known.
    first : int
        Number of the first of them.
    seed : int or None
        Of all random generators.
    period : int or None
        Images after which the random numbers repeat.
    repeat : bool or None
        Start again where the bits end. By default (None) only a recording that the user gives must last for all images.
    split, allow_constant : bool
        See `RecordedStreams` and `Recording`.
    """

    argument: str = ""
    images: int | None = None
    first: int = 0
    seed: int | None = None
    period: int | None = None
    repeat: bool | None = None
    split: bool = False
    allow_constant: bool = False


#: Fields of `Request` that a user gives as options of the same name.
OPTIONS = ("seed", "period", "split", "allow_constant")


class RandomBits(Protocol):
    """A source of random bits for the golden model.

    Attributes
    ----------
    usage : str
        The name as users write it, such as ``recording:FILE``.
    takes : tuple of str
        Those of `OPTIONS` that have an effect; others are refused.
    """

    @property
    def usage(self) -> str: ...

    @property
    def takes(self) -> tuple[str, ...]: ...

    def make(self, network: Network, request: Request) -> Streams:
        """The random numbers of a network; `InputError` where they cannot serve it."""
        ...

    def describe(self, streams: Streams, argument: str) -> str:
        """What tables say of streams that `make` has made of this argument."""
        ...


class Recorded:
    """A file of recorded bits."""

    usage = "recording:FILE"
    takes = ("period", "split", "allow_constant")

    def make(self, network: Network, request: Request) -> Streams:
        repeat = request.argument == "default" if request.repeat is None else request.repeat
        recording = Recording.load(recording_path(request.argument), allow_constant=request.allow_constant)
        devices = recording.devices if not request.split else max(recording.devices, network.devices)
        if network.devices > devices or max(network.samples) > recording.steps:
            self._refuse(recording, network, request)
        return RecordedStreams(recording, network, repeat=repeat, images=request.images, first=request.first,
                               split=request.split, period=request.period)

    def _refuse(self, recording: Recording, network: Network, request: Request) -> None:
        """Say what the recording lacks for the network, and what it suffices for."""
        try:
            RecordedStreams(recording, network, split=request.split)
        except InputError as error:
            suits = fitting(recording, network)
            raise InputError(f"{error}{f'; it suffices for {suits}' if suits else ''}") from None

    def describe(self, streams: Streams, argument: str) -> str:
        recording = streams.recording if isinstance(streams, RecordedStreams) else None
        kind = f" ({recording.metadata.kind})" if isinstance(recording, Recording) else ""
        return f"recording:{argument}{kind}{devices_text(streams)}"


class Ideal:
    """Independent bits of a seeded generator."""

    usage = "ideal"
    takes = ("seed", "period")

    def make(self, network: Network, request: Request) -> Streams:
        return IdealStreams(network, request.seed or 0, DEFAULT_PERIOD if request.period is None else request.period)

    def describe(self, streams: Streams, argument: str) -> str:
        return "ideal (independent, uniform)"


class Lfsr:
    """The bits of the hardware's LFSRs."""

    usage = "lfsr"
    takes = ()

    def make(self, network: Network, request: Request) -> Streams:
        return LfsrStreams(network)

    def describe(self, streams: Streams, argument: str) -> str:
        return "the hardware's LFSRs"


RECORDED, IDEAL, LFSR = Recorded(), Ideal(), Lfsr()


RANDOM_BITS: Registry[RandomBits] = Registry("random numbers", "spinsc.random_bits", {
    "smtj": "spinsc.sim.junctions.bits:SIMULATED", "recording": f"{__name__}:RECORDED", "lfsr": f"{__name__}:LFSR",
    "ideal": f"{__name__}:IDEAL", "replay": "spinsc.sim.recordings.replayed:REPLAYED"})


def devices_text(streams: Streams) -> str:
    """How many devices a network reads, for tables."""
    return f", {streams.network.devices:,} devices" if isinstance(streams, RecordedStreams) else ""


def find_random_bits(spec: str) -> tuple[RandomBits, str]:
    """The source that ``spec`` (``name`` or ``name:argument``) names, and its argument."""
    name, colon, argument = spec.partition(":")
    source = RANDOM_BITS.get(name)
    if source is None or bool(argument) != (":" in source.usage) or bool(colon) != bool(argument):
        *others, last = [source.usage for source in RANDOM_BITS.values()]
        raise InputError(f"unknown random numbers {spec!r}{did_you_mean(name, RANDOM_BITS)}; "
                         f"choose {', '.join(others)} or {last}")
    return source, argument


def parse_rng(spec: str, network: Network, *, images: int | None = None, first: int = 0, seed: int | None = None,
              period: int | None = None, repeat: bool | None = None, split: bool = False,
              allow_constant: bool = False) -> Streams:
    """Random numbers for a network, from their name on the command line.

    Parameters
    ----------
    spec : str
        ``smtj`` (simulated with the default `SMTJ`), ``recording:FILE``, ``recording:default`` (in the package,
        simulated), ``lfsr``, ``ideal``, or the name of another package's source.
    network : Network
        The network that reads them.
    images, first, seed, period, repeat, split, allow_constant
        See `Request`. By default 32 images after which ``smtj`` and ``ideal`` repeat, and all that a recording has; an
        LFSR always has 1.

    Raises
    ------
    InputError
        If there is no such source, an option has no effect on it, or it cannot serve the network.
    """
    source, argument = find_random_bits(spec)
    if period is not None and period < 1:
        raise InputError(f"the period must be at least 1 image, not {period}")
    request = Request(argument, images, first, seed, period, repeat, split, allow_constant)
    defaults = {item.name: item.default for item in dataclasses.fields(Request)}
    idle = [name for name in OPTIONS if getattr(request, name) != defaults[name] and name not in source.takes]
    if idle:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in idle)
        raise InputError(f"--rng {spec} takes no {options}; leave it out")
    return source.make(network, request)
