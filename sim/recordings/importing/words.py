"""What raw bytes are, where they are not what they are taken for."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError

#: Probability of a pattern, were the bits random, below which it is no accident.
UNLIKELY = 1e-9
_LOOKED_AT = 1 << 16
_REMEDY = "convert them to bits or to voltages (numpy.fromfile, numpy.save) first"
_DIGITS = np.frombuffer(b"01 \t\r\n", np.uint8)


def check_samples(path: Path, first: npt.NDArray[np.uint8]) -> None:
    """Refuse bytes that are not one sample each, by the first of them."""
    raw = first[:_LOOKED_AT]
    _refuse_digits(path, raw)
    if int(raw.max(initial=0)) > 1:
        if int(raw.max()) < 16:
            raise InputError(f"the bytes of {path} are symbols of 4 bits, from {raw.min()} to {raw.max()}, not samples "
                             f"of 0 or 1; {_REMEDY}")
        kinds = np.unique(raw)
        if len(kinds) == 2:
            raise InputError(f"the bytes of {path} are {kinds[0]} and {kinds[1]}, not 0 and 1; write them so, or save "
                             "them with numpy.save")
        width = _word_bytes(raw)
        if width > 1:
            raise InputError(f"the bytes of {path} seem to be numbers of {8 * width} bits, not samples of 0 or 1; "
                             f"{_REMEDY}")
        bad = int(np.flatnonzero(raw > 1)[0])
        advice = "for eight samples per byte choose --format packed" if _varies(raw, 1).all() else _REMEDY
        raise InputError(f"byte {bad} of {path} is {raw[bad]}, not 0 or 1; {advice}")
    for width, ordinal in ((8, "8th"), (4, "4th"), (2, "2nd")):
        words = raw[:len(raw) // width * width].reshape(-1, width)
        used = np.flatnonzero(words.any(axis=0))
        ones = int(words.sum())
        if len(used) == 1 and used[0] in (0, width - 1) and ones < len(words) and float(width) ** (1 - ones) < UNLIKELY:
            raise InputError(f"only every {ordinal} byte of {path} is ever 1: the samples are words of {8 * width} "
                             "bits; write them as bytes")


def check_packed(path: Path, first: npt.NDArray[np.uint8]) -> None:
    """Refuse bytes in which some bits never change, as those of digits and of numbers, by the first of them."""
    raw = first[:_LOOKED_AT]
    _refuse_digits(path, raw)
    for width in (1, 2, 4, 8):
        varies = _varies(raw, width)
        if not varies.all():
            fixed = [n for n in range(8) if not varies[:, n].all()]
            kind = "symbols of 4 bits" if width == 1 and fixed == [4, 5, 6, 7] else f"numbers of {8 * width} bits"
            raise InputError(f"bit{'s' * (len(fixed) > 1)} {', '.join(map(str, fixed))} of "
                             f"{'all bytes' if width == 1 else f'every {width} bytes'} of {path} never change: the "
                             f"bytes seem to be {kind}, not packed samples; {_REMEDY}")


def _refuse_digits(path: Path, raw: npt.NDArray[np.uint8]) -> None:
    if np.isin(raw, _DIGITS).all() and np.isin(raw, _DIGITS[:2]).any():
        raise InputError(f"the bytes of {path} are ASCII digits; choose --format bits, or csv for one digit per line")


def _varies(raw: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.bool_]:
    """Whether each bit (the lowest first) of each byte of a word changes, or may by chance not: shape (bytes, bits)."""
    words = raw[:len(raw) // width * width].reshape(-1, width)
    if not len(words):
        return np.ones((width, 8), bool)
    ones = np.unpackbits(words[:, :, None], axis=2, bitorder="little").mean(axis=0)
    p1 = float(ones.mean())
    rarest = max(p1, 1 - p1)
    if rarest == 1 or len(words) * math.log(rarest) > math.log(UNLIKELY):
        return np.ones((width, 8), bool)
    return np.asarray((ones > 0) & (ones < 1))


def _word_bytes(raw: npt.NDArray[np.uint8]) -> int:
    """Bytes of the words that the bytes seem to be: those at one place of them differ from those at another."""
    for width in (8, 4, 2):
        words = raw[:len(raw) // width * width].reshape(-1, width).astype(np.float64)
        if len(words) < 32:
            continue
        means, error = words.mean(axis=0), words.std(axis=0).max() / math.sqrt(len(words))
        spread = words.std(axis=0)
        if np.ptp(means) > 8 * error + 1 or spread.min() < 0.5 * spread.max():
            half = words.reshape(len(words), 2, -1).mean(axis=0) if width > 2 else None
            if half is None or np.abs(half[0] - half[1]).max() > 8 * error + 1:
                return width
    return 1
