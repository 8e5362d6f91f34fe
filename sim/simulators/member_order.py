"""The order of variables in the classes that Verilator writes.

Verilator puts the variables of one instance next to each other. Most of a layer's time goes into statements that are
the same for each of its units, which compilers make into vector instructions where the operands lie side by side, as
those of equal variables of all units do here. Nothing else depends on the order.
"""

from __future__ import annotations

import re
from pathlib import Path

#: A variable that is a number: its type, with the bits in a comment, and its name.
_MEMBER = re.compile(r"^ +(?P<type>[A-Z]\w*(?:<\d+>)?)/\*\d+:0\*/ (?P<name>\w+);$")
#: In a name, the index of a generate block or an instance.
_INDEX = re.compile(r"__BRA__\d+__KET__")


def order_members(folder: Path) -> None:
    """Order the variables in the headers that Verilator has written into ``folder``."""
    for header in folder.glob("Vtop*.h"):
        text = header.read_text()
        ordered = ordered_members(text)
        if ordered != text:
            header.write_text(ordered)


def ordered_members(header: str) -> str:
    """The header with variables whose names differ in their first index only side by side, the others as they were.

    Types follow each other as before, so that no gaps for alignment arise.
    """
    lines = header.split("\n")
    places, groups = [], dict[str, dict[str, list[str]]]()
    for place, line in enumerate(lines):
        if match := _MEMBER.match(line):
            places.append(place)
            alike = _INDEX.sub("[]", match["name"], count=1)
            groups.setdefault(match["type"], {}).setdefault(alike, []).append(line)
    ordered = (line for of_type in groups.values() for alike in of_type.values() for line in alike)
    for place, line in zip(places, ordered, strict=True):
        lines[place] = line
    return "\n".join(lines)
