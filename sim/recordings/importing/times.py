"""The sampling interval from a column of times, looked at block by block."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.importer import Floats
from spinsc.sim.recordings.importing.units import COUNTER_NAMES, TIME_UNITS_S, ColumnName

#: Share of irregular steps up to which rows count as samples of which a few are missing.
FEW_GAPS = 0.1
_REMEDY = "correct the table, or state the interval (--sampling-interval)"


class Times:
    """Times of a table, which must be regular.

    Parameters
    ----------
    path : Path
        For messages.
    name : ColumnName
        Of the column. Its unit is that of the times, seconds if it has none.

    Attributes
    ----------
    problem : str
        The first thing that is wrong with them; empty if nothing is.
    """

    def __init__(self, path: Path, name: ColumnName) -> None:
        self.path, self.name = path, name
        self.problem = ""
        self._count = self._gaps = 0
        self._first = self._last = 0.0
        self._usual: float | None = None  # step between times
        self._counter = True

    @property
    def chaotic(self) -> bool:
        """Whether so many steps are irregular that the rows cannot be samples at regular times."""
        return self._gaps > FEW_GAPS * max(1, self._count - 1)

    def add(self, times: Floats) -> None:
        """Look at the times that follow."""
        bad = np.flatnonzero(~np.isfinite(times))
        if len(bad):
            self._fault(f"the time in row {self._count + bad[0] + 1} of {self.path} is {times[bad[0]]}")
            self._count += len(times)
            return
        if not self._count:
            self._first = float(times[0])
        first = self._count - 1 if self._count else 0
        steps = np.diff(times, prepend=[self._last] if self._count else [])
        self._count += len(times)
        self._last = float(times[-1])
        if not len(steps):
            return
        if self._usual is None:
            median, mean = float(np.median(steps)), float(steps.mean())
            if median < 0 or mean <= 0:
                self._fault(f"the times of {self.path} do not increase")
            if median == 0 and bool((steps[::2] == 0).all()) and bool((steps[1::2] > 0).all()):
                self._fault(f"each time of {self.path} is there twice")
            # Times printed with few digits may repeat; then the mean counts, and no gap can be told.
            self._usual = median
        self._counter = self._counter and bool((steps == 1).all())
        odd = np.flatnonzero((np.abs(steps - self._usual) > 0.5 * self._usual) & (self._usual > 0))
        if len(odd):
            self._gaps += len(odd)
            row = first + int(odd[0])
            self._fault(f"the times of {self.path} are not regular: from row {row + 1} to {row + 2} it is "
                        f"{steps[odd[0]]:g} instead of {self._usual:g}")

    def _fault(self, text: str) -> None:
        self.problem = self.problem or f"{text}; {_REMEDY}"

    def interval_s(self) -> float | None:
        """Sampling interval in seconds; None where the times only count the samples, are irregular, or there is one."""
        counts = (self._counter and self._first.is_integer() and not self.name.unit
                  and self.name.base in COUNTER_NAMES)
        if self._count < 2 or counts or self.problem or self.name.unsure:
            return None
        return (self._last - self._first) / (self._count - 1) * unit_s(self.path, self.name)


def unit_s(path: Path, name: ColumnName) -> float:
    """Seconds of the unit of a column of times; `InputError` if it is not known."""
    if name.unsure:
        raise InputError(f"the unit of the times of {path} is not known; name the columns in the line above them, as "
                         "in 'time (us),voltage (V)'")
    if name.unit and name.unit not in TIME_UNITS_S:
        raise InputError(f"the times of {path} are in {name.unit!r} ({name.text}), which is no known unit; name the "
                         "column in s, ms, us, ns or ps, or leave it out (--time-column none)")
    return TIME_UNITS_S.get(name.unit, 1.0)
