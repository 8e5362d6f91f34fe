"""Whether a recording is good enough for a network, and what limits it.

The loss of accuracy is measured: the network runs on some test images with the recorded bits, evenly spread over the
recording, and with ideal ones. What causes it is found by taking one property after another out of the bits: when each
device's samples are shuffled within an image, only P(1) and its drift are left, and so on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinsc.models.network import Network
from spinsc.models.streams.chosen import ChosenSlots
from spinsc.models.streams.protocol import Bits
from spinsc.models.streams.recorded import RecordedBits, RecordedStreams
from spinsc.sim.recordings.metadata import Metadata
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.structure import Structure, find_structure
from spinsc.sim.recordings.trial import SLOTS, Loss, SampleStreams, Trial, spread_slots

#: Loss of accuracy, in per cent of the images, up to which a recording counts as good enough.
TOLERATED_LOSS = 0.5
#: Loss from which on causes are looked for.
NOTABLE_LOSS = 0.2
#: Images whose bits a recording should hold; with fewer, the accuracy depends on which bits they happen to be.
ENOUGH_IMAGES = 8
#: Images that tell the loss well enough.
ENOUGH_TESTED = 1000
_MOST_SAMPLES = 1 << 27  # of all layers, where causes are looked for
STUCK, BIAS, DRIFT, MEMORY, DEPENDENCE, INTERFERENCE = (
    "stuck devices", "bias", "drift", "correlation in time", "correlation between devices", "periodic interference")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What a recording is worth for a network.

    Attributes
    ----------
    loss : Loss
        Against ideal bits.
    causes : dict
        Points of the loss by cause; empty where there is no loss worth an explanation.
    facts : dict
        Each cause's measured extent, in words.
    period : int
        Images after which the bits repeat.
    missing : int
        Samples per device that are missing for `ENOUGH_IMAGES`.
    """

    loss: Loss
    causes: dict[str, float]
    facts: dict[str, str]
    period: int
    missing: int

    @property
    def excessive(self) -> bool:
        """Whether the bits cost more accuracy than is tolerated."""
        return self.loss.points > TOLERATED_LOSS

    @property
    def good(self) -> bool:
        return not self.excessive and not self.missing

    @property
    def limit(self) -> str:
        """The largest cause, with its extent; empty without one."""
        if not self.causes:
            return ""
        worst = max(self.causes, key=lambda cause: self.causes[cause])
        return f"{worst} ({self.facts[worst]})"

    @property
    def line(self) -> str:
        """The verdict in a line."""
        points = self.loss.points
        cost = (f"no loss of accuracy found (within {self.loss.error:.1f} points)" if points < 0.05 else
                f"costs {points:.1f} ± {self.loss.error:.1f} points of accuracy")
        if self.excessive:
            cost += f", limited by {self.limit}"
        if self.missing:
            cost = (f"too few samples, bits of only {self.period} image{'s' * (self.period > 1)}; {ENOUGH_IMAGES} take "
                    f"{self.missing:,} more per device; {cost}")
        if not self.good:
            return f"not good enough: {cost}"
        told = self.limit and points > self.loss.error
        return f"good enough: {cost}" + (f", first by {self.limit}" if told else "")


def judge(streams: RecordedStreams, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer]) -> Verdict:
    """Judge a recording for the network that it is read by.

    Parameters
    ----------
    streams : RecordedStreams
    images, labels : uint8 (images, inputs), integers (images,)
        Of the network's kind; a thousand tell the loss within a few tenths.
    """
    network = streams.network
    slots = spread_slots(streams.period)
    trial = Trial(network, images, labels)
    loss = trial.loss(ChosenSlots(network, streams, slots))
    needed = ENOUGH_IMAGES * max(network.samples)
    missing = max(0, needed - streams.period * max(network.samples))
    causes: dict[str, float] = {}
    facts: dict[str, str] = {}
    if loss.points > NOTABLE_LOSS:
        recording = _used(streams.recording, network.devices)
        structure = find_structure(recording)
        causes = _causes(trial, streams, loss, structure)
        facts = describe(recording, structure, network)
    return Verdict(loss, causes, facts, streams.period, missing)


def _used(recording: RecordedBits, devices: int) -> Recording:
    """The devices that a network reads."""
    metadata = Metadata.of({"kind": "measured"})
    return Recording(recording.packed[:devices], recording.steps, metadata, allow_constant=True)


def _causes(trial: Trial, streams: RecordedStreams, loss: Loss, structure: Structure) -> dict[str, float]:
    """Points of the loss by cause: what is gained when it is taken out of the bits, one after the other."""
    network = trial.network
    each = sum(layer.devices * samples for layer, samples in zip(network.layers, network.samples, strict=True))
    slots = spread_slots(streams.period, max(1, min(SLOTS, _MOST_SAMPLES // max(1, each))))
    rng = np.random.default_rng(0)
    samples = [_samples(streams, layer, slots) for layer in range(len(network.layers))]
    p1 = _device_p1(streams)

    def lost(change: Callable[[Bits, Floats, Floats], Bits]) -> float:
        bases = network.device_bases
        changed = [change(part, p1[base:base + len(part)], network.device_probabilities[base:base + len(part)])
                   for base, part in zip(bases, samples, strict=True)]
        return max(0.0, trial.loss(SampleStreams(network, changed)).points)

    # Stepwise: no dependence between devices, then no memory, no drift, no bias of devices that are not stuck.
    apart = lost(lambda part, found, wanted: _rolled(part, rng))
    forgetful = lost(lambda part, found, wanted: rng.permuted(part, axis=2))
    steady = lost(lambda part, found, wanted: _drawn(found, part.shape, rng))
    stuck = lost(lambda part, found, wanted: _drawn(np.where((found == 0) | (found == 1), found, wanted), part.shape,
                                                    rng))
    shared = INTERFERENCE if structure.interference.found and not structure.dependence.copies else DEPENDENCE
    steps = {shared: loss.points - apart, MEMORY: apart - forgetful, DRIFT: forgetful - steady, BIAS: steady - stuck,
             STUCK: stuck}
    if structure.drift.shared:  # what comes and goes in all devices at once, and in none by itself, is no drift
        steps[shared] += steps.pop(DRIFT)
    return {cause: max(0.0, points) for cause, points in steps.items()}


def _samples(streams: RecordedStreams, layer: int, slots: list[int]) -> Bits:
    """Samples of a layer's devices in some images, shape (devices, slots, samples)."""
    network, base = streams.network, streams.network.device_bases[layer]
    count = network.samples[layer]
    rows = slice(base, base + network.layers[layer].devices)
    return np.stack([streams.recording.bits(rows, slice(slot * count, (slot + 1) * count)) for slot in slots], axis=1)


def _device_p1(streams: RecordedStreams) -> Floats:
    recording = streams.recording
    ones = np.bitwise_count(recording.packed[:streams.network.devices]).sum(axis=1, dtype=np.int64)
    return np.asarray(ones / recording.steps)


def _rolled(samples: Bits, rng: np.random.Generator) -> Bits:
    """Each device's samples turned round within each image, by a distance of its own."""
    steps = samples.shape[2]
    places = (np.arange(steps) + rng.integers(0, steps, (*samples.shape[:2], 1))) % steps
    return np.take_along_axis(samples, places, axis=2)


def _drawn(p1: Floats, shape: tuple[int, ...], rng: np.random.Generator) -> Bits:
    """Independent bits of these probabilities."""
    return (rng.random(shape, np.float32) < p1[:, None, None]).astype(np.uint8)


def describe(recording: Recording, structure: Structure, network: Network | None = None) -> dict[str, str]:
    """The measured extent of each cause of a loss, in words.

    Parameters
    ----------
    recording : Recording
        Of the devices that the network reads.
    structure : Structure
    network : Network, optional
        Whose devices may be tuned.
    """
    p1 = np.bitwise_count(recording.packed).sum(axis=1, dtype=np.int64) / recording.steps
    stuck = (p1 == 0) | (p1 == 1)
    wanted = 0.5 if network is None or not network.devices else network.device_probabilities[:len(p1)]
    off = np.abs(p1 - wanted)[~stuck]
    memory, drift = structure.memory, structure.drift
    time = memory.time[np.isfinite(memory.time)]
    together = drift.common_deviation > 0.5 * float(drift.deviation.mean())
    worst = int(drift.deviation.argmax())
    changes = drift.common if together else drift.p1[worst]
    whose = "the mean of all devices" if together else f"that of device {worst}"
    return {
        STUCK: f"{int(stuck.sum()):,} of {len(p1):,}",
        BIAS: f"P(1) is off by {_mean(off):.3f} on average, {off.max(initial=0):.3f} at most",
        DRIFT: f"P(1) changes by {_mean(drift.deviation):.3f} over time; {whose} goes from {changes.min():.3f} to "
               f"{changes.max():.3f}",
        MEMORY: f"integrated correlation time of {_mean(time):.2f} samples{' or more' * memory.open}, at most "
                f"{time.max(initial=1):.2f}",
        DEPENDENCE: _describe_dependence(structure),
        INTERFERENCE: f"P(1) swings by {structure.interference.amplitude:.3f} every "
                      f"{structure.interference.period:.4g} samples"}


def _describe_dependence(structure: Structure) -> str:
    found = structure.dependence
    if found.copies:
        device, other = found.copies[0]
        count = len(found.copies)
        return (f"{count:,} device{'s have' if count > 1 else ' has'} the bits of another, or inverted: {device} those "
                f"of {other}")
    first, second = found.pair
    return (f"correlation of {found.mean:.4f} ± {found.error:.4f} on average, {found.largest:.3f} between devices "
            f"{first} and {second}")


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0
