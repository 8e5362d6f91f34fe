"""LabVIEW's TDMS files; they need npTDMS (the extra "tdms")."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.arrays import signals_of
from spinsc.sim.recordings.importing.importer import Options, Signals


class TdmsImporter:
    title = "LabVIEW TDMS channels by name, chosen by --voltage-column and --time-column"
    suffixes = (".tdms",)
    takes = ("time_column", "voltage_columns")
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return head.startswith(b"TDSm")

    def read(self, path: Path, options: Options) -> Signals:
        try:
            nptdms: Any = importlib.import_module("nptdms")
        except ImportError:
            raise InputError("TDMS files need npTDMS; install it with: pip install 'spinsc[tdms]'") from None
        if not path.is_file():
            raise FileNotFoundError
        arrays: dict[str, Any] = {}
        try:
            file = nptdms.TdmsFile.open(path)
            for group in file.groups():
                for channel in group.channels():
                    arrays[f"{group.name}/{channel.name}"] = _Channel(channel)
                    if channel.properties.get("wf_increment"):
                        arrays["dt"] = np.array([float(channel.properties["wf_increment"])])
        except (ValueError, KeyError, TypeError, RuntimeError, OSError) as error:
            raise InputError(f"{path} is not a readable TDMS file ({(str(error) or 'cut off').splitlines()[0]}); check "
                             "that it is complete") from None
        return signals_of(path, arrays, options)


IMPORTER = TdmsImporter()


class _Channel:
    """A channel as an array that is read in slices."""

    def __init__(self, channel: Any) -> None:
        self.channel = channel
        self.dtype, self.size, self.shape = np.dtype(channel.dtype), len(channel), (len(channel),)

    def __getitem__(self, index: tuple[slice]) -> Any:
        return self.channel[index[0]]
