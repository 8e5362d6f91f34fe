"""Recordings of random bits and their file format."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from spinsc.archives import DamagedArchive, memory_bytes, open_archive
from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.integers import ceil_div
from spinsc.sim.recordings.metadata import Metadata, Split

FORMAT = "spinsc-recording"
FORMAT_VERSION = 1
DEFAULT_PERIOD = 32
DEFAULT_RECORDING = Path(__file__).parent / "default.npz"

Bits = npt.NDArray[np.uint8]


def recording_path(name: str) -> Path:
    """File of a recording by its name on the command line, which may be ``default`` and may follow ``recording:``."""
    name = name.removeprefix("recording:")
    return DEFAULT_RECORDING if name == "default" else Path(name)


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """Samples (0 or 1) of a number of devices, one bit each.

    Attributes
    ----------
    packed : uint8, shape (devices, ceil(steps / 8))
        Sample n of a device is bit n mod 8 (weight 2^(n mod 8)) of byte n div 8, as ``numpy.packbits`` with
        ``bitorder="little"`` packs it. Bits beyond the last sample are 0.
    steps : int
        Samples of each device.
    metadata : Metadata
        May be given as a mapping, see `Metadata.of`.
    allow_constant : bool
        Accept devices whose samples are all equal, which otherwise count as broken.
    """

    packed: Bits
    steps: int
    metadata: Metadata
    allow_constant: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        packed = np.asarray(self.packed)
        object.__setattr__(self, "steps", int(self.steps))
        if packed.dtype != np.uint8 or packed.ndim != 2:
            raise InputError(f"packed samples must be uint8 (devices, bytes), not {packed.dtype} {packed.shape}")
        if self.steps < 1 or not len(packed):
            raise InputError(f"a recording needs at least one sample of one device, not {self.steps} of {len(packed)}")
        octets = ceil_div(self.steps, 8)
        if packed.shape[1] != octets:
            raise InputError(f"{self.steps} samples per device take {octets} bytes, not {packed.shape[1]}")
        last = (1 << ((self.steps - 1) % 8 + 1)) - 1
        if (packed[:, -1] > last).any():
            raise InputError("the bits after the last sample must be 0")
        packed = np.ascontiguousarray(packed).view()
        packed.flags.writeable = False
        object.__setattr__(self, "packed", packed)
        object.__setattr__(self, "metadata", _metadata(self.metadata))
        if not self.allow_constant:
            self._refuse_constant_devices(last)

    def _refuse_constant_devices(self, last: int) -> None:
        """``last`` is the last byte of a device whose samples are all 1."""
        packed = self.packed
        stuck = np.flatnonzero(((packed[:, :-1] == packed[:, :1]) & np.isin(packed[:, :1], (0, 255))).all(axis=1)
                               & np.where(packed[:, 0] & 1, packed[:, -1] == last, packed[:, -1] == 0))
        if len(stuck):
            value = int(packed[stuck[0], 0]) & 1
            others = f" (and {len(stuck) - 1} more)" if len(stuck) > 1 else ""
            raise InputError(f"device {stuck[0]}{others} is stuck at {value} in all {self.steps} samples; "
                             "leave it out, or allow constant devices (--allow-constant)")

    @classmethod
    def from_bits(cls, bits: npt.ArrayLike, metadata: Metadata | Mapping[str, Any], *,
                  allow_constant: bool = False) -> Recording:
        """Pack samples (bool, or numbers 0 and 1) of shape (devices, steps), or (steps,) for one device."""
        array = np.atleast_2d(np.asarray(bits))
        if array.ndim != 2 or array.dtype.kind not in "buif":
            raise InputError(f"samples must be numbers of shape (devices, steps), not {array.dtype} {array.shape}")
        if array.dtype != bool:
            bad = np.argwhere((array != 0) & (array != 1))
            if len(bad):
                device, step = (int(v) for v in bad[0])
                raise InputError(f"samples must be 0 or 1, but sample {step} of device {device} is "
                                 f"{array[device, step]}")
        return cls(np.packbits(array != 0, axis=1, bitorder="little"), array.shape[1], _metadata(metadata),
                   allow_constant=allow_constant)

    def __repr__(self) -> str:
        return f"Recording({self.metadata.kind}, {self.devices:,} devices x {self.steps:,} samples)"

    @property
    def devices(self) -> int:
        return len(self.packed)

    @property
    def sampling_interval_s(self) -> float | None:
        """Time between samples in seconds, where it is known."""
        return self.metadata.sampling_interval_s

    @cached_property
    def hash(self) -> str:
        """sha256 over the samples (not the metadata)."""
        digest = hashlib.sha256(f"{FORMAT} {self.devices} {self.steps}".encode())
        digest.update(np.ascontiguousarray(self.packed).data)
        return digest.hexdigest()

    def bits(self, devices: slice = slice(None), steps: slice = slice(None)) -> Bits:
        """Samples as 0 and 1, shape (chosen devices, chosen steps); ``steps`` is a contiguous slice."""
        start, stop, stride = steps.indices(self.steps)
        if stride != 1:
            raise ValueError("steps must be a contiguous slice")
        stop = max(start, stop)
        skipped = start % 8
        chosen = self.packed[devices, start // 8:ceil_div(stop, 8)]
        return np.unpackbits(chosen, axis=1, count=skipped + stop - start, bitorder="little")[:, skipped:]

    def split(self, devices: int) -> Recording:
        """Cut each device's samples into consecutive pieces that stand for devices of their own.

        With p = ceil(devices / own devices) pieces of steps div p samples, piece q of device d becomes device d*p + q;
        what lies beyond ``devices`` is left out. The recording itself if it has that many devices. Pieces of one
        junction share its bias, and follow each other by the length of a piece.
        """
        if devices <= self.devices:
            return self
        pieces = ceil_div(devices, self.devices)
        length = self.steps // pieces
        if not length:
            raise InputError(f"{self.devices} devices with {self.steps} samples cannot be split into {devices}; "
                             f"at least {pieces} samples each are needed")
        packed = np.empty((devices, ceil_div(length, 8)), np.uint8)
        for device in range(ceil_div(devices, pieces)):
            first = device * pieces
            count = min(pieces, devices - first)
            bits = self.bits(slice(device, device + 1), slice(0, count * length)).reshape(count, length)
            packed[first:first + count] = np.packbits(bits, axis=1, bitorder="little")
        metadata = msgspec.structs.replace(self.metadata, split=Split(self.devices, self.steps, pieces))
        return Recording(packed, length, metadata, allow_constant=self.allow_constant or length < 64)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording (.npz, no pickle), by way of a temporary file.

        The file holds ``packed`` as described above, and ``meta``: UTF-8 JSON with format, version, devices, steps,
        hash and metadata.
        """
        meta = {"format": FORMAT, "version": FORMAT_VERSION, "devices": self.devices, "steps": self.steps,
                "hash": self.hash, "metadata": self.metadata.as_dict()}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), packed=self.packed)
        write_atomically(Path(path), buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, allow_constant: bool = False) -> Recording:
        """Read a recording and check all of it.

        Raises
        ------
        InputError
            If the file is missing, truncated, of another kind, or inconsistent.
        """
        path = Path(path)
        remedy = "give a file written by 'spinsc recording simulate' or 'spinsc recording import'"
        try:
            with open_archive(path) as archive:
                meta = archive.meta()
                if not isinstance(meta, dict) or meta.get("format") != FORMAT:
                    raise InputError(f"{path} is not a spinsc recording; {remedy}")
                if meta.get("version") != FORMAT_VERSION:
                    raise InputError(f"{path} has format version {meta.get('version')}, this spinsc reads "
                                     f"{FORMAT_VERSION}")
                shape, steps = archive.header("packed")[0], meta.get("steps")
                if not isinstance(steps, int) or shape != (meta.get("devices"), ceil_div(steps, 8)):
                    raise InputError(f"{path} is inconsistent: it states {meta.get('devices')} devices x {steps} "
                                     f"steps, but holds samples of shape {shape}; {remedy}")
                packed = archive.read("packed", memory_bytes())
        except FileNotFoundError:
            raise InputError(f"no recording file {path}; {remedy}") from None
        except DamagedArchive as error:
            raise InputError(f"{path} is not a readable recording ({error}); {remedy}") from None
        try:
            recording = cls(packed, steps, _metadata(meta.get("metadata")), allow_constant=allow_constant)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        if recording.hash != meta.get("hash"):
            raise InputError(f"{path} was changed after it was written (its hash does not match); {remedy}")
        return recording


def is_recording(path: str | os.PathLike[str]) -> bool:
    """Whether a file has the arrays of a recording; not whether they are what they should be."""
    try:
        with open_archive(path) as archive:
            return {"meta", "packed"} <= set(archive.names)
    except (DamagedArchive, FileNotFoundError):
        return False


def _metadata(facts: Any) -> Metadata:
    return facts if isinstance(facts, Metadata) else Metadata.of(facts)
