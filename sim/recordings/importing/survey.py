"""Two passes over the samples of a file: the first finds thresholds, the second makes bits of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.importer import Signals
from spinsc.sim.recordings.importing.levels import automatic_threshold
from spinsc.sim.recordings.importing.times import Times
from spinsc.sim.recordings.recording import Bits

#: Samples of all devices of a file together in which thresholds are looked for: all, or every 2nd, 4th, ...
MOST_LOOKED_AT = 1 << 24


class Survey:
    """What the first pass finds: thresholds, and the sampling interval.

    Parameters
    ----------
    path : Path
        For messages.
    signals : Signals
    threshold : float or str
        A voltage, or a method of `automatic_threshold`. By a method, values that are all 0 or 1 are bits already.
    known : list of (float or None), optional
        Thresholds that were found in an earlier file.
    look_at_times : bool
    """

    def __init__(self, path: Path, signals: Signals, threshold: float | str, known: list[float | None] | None = None,
                 look_at_times: bool = True) -> None:
        self.steps = 0
        times = Times(path, signals.time_name) if look_at_times else None
        search = known is None and isinstance(threshold, str) and not signals.digital
        digital = np.ones(signals.devices, bool)
        sample = _Sample(max(1 << 16, MOST_LOOKED_AT // signals.devices))
        for block in signals.blocks():
            if block.times is not None and times is not None:
                times.add(block.times)
            _check_finite(path, signals.place, self.steps, block.values)
            self.steps += block.values.shape[1]
            if search:
                digital &= ((block.values == 0) | (block.values == 1)).all(axis=1)
                sample.add(block.values)
        if not self.steps:
            raise InputError(f"{path} holds no samples; check that the file is complete")
        self.interval_s = times.interval_s() if times is not None else None
        self.thresholds: list[float | None]
        if known is not None:
            self.thresholds = known
        elif isinstance(threshold, str):
            values = sample.values() if search else None
            self.thresholds = [None if values is None or digital[device] else
                               automatic_threshold(values[device], threshold, str(path))
                               for device in range(signals.devices)]
        else:
            self.thresholds = [None if signals.digital else float(threshold)] * signals.devices


def digitise(signals: Signals, thresholds: list[float | None], steps: int) -> Bits:
    """Samples of each device packed along time, shape (devices, ceil(steps / 8)).

    Values from a device's threshold on are 1; without a threshold they are 0 and 1 already.
    """
    packed: list[Bits] = []
    rest = np.zeros((signals.devices, 0), bool)
    limits = np.array([0.5 if threshold is None else threshold for threshold in thresholds])[:, None]
    for block in signals.blocks():
        bits = np.concatenate([rest, block.values if block.values.dtype == bool else block.values >= limits], axis=1)
        whole = bits.shape[1] // 8 * 8
        packed.append(np.packbits(bits[:, :whole], axis=1, bitorder="little"))
        rest = bits[:, whole:]
    packed.append(np.packbits(rest, axis=1, bitorder="little"))
    return np.concatenate(packed, axis=1)


class _Sample:
    """Every n-th sample of all that are added, n the lowest power of two with which at most ``most`` are kept."""

    def __init__(self, most: int) -> None:
        self.most, self.stride, self.skip, self.kept = most, 1, 0, 0
        self.parts: list[npt.NDArray[Any]] = []

    def add(self, values: npt.NDArray[Any]) -> None:
        part = values[:, self.skip::self.stride]
        self.skip = (self.skip - values.shape[1]) % self.stride
        self.parts.append(part.copy() if self.stride > 1 else part)
        self.kept += part.shape[1]
        while self.kept > self.most:
            everything = self.values()
            self.skip += self.stride * (everything.shape[1] % 2)
            self.stride *= 2
            self.parts = [everything[:, ::2].copy()]
            self.kept = self.parts[0].shape[1]

    def values(self) -> npt.NDArray[Any]:
        return np.concatenate(self.parts, axis=1)


def _check_finite(path: Path, place: str, before: int, values: npt.NDArray[Any]) -> None:
    if values.dtype.kind == "f":
        bad = np.argwhere(~np.isfinite(values.T))
        if len(bad):
            row, device = bad[0]
            raise InputError(f"{place} {before + row + 1} of {path} is {values[device, row]}; remove such {place}s, "
                             "or repair the measurement")
