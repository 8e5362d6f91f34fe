"""Text tables of times and voltages, as oscilloscopes export them, and lists of voltages."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.columns import choose_columns
from spinsc.sim.recordings.importing.importer import Block, Options, Signals

_HEADER_LINES = 100
_BLOCK_LINES = 1 << 18


class CsvImporter:
    """Lines of settings, a line of names, and rows of numbers. numpy.loadtxt reads them, a third as fast as pyarrow.csv
    but without a package of 150 MB."""

    title = "text table of times and voltages"
    suffixes = (".csv", ".txt", ".tsv", ".dat")
    takes = ("time_column", "voltage_columns")

    def recognize(self, head: bytes) -> bool:
        return False

    def read(self, path: Path, options: Options) -> Signals:
        skipped, delimiter, count, names = _layout(path)
        time, voltages = choose_columns(path, names, count, options)
        columns = ([] if time is None else [time]) + voltages

        def blocks() -> Iterator[Block]:
            with open(path, encoding="utf-8-sig") as file:
                for _ in range(skipped):
                    next(file)
                rows = 0
                while lines := list(itertools.islice(file, _BLOCK_LINES)):
                    if not any(line.strip() for line in lines):
                        continue
                    try:
                        data = np.loadtxt(lines, dtype=np.float64, delimiter=delimiter, usecols=columns, ndmin=2,
                                          quotechar='"', unpack=True)
                    except ValueError as error:
                        raise _not_numbers(path, error) from None
                    rows += data.shape[1]
                    yield Block(None, data) if time is None else Block(data[0], data[1:])

        def checked() -> Iterator[Block]:
            try:
                yield from blocks()
            except UnicodeDecodeError as error:
                raise _not_numbers(path, error) from None

        return Signals(len(voltages), checked, names[time] if names and time is not None else "", "row")


IMPORTER = CsvImporter()


def _not_numbers(path: Path, error: ValueError) -> InputError:
    return InputError(f"{path} is not a table of numbers ({str(error).splitlines()[0]}); correct or remove that line")


def _layout(path: Path) -> tuple[int, str | None, int, list[str] | None]:
    """Lines before the first row of numbers, delimiter, number of columns, and their names if there are any.

    Oscilloscopes put lines of settings before the table, so it begins at the first line of nothing but numbers, and the
    line before it, if it has as many fields, names the columns.
    """
    previous = ""
    try:
        with open(path, encoding="utf-8-sig") as file:
            for skipped, line in enumerate(file):
                fields = _fields(line, _delimiter(line))
                if line.strip() and all(_is_number(field) for field in fields):
                    break
                if line.strip():
                    previous = line.lstrip(" #")
                if skipped >= _HEADER_LINES:
                    raise InputError(f"{path} has no line of numbers in its first {_HEADER_LINES} lines; check the "
                                     "format (--format)")
            else:
                raise InputError(f"{path} holds no line of numbers; check that the file is complete")
    except UnicodeDecodeError as error:
        raise _not_numbers(path, error) from None
    delimiter = _delimiter(line)
    header = _fields(previous, delimiter)
    return skipped, delimiter, len(fields), header if len(header) == len(fields) else None


def _fields(line: str, delimiter: str | None) -> list[str]:
    return [part.strip().strip('"') for part in line.strip().split(delimiter)]


def _delimiter(line: str) -> str | None:
    return next((mark for mark in ("\t", ";", ",") if mark in line), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
