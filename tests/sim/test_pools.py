"""Pools of processes and of Dask workers run the same calls, tell the same errors, and leave nothing running."""

import contextlib
import os
import sys
import time
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.sim import pools
from spinsc.sim.pools import DaskPool, ProcessPool, connect

pytest.importorskip("distributed")


def halve(number: int) -> int:
    if number % 2:
        raise InputError(f"{number} is odd")
    return number // 2


def divide(number: int) -> float:
    return 1 / number


def linger(path: str) -> None:
    """Say which process this is, and stay."""
    Path(path).write_text(str(os.getpid()))
    time.sleep(120)


@contextlib.contextmanager
def opened(kind):
    if kind == "processes":
        yield ProcessPool(2)
        return
    with connect("local", 2) as client:
        yield DaskPool(client, "local", "patience")


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Workers import this file by its name."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]))


@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_every_call_and_what_it_returned(kind, monkeypatch):
    monkeypatch.setattr(pools, "TICK_S", 0.01)
    ticks = []
    with opened(kind) as pool:
        assert dict(pool.run(halve, range(0, 20, 2), lambda: ticks.append(1))) == {n: n // 2 for n in range(0, 20, 2)}
        assert list(pool.run(halve, [])) == []
        with pytest.raises(InputError, match=r"^3 is odd$"):
            list(pool.run(halve, [2, 3]))
    assert ticks


def test_error_of_the_program_on_a_cluster_names_the_call():
    with opened("dask") as pool, pytest.raises(InputError, match=r"Dask cluster at local failed on 0 \(division by "
                                                                 r"zero\); its workers need patience; the same"):
        list(pool.run(divide, [0]))


def test_an_interrupt_ends_the_processes(tmp_path):
    def interrupt():
        if (tmp_path / "process").exists() and (tmp_path / "process").read_text():
            raise KeyboardInterrupt

    calls = ProcessPool(1).run(linger, [str(tmp_path / "process")], interrupt)
    with pytest.raises(KeyboardInterrupt):
        next(calls)
    worker = int((tmp_path / "process").read_text())
    deadline = time.monotonic() + 10
    with contextlib.suppress(ProcessLookupError):  # which is what is waited for
        while time.monotonic() < deadline:
            os.kill(worker, 0)
            time.sleep(0.05)
        pytest.fail("the worker lives on")
