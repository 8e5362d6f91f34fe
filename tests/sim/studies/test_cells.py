"""Cells of studies: kept one by one, looked up by a later run, failures that name the cause."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.sim.studies.cells import Cell, Results, run_cells

HERE = __name__


def square(number: int, folder: str) -> dict[str, int]:
    if number < 0:
        raise InputError(f"{number} is negative")
    (Path(folder) / f"{number}-{time.monotonic_ns()}").touch()
    return {"square": number * number}


def wait(number: int, folder: str) -> dict[str, int]:
    (Path(folder) / f"pid-{os.getpid()}").touch()
    time.sleep(60)
    return {}


def die(number: int, folder: str) -> dict[str, int]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Workers import this file by its name."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]))


def cells(folder: Path, numbers: range, function: str = "square") -> list[Cell]:
    return [Cell(f"{HERE}:{function}", {"number": number}, {"folder": str(folder)}) for number in numbers]


@pytest.mark.parametrize("scheduler", [None, "local"])
def test_each_cell_once(tmp_path, scheduler):
    results = Results(tmp_path / "results.json")
    run_cells(cells(tmp_path, range(3)), results, jobs=2, scheduler=scheduler, progress=False)
    again = Results(tmp_path / "results.json")
    everything = cells(tmp_path, range(5))
    run_cells(everything, again, jobs=2, scheduler=scheduler, progress=False)
    assert [again[cell]["square"] for cell in everything] == [0, 1, 4, 9, 16]
    assert all(again.seconds(cell) >= 0 for cell in everything)
    assert len([file for file in tmp_path.iterdir() if "-" in file.name]) == 5


@pytest.mark.parametrize("scheduler", [None, "local"])
def test_bad_input_of_a_cell_is_told_and_the_rest_is_kept(tmp_path, scheduler):
    results = Results(tmp_path / "results.json")
    run_cells(cells(tmp_path, range(2)), results, progress=False)
    with pytest.raises(InputError, match="-1 is negative"):
        run_cells(cells(tmp_path, range(-1, 2)), results, scheduler=scheduler, progress=False)
    assert len(json.loads((tmp_path / "results.json").read_text())["cells"]) == 2


def test_killed_worker_is_told(tmp_path):
    with pytest.raises(InputError, match="was killed"):
        run_cells(cells(tmp_path, range(1), "die"), Results(tmp_path / "results.json"), progress=False)


def test_interrupt_ends_the_workers_at_once(tmp_path):
    script = (f"from spinsc.sim.studies.cells import *; from pathlib import Path\n"
              f"if __name__ == '__main__':\n"
              f"    run_cells([Cell('{HERE}:wait', dict(number=1), dict(folder={str(tmp_path)!r}))], "
              f"Results(Path({str(tmp_path / 'results.json')!r})), progress=False)\n")
    (tmp_path / "main.py").write_text(script)
    process = subprocess.Popen([sys.executable, tmp_path / "main.py"], stderr=subprocess.PIPE, text=True)
    while not (found := [file.name for file in tmp_path.iterdir() if file.name.startswith("pid-")]):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=20)[1]
    assert "stopped with 0 of 1 cells done" in errors
    worker = int(found[0].removeprefix("pid-"))
    deadline = time.monotonic() + 10
    with contextlib.suppress(ProcessLookupError):  # which is what is waited for
        while time.monotonic() < deadline:
            os.kill(worker, 0)
            time.sleep(0.05)
        pytest.fail("the worker lives on")


@pytest.mark.parametrize("text", ["", "[]", '{"cells": 3}', '{"cells": {"a": 3}}'])
def test_damaged_results(tmp_path, text):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(InputError, match="is not a file of results"):
        Results(tmp_path / "results.json")


def test_a_missing_extra_is_told_before_any_progress(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"--scheduler local needs distributed; .*pip install 'spinsc\[cluster\]'"):
        run_cells(cells(tmp_path, range(3)), Results(tmp_path / "results.json"), scheduler="local")
    assert capsys.readouterr().err == ""
