"""The first pass over the samples of a file: thresholds, sampling interval, and what speaks against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.digitise import Threshold, Windows
from spinsc.sim.recordings.importing.importer import Block, Signals
from spinsc.sim.recordings.importing.levels import SAME_LEVEL, Levels, find_levels, otsu
from spinsc.sim.recordings.importing.times import Times

#: Samples of all devices of a file together in which levels are looked for: all, or every 2nd, 4th, ...
MOST_LOOKED_AT = 1 << 24
#: Numbers from here on are codes, as SCPI's 9.91E+37 for what is no number and 9.9E+37 for infinity.
CODES = 9e36
_FEWEST_ROWS = 8
#: Share of values that are 0 or 1 from which on the others are mistakes.
_MOSTLY_BITS = 0.98
#: Different whole numbers up to which they may be symbols of several bits, and up to which they surely are none of two
#: levels with noise.
_MOST_SYMBOLS, _FEW_SYMBOLS = 256, 4


@dataclass(frozen=True)
class LevelOptions:
    """How voltages become bits.

    Attributes
    ----------
    threshold : float or str
        A voltage, or a method of `find_levels`. By a method, values that are all 0 or 1 are bits already.
    levels : (float, float) or None
        Voltages of the states 0 and 1, half-way between which is the threshold.
    moving : int or None
        Samples of the windows in which the levels are looked for by themselves.
    hysteresis : float
        Width of the band about the threshold in which a bit stays what it was, in volts.
    """

    threshold: float | str = "midpoint"
    levels: tuple[float, float] | None = None
    moving: int | None = None
    hysteresis: float = 0.0


class Survey:
    """What the first pass over a file finds.

    Parameters
    ----------
    path : Path
        For messages.
    signals : Signals
    options : LevelOptions
    known : sequence of (Threshold or None), optional
        Thresholds that were found in an earlier file.
    interval_s : float, optional
        Sampling interval that the user states; times are then not held to it.

    Attributes
    ----------
    steps : int
        Samples of each device.
    thresholds : list of (Threshold or None)
        Of each device; None where its values are bits already.
    interval_s : float or None
        Sampling interval by the times.
    notes : list of str
        What the user should know.
    """

    def __init__(self, path: Path, signals: Signals, options: LevelOptions,
                 known: Sequence[Threshold | None] | None = None, interval_s: float | None = None) -> None:
        self.path, self.signals, self.options = path, signals, options
        self.steps = 0
        self.notes: list[str] = []
        self._times = Times(path, signals.time) if signals.time is not None else None
        self._stated = interval_s
        self._changes = _Changes()
        self._bits = _Bits(signals.devices)
        self._sample = _Sample(max(1 << 16, MOST_LOOKED_AT // signals.devices))
        self._windows = ([Windows(options.moving, self._name(device)) for device in range(signals.devices)]
                         if options.moving is not None else [])
        search = known is None and not signals.digital
        for block in signals.blocks():
            self._look(block, search)
        if not self.steps:
            raise InputError(f"{path} holds no samples; check that the file is complete")
        self._judge_times()
        self.interval_s = self._times.interval_s() if self._times is not None else None
        self.thresholds: list[Threshold | None]
        if known is not None:
            self.thresholds = list(known)
        elif search:
            values = self._sample.values()
            self.thresholds = [self._threshold(device, values[device]) for device in range(signals.devices)]
        else:
            self.thresholds = [None] * signals.devices
        if known is None and not any(self.thresholds):
            self._refuse_idle()

    def _name(self, device: int) -> str:
        """What a device is called in messages."""
        return str(self.path) if self.signals.devices == 1 else f"{self.signals.names[device]} of {self.path}"

    def _look(self, block: Block, search: bool) -> None:
        values = block.values
        _check_finite(self.path, self.signals.place, self.steps, values)
        if self._times is not None and block.times is not None:
            self._times.add(block.times)
        self._changes.add(values)
        if search:
            self._bits.add(self.steps, values)
        self.steps += values.shape[1]
        if search:
            self._sample.add(values)
            for windows, row in zip(self._windows, values, strict=False):
                windows.add(row)

    def _judge_times(self) -> None:
        """Refuse times that are not regular, and rows that are no samples."""
        times = self._times
        if times is None or not times.problem:
            return
        if self._changes.every_row and self.steps >= _FEWEST_ROWS and (self.signals.digital or self._bits.all.all()):
            raise InputError(f"every row of {self.path} differs from the one before, at irregular times: these are the "
                             "changes only, not samples; give --changes and --sampling-interval S to sample them")
        if self._changes.pairs and self.steps >= 2 * _FEWEST_ROWS:
            raise InputError(f"the rows of {self.path} come in pairs of lower and higher voltage (minima and maxima of "
                             "intervals, as of peak detection); export the samples themselves")
        if times.chaotic and self.steps >= _FEWEST_ROWS:
            raise InputError(f"the rows of {self.path} are no samples at regular times (more than a tenth of the steps "
                             "differ); if they are changes, give --changes and --sampling-interval S; if their times "
                             "are wrong, --time-column none")
        if self._stated is None:
            raise InputError(times.problem)

    def _threshold(self, device: int, values: npt.NDArray[Any]) -> Threshold | None:
        options = self.options
        if options.levels is not None:
            return Threshold.fixed(_between(values, options.levels, self._name(device)))
        if self._bits.all[device] and isinstance(options.threshold, str):
            return None
        if options.moving is not None:
            return self._windows[device].threshold()
        if not isinstance(options.threshold, str):
            return Threshold.fixed(float(options.threshold))
        self._refuse_symbols(device, values)
        found: Levels = find_levels(values, options.threshold, self._name(device), stride=self._sample.stride,
                                    place=self.signals.place)
        self.notes += [f"{self._name(device)}: {note}" for note in found.notes]
        return Threshold.fixed(found.threshold)

    def _refuse_symbols(self, device: int, values: npt.NDArray[Any]) -> None:
        """Refuse whole numbers that are neither bits nor voltages about two levels."""
        odd = self._bits.odd[device]
        if odd is not None and self._bits.count[device] >= _MOSTLY_BITS * self.steps:
            raise InputError(f"{self.signals.place} {odd[0] + 1} of {self._name(device)} is {odd[1]:g}, where all but "
                             "few samples are 0 or 1; correct it, or give --threshold V if these are voltages")
        different = np.unique(values)
        if (2 < len(different) <= _MOST_SYMBOLS and different[0] == 0 and (different == np.round(different)).all()
                and different[-1] < _MOST_SYMBOLS and len(different) > 0.6 * (different[-1] + 1)
                and (len(different) <= _FEW_SYMBOLS or not otsu(values).clear)):
            raise InputError(f"the samples of {self._name(device)} are {len(different)} different whole numbers from 0 "
                             f"to {different[-1]:g}, symbols of {int(different[-1]).bit_length()} bits or counts, not "
                             "samples of 0 or 1; write each bit as a sample, or give --threshold V to compare them")

    def _refuse_idle(self) -> None:
        """Refuse options on voltages where all samples are bits already."""
        options = self.options
        given = {"--threshold": options.threshold != "midpoint", "--levels": options.levels is not None,
                 "--moving-threshold": options.moving is not None, "--hysteresis": options.hysteresis > 0}
        if idle := [name for name, there in given.items() if there]:
            raise InputError(f"{' and '.join(idle)} has no effect on {self.path}, whose samples are bits; leave it out")


def _between(values: npt.NDArray[Any], levels: tuple[float, float], name: str) -> float:
    """Threshold half-way between levels, to which the values must keep."""
    threshold, distance = sum(levels) / 2, levels[1] - levels[0]
    high = values >= threshold
    for of_level, level, state in ((values[~high], levels[0], 0), (values[high], levels[1], 1)):
        if len(of_level) and abs(np.median(of_level) - level) > SAME_LEVEL * distance:
            raise InputError(f"the samples of {name} on the side of state {state} lie about {np.median(of_level):.4g}, "
                             f"not {level:g}; correct --levels, or give --threshold V")
    return threshold


class _Bits:
    """Values of each device that are 0 or 1.

    Attributes
    ----------
    all : bool, shape (devices,)
        There are no others.
    count : int64, shape (devices,)
        How many they are.
    odd : list of (int, float) or None
        Number, from 0, and value of each device's first that is another.
    """

    def __init__(self, devices: int) -> None:
        self.all = np.ones(devices, bool)
        self.count = np.zeros(devices, np.int64)
        self.odd: list[tuple[int, float] | None] = [None] * devices

    def add(self, before: int, values: npt.NDArray[Any]) -> None:
        """Look at the values of all devices that follow ``before`` others."""
        bits = (values == 0) | (values == 1)
        self.count += bits.sum(axis=1)
        new = self.all & ~bits.all(axis=1)
        for device in np.flatnonzero(new):
            place = int(bits[device].argmin())
            self.odd[device] = before + place, float(values[device, place])
        self.all &= ~new


class _Changes:
    """Whether rows are such as no sampling gives: each another than the one before, or pairs of minimum and maximum.

    Attributes
    ----------
    every_row, pairs : bool
    """

    def __init__(self) -> None:
        self.every_row = self.pairs = True
        self._last: npt.NDArray[Any] | None = None
        self._count = 0

    def add(self, values: npt.NDArray[Any]) -> None:
        if self._last is not None:
            values = np.concatenate([self._last, values], axis=1)
        self.every_row = self.every_row and bool((values[:, 1:] != values[:, :-1]).any(axis=0).all())
        if self.pairs:
            first = 0 if self._last is None else self._count - 1
            minima = values[:, first % 2:][:, :-1:2] if values.shape[1] > 1 else values[:, :0]
            maxima = values[:, first % 2:][:, 1::2]
            count = min(minima.shape[1], maxima.shape[1])
            self.pairs = bool((minima[:, :count] <= maxima[:, :count]).all()
                              and (not count or (minima[:, :count] < maxima[:, :count]).any()))
        self._count += values.shape[1] - (self._last is not None)
        self._last = values[:, -1:].copy()


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
    if values.dtype.kind != "f":
        return
    bad = np.argwhere(~(np.abs(values.T) < CODES))
    if len(bad):
        row, device = bad[0]
        value = values[device, row]
        meaning = ", which is an instrument's code for no valid number" if np.isfinite(value) else ""
        raise InputError(f"{place} {before + row + 1} of {path} is {value:g}{meaning}; remove such {place}s, or repair "
                         "the measurement")
