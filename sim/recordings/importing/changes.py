"""Samples at regular times of signals that are known by their changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.importer import Block, Signals
from spinsc.sim.recordings.importing.times import unit_s

MOST_SAMPLES = 1 << 34
_BLOCK = 1 << 20
#: Share of an interval by which a change may come late without counting for the next sample.
_ROUNDING = 1e-6


def sampled(path: Path, signals: Signals, interval_s: float | None) -> Signals:
    """Signals that hold each value until the next change, one sample every interval from the first time to the last.

    Parameters
    ----------
    path : Path
    signals : Signals
        With times, in ascending order.
    interval_s : float or None
        In seconds.
    """
    if interval_s is None:
        raise InputError(f"{path} holds changes, not samples; give the interval at which to sample them "
                         "(--sampling-interval S)")
    if signals.time is None:
        raise InputError(f"{path} has no column of times, so its changes cannot be sampled; name it (--time-column)")
    unit = unit_s(path, signals.time) / interval_s

    def blocks() -> Iterator[Block]:
        first: float | None = None
        held: npt.NDArray[np.generic] | None = None
        done = 0  # samples up to the last change
        for block in signals.blocks():
            assert block.times is not None
            first = float(block.times[0]) if first is None else first
            places = np.ceil((block.times - first) * unit - _ROUNDING).astype(np.int64)
            if (np.diff(places, prepend=done) < 0).any():
                raise InputError(f"the times of {path} do not ascend; sort the changes")
            if places[-1] > MOST_SAMPLES:
                raise InputError(f"the changes of {path} span {places[-1]:,} samples of {interval_s:g} s; give a "
                                 "longer --sampling-interval")
            values = block.values if held is None else np.concatenate([held, block.values], axis=1)
            counts = np.diff(places, prepend=done)[0 if held is not None else 1:]
            yield from _repeated(values[:, :-1], counts)
            held, done = values[:, -1:], int(places[-1])
        if held is not None:
            yield Block(None, held)

    return Signals(signals.names, blocks, None, interval_s, signals.place, signals.digital)


def _repeated(values: npt.NDArray[np.generic], counts: npt.NDArray[np.int64]) -> Iterator[Block]:
    """Each value as often as its count says, in blocks."""
    total = int(counts.sum())
    ends = np.cumsum(counts)
    for start in range(0, total, _BLOCK):
        which = np.searchsorted(ends, np.arange(start, min(start + _BLOCK, total)), side="right")
        yield Block(None, values[:, which])
