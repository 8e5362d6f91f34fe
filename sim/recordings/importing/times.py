"""The sampling interval from a column of times, looked at block by block."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.columns import base_name
from spinsc.sim.recordings.importing.importer import Floats

UNITS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "ps": 1e-12}
COUNTER_NAMES = ("timestep", "sample", "index")
_REMEDY = "correct the table, or state the interval (--sampling-interval)"


class Times:
    """Times of a table, which must be regular.

    Parameters
    ----------
    path : Path
        For messages.
    name : str
        The column's, which may end in a unit; seconds otherwise.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.count = 0
        self._first = self._last = 0.0
        self._usual: float | None = None  # step between times
        self._counter = True

    def add(self, times: Floats) -> None:
        """Look at the times that follow; `InputError` if they do not go on regularly."""
        bad = np.flatnonzero(~np.isfinite(times))
        if len(bad):
            raise InputError(f"the time in row {self.count + bad[0] + 1} of {self.path} is {times[bad[0]]}; {_REMEDY}")
        if not self.count:
            self._first = float(times[0])
        first = self.count - 1 if self.count else 0
        steps = np.diff(times, prepend=[self._last] if self.count else [])
        self.count += len(times)
        self._last = float(times[-1])
        if not len(steps):
            return
        if self._usual is None:
            median, mean = float(np.median(steps)), float(steps.mean())
            if median < 0 or mean <= 0:
                raise InputError(f"the times of {self.path} do not increase; {_REMEDY}")
            # Times printed with few digits may repeat; then the mean counts, and no gap can be told.
            self._usual = median
        self._counter = self._counter and bool((steps == 1).all())
        odd = np.flatnonzero(np.abs(steps - self._usual) > 0.5 * self._usual)
        if len(odd) and self._usual > 0:
            row = first + int(odd[0])
            raise InputError(f"the times of {self.path} are not regular: from row {row + 1} to {row + 2} it is "
                             f"{steps[odd[0]]:g} instead of {self._usual:g}; {_REMEDY}")

    def interval_s(self) -> float | None:
        """Sampling interval in seconds; None where the times only count the samples, or there is one only."""
        if self.count < 2 or (base_name(self.name) in COUNTER_NAMES and self._counter):
            return None
        unit = re.search(r"[\s_\[(](s|ms|us|µs|μs|ns|ps)[\])]?$", self.name.strip().lower())
        mean = (self._last - self._first) / (self.count - 1)
        return mean * (UNITS_S[unit.group(1)] if unit else 1.0)
