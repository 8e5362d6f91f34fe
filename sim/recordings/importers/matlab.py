"""MATLAB's files: version 5 to 7 by scipy, 7.3 by h5py (the extra "matlab")."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importers.hdf5 import data_sets
from spinsc.sim.recordings.importing.arrays import check_size, signals_of
from spinsc.sim.recordings.importing.importer import Options, Signals


class MatlabImporter:
    title = "MATLAB variables by name, chosen by --voltage-column and --time-column"
    suffixes = (".mat",)
    takes = ("time_column", "voltage_columns", "transpose")
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return head.startswith(b"MATLAB ") and b"MAT-file" in head[:128]

    def read(self, path: Path, options: Options) -> Signals:
        with path.open("rb") as file:
            head = file.read(128)
        return signals_of(path, _new_variables(path) if head.startswith(b"MATLAB 7.3") else _variables(path), options)


IMPORTER = MatlabImporter()


def _variables(path: Path) -> dict[str, Any]:
    """Variables of a file up to version 7."""
    try:
        matlab: Any = importlib.import_module("scipy.io.matlab")
    except ImportError:
        raise InputError("MATLAB files need scipy; install it with: pip install 'spinsc[matlab]'") from None
    try:
        shapes = matlab.whosmat(path)
        check_size(path, sum(8 * int(np.prod(shape, dtype=np.float64)) for _, shape, _ in shapes))
        names = [name for name, _, kind in shapes if kind not in ("cell", "struct", "object", "function", "opaque")]
        found: dict[str, Any] = matlab.loadmat(path, variable_names=names)
    except (ValueError, TypeError, RuntimeError, KeyError, OSError, matlab.MatReadError) as error:
        # a RuntimeError is scipy's refusal of what says further on that it is of version 7.3
        raise InputError(f"{path} is not a readable MATLAB file ({str(error).splitlines()[0]}); check that it is "
                         "complete") from None
    return {name: found[name] for name in names if name in found and hasattr(found[name], "dtype")}


def _new_variables(path: Path) -> dict[str, Any]:
    """Variables of version 7.3, which is HDF5 with the axes in the opposite order."""
    return {name: data if len(data.shape) != 2 or 1 in data.shape else _Reversed(data)
            for name, data in data_sets(path, "MATLAB files of version 7.3").items()}


class _Reversed:
    """A data set of two axes, seen as MATLAB sees it."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.dtype, self.size, self.shape = data.dtype, data.size, data.shape[::-1]

    def __getitem__(self, index: tuple[Any, Any]) -> Any:
        return self.data[index[::-1]].T
