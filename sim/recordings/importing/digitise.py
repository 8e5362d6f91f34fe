"""Bits of voltages: a threshold that stands still or follows the levels, with hysteresis or without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.levels import otsu
from spinsc.sim.recordings.recording import Bits

Floats = npt.NDArray[np.float64]

#: Samples of a window in which levels are looked for, at least.
FEWEST_WINDOW = 32
#: Change of the threshold between successive windows, in distances of the levels, from which on it is a jump.
LARGEST_STEP = 0.3


@dataclass(frozen=True)
class Threshold:
    """Voltages from here on are 1.

    Attributes
    ----------
    samples, voltages : float64, shape (points,)
        The threshold at some samples, with straight lines between them; one that stands still has one point.
    """

    samples: Floats
    voltages: Floats

    @classmethod
    def fixed(cls, voltage: float) -> Threshold:
        """The same for all samples."""
        return cls(np.zeros(1), np.array([voltage]))

    def at(self, start: int, count: int) -> Floats:
        """Voltages at successive samples, shape (count,) or (1,)."""
        if len(self.samples) == 1:
            return self.voltages
        return np.interp(np.arange(start, start + count), self.samples, self.voltages)

    @property
    def summary(self) -> float | list[float]:
        """For the metadata: the voltage, or the lowest and the highest."""
        if len(self.samples) == 1:
            return float(self.voltages[0])
        return [float(self.voltages.min()), float(self.voltages.max())]


class Windows:
    """Middles between the levels in successive windows of a device's samples.

    Parameters
    ----------
    samples : int
        Of a window.
    name : str
        Of the file or device, for errors.
    """

    def __init__(self, samples: int, name: str) -> None:
        self.samples, self.name = samples, name
        self._waiting: list[npt.NDArray[Any]] = []
        self._waits = self._count = 0
        self._found: list[tuple[float, float, float]] = []  # sample, middle, distance

    def add(self, values: npt.NDArray[Any]) -> None:
        """Look at the values that follow."""
        self._waiting.append(values)
        self._waits += len(values)
        if self._waits < self.samples:
            return
        ready = np.concatenate(self._waiting)
        whole = len(ready) // self.samples
        for window in ready[:whole * self.samples].reshape(whole, self.samples):
            if window.min() != window.max():
                split = otsu(window)
                if split.clear:
                    self._found.append((self._count + (self.samples - 1) / 2, (split.low + split.high) / 2,
                                        split.high - split.low))
            self._count += self.samples
        self._waiting = [ready[whole * self.samples:]]
        self._waits = len(self._waiting[0])

    def threshold(self) -> Threshold:
        """The threshold that follows the middles; `InputError` where it cannot."""
        remedy = "choose another --moving-threshold N"
        if not self._found:
            raise InputError(f"no window of {self.samples} samples of {self.name} has two clear levels; {remedy}")
        samples, middles, distances = np.array(self._found).T
        usual = float(np.median(distances))
        kept = np.abs(distances / usual - 1) < 0.5
        samples, middles = samples[kept], middles[kept]
        steps = np.abs(np.diff(middles))
        if len(steps) and steps.max() > LARGEST_STEP * usual:
            jump = int(samples[steps.argmax()] + samples[steps.argmax() + 1]) // 2 + 1
            raise InputError(f"the levels of {self.name} jump by {steps.max():.3g} at about sample {jump}, and are "
                             f"only {usual:.3g} apart; {remedy}, or import the parts by themselves (--rows)")
        return Threshold(samples, middles)


def digitise(blocks: Iterable[npt.NDArray[Any]], thresholds: Sequence[Threshold | None],
             hysteresis: float = 0.0) -> Bits:
    """Samples of each device packed along time, shape (devices, ceil(steps / 8)).

    Parameters
    ----------
    blocks : iterable of arrays of shape (devices, samples)
        Successive values.
    thresholds : sequence of Threshold or None
        Of each device; None where the values are 0 and 1 already.
    hysteresis : float
        Width of a band about the threshold, in which the bit stays what it was.
    """
    packed: list[Bits] = []
    rest = np.zeros((len(thresholds), 0), bool)
    state: npt.NDArray[np.bool_] | None = None
    start = 0
    for values in blocks:
        if values.dtype == bool:
            bits = values
        else:
            limits = _limits(thresholds, start, values.shape[1])
            bits = values >= limits
            if hysteresis:
                bits = _held(values, limits, hysteresis / 2, bits[:, 0] if state is None else state)
                state = bits[:, -1]
        start += values.shape[1]
        bits = np.concatenate([rest, bits], axis=1)
        whole = bits.shape[1] // 8 * 8
        packed.append(np.packbits(bits[:, :whole], axis=1, bitorder="little"))
        rest = bits[:, whole:]
    packed.append(np.packbits(rest, axis=1, bitorder="little"))
    return np.concatenate(packed, axis=1)


def _limits(thresholds: Sequence[Threshold | None], start: int, count: int) -> Floats:
    """Thresholds of the devices at successive samples, shape (devices, count) or (devices, 1)."""
    rows = [np.array([0.5]) if threshold is None else threshold.at(start, count) for threshold in thresholds]
    return np.stack(np.broadcast_arrays(*rows))


def _held(values: npt.NDArray[Any], limits: Floats, band: float, state: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Bits that change where values leave a band about the limits on the other side; ``state`` is that before."""
    ones = values >= limits + band
    decided = ones | (values < limits - band)
    last = np.maximum.accumulate(np.where(decided, np.arange(values.shape[1]), -1), axis=1)
    held: npt.NDArray[np.bool_] = np.where(last < 0, state[:, None],
                                           np.take_along_axis(ones, np.maximum(last, 0), axis=1))
    return held
