"""A NumPy array of samples or voltages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.arrays import signals_of
from spinsc.sim.recordings.importing.importer import Options, Signals

_READ_AT_ONCE = 1 << 26  # bytes; larger files are mapped into memory


class NpyImporter:
    title = "NumPy array, bool, integer or float, (steps,) or (devices, steps)"
    suffixes = (".npy",)
    takes = ("transpose",)
    compressed = False

    def recognize(self, head: bytes) -> bool:
        return head.startswith(b"\x93NUMPY")

    def read(self, path: Path, options: Options) -> Signals:
        try:
            array = np.load(path, mmap_mode="r" if path.stat().st_size > _READ_AT_ONCE else None, allow_pickle=False)
        except (ValueError, EOFError, SyntaxError) as error:
            raise InputError(f"{path} is not a readable NumPy array ({str(error).splitlines()[0]}); write it with "
                             "numpy.save") from None
        if not isinstance(array, np.ndarray):
            array.close()
            raise InputError(f"{path} holds several arrays; choose --format npz")
        if array.ndim not in (1, 2) or array.dtype.kind not in "buif":
            raise InputError(f"{path} holds {array.dtype} of shape {array.shape}; bool, integer or float of shape "
                             "(steps,) or (devices, steps) is needed")
        if not array.size:
            raise InputError(f"{path} holds no samples; check that the file is complete")
        return signals_of(path, {"": array if array.size > 1 else array.reshape(1, 1)}, options)


IMPORTER = NpyImporter()
