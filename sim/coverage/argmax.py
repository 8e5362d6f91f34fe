"""Argmax: the score of each later class against the best before it.

The later class b takes over from a where score_b - score_a >= 1: a threshold of 1, told from its lower neighbour by a
tie and from its higher one by a lead of 1, where the two are the best of all and so decide the class.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.models.golden.trace import Trace
from spinsc.sim.coverage.told import HIGHER, LOWER, Flags, Told

#: Classes of which all pairs are looked at.
MOST_CLASSES = 1024


def decided(scores: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Images in which a neighbour of the argmax's threshold would change the class.

    Parameters
    ----------
    scores : int64, shape (images, classes)

    Returns
    -------
    int64, shape (n, 4)
        Image, `LOWER` or `HIGHER`, earlier and later class.
    """
    images = np.arange(len(scores))
    best = scores.argmax(1)
    found = [np.zeros((0, 4), np.int64)]
    for later in range(1, scores.shape[1]):
        earlier = scores[:, :later].argmax(1)
        lead = scores[:, later] - scores[images, earlier]
        for side, hit in ((LOWER, (best == earlier) & (lead == 0)), (HIGHER, (best == later) & (lead == 1))):
            where = np.flatnonzero(hit)
            found.append(np.stack([where, np.full_like(where, side), earlier[where], np.full_like(where, later)], 1))
    return np.concatenate(found)


class Argmax:
    """All pairs of classes, filled image by image."""

    def __init__(self, classes: int) -> None:
        self.seen: Flags = np.zeros((2, classes, classes), bool)

    def add(self, trace: Trace) -> None:
        """Take note of the scores of some images."""
        _, side, earlier, later = decided(trace.scores).T
        self.seen[side, earlier, later] = True

    def told(self) -> Told:
        """What was told apart, of each pair of classes."""
        earlier, later = np.triu_indices(self.seen.shape[1], 1)
        return Told("argmax", None, self.seen[:, earlier, later])
