"""A report: what a command found, as text and as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.progress import is_terminal
from spinsc.sim.report.table import Pairs, Table


@dataclass(frozen=True)
class Report:
    """What a command found.

    Attributes
    ----------
    blocks : tuple of str, Table or Pairs
        For people, an empty line apart.
    data : mapping
        The same in values of JSON (numbers that are not finite become null), under keys that stay as they are.
    passed : bool
        False if a comparison failed.
    """

    blocks: tuple[str | Table | Pairs, ...]
    data: Mapping[str, Any]
    passed: bool = True

    @property
    def text(self) -> str:
        """The blocks as plain text."""
        return "\n\n".join(map(str, self.blocks))

    @property
    def rows(self) -> Sequence[tuple[str, str]]:
        """All names and values."""
        return [row for block in self.blocks if isinstance(block, Pairs) for row in block.rows]

    def show(self, as_json: bool = False) -> None:
        """Print one JSON object, or the text, which is laid out for a terminal where there is one."""
        if as_json:
            print(json.dumps(self.plain, indent=1, allow_nan=False))
        elif is_terminal(sys.stdout):
            from spinsc.sim.report.terminal import draw

            draw(self.blocks)
        else:
            print(self.text)

    @property
    def plain(self) -> dict[str, Any]:
        """The data as JSON has them."""
        values: dict[str, Any] = _plain(self.data)
        return values


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
