"""The interface of an importer, and the registry in which the importers of all formats are found."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.registry import Registry
from spinsc.sim.recordings.importing.raw import is_compressed, open_raw, suffix_of
from spinsc.sim.recordings.importing.units import ColumnName

HEAD_BYTES = 1 << 16

Floats = npt.NDArray[np.float64]


class Block(NamedTuple):
    """Successive samples.

    Attributes
    ----------
    times : float64, shape (samples,), or None
        In the unit of the time column.
    values : numbers or bool, shape (devices, samples)
    """

    times: Floats | None
    values: npt.NDArray[Any]


@dataclass(frozen=True)
class Signals:
    """What a file holds, read block by block, so that its size does not matter.

    Attributes
    ----------
    names : sequence of str
        What each device is called in messages.
    blocks : callable
        Iterates over the samples from the start, at each call.
    time : ColumnName or None
        The column of times, where there is one.
    interval_s : float or None
        Sampling interval that the file's settings state, in seconds.
    place : str
        What a sample is called in messages: "row" or "sample".
    digital : bool
        All values are known to be 0 or 1.
    changes : bool
        Rows are the changes of the signals, and each value holds until the next.
    """

    names: Sequence[str]
    blocks: Callable[[], Iterator[Block]]
    time: ColumnName | None = None
    interval_s: float | None = None
    place: str = "sample"
    digital: bool = False
    changes: bool = False

    @property
    def devices(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Options:
    """What the user says of the files; None if nothing.

    Attributes
    ----------
    time_column : str or int or None
        By name, or by position from 0; "none" for none.
    voltage_columns : sequence of str or int, or None
        One for each device.
    bit_order : str or None
        "big" if the first sample is a byte's highest bit, "little" if it is its lowest.
    decimal : str or None
        Decimal mark of a text: "point" or "comma".
    lines : str or None
        What a line of digits holds: "wrapped" if the lines go on as one device, "devices" if each is a device, "steps"
        if each is a time step of all devices.
    transpose : bool or None
        Whether rows of arrays are time steps and columns are devices; False if they surely are not.
    """

    time_column: str | int | None = None
    voltage_columns: Sequence[str | int] | None = None
    bit_order: str | None = None
    decimal: str | None = None
    lines: str | None = None
    transpose: bool | None = None


class Importer(Protocol):
    """Reads the files of one format.

    Attributes
    ----------
    title : str
        The format in a line.
    suffixes : tuple of str
        Of the names of such files, in lower case and with the dot.
    takes : tuple of str
        Those of `Options` that have an effect.
    compressed : bool
        Whether it reads files by `open_raw`, and so those that were compressed.
    """

    @property
    def title(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    @property
    def takes(self) -> tuple[str, ...]: ...

    @property
    def compressed(self) -> bool: ...

    def recognize(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes, `HEAD_BYTES` or all that it has, is surely of this format."""
        ...

    def read(self, path: Path, options: Options) -> Signals:
        """Look at a file as far as is needed to read its samples.

        Raises
        ------
        InputError
            If it cannot be read as this format; so does the reading of the blocks.
        OSError
            If there is no such file or it cannot be opened.
        """
        ...


# Every file of that folder is a format.
IMPORTERS: Registry[Importer] = Registry("format", "spinsc.importers", {
    module.name: f"spinsc.sim.recordings.importers.{module.name}:IMPORTER"
    for module in pkgutil.iter_modules([str(Path(__file__).parent.parent / "importers")])})


def choose_importer(path: Path, format: str | None) -> tuple[str, Importer]:
    """The importer of a format by its name, otherwise by what the file begins with, or by its extension."""
    name, importer = (format, IMPORTERS.find(format)) if format is not None else _recognized(path)
    if not importer.compressed and is_compressed(path):
        raise InputError(f"{path} is compressed, and {name} files are read as they are; unpack it first")
    return name, importer


def _recognized(path: Path) -> tuple[str, Importer]:
    with open_raw(path) as file:
        head = file.read(HEAD_BYTES)
    for name, importer in IMPORTERS.items():
        if importer.recognize(head):
            return name, importer
    for name, importer in IMPORTERS.items():
        if suffix_of(path) in importer.suffixes:
            return name, importer
    raise InputError(f"the extension of {path} does not tell its format; choose one of {', '.join(IMPORTERS)} "
                     "(--format)")
