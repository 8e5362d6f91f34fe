"""Cells of a study: run side by side on this machine or on a Dask cluster, each kept as soon as it is done.

A cell is a public function of plain parameters that returns plain values, so that it can be named in a file, sent to
another machine, and looked up by a later run of the same command.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.progress import progress_bar
from spinsc.sim.pools import DaskPool, Pool, ProcessPool, connect

RESULTS = "results.json"


@dataclass(frozen=True)
class Cell:
    """One point of a study.

    Attributes
    ----------
    function : str
        ``module:name`` of a function that takes the parameters by name and returns a mapping that JSON can hold.
    parameters : mapping
        All that decides the result, as plain values.
    where : mapping
        Further arguments that do not decide the result, such as the folder for files it leaves.
    """

    function: str
    parameters: Mapping[str, Any]
    where: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name it is kept under."""
        return f"{self.function.rpartition(':')[2]} {json.dumps(dict(self.parameters), sort_keys=True)}"

    def __str__(self) -> str:
        return self.key


class Results:
    """The finished cells of a study, a JSON file that is rewritten after each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, dict[str, Any]] = {}
        if path.exists():
            try:
                self._found = {str(key): dict(entry) for key, entry in json.loads(path.read_text())["cells"].items()}
            except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
                raise InputError(f"{path} is not a file of results ({type(error).__name__}: {error}); delete it to "
                                 "begin again, or give another folder") from None

    def __contains__(self, cell: Cell) -> bool:
        return cell.key in self._found

    def __getitem__(self, cell: Cell) -> dict[str, Any]:
        """What the cell's function returned."""
        result: dict[str, Any] = self._found[cell.key]["result"]
        return result

    def forget(self, cell: Cell) -> None:
        """Have a cell run again, because files that it left are gone, say."""
        self._found.pop(cell.key, None)

    def seconds(self, cell: Cell) -> float:
        """How long the cell took."""
        return float(self._found[cell.key]["seconds"])

    def keep(self, cell: Cell, result: Mapping[str, Any], seconds: float) -> None:
        """Keep a cell, in memory and in the file."""
        self._found[cell.key] = {
            "result": dict(result), "seconds": round(seconds, 2),
            "versions": {name: importlib.metadata.version(name) for name in ("spinsc", "torch", "numpy")}}
        lines = (f" {json.dumps(key)}: {json.dumps(entry)}" for key, entry in sorted(self._found.items()))
        write_atomically(self.path, ('{"cells": {\n' + ",\n".join(lines) + "\n}}\n").encode())


def run_cells(cells: Sequence[Cell], results: Results, *, jobs: int = 1, scheduler: str | None = None,
              progress: bool = True) -> None:
    """Run the cells that ``results`` lacks.

    Parameters
    ----------
    cells : sequence of Cell
        Independent of each other. Those that need others' files go into a later call.
    jobs : int
        Processes at a time on this machine.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers see the same files, or ``local``.

    Raises
    ------
    InputError
        From a cell, or if a process was killed. What was done by then is kept.
    KeyboardInterrupt
        With a message; what was done is kept.
    """
    if jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {jobs}")
    waiting = [cell for cell in cells if cell not in results]
    if not waiting:
        return
    try:
        with _open_pool(scheduler, min(jobs, len(waiting))) as pool, \
                contextlib.closing(pool.run(run_cell, waiting)) as finished, \
                progress_bar("studying", len(cells), unit="cell", done=len(cells) - len(waiting),
                             shown=progress) as bar:
            for cell, (result, seconds) in finished:
                results.keep(cell, result, seconds)
                bar.advance()
                bar.remark(", ".join(f"{name} {value}" for name, value in cell.parameters.items()
                                     if not isinstance(value, Mapping | list | tuple)))
    except KeyboardInterrupt:
        done = sum(cell in results for cell in cells)
        raise KeyboardInterrupt(f"stopped with {done} of {len(cells)} cells done; the same command goes on from "
                                f"{results.path}") from None


def run_cell(cell: Cell) -> tuple[dict[str, Any], float]:
    """Call a cell's function; what it returned, and the seconds it took."""
    module, _, name = cell.function.partition(":")
    started = time.monotonic()
    result = getattr(importlib.import_module(module), name)(**cell.parameters, **cell.where)
    return dict(result), time.monotonic() - started


@contextlib.contextmanager
def _open_pool(scheduler: str | None, jobs: int) -> Iterator[Pool]:
    if scheduler is None:
        yield ProcessPool(jobs)
        return
    with connect(scheduler, jobs) as client:
        yield DaskPool(client, scheduler, "spinsc and must see the same files")
