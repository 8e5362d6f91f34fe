"""Functions compiled by numba."""

from __future__ import annotations

from typing import Any

from numba import njit


def compiled(function: Any) -> Any:
    """Compile a function at its first call, without Python's lock, and keep what was compiled for the next process.

    Where numba finds no folder that it can write to, nothing is kept and every process compiles for itself.
    """
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # "cannot cache function: no locator available"
        return njit(nogil=True)(function)
