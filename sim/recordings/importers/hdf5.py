"""HDF5 files; they need h5py (the extra "hdf5")."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.arrays import signals_of
from spinsc.sim.recordings.importing.importer import Options, Signals


class Hdf5Importer:
    title = "HDF5 data sets by name, chosen by --voltage-column and --time-column"
    suffixes = (".h5", ".hdf5", ".hdf", ".he5")
    takes = ("time_column", "voltage_columns", "transpose")
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return head.startswith(b"\x89HDF\r\n\x1a\n")

    def read(self, path: Path, options: Options) -> Signals:
        return signals_of(path, data_sets(path, "HDF5 files"), options)


IMPORTER = Hdf5Importer()


def data_sets(path: Path, what: str) -> dict[str, Any]:
    """Data sets of a file by name, and numbers among the attributes. The file stays open as long as they are used."""
    try:
        h5py: Any = importlib.import_module("h5py")
    except ImportError:
        raise InputError(f"{what} need h5py; install it with: pip install 'spinsc[hdf5]'") from None
    if not path.is_file():
        raise FileNotFoundError
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("#"):
            found[name] = item
        for key, value in item.attrs.items():
            if getattr(value, "size", 0) == 1 and value.dtype.kind in "uif":
                found.setdefault(key, value)

    try:
        file = h5py.File(path, "r")
        for key, value in file.attrs.items():
            if getattr(value, "size", 0) == 1 and value.dtype.kind in "uif":
                found.setdefault(key, value)
        file.visititems(visit)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise InputError(f"{path} is not a readable HDF5 file ({str(error).splitlines()[0]}); check that it is "
                         "complete") from None
    return found
