"""Tables of pyarrow (the extra "tables"), read batch by batch."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.columns import Columns, ascends
from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.units import ColumnName, parse_name

_LOOKED_AT = 1000

#: Record batches of the columns of some names, from the start.
Batches = Callable[[Sequence[str]], Iterator[Any]]


def pyarrow(module: str, what: str) -> Any:
    """A module of pyarrow; `InputError` where it is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(f"{what} need pyarrow; install it with: pip install 'spinsc[tables]'") from None


def failures() -> tuple[type[Exception], ...]:
    """What pyarrow raises for files that it cannot read."""
    arrow: Any = importlib.import_module("pyarrow")
    return (arrow.ArrowException, ValueError, TypeError, KeyError, OSError)


def signals_of_table(path: Path, what: str, schema: Any, batches: Batches, options: Options) -> Signals:
    """Signals of a table.

    Parameters
    ----------
    path : Path
    what : str
        The format, for messages.
    schema : pyarrow.Schema
    batches : callable
    options : Options
    """
    types = pyarrow("pyarrow.types", what)
    fields = [schema.field(n) for n in range(len(schema.names))]

    kinds = (types.is_integer, types.is_floating, types.is_boolean, types.is_timestamp)

    names = list(schema.names)
    numeric = [n for n, field in enumerate(fields) if any(is_kind(field.type) for is_kind in kinds)]
    if not numeric:
        raise unreadable(path, what, TypeError(f"columns {', '.join(names)} hold no numbers"))
    head = _head(path, what, batches, [names[n] for n in numeric])
    columns = Columns(path, names, len(names), range(len(names)),
                      frozenset(n for n, first in zip(numeric, head, strict=True) if ascends(first)))
    time, voltages = columns.choose(options)
    wanted = ([] if time is None else [time]) + voltages
    bad = next((n for n in wanted if n not in numeric), None)
    if bad is not None:
        raise unreadable(path, what, TypeError(f"column {names[bad]} holds no numbers"))

    def blocks() -> Iterator[Block]:
        origin = 0
        for number, batch in enumerate(_read(path, what, batches, [names[n] for n in wanted])):
            if not batch.num_rows:
                continue
            values = np.stack([_floats(batch.column(names[n])) for n in voltages])
            times = None
            if time is not None:
                stamps = batch.column(names[time])
                if types.is_timestamp(stamps.type):  # too large for a float, so they are counted from the first
                    stamps = stamps.cast("int64").to_numpy(zero_copy_only=False)
                    origin = origin if number else int(stamps[0])
                    times = (stamps - origin).astype(np.float64)
                else:
                    times = _floats(stamps)
            yield Block(times, values)

    return Signals([columns.label(n) for n in voltages], blocks,
                   None if time is None else _time_name(names[time], fields[time].type, types), place="row")


def unreadable(path: Path, what: str, error: Exception) -> InputError:
    """The error for a file that pyarrow cannot read."""
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return InputError(f"{path} is not readable as {what} ({reason}); "
                      "check the format (--format)")


def _read(path: Path, what: str, batches: Batches, names: Sequence[str]) -> Iterator[Any]:
    try:
        yield from batches(names)
    except failures() as error:
        if isinstance(error, InputError):
            raise
        raise unreadable(path, what, error) from None


def _head(path: Path, what: str, batches: Batches, names: Sequence[str]) -> list[npt.NDArray[np.float64]]:
    """First values of columns of numbers."""
    first = next(_read(path, what, batches, names), None)
    return [np.zeros(0) if first is None else _floats(first.column(name).slice(0, _LOOKED_AT)) for name in names]


def _floats(column: Any) -> npt.NDArray[np.float64]:
    """Numbers of a column, NaN where there is none."""
    if "timestamp" in str(column.type):
        column = column.cast("int64")
    values: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def _time_name(name: str, kind: Any, types: Any) -> ColumnName:
    """The column of times; stamps have a unit of their own."""
    return ColumnName(name, parse_name(name).base, kind.unit) if types.is_timestamp(kind) else parse_name(name)
