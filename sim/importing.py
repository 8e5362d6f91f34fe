"""What an imported network computes, against the trained one: without streams and with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spinsc.models.data.samples import Samples
from spinsc.models.golden.evaluation import classify
from spinsc.models.importing.read import Imported
from spinsc.sim.recordings.sources import parse_rng

#: Samples that are compared at most.
MOST_COMPARED = 10_000


@dataclass(frozen=True)
class Comparison:
    """Shares of samples, from 0 to 1.

    Attributes
    ----------
    samples : int
    source : str
        Where they come from.
    agreement, agreement_streams : float
        Whose class is that of the trained network: of the imported one without streams, and with them.
    trained, exact, streams : float or None
        Whose class is their label: of the trained network, of the imported one without streams, and with them; None
        where there are no labels.
    """

    samples: int
    source: str
    agreement: float
    agreement_streams: float
    trained: float | None
    exact: float | None
    streams: float | None


def compare(found: Imported, samples: Samples, *, seed: int = 0) -> Comparison:
    """The imported network on samples, with streams of simulated junctions."""
    some = samples[:MOST_COMPARED]
    original, exact = found.classes(some.values)
    streams = parse_rng("smtj", found.network, images=len(some), seed=seed)
    noisy = classify(found.network, found.bytes(some.values), streams)
    right = [None if some.labels is None else float(np.mean(classes == some.labels))
             for classes in (original, exact, noisy)]
    return Comparison(len(some), some.source, float(np.mean(exact == original)), float(np.mean(noisy == original)),
                      *right)
