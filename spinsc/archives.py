"""NumPy's archives (.npz), looked at before they are read: a small file may declare any number of zeros."""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError

#: What a network, or the description in an archive, takes at most.
LARGEST_NETWORK_BYTES, LARGEST_META_BYTES = 1 << 30, 1 << 24


class DamagedArchive(ValueError):
    """Not an archive, or one whose entries are not what they should be; the reason, in a few words."""


class Archive:
    """An archive that is open; entries have no pickled objects."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file

    @property
    def names(self) -> list[str]:
        """Arrays, in the order of the file."""
        return [name.removesuffix(".npy") for name in self._file.namelist()]

    def header(self, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and type of an array, which is not read."""
        with self._open(name) as entry:
            return _header(entry)

    def size(self, name: str) -> int:
        """Bytes of an array, which is not read."""
        shape, dtype = self.header(name)
        return int(np.prod(shape, dtype=object)) * dtype.itemsize

    def read(self, name: str, most_bytes: int) -> npt.NDArray[Any]:
        """An array.

        Raises
        ------
        DamagedArchive
            If it declares more than ``most_bytes``.
        """
        if (size := self.size(name)) > most_bytes:
            raise DamagedArchive(f"'{name}' declares {size:,} bytes, more than {most_bytes:,}")
        with self._open(name) as entry:
            array: npt.NDArray[Any] = np.lib.format.read_array(entry, allow_pickle=False)
            return array

    def meta(self) -> Any:
        """The array ``meta``, JSON in UTF-8."""
        return json.loads(self.read("meta", LARGEST_META_BYTES).tobytes())

    def _open(self, name: str) -> IO[bytes]:
        try:
            return self._file.open(f"{name}.npy")
        except KeyError:
            raise DamagedArchive(f"it has no '{name}'") from None


@contextlib.contextmanager
def open_archive(path: str | os.PathLike[str]) -> Iterator[Archive]:
    """Open an archive, and give whatever is wrong with it one name.

    Raises
    ------
    DamagedArchive
        In the block, too.
    FileNotFoundError
    """
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            yield Archive(archive)
    except (FileNotFoundError, DamagedArchive, InputError):
        raise
    except (OSError, ValueError, LookupError, EOFError, TypeError, AttributeError, RuntimeError, SyntaxError,
            MemoryError, zipfile.BadZipFile, zlib.error) as error:  # zipfile, zlib and numpy raise all of these
        raise DamagedArchive(f"{type(error).__name__}: {error}".splitlines()[0]) from None


def memory_bytes() -> int:
    """Memory of this machine; where it does not tell, a guess."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 1 << 34


def _header(entry: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(entry)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise DamagedArchive(f"an array of format version {version}")
    shape, _, dtype = read(entry)
    return shape, dtype
