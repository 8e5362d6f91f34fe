"""Random numbers read from a recording.

``docs/bit-contract.md``, "Devices" and "Recordings", decides which device and sample gives which bit.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.network import Network
from spinsc.models.streams.lanes import numbers_of_bits
from spinsc.models.streams.protocol import WORD_BYTES, Bits, Numbers, PackedBits, Slots


class RecordedBits(Protocol):
    """Samples of devices, as `spinsc.sim.recordings.recording.Recording` has them.

    Attributes
    ----------
    packed : uint8, shape (devices, ceil(steps / 8))
        Sample n of a device is bit n mod 8 (weight 2^(n mod 8)) of byte n div 8.
    devices, steps : int
        How many devices, and samples of each.
    hash : str
        Of the samples.
    """

    @property
    def packed(self) -> Bits: ...

    @property
    def devices(self) -> int: ...

    @property
    def steps(self) -> int: ...

    @property
    def hash(self) -> str: ...

    def bits(self, devices: slice, steps: slice) -> Bits:
        """Samples as 0 and 1, shape (chosen devices, chosen steps)."""
        ...

    def split(self, devices: int) -> RecordedBits:
        """Each device's samples cut into consecutive pieces that stand for devices of their own."""
        ...


class RecordedStreams:
    """Random numbers of a network's layers, read from a recording by the device map of the bit contract.

    Parameters
    ----------
    recording : RecordedBits
        At least `Network.devices` devices; more are left unused.
    network : Network
        Decides which device gives which bit.
    repeat : bool
        Start again at sample 0 after ``period`` images. Otherwise images ``first`` to ``first + images - 1`` must lie
        within the recording.
    images, first : int
        Stretch of images to be run; looked at only without ``repeat``.
    split : bool
        Cut the recording's devices into as many as are needed (see `RecordedBits.split`).
    period : int, optional
        Use only the recording's first ``period`` images.

    Attributes
    ----------
    period : int
        R, the number of images after which the random numbers repeat.
    """

    def __init__(self, recording: RecordedBits, network: Network, *, repeat: bool = True, images: int | None = None,
                 first: int = 0, split: bool = False, period: int | None = None) -> None:
        needed, pieces = network.devices, 1
        if needed > recording.devices:
            if not split:
                raise InputError(f"the network needs {needed} devices, but the recording has {recording.devices}; "
                                 f"record more, or cut long recordings into several devices each (--split)")
            pieces = ceil_div(needed, recording.devices)
            recording = recording.split(needed)
        samples = max(network.samples)
        available = recording.steps // samples
        if available < 1:
            how = f" after splitting each device into {pieces}" if pieces > 1 else ""
            raise InputError(f"an image takes {samples} samples of each of {needed} devices, but the recording has "
                             f"{recording.steps}{how}; record more, or shorten the streams")
        if period is not None and not 1 <= period <= available:
            raise InputError(f"a period of {period} images takes {period * samples} samples per device, but the "
                             f"recording has {recording.steps}; choose a period from 1 to {available}")
        _check_tuned(recording, network)
        self.recording = recording
        self.network = network
        self.period = available if period is None else period
        if not repeat and images is not None and first + images > self.period:
            raise InputError(f"images up to number {first + images - 1} take {(first + images) * samples} samples of "
                             f"each of {needed} devices, but the recording covers {self.period} images; "
                             f"record more, run fewer images, or repeat the recording (--repeat)")

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """Random numbers of one layer for image ``slot`` of the period.

        Returns
        -------
        r_a, r_w : uint8 (up to 8 bits) or uint16, shape (steps, lanes)
            Numbers of m_a and m_w bits for the activations and the weights.
        """
        return numbers_of_bits(self.network.layers[layer], self.layer_bits(layer, slot))

    def packed(self, layer: int, slots: Slots) -> PackedBits:
        """The layer's rows of the recording as they are: see `PackedStreams.packed`."""
        numbers = np.asarray(slots, np.int64)
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < self.period:
            raise ValueError(f"slots must be from 0 to {self.period - 1}, not {numbers.min()} to {numbers.max()}")
        base = self.network.device_bases[layer]
        samples = self.recording.packed[base:base + self.network.layers[layer].devices]
        if samples.shape[1] < WORD_BYTES:
            samples = np.pad(samples, ((0, 0), (0, WORD_BYTES - samples.shape[1])))
        fill = self.network.layers[layer].fill
        return PackedBits(samples, numbers * self.network.samples[layer] + fill)

    def layer_bits(self, layer: int, slot: int) -> Bits:
        """Samples of the layer's devices in one image, shape (devices, samples)."""
        if not 0 <= slot < self.period:
            raise ValueError(f"slot must be from 0 to {self.period - 1}, not {slot}")
        samples = self.network.samples[layer]
        base = self.network.device_bases[layer]
        return self.recording.bits(slice(base, base + self.network.layers[layer].devices),
                                   slice(slot * samples, (slot + 1) * samples))


def _check_tuned(recording: RecordedBits, network: Network) -> None:
    """Refuse junctions that look unbiased where the network's are tuned."""
    wanted = network.device_probabilities
    tuned = np.flatnonzero(wanted != 0.5)
    if len(tuned):
        found = np.bitwise_count(recording.packed[tuned]).sum(1, dtype=np.int64) / recording.steps
        if np.abs(found - 0.5).mean() < np.abs(found - wanted[tuned]).mean():
            raise InputError(f"the network's junctions are tuned, device {tuned[0]} to a probability of "
                             f"{wanted[tuned[0]]:.3g}, but that of the recording is {found[0]:.3g}; record tuned "
                             "junctions ('spinsc recording simulate --network' tunes them)")
