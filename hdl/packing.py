"""Every order in which bits are packed into words: those of memory images, and those of files that Verilog reads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.integers import ceil_div

#: Entry [..., n, b] is bit b (weight 2^b) of word n.
Bits = npt.NDArray[np.uint8]


def integer_bits(values: npt.NDArray[np.int64], width: int) -> Bits:
    """Two's complement bits, shape (*values.shape, width)."""
    return (values[..., None] >> np.arange(width) & 1).astype(np.uint8)


def joined_bits(values: npt.NDArray[np.int64], width: int) -> Bits:
    """Words of several integers each, shape (words, integers * width): the first integer in the lowest bits."""
    return integer_bits(values, width).reshape(len(values), -1)


def plane_bits(values: npt.NDArray[np.unsignedinteger], width: int) -> Bits:
    """Bit planes, shape (*values.shape[:-1], width * lanes): bit b of lane s is bit b*lanes + s."""
    planes = values[..., None, :] >> np.arange(width, dtype=values.dtype)[:, None] & values.dtype.type(1)
    return planes.astype(np.uint8, copy=False).reshape(*values.shape[:-1], -1)


def grouped_bits(bits: Bits, length: int, group: int) -> Bits:
    """Words of ``group`` successive words each, the first lowest, in runs of ``length`` words.

    Parameters
    ----------
    bits : uint8, shape (runs * length, width)
    length, group : int
        The last word of a run is filled up with zeros.

    Returns
    -------
    uint8, shape (runs * ceil(length / group), group * width)
    """
    width = bits.shape[1]
    words = ceil_div(length, group)
    padded = np.zeros((len(bits) // length, words * group, width), np.uint8)
    padded[:, :length] = bits.reshape(-1, length, width)
    return padded.reshape(-1, group * width)


def hexadecimal_lines(bits: Bits) -> str:
    """Text of a memory image, as ``$readmemh`` reads it: a line for each word, shape of ``bits`` (words, width)."""
    words, width = bits.shape
    digits = ceil_div(width, 4)
    padded = np.zeros((words, 8 * ceil_div(width, 8)), np.uint8)
    padded[:, :width] = bits
    rows = np.packbits(padded[:, ::-1], axis=1)
    return "".join(f"{row.tobytes().hex()[-digits:]}\n" for row in rows)


def binary_words(bits: Bits) -> npt.NDArray[np.uint8]:
    """Words as ``$fread`` reads them, shape (words, ceil(width / 8)): the highest byte first, zeros above the width."""
    return np.packbits(bits, axis=1, bitorder="little")[:, ::-1]
