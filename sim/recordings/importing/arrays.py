"""Named arrays of samples, as several formats hold them: which holds what, and which axis is time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.columns import Columns, ascends
from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.settings import setting_s
from spinsc.sim.recordings.importing.units import ColumnName, parse_name

#: Memory that a file's arrays may take where they cannot be read in parts, in bytes.
MOST_BYTES = 1 << 33
_BLOCK_VALUES = 1 << 22
_LOOKED_AT = 1000


def check_orientation(path: Path, devices: int, steps: int, transpose: bool | None, what: str) -> None:
    """Refuse more devices than samples of each, unless the user says that it is so.

    Parameters
    ----------
    path : Path
    devices, steps : int
        As they are about to be read.
    transpose : bool or None
        What the user says; with None it is not said.
    what : str
        For messages: "the array".
    """
    if devices > steps and transpose is None:
        raise InputError(f"{what} of {path} would be {devices} devices with {steps} samples each, and looks "
                         "transposed; give --transpose if it is, --no-transpose if it is not")


def check_size(path: Path, size: int) -> None:
    """Refuse arrays that declare more bytes than are read at a time."""
    if size > MOST_BYTES:
        raise InputError(f"{path} declares arrays of {size / 1e9:.0f} GB, which would be read at once; write the "
                         "samples alone with numpy.save, which are read in parts")


class Array:
    """An array of one or two axes that is read in slices.

    Parameters
    ----------
    data : array
        As of NumPy or h5py: with shape, dtype and slices.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        #: Axes that are not of length 1, one at least.
        self.axes = [n for n, length in enumerate(data.shape) if length != 1] or [len(data.shape) - 1]
        self.transposed = False

    @property
    def numeric(self) -> bool:
        """Whether it holds numbers or bits on one axis or two."""
        return self.data.dtype.kind in "buif" and len(self.axes) <= 2 and len(self.data.shape) > 0

    @property
    def rows(self) -> int:
        lengths = self._lengths
        return lengths[1] if self.transposed else lengths[0]

    @property
    def steps(self) -> int:
        lengths = self._lengths
        return lengths[0] if self.transposed else lengths[1]

    @property
    def _lengths(self) -> tuple[int, int]:
        lengths = [self.data.shape[axis] for axis in self.axes]
        return (1, lengths[0]) if len(lengths) == 1 else (lengths[0], lengths[1])

    def part(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Successive samples, shape (rows, samples)."""
        index: list[Any] = [0] * len(self.data.shape)
        for axis in self.axes:
            index[axis] = slice(None)
        index[self.axes[0] if self.transposed or len(self.axes) == 1 else self.axes[1]] = slice(start, stop)
        part = np.asarray(self.data[tuple(index)])
        if len(self.axes) == 1:
            return part[None]
        return part.T if self.transposed else part


def signals_of(path: Path, arrays: Mapping[str, Any], options: Options) -> Signals:
    """Signals of the arrays of a file: one is the samples; of several, names tell, or the user.

    Parameters
    ----------
    path : Path
    arrays : mapping of str to arrays
        By name; single numbers among them may state the sampling interval.
    options : Options
    """
    settings = [amount for name, data in arrays.items() if data.dtype.kind in "uif" and data.size == 1
                and (amount := setting_s(name.rpartition("/")[2], repr(float(np.asarray(data).flat[0])))) is not None]
    known = {name: array for name, data in arrays.items() if data.size != 1 and (array := Array(data)).numeric}
    if not known:
        shown = ", ".join(f"{name}: {data.dtype} {data.shape}" for name, data in list(arrays.items())[:4])
        raise InputError(f"{path} holds no array of samples ({shown or 'it is empty'}); bool, integer or float of "
                         "shape (steps,) or (devices, steps) is needed")
    names = list(known)
    time, chosen = _columns(path, known).choose(options)
    voltages = [known[names[n]] for n in chosen]
    times = None if time is None else known[names[time]]
    label = ColumnName("", "", "")
    if times is not None:
        label = parse_name(names[time or 0].rpartition("/")[2])
    for n, array in zip(chosen, voltages, strict=True):
        if len(array.axes) == 2:
            array.transposed = bool(options.transpose)
            if 0 in array.data.shape:
                raise InputError(f"{path} holds no samples; check that the file is complete")
            check_orientation(path, array.rows, array.steps, options.transpose, f"the array {names[n]}".rstrip())
    lengths = {array.steps for array in voltages} | ({times.steps} if times is not None else set())
    if len(lengths) > 1:
        raise InputError(f"the arrays of {path} have {' and '.join(map(str, sorted(lengths)))} samples; choose those "
                         "of one length (--voltage-column, --time-column)")
    if 0 in lengths:
        raise InputError(f"{path} holds no samples; check that the file is complete")
    if times is None and options.time_column is None and len(voltages) == 1 and _begins_with_times(voltages[0]):
        return _split_off(voltages[0], settings)
    return Signals([name for n, array in zip(chosen, voltages, strict=True) for name in _labels(names[n], array.rows)],
                   lambda: _blocks(times, voltages), label if times is not None else None,
                   settings[0] if settings else None, digital=all(array.data.dtype == bool for array in voltages))


def _columns(path: Path, known: Mapping[str, Array]) -> Columns:
    """The arrays as columns of a table."""
    heads = [array.part(0, _LOOKED_AT)[0] for array in known.values()]
    names = [name.rpartition("/")[2] if sum(other.endswith(name.rpartition("/")[2]) for other in known) == 1 else name
             for name in known]
    return Columns(path, names, len(known), range(len(known)),
                   frozenset(n for n, head in enumerate(heads) if ascends(head)),
                   frozenset(n for n, head in enumerate(heads) if bool(((head == 0) | (head == 1)).all())))


def _begins_with_times(array: Array) -> bool:
    return array.rows > 1 and ascends(array.part(0, _LOOKED_AT)[0])


def _split_off(array: Array, settings: Sequence[float]) -> Signals:
    """Signals of an array whose first row is the times."""
    def blocks() -> Iterator[Block]:
        for block in _blocks(None, [array]):
            yield Block(block.values[0].astype(np.float64), block.values[1:])

    return Signals(_labels("", array.rows)[1:], blocks, ColumnName("", "", ""), settings[0] if settings else None)


def _labels(name: str, rows: int) -> list[str]:
    """What the devices of an array are called."""
    return [f"array {name}" if name else "the array"] if rows == 1 else [f"row {row}" for row in range(rows)]


def _blocks(times: Array | None, voltages: Sequence[Array]) -> Iterator[Block]:
    width = max(1, _BLOCK_VALUES // sum(array.rows for array in voltages))
    for start in range(0, voltages[0].steps, width):
        parts = [array.part(start, start + width) for array in voltages]
        yield Block(None if times is None else times.part(start, start + width)[0].astype(np.float64),
                    parts[0] if len(parts) == 1 else np.concatenate(parts))
