"""Where shards are simulated: in processes of this machine, or on the workers of a Dask cluster.

A shard is the same on either: a folder from which one simulation is fed, small enough to be described to a worker. A
simulation that is killed from outside is started again; a Dask worker that is killed has its shard run by another one.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from spinsc.errors import InputError
from spinsc.sim.cosim.compare import Comparison
from spinsc.sim.simulators.verilator import Runner, Simulator

#: Times that a simulation is started at most, if it is killed from outside (or the memory is short), and if it crashes.
STARTS_IF_KILLED, STARTS_IF_CRASHED = 3, 2
CONNECTION_TIMEOUT_S = 5
_KILLED = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
#: Not SIGABRT: it is how Verilator ends at a $fatal, which would come again.
_CRASHED = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
_POLL_S, _TICK_S = 0.02, 0.2
#: ``--scheduler`` for a cluster of this machine, which ends with the run.
LOCAL = "local"

#: Called a few times a second while simulations run.
Tick = Callable[[], None]


@dataclass(frozen=True)
class Shard:
    """Consecutive images that one process simulates. Paths are absolute.

    Attributes
    ----------
    first, images : int
    folder : Path
        What the simulation reads; each start of it writes into a new folder in there.
    recording : Path
        Folder of the recordings of the junctions.
    directory, executable : Path
        The emitted directory, and its simulation.
    simulator : Simulator
    record_bytes : int
        Size of an image's record in the file ``results``.
    arguments : tuple of str
        Further ones for the executable.
    """

    first: int
    images: int
    folder: Path
    recording: Path
    directory: Path
    executable: Path
    simulator: Simulator
    record_bytes: int
    arguments: tuple[str, ...] = ()

    def finished_images(self) -> int:
        """Images whose class has been recorded so far, whoever simulates them."""
        sizes = [0]
        for results in self.folder.glob("*/results"):
            with contextlib.suppress(OSError):
                sizes.append(results.stat().st_size)
        return min(max(sizes) // self.record_bytes, self.images)


class Simulation:
    """The process that simulates a shard, started again where that may help.

    Each start has a folder of its own, so that one that was given up and lives on does not write into the next one's.
    """

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.starts = 0
        self._start()

    def _start(self) -> None:
        shard = self.shard
        self.starts += 1
        self.run = Path(tempfile.mkdtemp(prefix="run-", dir=shard.folder))
        for file in shard.folder.iterdir():
            if file.is_file():
                (self.run / file.name).symlink_to(file)
        # The testbench's one assertion says all there is; rewriting it would import pytest, half of the time to start.
        environment = Runner(shard.simulator).simulation_environment(
            "spinsc.sim.cosim.testbench", shard.executable.name, self.run / "results.xml",
            {"SPINSC_RUN": str(self.run), "SPINSC_PARENT": str(os.getpid()), "COCOTB_REWRITE_ASSERTION_FILES": ""})
        with (self.run / "simulation.log").open("w") as log:
            self.process = subprocess.Popen(
                [str(shard.executable), *shard.arguments, f"+spinsc_run={self.run}",
                 f"+spinsc_recording={shard.recording}", f"+spinsc_images={shard.images}"],
                cwd=shard.directory, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)

    def poll(self) -> Comparison | None:
        """What the testbench found, or None while the simulation runs.

        Raises
        ------
        InputError
            If the simulation broke off by itself, or was killed or crashed too often.
        """
        code = self.process.poll()
        if code is None:
            return None
        with contextlib.suppress(FileNotFoundError, ValueError):  # it may have been killed while it wrote
            found = Comparison.from_json(json.loads((self.run / "comparison.json").read_text()))
            shutil.rmtree(self.run, ignore_errors=True)
            return found
        allowed = STARTS_IF_KILLED if -code in _KILLED else STARTS_IF_CRASHED if -code in _CRASHED else 1
        if self.starts < allowed:
            shutil.rmtree(self.run, ignore_errors=True)
            self._start()
            return None
        shard = self.shard
        if allowed == 1:
            raise InputError(f"the simulation broke off: {_last_error(self.run / 'simulation.log')}")
        raise InputError(f"the simulation of images {shard.first} to {shard.first + shard.images - 1} ended by "
                         f"{signal.Signals(-code).name} {self.starts} times; look for what kills it (is the memory "
                         "short?)")

    def stop(self) -> None:
        """Kill the process if it runs, and wait for its end."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Pool(Protocol):
    """Something that simulates shards."""

    def simulate(self, shards: Sequence[Shard], tick: Tick) -> Generator[tuple[Shard, Comparison], None, None]:
        """Yield every shard with what was found, in the order in which they finish."""


class LocalPool:
    """Processes of this machine, ``jobs`` at a time. None is left behind."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def simulate(self, shards: Sequence[Shard], tick: Tick) -> Generator[tuple[Shard, Comparison], None, None]:
        """See `Pool`."""
        waiting = list(reversed(shards))
        running: list[Simulation] = []
        clock = _Clock(tick)
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    running.append(Simulation(waiting.pop()))
                for simulation in list(running):
                    if (found := simulation.poll()) is not None:
                        running.remove(simulation)
                        yield simulation.shard, found
                clock.wait()
        finally:
            for simulation in running:
                simulation.stop()


class DaskPool:
    """The workers of a Dask cluster, one shard to each of their threads."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address

    def simulate(self, shards: Sequence[Shard], tick: Tick) -> Generator[tuple[Shard, Comparison], None, None]:
        """See `Pool`."""
        futures = {self.client.submit(run_shard, shard, pure=False): shard for shard in shards}
        clock = _Clock(tick)
        try:
            while futures:
                for future in [future for future in futures if future.done()]:
                    shard = futures.pop(future)
                    yield shard, Comparison.from_json(self._result(future, shard))
                clock.wait()
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be what is gone
                self.client.cancel(list(futures), force=True)

    def _result(self, future: Any, shard: Shard) -> dict[str, Any]:
        if future.status != "finished":
            error = future.exception() if future.status == "error" else f"its task is {future.status}"
            if isinstance(error, InputError):
                raise error
            raise InputError(
                f"the Dask cluster at {self.address} could not simulate images {shard.first} to "
                f"{shard.first + shard.images - 1} ({' '.join(str(error).split()) or type(error).__name__}); its "
                "workers need spinsc at the same path as here, and the same processor; the same command goes on where "
                "it ended")
        result: dict[str, Any] = future.result()
        return result


def run_shard(shard: Shard) -> dict[str, Any]:
    """Simulate a shard on a Dask worker; what was found, as JSON."""
    if not shard.executable.is_file() or not shard.folder.is_dir():
        raise InputError(f"the Dask worker on {socket.gethostname()} does not see {shard.directory}; it must lie on a "
                         "file system that all workers share")
    simulation = Simulation(shard)
    try:
        while (found := simulation.poll()) is None:
            if not shard.folder.is_dir():
                raise InputError("nobody waits for this shard any more")
            time.sleep(_POLL_S)
    finally:
        simulation.stop()
    return found.to_json()


@contextlib.contextmanager
def open_pool(scheduler: str | None, jobs: int) -> Iterator[Pool]:
    """Where shards will be simulated.

    Parameters
    ----------
    scheduler : str or None
        See `connect`; None for processes.
    jobs : int
        Processes, or workers of the cluster of this machine. A cluster given by its address uses all its workers.
    """
    if scheduler is None:
        yield LocalPool(jobs)
        return
    with connect(scheduler, jobs) as client:
        yield DaskPool(client, scheduler)


@contextlib.contextmanager
def connect(scheduler: str, jobs: int) -> Iterator[Any]:
    """Client of a Dask cluster.

    Parameters
    ----------
    scheduler : str
        Address of a Dask scheduler; ``local`` for a cluster of ``jobs`` workers on this machine, which ends with the
        context.

    Raises
    ------
    InputError
        If Dask is not installed or nothing answers at the address.
    """
    try:
        from distributed import Client, LocalCluster
        from distributed.comm import resolve_address
    except ImportError:
        raise InputError(f"--scheduler {scheduler} needs Dask: pip install 'spinsc[cluster]'") from None
    with contextlib.ExitStack() as stack:
        address = scheduler
        if scheduler == LOCAL:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="spinsc-", ignore_cleanup_errors=True))
            with interrupts_ignored():
                cluster = stack.enter_context(LocalCluster(
                    n_workers=jobs, threads_per_worker=1, processes=True, memory_limit=0,
                    dashboard_address="127.0.0.1:0", local_directory=scratch, silence_logs=logging.CRITICAL))
            address = cluster.scheduler_address
        try:
            resolve_address(address)  # a client that was given nonsense would complain once more at its end
            client = Client(address, timeout=CONNECTION_TIMEOUT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise InputError(f"no Dask scheduler answers at {scheduler} ({reason}); start one with 'dask scheduler', "
                             "or give --scheduler local") from None
        stack.enter_context(client)
        if not client.scheduler_info()["workers"]:
            raise InputError(f"the Dask scheduler at {scheduler} has no workers; start some with "
                             f"'dask worker {scheduler}'")
        yield client


@contextlib.contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Processes that are started meanwhile ignore Ctrl-C for good: this one ends them, without their tracebacks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Clock:
    """Sleeps between polls and calls ``tick`` a few times a second."""

    def __init__(self, tick: Tick) -> None:
        self.tick, self.due = tick, time.monotonic()

    def wait(self) -> None:
        if time.monotonic() >= self.due:
            self.tick()
            self.due = time.monotonic() + _TICK_S
        time.sleep(_POLL_S)


def _last_error(log: Path) -> str:
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line or "%Fatal" in line]
    return (errors or lines or ["no output"])[0].strip()
