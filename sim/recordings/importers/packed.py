"""Raw packed bits, eight samples per byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.raw import raw_blocks
from spinsc.sim.recordings.importing.words import check_packed


class PackedImporter:
    title = "raw packed bits, eight samples per byte"
    suffixes = ()
    takes = ("bit_order",)
    compressed = True

    def recognize(self, head: bytes) -> bool:
        return False

    def read(self, path: Path, options: Options) -> Signals:
        order: Literal["big", "little"] = "little" if options.bit_order == "little" else "big"
        check_packed(path, next(raw_blocks(path)))

        def blocks() -> Iterator[Block]:
            for raw in raw_blocks(path):
                yield Block(None, np.unpackbits(raw, bitorder=order).view(bool)[None])

        return Signals(["the file"], blocks, digital=True)


IMPORTER = PackedImporter()
