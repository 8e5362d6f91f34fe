"""Lines of text files, whatever their encoding and compression."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.raw import open_raw

#: Characters of a line at most.
LONGEST_LINE = 1 << 20
_HEAD_BYTES = 1 << 16
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def find_encoding(path: Path) -> str:
    """Encoding of a text file: by its byte-order mark, as UTF-16 by its zero bytes, as UTF-8, otherwise Windows-1252.

    Raises
    ------
    InputError
        If it is not text.
    """
    with open_raw(path) as file:
        head = file.read(_HEAD_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if len(head) >= 4 and b"\0" in head:
        for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
            if zeros.count(0) > 0.9 * len(zeros):
                return encoding
        raise InputError(f"{path} is not text (it has zero bytes); choose another --format")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def lines(path: Path, encoding: str) -> Iterator[str]:
    """Lines of a text file, without their ends. What cannot be decoded becomes a replacement character."""
    with open_raw(path) as raw:
        file = io.TextIOWrapper(cast("IO[bytes]", raw), encoding=encoding, errors="replace")
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                raise InputError(f"line {number} of {path} has more than {LONGEST_LINE} characters; check the format "
                                 "(--format)")
            yield line.rstrip("\r\n")
        file.detach()
