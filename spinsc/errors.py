"""The one exception that users see as a single line, and what its messages have in common."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input or a missing tool. The message names the value and the remedy; the command line exits with 2."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remark for a message about an unknown word, in parentheses; empty if no other word is like it."""
    close = difflib.get_close_matches(word, [other for other in known if other != word], n=1)
    return f" (did you mean {close[0]}?)" if close else ""
