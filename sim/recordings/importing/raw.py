"""Bytes of files, perhaps compressed."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError

BLOCK_BYTES = 1 << 22
#: How files of each compression begin, their extension, and what opens them.
_COMPRESSIONS: tuple[tuple[bytes, str, Callable[[Path], Any]], ...] = (
    (b"\x1f\x8b", ".gz", gzip.open), (b"BZh", ".bz2", bz2.open), (b"\xfd7zXZ\x00", ".xz", lzma.open))


def is_compressed(path: Path) -> bool:
    """Whether a file begins as those of gzip, bzip2 and xz do."""
    with path.open("rb") as file:
        head = file.read(8)
    return any(head.startswith(magic) for magic, *_ in _COMPRESSIONS)


def suffix_of(path: Path) -> str:
    """Extension in lower case, that before ``.gz`` and its like."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in [suffix for _, suffix, _ in _COMPRESSIONS]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


@contextlib.contextmanager
def open_raw(path: Path) -> Iterator[io.BufferedIOBase]:
    """The bytes of a file, decompressed; `InputError` if that fails, now or while it is read."""
    with path.open("rb") as file:
        head = file.read(8)
        opener = next((opener for magic, _, opener in _COMPRESSIONS if head.startswith(magic)), None)
        if opener is None:
            file.seek(0)
            yield file
            return
        try:
            with opener(path) as content:
                yield content
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise InputError(f"{path} cannot be decompressed ({error}); check that the file is complete") from None


def raw_blocks(path: Path) -> Iterator[npt.NDArray[np.uint8]]:
    """The bytes of a file, uint8 of shape (bytes,); `InputError` if it has none."""
    with open_raw(path) as file:
        if not (content := file.read(BLOCK_BYTES)):
            raise InputError(f"{path} holds no samples; check that the file is complete")
        while content:
            yield np.frombuffer(content, np.uint8)
            content = file.read(BLOCK_BYTES)
