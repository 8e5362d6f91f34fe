"""One sample a byte, as NIST's SP 800-90B tools read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.raw import raw_blocks


class BytesImporter:
    title = "one sample per byte, 0 or 1, as NIST's SP 800-90B tools read it"
    suffixes = (".bin",)
    takes = ()

    def recognize(self, head: bytes) -> bool:
        return False

    def read(self, path: Path, options: Options) -> Signals:
        def blocks() -> Iterator[Block]:
            before = 0
            for raw in raw_blocks(path):
                bad = np.flatnonzero(raw > 1)
                if len(bad):
                    raise InputError(f"byte {before + bad[0]} of {path} is {raw[bad[0]]}, not 0 or 1; for eight "
                                     "samples a byte choose --format packed")
                before += len(raw)
                yield Block(None, raw.view(bool)[None])

        return Signals(1, blocks, digital=True)


IMPORTER = BytesImporter()
