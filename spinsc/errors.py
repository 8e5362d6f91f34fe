"""The one exception that users see as a single line, and what its messages have in common."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input or a missing tool. The message names the value and the remedy; the command line exits with 2."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remark for a message about a wrong word, in parentheses; empty if it is known or like none that is."""
    words = list(known)
    close = [] if word in words else difflib.get_close_matches(word, words, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
