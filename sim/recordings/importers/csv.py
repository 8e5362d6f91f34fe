"""Text tables of times and voltages, as oscilloscopes export them, and lists of voltages."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.arrays import check_orientation
from spinsc.sim.recordings.importing.curves import holds_curves
from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.layout import Layout, find_layout
from spinsc.sim.recordings.importing.text import lines
from spinsc.sim.recordings.importing.units import ColumnName, parse_name

_BLOCK_LINES = 1 << 18
#: Rows below which their number is hardly written above them.
_FEWEST_COUNTED = 8


class CsvImporter:
    """Lines of settings, a line of names, and rows of numbers.

    numpy.loadtxt reads the numbers, a third as fast as pyarrow.csv, but without a package of 150 MB.
    """

    title = "text table of times and voltages"
    suffixes = (".csv", ".txt", ".tsv", ".dat", ".asc", ".lvm")
    takes = ("time_column", "voltage_columns", "decimal", "transpose")
    compressed = True

    def recognize(self, head: bytes) -> bool:
        return False

    def read(self, path: Path, options: Options) -> Signals:
        layout = find_layout(path, options.decimal)
        if holds_curves(layout):
            raise InputError(f"{path} holds switching probabilities, of which no bits can be made; 'spinsc junctions "
                             "FILE' fits and uses them")
        columns, first = layout.columns, layout.first
        if layout.odd_first:
            first = _after_odd_row(path, layout)
        elif layout.columns.count == 1:
            _refuse_count(path, layout)
        if options.transpose:
            return _rows_as_devices(path, layout, first)
        time, voltages = columns.choose(options)
        if not columns.names and len(voltages) > 1:
            check_orientation(path, len(voltages), _count(path, layout) - first, options.transpose, "the table")
        chosen = ([] if time is None else [time]) + voltages

        def blocks() -> Iterator[Block]:
            for data in _numbers(path, layout, first, chosen):
                yield Block(None, data) if time is None else Block(data[0], data[1:])

        name = None
        if time is not None:
            name = parse_name(columns.names[time]) if columns.names else ColumnName("", "", "", layout.has_header)
        return Signals([columns.label(n) for n in voltages], blocks, name, layout.interval_s, "row")


IMPORTER = CsvImporter()


def _rows_as_devices(path: Path, layout: Layout, first: int) -> Signals:
    """Signals of a table whose rows are devices, and its columns time steps."""
    table = np.concatenate(list(_numbers(path, layout, first, list(layout.columns.numeric))), axis=1).T
    return Signals([f"row {n + 1}" for n in range(len(table))], lambda: iter([Block(None, table)]))


def _numbers(path: Path, layout: Layout, first: int, columns: list[int]) -> Iterator[npt.NDArray[np.float64]]:
    """Numbers of some columns, shape (columns, rows), block by block."""
    file = itertools.islice(lines(path, layout.encoding), first, None)
    rows = 0
    delimiter = layout.dialect.delimiter
    while block := [layout.dialect.plain(line) for line in itertools.islice(file, _BLOCK_LINES)]:
        block = [line for line in block if line.strip() and not line.lstrip().startswith("#")]
        if not block:
            continue
        try:
            if delimiter is not None and not layout.separators.issuperset(
                    map(str.count, block, itertools.repeat(delimiter))):
                raise ValueError
            data = np.loadtxt(block, dtype=np.float64, delimiter=delimiter, usecols=columns, ndmin=2, comments=None,
                              unpack=True)
        except ValueError:
            raise _bad_row(path, layout, block, rows, columns) from None
        rows += data.shape[1]
        yield data


def _bad_row(path: Path, layout: Layout, block: list[str], before: int, columns: list[int]) -> InputError:
    """What is wrong with the first row of a block that cannot be read."""
    for number, line in enumerate(block, start=before + 1):
        fields = [part.strip() for part in line.split(layout.dialect.delimiter)]
        problem = ""
        if max(columns) >= len(fields) or (layout.separators and len(fields) - 1 not in layout.separators):
            problem = f"has {len(fields)} fields, not {layout.columns.count} as others"
        else:
            for n in columns:
                try:
                    float(fields[n])
                except ValueError:
                    problem = f"has {fields[n]!r} in {layout.columns.label(n)}"
                    break
        if problem:
            return InputError(f"{path} is not a table of numbers: row {number} {problem}; correct or remove that line")
    return InputError(f"{path} is not a table of numbers; check its format (--format)")


def _refuse_count(path: Path, layout: Layout) -> None:
    """Refuse whole numbers of which the first is how many follow: that is a number of samples rather than one."""
    first = next(itertools.islice(lines(path, layout.encoding), layout.first, None)).strip()
    if first.isdecimal() and int(first) >= _FEWEST_COUNTED and int(first) == _count(path, layout) - layout.first - 1:
        raise InputError(f"the first row of {path} is {first}, and so many rows follow: remove it if it is their "
                         f"number; if it is a sample, write it as {first}.0")


def _count(path: Path, layout: Layout) -> int:
    """Lines up to the last that is not empty."""
    count = 0
    for number, line in enumerate(lines(path, layout.encoding), start=1):
        if line.strip():
            count = number
    return count


def _after_odd_row(path: Path, layout: Layout) -> int:
    """First line of the samples if a row of whole numbers precedes them: their number, or numbers of the columns."""
    first = next(itertools.islice(lines(path, layout.encoding), layout.first, None))
    fields = [field for field in layout.dialect.fields(first) if field]
    rest = _count(path, layout) - layout.first - 1
    if (len(fields) == 1 and int(fields[0]) == rest) or fields == [str(n) for n in range(len(fields))]:
        return layout.first + 1
    raise InputError(f"the first row of {path} is {first.strip()!r}, whole numbers unlike those below: if it is their "
                     f"number, {rest} samples follow; remove it if it is none of the samples, or write it as they are")
