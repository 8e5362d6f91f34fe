"""Cell libraries in the Liberty format: capacitances, energies, leakage and functions of standard cells.

Formats: the Liberty reference manual of Synopsys. Read is what an estimate of energy needs, of libraries with linear
interpolation in tables; the rest is left alone. (The parser of the package index is under the GPL, so it is none of
this project's.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.costs.boolean import truth_table

Floats = npt.NDArray[np.float64]

_TOKEN = re.compile(r'/\*.*?\*/|\\\s*\n|\s+|"(?P<text>[^"]*)"|(?P<sign>[(){}:;,])|(?P<word>[^\s(){}:;,"]+)', re.DOTALL)
_PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}
#: What a table may depend on besides the load.
_TRANSITIONS = ("input_transition_time", "input_net_transition")


@dataclass
class Group:
    """A group of a Liberty file: ``kind (arguments) { name : value; name (values); groups }``."""

    kind: str
    arguments: list[str]
    values: dict[str, list[str]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def inner(self, kind: str) -> list[Group]:
        return [group for group in self.groups if group.kind == kind]

    def number(self, name: str, default: float = 0.0) -> float:
        return float(self.values[name][0]) if name in self.values else default


@dataclass(frozen=True)
class Table:
    """An energy or a time over the load of the output, in farads, and the transition of the input, in seconds.

    Between the points it is linear in both, and beyond them as at the nearest.
    """

    loads: Floats
    transitions: Floats
    values: Floats

    def at(self, load: npt.ArrayLike, transition: npt.ArrayLike) -> Floats:
        """Values, of the shape of the arguments."""
        row, across = _place(self.loads, np.asarray(load, float))
        column, down = _place(self.transitions, np.asarray(transition, float))
        below, beside = np.minimum(row + 1, len(self.loads) - 1), np.minimum(column + 1, len(self.transitions) - 1)
        first = self.values[row, column] * (1 - down) + self.values[row, beside] * down
        second = self.values[below, column] * (1 - down) + self.values[below, beside] * down
        found: Floats = first * (1 - across) + second * across
        return found


@dataclass(frozen=True)
class Arc:
    """Of a change of an output that an input causes, or of a change of an input alone; for rise and fall."""

    related: str
    tables: tuple[Table, ...]

    def at(self, load: npt.ArrayLike, transition: npt.ArrayLike) -> Floats:
        """Mean of rise and fall; a table that there is not, is zero."""
        found: Floats = sum((table.at(load, transition) for table in self.tables), np.zeros(np.shape(load))) / 2
        return found


@dataclass(frozen=True)
class Pin:
    """A pin of a cell.

    Attributes
    ----------
    capacitance_f : float
        Mean of rise and fall; of an input.
    table : int or None
        Truth table of an output's function: bit n is its value where input i is bit i of n.
    inputs : tuple of str
        Inputs of that function.
    energies, transitions, delays : tuple of Arc
        Energy in the cell for a change, in joules; transition and delay of an output, in seconds.
    """

    name: str
    output: bool
    capacitance_f: float
    table: int | None
    inputs: tuple[str, ...]
    energies: tuple[Arc, ...]
    transitions: tuple[Arc, ...]
    delays: tuple[Arc, ...]


@dataclass(frozen=True)
class Cell:
    """A cell; ``data`` and ``clock`` are the pins of a flip-flop that takes the former where the latter rises."""

    name: str
    area_um2: float
    leakage_w: float
    pins: Mapping[str, Pin]
    data: str = ""
    clock: str = ""

    @property
    def outputs(self) -> list[Pin]:
        return [pin for pin in self.pins.values() if pin.output]


@dataclass(frozen=True)
class Library:
    """A library at one corner."""

    name: str
    voltage_v: float
    cells: Mapping[str, Cell]


def read_library(path: Path) -> Library:
    """Library of a file; InputError if it is none that is understood."""
    try:
        return library_of(path.read_text())
    except (OSError, UnicodeDecodeError, ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path} is not a Liberty file that is understood ({error})") from None


def library_of(text: str) -> Library:
    """Library of a file's text."""
    root = parse(text)
    unit, name = root.values["capacitive_load_unit"]
    farad = float(unit) * _PREFIXES[name.lower().removesuffix("f")]
    second, watt, volt = (_unit(root.values[name][0]) for name in ("time_unit", "leakage_power_unit", "voltage_unit"))
    voltage = root.number("nom_voltage") * volt
    scale = _Scale(farad, second, farad * volt**2, watt, _templates(root))
    return Library(root.arguments[0], voltage, {
        cell.arguments[0]: _cell(cell, scale) for cell in root.inner("cell")})


def parse(text: str) -> Group:
    """Groups of a Liberty file's text; ValueError where its syntax is broken."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"unexpected {text[at:at + 20]!r}")
        at = found.end()
        if found.lastgroup is not None:
            tokens.append((found.lastgroup, found[found.lastgroup]))
    outer = Group("", [])
    if _statements(tokens, 0, outer) != len(tokens) or len(outer.groups) != 1:
        raise ValueError("not one library")
    return outer.groups[0]


def _statements(tokens: Sequence[tuple[str, str]], at: int, into: Group) -> int:
    """Read statements into a group up to its closing brace; where that is."""
    while at < len(tokens) and tokens[at] != ("sign", "}"):
        if tokens[at] == ("sign", ";"):
            at += 1
            continue
        name, sign = tokens[at][1], tokens[at + 1]
        at += 2
        values = []
        if sign == ("sign", ":"):
            while tokens[at] != ("sign", ";"):
                values.append(tokens[at][1])
                at += 1
            into.values[name] = [" ".join(values)]
        elif sign == ("sign", "("):
            while tokens[at] != ("sign", ")"):
                if tokens[at] != ("sign", ","):
                    values.append(tokens[at][1])
                at += 1
            at += 1
            if at < len(tokens) and tokens[at] == ("sign", "{"):
                group = Group(name, values)
                into.groups.append(group)
                at = _statements(tokens, at + 1, group) + 1
            else:
                into.values[name] = values
        else:
            raise ValueError(f"unexpected {sign[1]!r} after {name!r}")
    return at


@dataclass(frozen=True)
class _Scale:
    """Units of a library in SI, and the variables of its tables by the name of their templates."""

    farad: float
    second: float
    joule: float
    watt: float
    templates: Mapping[str, tuple[str, ...]]


def _unit(text: str) -> float:
    """A unit such as "1ns" in SI."""
    found = re.fullmatch(r"([\d.]+)([fpnum]?)[A-Za-z]+", text)
    if found is None:
        raise ValueError(f"unit {text!r}")
    return float(found[1]) * _PREFIXES[found[2]]


def _templates(root: Group) -> dict[str, tuple[str, ...]]:
    return {group.arguments[0]: tuple(group.values[name][0] for name in ("variable_1", "variable_2")
                                      if name in group.values)
            for kind in ("lu_table_template", "power_lut_template") for group in root.inner(kind)}


def _cell(group: Group, scale: _Scale) -> Cell:
    data = clock = ""
    for flip_flop in group.inner("ff"):
        if not flip_flop.values.keys() & {"clear", "preset"}:
            data, clock = (flip_flop.values[name][0] for name in ("next_state", "clocked_on"))
    return Cell(group.arguments[0], group.number("area"), group.number("cell_leakage_power") * scale.watt,
                {pin.arguments[0]: _pin(pin, scale) for pin in group.inner("pin")}, data, clock)


def _pin(group: Group, scale: _Scale) -> Pin:
    own = group.number("capacitance")
    capacitance = (group.number("rise_capacitance", own) + group.number("fall_capacitance", own)) / 2
    function = group.values.get("function", [""])[0]
    table, inputs = truth_table(function) if function else (None, ())
    energies = tuple(_arc(power, ("rise_power", "fall_power"), scale.joule, scale)
                     for power in group.inner("internal_power"))
    transitions, delays = (tuple(_arc(timing, names, scale.second, scale) for timing in group.inner("timing")
                                 if timing.inner(names[0]))
                           for names in (("rise_transition", "fall_transition"), ("cell_rise", "cell_fall")))
    return Pin(group.arguments[0], group.values.get("direction", [""])[0] == "output", capacitance * scale.farad, table,
               inputs, energies, transitions, delays)


def _arc(group: Group, names: tuple[str, str], unit: float, scale: _Scale) -> Arc:
    """An arc of tables for rise and fall, of which one may be missing, or for both."""
    tables = [_table(table, unit, scale) for name in names for table in group.inner(name)]
    tables += 2 * [_table(table, unit, scale) for table in group.inner("power")]
    return Arc(group.values.get("related_pin", [""])[0], tuple(tables))


def _table(group: Group, unit: float, scale: _Scale) -> Table:
    nothing = np.zeros(1)
    values = np.array([[float(value) for value in row.replace(",", " ").split()] for row in group.values["values"]])
    if group.arguments == ["scalar"]:
        return Table(nothing, nothing, values * unit)
    variables = scale.templates[group.arguments[0]]
    points = [np.array(group.values[f"index_{n}"][0].replace(",", " ").split(), float)
              for n in range(1, len(variables) + 1)]
    values = values.reshape([len(values) for values in points])
    if variables == ("total_output_net_capacitance",):
        return Table(points[0] * scale.farad, nothing, values[:, None] * unit)
    if len(variables) == 1 and variables[0] in _TRANSITIONS:
        return Table(nothing, points[0] * scale.second, values[None] * unit)
    if len(variables) == 2 and variables[0] in _TRANSITIONS:
        variables, points, values = variables[::-1], points[::-1], values.T
    if variables[0] != "total_output_net_capacitance" or variables[1] not in _TRANSITIONS:
        raise ValueError(f"a table over {' and '.join(variables)}")
    return Table(points[0] * scale.farad, points[1] * scale.second, values * unit)


def _place(points: Floats, wanted: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """The point before each wanted value, and how far it is to the next one, 0 to 1."""
    if len(points) == 1:
        return np.zeros(wanted.shape, np.intp), np.zeros(wanted.shape)
    before = np.clip(np.searchsorted(points, wanted, side="right") - 1, 0, len(points) - 2)
    return before, np.clip((wanted - points[before]) / (points[before + 1] - points[before]), 0.0, 1.0)
