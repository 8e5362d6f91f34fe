"""Files of raw bytes, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.recording import Bits

BLOCK_BYTES = 1 << 22


def raw_blocks(path: Path) -> Iterator[Bits]:
    """The bytes of a file, uint8 of shape (bytes,); `InputError` if it has none."""
    with path.open("rb") as file:
        if not (content := file.read(BLOCK_BYTES)):
            raise InputError(f"{path} holds no samples; check that the file is complete")
        while content:
            yield np.frombuffer(content, np.uint8)
            content = file.read(BLOCK_BYTES)
