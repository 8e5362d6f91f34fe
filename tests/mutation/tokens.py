"""The words and signs of Verilog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"""
    (?P<space>\s+|/\*.*?\*/|//[^\n]*|\(\*.*?\*\)) | (?P<string>"[^"]*") | (?P<number>\d+'[hdb][0-9a-fA-F?xz]+|\d+)
    | (?P<name>\\\S+|[A-Za-z_$][\w$]*) | (?P<sign><=|>=|==|!=|<<|>>|&&|\|\||[-+~!&|^<>=?:;,.(){}\[\]@\#*])""",
    re.VERBOSE | re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A piece of the text from ``start`` to ``stop``."""

    kind: str
    text: str
    start: int
    stop: int


def bare(name: str) -> str:
    """A name without the backslash that lets it have any signs."""
    return name.removeprefix("\\")


def tokens(text: str) -> Iterator[Token]:
    """Those of a text, without blanks, comments and attributes."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"unknown sign in {text[at:at + 30]!r}")
        at = match.end()
        if match.lastgroup not in ("space", None):
            yield Token(match.lastgroup, match.group(), match.start(), match.end())
