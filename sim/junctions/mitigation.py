"""Better random bits from a recording of junctions that are not ideal, and what each method costs.

All work on recordings, so that network, hardware and golden model read the results like any others. What a chip needs
for them, in front of the random-number ports of the network, is said with each.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.sim.recordings.recording import Recording


def part(recording: Recording, devices: int) -> Recording:
    """The first devices of a recording."""
    return Recording(recording.packed[:devices], recording.steps, recording.metadata,
                     allow_constant=recording.allow_constant)


def xor(recording: Recording, junctions: int) -> Recording:
    """Bits that are each the XOR of several junctions: of n = ``devices // junctions``, bit d is that of d, n + d, ...

    A bias e = 2 P(1) - 1 becomes e^junctions, an autocorrelation r (of unbiased junctions) r^junctions. Costs as many
    junctions, and junctions - 1 gates a bit. Measured with s-MTJs by Schnitzspan et al., arXiv 2301.05694.
    """
    if not 2 <= junctions <= recording.devices:
        raise InputError(f"the XOR must be of 2 to {recording.devices} junctions, as many as the recording has, "
                         f"not {junctions}")
    devices = recording.devices // junctions
    parts = recording.packed[:devices * junctions].reshape(junctions, devices, -1)
    return _made(recording, np.bitwise_xor.reduce(parts), recording.steps, {"xor": junctions})


def every(recording: Recording, interval: int) -> Recording:
    """Every ``interval``-th sample: an autocorrelation r becomes r^interval. Costs as many times the time."""
    if not 2 <= interval <= recording.steps:
        raise InputError(f"the interval must be from 2 to the {recording.steps} samples of the recording, "
                         f"not {interval}")
    steps = recording.steps // interval
    return _made(recording, _rows(recording, lambda bits: bits[:steps * interval:interval]), steps, {"every": interval},
                 interval)


def von_neumann(recording: Recording) -> Recording:
    """Pairs of samples 01 as 0 and 10 as 1, others dropped (J. von Neumann, NBS Appl. Math. Ser. 12, 36 (1951)).

    Of samples that are independent, or of a two-state chain in its steady state, the bits are unbiased whatever P(1)
    is; those of a chain are still correlated. All devices are cut to the shortest. Costs 4 samples per bit, 1 / (1 - r)
    times that of a chain, and two flip-flops and a buffer a junction, as bits come at random times.

    Raises
    ------
    InputError
        If a device has no pair 01 or 10.
    """
    halves = []
    for device in range(recording.devices):
        pairs = recording.bits(slice(device, device + 1), slice(0, recording.steps // 2 * 2))[0].reshape(-1, 2)
        halves.append(pairs[pairs[:, 0] != pairs[:, 1], 0])
    shortest = min(range(len(halves)), key=lambda device: len(halves[device]))
    steps = len(halves[shortest])
    if not steps:
        raise InputError(f"von Neumann extraction yields no bits of device {shortest}: no 01 or 10 pairs; leave it out")
    packed = np.stack([np.packbits(bits[:steps], bitorder="little") for bits in halves])
    return _made(recording, packed, steps, {"von_neumann": True}, None)


def shuffle(recording: Recording, network: Network) -> Recording:
    """Junctions that change their lanes at every step: lane s reads what lane (s + n) mod S would read at sample n.

    Where a plan has groups of junctions, these take the place of the lanes.

    Successive bits of a lane then come from different junctions. So correlated samples meet other inputs and weights,
    whose products have other signs, and the biases of the junctions average out over the lanes. Costs a ring of S
    registers, or rotating multiplexers, for each of the bits of a random number.
    """
    if recording.devices < network.devices:
        raise InputError(f"the network needs {network.devices} devices, but the recording has {recording.devices}; "
                         "record more")
    if network.shared_layers:
        raise InputError("layers that share their junctions cannot be shuffled one by one; take a plan with "
                         "layers=own")
    packed = np.array(recording.packed[:network.devices])
    steps = np.arange(recording.steps)
    for base, layer in zip(network.device_bases, network.layers, strict=True):
        planes = [side.groups for side in layer.sides for _ in range(side.bits)]
        for first, groups in zip(base + np.cumsum([0, *planes[:-1]]), planes, strict=True):
            bits = recording.bits(slice(int(first), int(first) + groups))
            for group in range(groups):
                packed[first + group] = np.packbits(bits[(group + steps) % groups, steps], bitorder="little")
    return _made(recording, packed, recording.steps, {"shuffled": network.hash}, 1)


def stuck(recording: Recording, devices: npt.NDArray[np.integer[Any]], value: int) -> Recording:
    """The recording with some devices stuck at 0 or 1."""
    packed = np.array(recording.packed)
    packed[devices] = 255 if value else 0
    if recording.steps % 8:
        packed[:, -1] &= (1 << recording.steps % 8) - 1
    return _made(recording, packed, recording.steps, {"stuck": {"devices": len(devices), "at": value}}, 1,
                 allow_constant=True)


def _rows(recording: Recording, function: Any) -> npt.NDArray[np.uint8]:
    return np.stack([np.packbits(function(recording.bits(slice(device, device + 1))[0]), bitorder="little")
                     for device in range(recording.devices)])


def _made(recording: Recording, packed: npt.NDArray[np.uint8], steps: int, what: dict[str, Any],
          interval: int | None = 1, *, allow_constant: bool = False) -> Recording:
    """A recording that says how it was made; its samples are ``interval`` old ones apart (None: at random times)."""
    old = recording.sampling_interval_s
    metadata = msgspec.structs.replace(
        recording.metadata, made_by=(*recording.metadata.made_by, what),
        sampling_interval_s=old * interval if old is not None and interval is not None else None)
    return Recording(packed, steps, metadata,
                     allow_constant=allow_constant or recording.allow_constant or steps < 64)
