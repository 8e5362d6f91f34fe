"""What would do where recorded bits are not good enough for a network: each remedy is tried on the bits themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.models.streams.chosen import ChosenSlots
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions import mitigation
from spinsc.sim.junctions.calibration import calibrate, widened
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.trial import Loss, Trial, spread_slots
from spinsc.sim.recordings.verdict import ENOUGH_IMAGES, TOLERATED_LOSS

#: Images whose bits must be left for a remedy to be tried.
FEWEST_IMAGES = 3
_INTERVALS = (2, 4, 8, 16, 32)
_MOST_BITS = 1 << 27
_SHOWN = 3


@dataclass(frozen=True)
class Remedy:
    """A remedy and what is left of the loss with it.

    Attributes
    ----------
    option : str
        As the user gives it.
    loss : Loss
    missing : int
        Samples per device that the recording should have more for it, so that the bits of `ENOUGH_IMAGES` are left.
    """

    option: str
    loss: Loss
    missing: int

    @property
    def text(self) -> str:
        more = f" and {self.missing:,} more samples per device" if self.missing else ""
        return f"{self.option}{more} (then {max(0.0, self.loss.points):.1f} ± {self.loss.error:.1f} points)"


def remedies(recording: Recording, network: Network, images: npt.NDArray[np.uint8],
             labels: npt.NDArray[np.integer]) -> str:
    """What would make a recording good enough, in words.

    Parameters
    ----------
    recording : Recording
        Of at least as many devices as the network reads.
    network : Network
    images, labels
        See `Trial`.
    """
    recording = _shorter(recording, network)
    found = []
    for option, changed, make, factor in _methods(recording, network):
        try:
            made, used = make(), changed
        except InputError:
            continue
        if isinstance(made, tuple):
            made, used = made
        steps = max(used.samples)
        if made.steps < FEWEST_IMAGES * steps:
            continue
        streams = RecordedStreams(made, used)
        loss = Trial(used, images, labels).loss(ChosenSlots(used, streams, spread_slots(streams.period)))
        missing = round(max(0, ENOUGH_IMAGES * steps - made.steps) * factor)
        found.append(Remedy(option, loss, missing))
    work = [remedy for remedy in found if remedy.loss.points <= TOLERATED_LOSS]
    if work:
        return "; or ".join(remedy.text for remedy in sorted(work, key=lambda remedy: remedy.missing > 0)[:_SHOWN])
    best = min(found, key=lambda remedy: remedy.loss.points, default=None)
    tried = f"none of what spinsc can do with these bits; best {best.text}" if best else "other bits"
    return f"{tried}{_lacking(recording, network)}"


_Made = Recording | tuple[Recording, Network]


def _methods(recording: Recording, network: Network) -> Iterator[tuple[str, Network, Callable[[], _Made], float]]:
    """Options, the network they are for, what makes the bits, and samples taken for each that is given."""
    own = mitigation.part(recording, network.devices) if recording.devices > network.devices else recording
    if not network.shared_layers:
        yield "improve --shuffle NET", network, partial(mitigation.shuffle, own, network), 1.0
    for junctions in (2, 3):
        if recording.devices >= junctions * network.devices:
            yield f"improve --xor {junctions}", network, partial(mitigation.xor, recording, junctions), 1.0
    for interval in takewhile(lambda n: recording.steps // n >= FEWEST_IMAGES * max(network.samples), _INTERVALS):
        yield f"improve --every {interval}", network, partial(mitigation.every, own, interval), float(interval)
    if not network.tuned:
        yield "improve --von-neumann", network, partial(mitigation.von_neumann, own), 4.5
        if recording.devices >= widened(network).devices:
            yield "calibrate", network, lambda: (recording, calibrate(network, recording).network), 1.0


def _lacking(recording: Recording, network: Network) -> str:
    """What could not be tried for want of devices."""
    lacking = [f"--xor 2 needs {2 * network.devices:,}"] if recording.devices < 2 * network.devices else []
    if not network.tuned and recording.devices < (needed := widened(network).devices):
        lacking.append(f"calibrate {needed:,}")
    return f" ({' and '.join(lacking)} devices, {recording.devices:,} are recorded)" if lacking else ""


def _shorter(recording: Recording, network: Network) -> Recording:
    """The first samples of a recording, as many as are tried."""
    octets = max(max(network.samples) // 8 + 1, _MOST_BITS // 8 // recording.devices)
    if octets >= recording.packed.shape[1]:
        return recording
    return Recording(recording.packed[:, :octets], 8 * octets, recording.metadata, allow_constant=True)
