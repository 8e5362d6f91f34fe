"""One sample per byte, as NIST's SP 800-90B tools read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.raw import raw_blocks
from spinsc.sim.recordings.importing.words import check_samples


class BytesImporter:
    title = "one sample per byte, 0 or 1, as NIST's SP 800-90B tools read it"
    suffixes = (".bin",)
    takes = ()
    compressed = True

    def recognize(self, head: bytes) -> bool:
        return False

    def read(self, path: Path, options: Options) -> Signals:
        check_samples(path, next(raw_blocks(path)))

        def blocks() -> Iterator[Block]:
            before = 0
            for raw in raw_blocks(path):
                bad = np.flatnonzero(raw > 1)
                if len(bad):
                    raise InputError(f"byte {before + bad[0]} of {path} is {raw[bad[0]]}, not 0 or 1; check the format "
                                     "(--format)")
                before += len(raw)
                yield Block(None, raw.view(bool)[None])

        return Signals(["the file"], blocks, digital=True)


IMPORTER = BytesImporter()
