"""Columns of tables: which holds the times and which the voltages, by name, unit and content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.importer import Options
from spinsc.sim.recordings.importing.units import COUNTER_NAMES, ColumnName, parse_name

NO_COLUMN = "none"
BY_NAME, BY_POSITION = "name:", "position:"


def ascends(values: npt.ArrayLike) -> bool:
    """Whether numbers never descend and mostly ascend, as times do even if they are printed with few digits."""
    steps = np.diff(np.asarray(values, np.float64))
    return len(steps) > 1 and bool((steps >= 0).all()) and bool((steps > 0).mean() >= 0.5)


@dataclass(frozen=True)
class Columns:
    """Columns of a table.

    Attributes
    ----------
    path : Path
        For messages.
    names : sequence of str, or None
        Of all columns, where they have names.
    count : int
        Of all columns.
    numeric : sequence of int
        Positions of those that hold numbers, as far as was looked.
    ascending, digital : frozenset of int
        Positions of those whose numbers ascend, and that hold only 0 and 1, as far as was looked.
    """

    path: Path
    names: Sequence[str] | None
    count: int
    numeric: Sequence[int]
    ascending: frozenset[int] = field(default_factory=frozenset)
    digital: frozenset[int] = field(default_factory=frozenset)

    @property
    def parsed(self) -> list[ColumnName]:
        return [parse_name(name) for name in self.names or [""] * self.count]

    def label(self, position: int) -> str:
        """What a column is called in messages."""
        name = self.names[position] if self.names else ""
        return f"column {name!r}" if name else f"column {position}"

    def choose(self, options: Options) -> tuple[int | None, list[int]]:
        """Positions of the times, or None, and of the voltages.

        Raises
        ------
        InputError
            If the user names what is not there or twice, or what is there does not tell.
        """
        time = self._time(options)
        if options.voltage_columns:
            voltages = [self.position(column) for column in options.voltage_columns]
            twice = next((column for n, column in enumerate(voltages) if column in voltages[:n]), None)
            if twice is not None:
                raise InputError(f"{self.label(twice)} of {self.path} is named twice; give each voltage column once")
            if time is not None and time in voltages:
                if options.time_column is not None:
                    raise InputError(f"{self.label(time)} of {self.path} cannot be both time and voltage; choose "
                                     "another")
                time = None
            return time, voltages
        return time, self._voltages(time)

    def _time(self, options: Options) -> int | None:
        if options.time_column == NO_COLUMN:
            return None
        if options.time_column is not None:
            return self.position(options.time_column)
        parsed = self.parsed
        if self.names is None:
            first = self.numeric[0] if self.numeric else None
            return first if first in self.ascending and len(self.numeric) > 1 else None
        times = [n for n in self.numeric if parsed[n].is_time]
        times = [n for n in times if parsed[n].unit] or times
        times = [n for n in times if parsed[n].base not in COUNTER_NAMES] or times
        if len(times) > 1:
            raise InputError(f"{self._shown} of {self.path}: more than one of them may hold the times; say which "
                             f"(--time-column, or --time-column {NO_COLUMN})")
        if times:
            return times[0]
        counters = [n for n in self.numeric if parsed[n].base in COUNTER_NAMES and n in self.ascending]
        return counters[0] if counters and len(self.numeric) > 1 else None

    def _voltages(self, time: int | None) -> list[int]:
        parsed = self.parsed
        others = [n for n in self.numeric if n != time]
        bounds = {parsed[n].is_bound for n in others}
        if {"min", "max"} <= bounds:
            raise InputError(f"{self._shown} of {self.path} hold minima and maxima of intervals (as of peak "
                             "detection); export the samples themselves")
        if len(others) > 1 and self.names:
            others = [n for n in others if parsed[n].is_voltage] or others
        if len(others) > 1 and not self.names and self.digital.issuperset(others):
            return others
        if len(others) != 1:
            raise InputError(f"{self.path} has {self._shown}; say which of them holds the voltage (--voltage-column, "
                             "once for each device)")
        return others

    @property
    def _shown(self) -> str:
        return f"columns {', '.join(self.names)}" if self.names else f"{self.count} columns without names"

    def position(self, column: str | int) -> int:
        """Position of a column by its name, or by its position from 0; `InputError` if that is not clear."""
        text = str(column)
        if isinstance(column, int) or text.startswith(BY_POSITION):
            return self._checked(text.removeprefix(BY_POSITION))
        named = self._named(text.removeprefix(BY_NAME))
        if len(named) > 1:
            raise InputError(f"columns {' and '.join(map(str, named))} of {self.path} are both named {text!r}; give "
                             f"the position, as {BY_POSITION}{named[0]}")
        if named and not text.startswith(BY_NAME) and text.isdecimal() and int(text) < self.count \
                and int(text) != named[0]:
            raise InputError(f"{text!r} is the name of column {named[0]} of {self.path}, but also the position of "
                             f"{self.label(int(text))}; write {BY_NAME}{text} or {BY_POSITION}{text}")
        if named:
            return named[0]
        if text.startswith(BY_NAME) or not text.isdecimal():
            raise InputError(f"{self.path} has {self._shown}, but no column {text.removeprefix(BY_NAME)!r}; name one "
                             "of them or give its position from 0")
        return self._checked(text)

    def _named(self, text: str) -> list[int]:
        names = list(self.names or [])
        for candidates in (names, [name.lower() for name in names], [parse_name(name).base for name in names]):
            found = [n for n, name in enumerate(candidates) if name == text]
            if found:
                return found
        return []

    def _checked(self, text: str) -> int:
        place = int(text) if text.lstrip("-").isdecimal() else -1
        if not 0 <= place < self.count:
            raise InputError(f"{self.path} has {self._shown}, but no column at position {text}; give one from 0 to "
                             f"{self.count - 1}")
        return place
