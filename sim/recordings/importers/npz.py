"""Several NumPy arrays in a file: samples, and perhaps times or the sampling interval."""

from __future__ import annotations

from pathlib import Path

from spinsc.archives import DamagedArchive, open_archive
from spinsc.errors import InputError
from spinsc.sim.recordings.importing.arrays import MOST_BYTES, check_size, signals_of
from spinsc.sim.recordings.importing.importer import Options, Signals
from spinsc.sim.recordings.recording import is_recording


class NpzImporter:
    title = "NumPy arrays by name, chosen by --voltage-column and --time-column"
    suffixes = (".npz",)
    takes = ("time_column", "voltage_columns", "transpose")
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return False

    def read(self, path: Path, options: Options) -> Signals:
        if is_recording(path):
            raise InputError(f"{path} is a recording already; there is nothing to import")
        try:
            with open_archive(path) as archive:
                check_size(path, sum(map(archive.size, archive.names)))
                found = {name: archive.read(name, MOST_BYTES) for name in archive.names}
        except DamagedArchive as error:
            raise InputError(f"{path} is not a readable file of NumPy arrays ({error}); write it with numpy.savez") \
                from None
        return signals_of(path, found, options)


IMPORTER = NpzImporter()
