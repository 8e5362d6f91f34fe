"""Single faults in memory images: one bit of one word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.verilog import Instance


@dataclass(frozen=True)
class Flip:
    """Bit ``bit`` of word ``word`` of the memory image ``file`` (in ``mem``) is the other one."""

    file: str
    word: int
    bit: int

    def __str__(self) -> str:
        return f"word {self.word}, bit {self.bit} flipped"

    def apply(self, text: str) -> str:
        """The memory image with the fault."""
        lines = text.splitlines()
        lines[self.word] = f"{int(lines[self.word], 16) ^ 1 << self.bit:0{len(lines[self.word])}x}"
        return "\n".join(lines) + "\n"


def widths(folder: Path, instances: Iterable[Instance]) -> dict[str, int]:
    """Bits of a word of every memory image in ``mem``, as the Verilog that reads it has them."""
    found = {}
    for instance in instances:
        parameters = instance.parameters
        if "FILE" in parameters:
            found[parameters["FILE"].strip('"')] = int(parameters["WIDTH"].rpartition("d")[2])
        if "STEM" in parameters:
            lanes, planes = (int(parameters[name].rpartition("d")[2]) for name in ("LANES", "STATE_WIDTH"))
            for path in folder.glob(f"{parameters['STEM'].strip(chr(34))}_*.mem"):
                found[path.name] = lanes * planes
    return found


def flips(folder: Path, instances: Iterable[Instance]) -> Iterator[Flip]:
    """Every bit of every memory image, in an order that is as good as random but always the same."""
    found = [Flip(file, word, bit) for file, width in widths(folder, instances).items()
             for word in range(len((folder / file).read_text().splitlines())) for bit in range(width)]
    return iter(sorted(found, key=lambda flip: hashlib.sha256(f"{flip.file} {flip}".encode()).digest()))
