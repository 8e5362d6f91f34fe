"""Cells of a study: run side by side on this machine or on a Dask cluster, each kept as soon as it is done.

A cell is a public function of plain parameters that returns plain values, so that it can be named in a file, sent to
another machine, and looked up by a later run of the same command.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped]

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.sim.cosim.pool import connect, interrupts_ignored

RESULTS = "results.json"
_PARENT_POLL_S = 1.0


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
    with tqdm(total=len(cells), initial=len(cells) - len(waiting), unit="cell", disable=not progress) as bar:
        try:
            with _submitter(scheduler, min(jobs, len(waiting))) as run:
                for cell, (result, seconds) in run(waiting):
                    results.keep(cell, result, seconds)
                    bar.update()
                    bar.set_postfix_str(", ".join(f"{name} {value}" for name, value in cell.parameters.items()
                                                  if not isinstance(value, Mapping | list | tuple)))
        except KeyboardInterrupt:
            done = sum(cell in results for cell in cells)
            raise KeyboardInterrupt(f"stopped with {done} of {len(cells)} cells done; the same command goes on from "
                                    f"{results.path}") from None


def run_cell(function: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
    """Call a cell's function; what it returned, and the seconds it took."""
    module, _, name = function.partition(":")
    started = time.monotonic()
    result = getattr(importlib.import_module(module), name)(**arguments)
    return dict(result), time.monotonic() - started


_Finished = tuple[Cell, tuple[dict[str, Any], float]]


@contextlib.contextmanager
def _submitter(scheduler: str | None, jobs: int) -> Iterator[Callable[[Sequence[Cell]], Iterator[_Finished]]]:
    if scheduler is None:
        context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
        with interrupts_ignored():
            pool = ProcessPoolExecutor(jobs, context, _start_worker, (os.getpid(), jobs))
        try:
            yield lambda cells: _of_pool(pool, cells)
        except BaseException:
            # An executor only stops waiting cells; those that run would go on for minutes.
            for process in multiprocessing.active_children():
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()
        return
    with connect(scheduler, jobs) as client, client.as_current():
        yield lambda cells: _of_dask(client, scheduler, cells)


def _start_worker(parent: int, jobs: int) -> None:
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // jobs))

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_PARENT_POLL_S)
        os._exit(1)

    # a parent that was killed would leave its workers running
    threading.Thread(target=watch, daemon=True).start()


def _of_pool(pool: ProcessPoolExecutor, cells: Sequence[Cell]) -> Iterator[_Finished]:
    futures: dict[Future[Any], Cell] = {
        pool.submit(run_cell, cell.function, {**cell.parameters, **cell.where}): cell for cell in cells}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BrokenProcessPool:
        raise InputError("a process of the study was killed (is the memory short? --jobs 1 takes less); the same "
                         "command goes on where it ended") from None


def _of_dask(client: Any, scheduler: str, cells: Sequence[Cell]) -> Iterator[_Finished]:
    from distributed import as_completed as finished

    futures = {client.submit(run_cell, cell.function, {**cell.parameters, **cell.where}, pure=False): cell
               for cell in cells}
    try:
        for future in finished(futures):
            if future.status != "finished":
                error = future.exception() if future.status == "error" else f"its task is {future.status}"
                if isinstance(error, InputError):
                    raise error
                raise InputError(f"a cell failed on the Dask cluster at {scheduler} "
                                 f"({' '.join(str(error).split()) or type(error).__name__}); its workers need spinsc "
                                 "and must see the same files; the same command goes on where it ended")
            yield futures[future], future.result()
    finally:
        with contextlib.suppress(Exception):  # the scheduler may be what is gone
            client.cancel(list(futures), force=True)
