"""Parquet tables of times and voltages; they need pyarrow (the extra "tables")."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.columns import choose_columns
from spinsc.sim.recordings.importing.importer import Block, Options, Signals

_BLOCK_ROWS = 1 << 20


class ParquetImporter:
    title = "Parquet table of times and voltages"
    suffixes = (".parquet", ".pq")
    takes = ("time_column", "voltage_columns")

    def recognize(self, head: bytes) -> bool:
        return head.startswith(b"PAR1")

    def read(self, path: Path, options: Options) -> Signals:
        try:
            parquet = importlib.import_module("pyarrow.parquet")
            arrow = importlib.import_module("pyarrow")
        except ImportError:
            raise InputError("Parquet tables need pyarrow; install it with: pip install 'spinsc[tables]'") from None
        if not path.is_file():
            raise FileNotFoundError
        failures = (arrow.ArrowException, ValueError, TypeError, KeyError)
        try:
            schema = parquet.read_schema(path)
        except failures as error:
            raise _unreadable(path, error) from None
        names = list(schema.names)
        time, voltages = choose_columns(path, names, len(names), options)
        wanted = ([] if time is None else [time]) + voltages
        for n in wanted:
            kind = schema.field(n).type
            if not (arrow.types.is_integer(kind) or arrow.types.is_floating(kind) or arrow.types.is_boolean(kind)):
                raise _unreadable(path, TypeError(f"column {names[n]} holds no numbers"))

        def blocks() -> Iterator[Block]:
            try:
                with parquet.ParquetFile(path) as file:
                    for batch in file.iter_batches(_BLOCK_ROWS, columns=[names[n] for n in wanted]):
                        data = np.stack([_floats(batch.column(names[n])) for n in wanted])
                        yield Block(None, data) if time is None else Block(data[0], data[1:])
            except failures as error:
                if isinstance(error, InputError):
                    raise
                raise _unreadable(path, error) from None

        return Signals(len(voltages), blocks, names[time] if time is not None else "", "row")


IMPORTER = ParquetImporter()


def _floats(column: Any) -> Any:
    """Numbers of a column of Arrow, NaN where there is none."""
    return column.to_numpy(zero_copy_only=False).astype(np.float64)


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} is not a readable Parquet table of numbers ({str(error).splitlines()[0]}); check the "
                      "format (--format)")
