"""Parquet tables of times and voltages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spinsc.sim.recordings.importing.arrow import failures, pyarrow, signals_of_table, unreadable
from spinsc.sim.recordings.importing.importer import Options, Signals

_BLOCK_ROWS = 1 << 20
_WHAT = "Parquet tables"


class ParquetImporter:
    title = "Parquet table of times and voltages"
    suffixes = (".parquet", ".pq")
    takes = ("time_column", "voltage_columns")
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return head.startswith(b"PAR1")

    def read(self, path: Path, options: Options) -> Signals:
        parquet = pyarrow("pyarrow.parquet", _WHAT)
        if not path.is_file():
            raise FileNotFoundError
        try:
            schema = parquet.read_schema(path)
        except failures() as error:
            raise unreadable(path, _WHAT, error) from None

        def batches(names: Sequence[str]) -> Iterator[Any]:
            with parquet.ParquetFile(path) as file:
                yield from file.iter_batches(_BLOCK_ROWS, columns=list(names))

        return signals_of_table(path, _WHAT, schema, batches, options)


IMPORTER = ParquetImporter()
