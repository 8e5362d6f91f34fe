"""IDX, the file format of MNIST and of the data sets that follow it."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError


def parse_idx(content: bytes, dimensions: int, source: str) -> npt.NDArray[np.uint8]:
    """Array of an IDX file of bytes: magic number 0x800 + dimensions, the shape, all big-endian, then the bytes.

    Raises
    ------
    InputError
        If the header is not that of such a file, or the length is not what it announces.
    """
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise InputError(f"{source} is truncated: {len(content)} bytes, less than an IDX header; fetch it again")
    magic = int.from_bytes(content[:4], "big")
    if magic != 0x800 + dimensions:
        raise InputError(f"{source} is not an IDX file of bytes in {dimensions} dimension(s): "
                         f"its magic number is {magic:#010x}, not {0x800 + dimensions:#010x}; fetch it again")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", dimensions, 4))
    expected = header + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        raise InputError(f"{source} is {'truncated' if len(content) < expected else 'too long'}: {len(content)} bytes, "
                         f"but its header announces {expected}; fetch it again")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """`parse_idx` of a file, compressed by gzip or not."""
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is damaged or truncated ({error}); fetch it again") from None
    return parse_idx(content, dimensions, str(path))


def find_idx(folder: Path, name: str) -> Path | None:
    """The IDX file ``name`` in ``folder``, under the spellings that are in use."""
    for stem in (name, name.replace("-idx", ".idx")):
        for suffix in ("", ".gz"):
            if (folder / (stem + suffix)).is_file():
                return folder / (stem + suffix)
    return None


def idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    """The uncompressed IDX file that holds ``array``."""
    return np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes() + array.tobytes()
