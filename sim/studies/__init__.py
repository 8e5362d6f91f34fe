"""Studies: tables and figures made of many cells, each computed once and kept.

A study is a module with ``run(out, *, seeds, jobs, scheduler) -> str``: it runs its `cells.Cell` into
``out/results.json``, writes tables (.md) and figures (.png) beside it, and returns what ``spinsc study`` prints. The
modules are imported when they are first asked for: ``studies.paper.run(...)``.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spinsc.sim.studies import cost, device, fits, flips, junctions, llg, paper, verdict

__all__ = ["cost", "device", "fits", "flips", "junctions", "llg", "paper", "verdict"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
