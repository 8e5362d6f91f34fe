"""Report on all steps of a configuration file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Table


def run_report(made: Mapping[str, Sequence[Path]], done: Mapping[str, Mapping[str, Any]]) -> Report:
    """What was made and what was up to date.

    ``made`` are the files of each step; ``done`` has of each that was reached ``up_to_date``, ``passed`` and ``found``.
    """
    rows = [["step", "", "files"]]
    for name, how in done.items():
        state = "up to date" if how["up_to_date"] else "done" if how["passed"] else "FAILED"
        rows.append([name, state, ", ".join(map(str, made[name])) or "-"])
    passed = all(how["passed"] for how in done.values())
    return Report((Table(rows),), {"passed": passed, "steps": [{"name": name, **how} for name, how in done.items()]},
                  passed)
