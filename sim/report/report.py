"""A report: what a command found, as text and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Report:
    """What a command found.

    Attributes
    ----------
    text : str
        For people.
    data : mapping
        The same in values of JSON (numbers that are not finite become null), under keys that stay as they are.
    rows : sequence of (name, value)
        The text again, where it is names and values.
    """

    text: str
    data: Mapping[str, Any]
    rows: Sequence[tuple[str, str]] = ()

    def show(self, as_json: bool = False) -> None:
        """Print the text, or one JSON object."""
        print(json.dumps(self.plain, indent=1, allow_nan=False) if as_json else self.text)

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
