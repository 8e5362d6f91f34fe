"""Thresholds and their neighbours: what a run told apart, as all kinds of thresholds count it.

A threshold t is a number that an integer v is held against, v >= t. One too low (t - 1) gives another result where
v = t - 1 and nowhere else, one too high (t + 1) where v = t and nowhere else. So a run tells t from a neighbour exactly
if such a value came with something that is compared hanging on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

#: Places on the first axis of all arrays of neighbours: of t - 1 and t + 1.
LOWER, HIGHER = 0, 1
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Told:
    """Which of some thresholds were told from their neighbours.

    Attributes
    ----------
    kind : str
        What they decide, such as "activation".
    layer : int or None
        Of the network, 0 first; None where they belong to none.
    seen : bool, shape (2, ...)
        Neighbours, lower and higher, from which the run told each threshold.
    same : mapping of reason to bool of the same shape
        Neighbours that no image can tell from the threshold, as both compute the same, by what shows it. Disjoint, and
        none of them is seen.
    """

    kind: str
    layer: int | None
    seen: Flags
    same: Mapping[str, Flags] = field(default_factory=dict)

    @property
    def equivalent(self) -> Flags:
        """Neighbours that compute the same, whatever the reason."""
        equivalent: Flags = np.logical_or.reduce([np.zeros_like(self.seen), *self.same.values()])
        return equivalent

    @property
    def data(self) -> dict[str, Any]:
        """Counts in values of JSON.

        ``both``, ``one`` and ``never`` count thresholds by how many neighbours they were told from, one that computes
        the same counting as told; ``alone`` those both of whose neighbours compute the same, and no others.
        """
        equivalent = self.equivalent
        alone = equivalent.all(0)
        missing = (~self.seen & ~equivalent).sum(0)
        reachable = 2 - equivalent.sum(0, dtype=np.int64)
        never = (missing == reachable) & ~alone
        both = (missing == 0) & ~alone
        return {
            "kind": self.kind, "layer": self.layer, "thresholds": int(alone.size), "both": int(both.sum()),
            "one": int((~both & ~never & ~alone).sum()), "never": int(never.sum()), "alone": int(alone.sum()),
            "neighbours": int(self.seen.size), "told": int(self.seen.sum()),
            "same": {reason: int(which.sum()) for reason, which in self.same.items() if which.any()}}


def share(counts: Mapping[str, Any]) -> float:
    """Neighbours told apart, of those that can be, from 0 to 1; 1 where none can be."""
    tellable = counts["neighbours"] - sum(counts["same"].values())
    return float(counts["told"] / tellable) if tellable else 1.0
