"""Measured switching probabilities over the voltage of a write pulse, from text tables."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.layout import Layout, find_layout
from spinsc.sim.recordings.importing.text import lines
from spinsc.sim.recordings.importing.units import parse_name

#: Fewest voltages that a curve is told by.
FEWEST_VOLTAGES = 4
#: Names of columns, in lower case, with blanks between words and without units.
_NAMES = {
    "voltage": r"v|u|((write|pulse|set) )*(voltage|volt|volts|v|amplitude|ampl)( v)?",
    "probability": r"p|p1|p 1|(p|prob|probability)( of)?( (sw|switch|switching|switched|one|ones|1))?|"
                   r"(sw|switch|switching|switched) (p|prob|probability|rate)|psw|pswitch",
    "cycles": r"cycles|n|n cycles|trials|pulses|attempts|repetitions|shots|repeats",
    "switched": r"switched|switches|successes|ones|events|n switched|switched cycles",
    "device": r"device|device (id|name|number|no)|junction|dut|cell|die|id|name",
    "direction": r"direction|dir|transition|polarity|switching direction|branch"}
_UNITS = {"v": 1.0, "": 1.0, "mv": 1e-3, "volt": 1.0, "volts": 1.0}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Switching probabilities of a device in one direction.

    Attributes
    ----------
    device, direction : str
        Empty where the table does not say.
    voltages : float64, shape (points,)
        Ascending, in volts.
    switched, cycles : float64, shape (points,)
        Cycles that switched, and all; the former need not be whole where a rounded probability was measured.
    """

    device: str
    direction: str
    voltages: Floats
    switched: Floats
    cycles: Floats

    @property
    def name(self) -> str:
        """What it is called in messages and figures."""
        return ", ".join(part for part in (self.device, self.direction) if part)

    @property
    def probabilities(self) -> Floats:
        return self.switched / self.cycles

    @property
    def errors(self) -> Floats:
        """Standard errors of the probabilities, binomial, with half a switched cycle more at the ends (Wilson)."""
        p = (self.switched + 0.5) / (self.cycles + 1)
        return np.sqrt(p * (1 - p) / self.cycles)


def is_curve_table(path: Path) -> bool:
    """Whether a file is a table with columns of voltages and of switching probabilities or counts."""
    try:
        return holds_curves(find_layout(path, None))
    except (InputError, OSError, UnicodeError):
        return False


def holds_curves(layout: Layout) -> bool:
    """Whether a table has columns of voltages and of switching probabilities or counts."""
    found = _columns(layout)
    return "voltage" in found and ("probability" in found or "switched" in found)


def read_curves(path: Path, cycles: int | None = None) -> list[Curve]:
    """All curves of a table, which has a row for each voltage of each device and direction.

    Parameters
    ----------
    path : Path
        Columns are recognized by their names: voltage (V or mV), probability (or per cent) or number of switched
        cycles, cycles, and where there are any, device and direction.
    cycles : int, optional
        Of each voltage, where the table has no such column.

    Raises
    ------
    InputError
        If a column is missing or there twice, or a value is none.
    """
    layout = find_layout(path, None)
    found = _columns(layout)
    for name, columns in found.items():
        if len(columns) > 1:
            raise InputError(f"{path}: columns {' and '.join(layout.columns.label(n) for n in columns)} may both be "
                             f"the {name}; rename or remove one")
    place = {name: columns[0] for name, columns in found.items()}
    if "voltage" not in place or not {"probability", "switched"} & set(place):
        raise InputError(f"{path} has no columns 'voltage' and 'probability' (or 'switched'); name them so")
    if "cycles" not in place and cycles is None:
        raise InputError(f"{path} does not say how many cycles each probability is of; add a column 'cycles', or give "
                         "--cycles N")
    if "cycles" in place and cycles is not None:
        raise InputError(f"--cycles {cycles} has no effect: {path} has a column of cycles; leave it out")
    points: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    file = itertools.islice(lines(path, layout.encoding), layout.first, None)
    for number, line in enumerate(file, start=layout.first + 1):
        if line.strip() and not line.lstrip().startswith("#"):
            key, point = _row(path, layout, place, number, line, cycles)
            points.setdefault(key, []).append(point)
    return [_curve(path, device, direction, rows) for (device, direction), rows in points.items()]


def _columns(layout: Layout) -> dict[str, list[int]]:
    """Positions of the columns of each kind."""
    found: dict[str, list[int]] = {}
    for number, name in enumerate(layout.columns.names or ()):
        base = re.sub(r"[\s_\-()\[\]]+", " ", parse_name(name).base or name.lower()).strip()
        for kind, pattern in _NAMES.items():
            if re.fullmatch(pattern, base):
                found.setdefault(kind, []).append(number)
                break
    return found


def _row(path: Path, layout: Layout, place: dict[str, int], number: int, line: str, cycles: int | None,
         ) -> tuple[tuple[str, str], tuple[float, float, float]]:
    """Device and direction of a row, and its voltage, switched cycles and cycles."""
    fields = layout.dialect.fields(line)
    names = layout.columns.names or ()

    def value(kind: str) -> float:
        text = fields[place[kind]] if place[kind] < len(fields) else ""
        try:
            found = float(text.rstrip("%"))
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise InputError(f"line {number} of {path} has {text!r} for the {kind}; write a number")
        return found / 100 if text.endswith("%") else found

    def unit(kind: str) -> str:
        return parse_name(names[place[kind]]).unit

    if unit("voltage") not in _UNITS:
        raise InputError(f"{path}: the voltage is in {unit('voltage')!r}; give it in V or mV")
    of = value("cycles") if cycles is None else float(cycles)
    if of < 1 or of != round(of):
        raise InputError(f"line {number} of {path} has {of:g} cycles; it must be a whole number from 1")
    if "switched" in place:
        switched = value("switched")
    else:
        switched = of * value("probability") / (100 if unit("probability") == "%" else 1)
    if not 0 <= switched <= of:
        raise InputError(f"line {number} of {path} has {switched:g} switched of {of:g} cycles; a probability is from 0 "
                         "to 1 (for per cent, name its column so: 'probability (%)')")
    device, direction = (fields[place[kind]] if kind in place and place[kind] < len(fields) else ""
                         for kind in ("device", "direction"))
    return (device, direction), (value("voltage") * _UNITS[unit("voltage")], switched, of)


def _curve(path: Path, device: str, direction: str, rows: Sequence[tuple[float, float, float]]) -> Curve:
    """The points of a curve, those of one voltage together."""
    table = np.array(rows)
    voltages, where = np.unique(table[:, 0], return_inverse=True)
    switched, cycles = (np.bincount(where, weights=table[:, n]).astype(np.float64) for n in (1, 2))
    made = Curve(device or path.stem, direction, voltages, switched, cycles)
    if len(voltages) < FEWEST_VOLTAGES:
        raise InputError(f"{path}: the curve of {made.name} has {len(voltages)} voltages; measure at least "
                         f"{FEWEST_VOLTAGES}")
    return made
