"""Feather files, which are Arrow's own format, as pandas writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spinsc.sim.recordings.importing.arrow import failures, pyarrow, signals_of_table, unreadable
from spinsc.sim.recordings.importing.importer import Options, Signals

_WHAT = "Feather tables"


class FeatherImporter:
    title = "Feather (Arrow) table of times and voltages"
    suffixes = (".feather", ".arrow", ".ftr")
    takes = ("time_column", "voltage_columns")
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return head.startswith((b"ARROW1", b"FEA1"))

    def read(self, path: Path, options: Options) -> Signals:
        arrow, ipc = pyarrow("pyarrow", _WHAT), pyarrow("pyarrow.ipc", _WHAT)
        if not path.is_file():
            raise FileNotFoundError
        try:
            with arrow.memory_map(str(path)) as source:
                schema = ipc.open_file(source).schema
        except failures() as error:
            raise unreadable(path, _WHAT, error) from None

        def batches(names: Sequence[str]) -> Iterator[Any]:
            with arrow.memory_map(str(path)) as source:
                reader = ipc.open_file(source, options=ipc.IpcReadOptions(
                    included_fields=sorted(schema.get_field_index(name) for name in names)))
                for number in range(reader.num_record_batches):
                    yield reader.get_batch(number)

        return signals_of_table(path, _WHAT, schema, batches, options)


IMPORTER = FeatherImporter()
