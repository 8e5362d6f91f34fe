"""Columns of tables: which holds the times and which the voltages, by name, unit and position."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.importer import Options

TIME_NAMES = ("time", "t", "timestep", "timestamp")
VOLTAGE_NAMES = ("voltage", "v", "volt", "volts", "signal")


def base_name(name: str) -> str:
    """Column name in lower case, without a unit."""
    return re.split(r"[\s_\[(]+(?:s|ms|us|µs|μs|ns|ps|v|mv)[\])]?$", name.strip().lower())[0]


def choose_columns(path: Path, names: Sequence[str] | None, count: int,
                   options: Options) -> tuple[int | None, list[int]]:
    """Positions of the time column, or None, and of the voltage columns."""
    base = [base_name(name) for name in names or []]
    if options.time_column is not None:
        time: int | None = _position(path, names, count, options.time_column)
    elif names:
        time = next((n for n, name in enumerate(base) if name in TIME_NAMES), None)
    else:
        time = 0 if count == 2 else None
    if options.voltage_columns:
        voltages = [_position(path, names, count, column) for column in options.voltage_columns]
        if time in voltages:
            if options.time_column is not None:
                raise InputError(f"column {time} of {path} cannot be both time and voltage; choose another")
            time = None
        return time, voltages
    others = [n for n in range(count) if n != time]
    if len(others) > 1:
        others = [n for n in others if names and base[n] in VOLTAGE_NAMES]
    if len(others) != 1:
        raise InputError(f"{path} has {_shown(names, count)}; say which of them holds the voltage (--voltage-column)")
    return time, others


def _shown(names: Sequence[str] | None, count: int) -> str:
    return f"columns {', '.join(names)}" if names else f"{count} columns without names"


def _position(path: Path, names: Sequence[str] | None, count: int, column: str | int) -> int:
    """Position of a column that is named, or is itself a position from 0."""
    if isinstance(column, str):
        for candidates in (list(names or []), [n.lower() for n in names or []], [base_name(n) for n in names or []]):
            if column in candidates:
                return candidates.index(column)
        if not column.isdecimal():
            raise InputError(f"{path} has {_shown(names, count)}, but no column {column!r}; name one of them or give "
                             "its position from 0")
    place = int(column)
    if not 0 <= place < count:
        raise InputError(f"{path} has {_shown(names, count)}, but no column at position {place}; give one from 0 to "
                         f"{count - 1}")
    return place
