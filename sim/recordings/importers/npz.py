"""Several NumPy arrays in a file: samples, and perhaps times or the sampling interval."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.arrays import check_size, signals_of
from spinsc.sim.recordings.importing.importer import Options, Signals


class NpzImporter:
    title = "NumPy arrays by name, chosen by --voltage-column and --time-column"
    suffixes = (".npz",)
    takes = ("time_column", "voltage_columns", "transpose")
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return False

    def read(self, path: Path, options: Options) -> Signals:
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
            check_size(path, sum(member.file_size for member in members))
            with np.load(path, allow_pickle=False) as arrays:
                if {"meta", "packed"} <= set(arrays.files):
                    raise InputError(f"{path} is a recording already; there is nothing to import")
                found = {name: arrays[name] for name in arrays.files}
        except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
            raise InputError(f"{path} is not a readable file of NumPy arrays ({str(error).splitlines()[0]}); write it "
                             "with numpy.savez") from None
        return signals_of(path, found, options)


IMPORTER = NpzImporter()
