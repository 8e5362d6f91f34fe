"""Text of nothing but the digits 0 and 1, without separators between the samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.arrays import check_orientation
from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.raw import raw_blocks

LINES = ("wrapped", "devices", "steps")
_BLANKS = b" \t\r\n\v\f"


class BitsImporter:
    title = "text of digits 0 and 1, one sample a digit"
    suffixes = (".bits",)
    takes = ("lines", "transpose")
    compressed = True

    def recognize(self, head: bytes) -> bool:
        text = head.removeprefix(b"\xef\xbb\xbf")
        words = text.split()
        if not words or re.fullmatch(rb"[01\s]+", text) is None or any(b" " in line.strip() or b"\t" in line.strip()
                                                                      for line in text.splitlines()):
            return False
        longest = max(map(len, words))
        if longest == 1:
            return False
        if longest < 8 and len(words) > 1 and not any(word.startswith(b"0") and len(word) > 1 for word in words):
            raise InputError(f"lines such as {words[0].decode()!r} may be numbers or bits; give --format csv or "
                             "--format bits")
        return True

    def read(self, path: Path, options: Options) -> Signals:
        lengths = _line_lengths(path)
        count = len(lengths)
        if count > 1 and options.lines is None:
            raise InputError(f"{path} has {count} lines of bits, {lengths[0]} in the first: give --lines wrapped if "
                             "they go on as one device, devices if each is one, or steps if each has a bit of each "
                             "device")
        if count == 1 or options.lines == "wrapped":
            return Signals(["the text"], lambda: (Block(None, bits[None]) for bits in _bits(path)), digital=True)
        if len(set(lengths)) > 1:
            odd = next(n for n, length in enumerate(lengths) if length != lengths[0])
            raise InputError(f"line {odd + 1} of {path} has {lengths[odd]} bits, the first {lengths[0]}; lines that "
                             "are devices or steps must be of one length")
        table = np.concatenate(list(_bits(path))).reshape(count, lengths[0])
        rows = table if options.lines == "devices" else np.ascontiguousarray(table.T)
        check_orientation(path, len(rows), rows.shape[1], options.transpose, "the text")
        return Signals([f"device {n}" for n in range(len(rows))], lambda: iter([Block(None, rows)]), digital=True)


IMPORTER = BitsImporter()


def _bits(path: Path) -> Iterator[npt.NDArray[np.bool_]]:
    """Bits of all lines, block by block."""
    before = 0
    for raw in raw_blocks(path):
        if not before and raw[:3].tobytes() == b"\xef\xbb\xbf":
            raw = raw[3:]
        digits = raw[~np.isin(raw, np.frombuffer(_BLANKS, np.uint8))]
        bad = np.flatnonzero((digits != 48) & (digits != 49))
        if len(bad):
            raise InputError(f"digit {before + bad[0] + 1} of {path} is {chr(digits[bad[0]])!r}, not 0 or 1; check the "
                             "format (--format)")
        before += len(digits)
        yield digits == 49


def _line_lengths(path: Path) -> list[int]:
    """Digits of each line that is not empty."""
    lengths, open_line = [], 0
    for raw in raw_blocks(path):
        ends = np.flatnonzero(raw == 10)
        digits = np.concatenate([[0], np.cumsum((raw == 48) | (raw == 49))])
        border = 0
        for end in ends:
            lengths.append(open_line + int(digits[end] - digits[border]))
            open_line, border = 0, int(end)
        open_line += int(digits[-1] - digits[border])
    return [length for length in (*lengths, open_line) if length]
