"""Arrays of the network's description: read-only copies, and a check."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError


def frozen_copy(array: Any, dtype: Any) -> Any:
    """A copy of an array that cannot be written to."""
    result = np.array(array, dtype=dtype)
    result.flags.writeable = False
    return result


def check_ascending(name: str, rows: npt.NDArray[Any]) -> None:
    """Refuse rows that descend somewhere along the last axis."""
    falls = np.argwhere(rows[..., 1:] < rows[..., :-1])  # no np.diff, which warns of infinities
    if len(falls):
        where = tuple(int(v) for v in falls[0])
        raise InputError(f"{name} must not descend, but entry {where[-1] + 1}"
                         + (f" of neuron {where[0]}" if len(where) > 1 else "")
                         + f" is {rows[(*where[:-1], where[-1] + 1)]} after {rows[where]}")
