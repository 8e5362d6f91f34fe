"""What a command takes from its start to its end: help, and the accuracy of a network on the whole test set."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measure import Usage, run
from benchmarks.table import Row

#: Seconds of CPU until help is printed, and on the clock for 10,000 images.
HELP_S, EVAL_S = 0.3, 6.0


def benchmark(quick: bool = False) -> list[Row]:
    """Each the best of some runs, beside what Python alone takes."""
    program = [sys.executable, "-m", "spinsc.sim.cli.main"]
    python = _best([sys.executable, "-c", "pass"], quick)
    shown = _best([*program, "--help"], quick)
    found = _best([*program, "eval", "mlp1-k5"], quick)
    return [
        Row("spinsc --help", shown.cpu_s, "s of CPU", "python -c pass", python.cpu_s, f"below {HELP_S} s",
            shown.cpu_s < HELP_S),
        Row("spinsc eval mlp1-k5", found.wall_s, "s", "python -c pass", python.wall_s, f"below {EVAL_S:g} s",
            found.wall_s < EVAL_S, f"10,000 images, {found.cpu_s:.1f} s of CPU")]


def _best(command: list[str], quick: bool) -> Usage:
    """The run that took the least CPU."""
    return min((run(command, folder=Path(__file__).parent.parent) for _ in range(2 if quick else 5)),
               key=lambda usage: usage.cpu_s)
