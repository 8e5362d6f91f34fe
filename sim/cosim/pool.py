"""Who simulates the shards: processes of this machine, or the workers of a Dask cluster.

A shard is the same for either: a folder from which one simulation is fed, small enough to be described to a worker. A
simulation that is killed from outside is started again; a Dask worker that is killed has its shard run by another one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spinsc.errors import InputError
from spinsc.files import is_full
from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.cosim.harness import BULK_TOP
from spinsc.sim.cosim.run_folder import TESTBENCH, RunFolder
from spinsc.sim.cosim.stress import compare_stressed
from spinsc.sim.pools import Clock, DaskPool, Tick, connect
from spinsc.sim.simulators.base import Simulator

#: Times that a simulation is started at most, if it is killed from outside (or the memory is short), and if it crashes.
STARTS_IF_KILLED, STARTS_IF_CRASHED = 3, 2
_KILLED = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
#: Not SIGABRT: it is how Verilator ends at a $fatal, which would come again.
_CRASHED = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}

Finished = Generator[tuple["Shard", Comparison], None, None]


@dataclass(frozen=True)
class Shard:
    """Consecutive images that one process simulates. Paths are absolute.

    Attributes
    ----------
    first, images : int
    folder : RunFolder
        What the simulation reads; each start of it writes into a new folder in there.
    recording : Path
        Folder of the recordings of the junctions.
    prefix : str
        Of the names in the emitted directory.
    directory, executable : Path
        The emitted directory, and its simulation.
    simulator : Simulator
    classes : int
        Of the network.
    stall_limit_s : float
        Time without an image after which a simulation is given up.
    waveform : Path, optional
        What to write of a simulation that was built to do so.
    seed : int, optional
        Of the schedule of stress, whose images these are; None for images one after another.
    """

    first: int
    images: int
    folder: RunFolder
    recording: Path
    prefix: str
    directory: Path
    executable: Path
    simulator: Simulator
    classes: int
    stall_limit_s: float
    waveform: Path | None = None
    seed: int | None = None

    def __str__(self) -> str:
        if self.seed is not None:
            return f"{self.images} images under stress (seed {self.seed})"
        return f"images {self.first} to {self.first + self.images - 1}"

    def finished_images(self) -> int:
        """Images whose class has been recorded so far, whoever simulates them."""
        return min(self.folder.finished_images(self.classes), self.images)


class Simulation:
    """The process that simulates a shard, started again where that may help."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.starts = 0
        self._start()

    def _start(self) -> None:
        shard = self.shard
        self.starts += 1
        self.finished, self.since = 0, time.monotonic()
        self.run = shard.folder.new_start()
        command = [*shard.simulator.command(shard.executable, shard.waveform),
                   *self.run.plusargs(shard.images, shard.recording, shard.prefix), *self._alone()]
        environment = shard.simulator.environment(
            TESTBENCH, BULK_TOP, self.run.cocotb_results, self.run.environment(os.getpid()))
        with self.run.log.open("w") as log:
            self.process = subprocess.Popen(command, cwd=shard.directory, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)

    def _alone(self) -> tuple[str, ...]:
        """The argument with which it runs without Python: where a few images take less time than Python's start."""
        shard = self.shard
        alone = shard.seed is not None and shard.waveform is None and shard.simulator.alone
        return (alone,) if alone else ()

    def _found(self, code: int) -> Comparison | None:
        """What the testbench found, or what is found now if there was none."""
        stress = self.run.stress() if self._alone() else None
        if stress is None:
            return self.run.comparison()
        return compare_stressed(self.run, stress) if code == 0 else None

    def poll(self) -> Comparison | None:
        """What was found, or None while the simulation runs.

        Raises
        ------
        InputError
            If the simulation broke off by itself, was killed or crashed too often, or stands still.
        """
        code = self.process.poll()
        if code is None:
            self._check_progress()
            return None
        if (found := self._found(code)) is not None:  # or it was killed while it wrote
            if found.mismatches and is_full(self.run.path):  # so words may be missing that the hardware gave
                raise InputError(f"no space is left in {self.run.path.parent.parent} for what the simulation of "
                                 f"{self.shard} records; free some, or choose another folder (TMPDIR)")
            shutil.rmtree(self.run.path, ignore_errors=True)
            return found
        allowed = STARTS_IF_KILLED if -code in _KILLED else STARTS_IF_CRASHED if -code in _CRASHED else 1
        if self.starts < allowed:
            shutil.rmtree(self.run.path, ignore_errors=True)
            self._start()
            return None
        if allowed == 1:
            raise InputError(f"the simulation broke off: {_last_error(self.run.log)}")
        raise InputError(f"the simulation of {self.shard} ended by {signal.Signals(-code).name} {self.starts} times; "
                         "look for what kills it (is the memory short?)")

    def _check_progress(self) -> None:
        shard, now = self.shard, time.monotonic()
        if now - self.since <= shard.stall_limit_s:
            return
        before, self.finished = self.finished, self.run.finished_images(shard.classes)
        if self.finished == before and before < shard.images:  # after the last one, the testbench compares
            self.stop()
            following = f"image {shard.first + before}" if shard.seed is None else "the next one"
            raise InputError(
                f"the simulation of {shard} stands still: {before:,} of {shard.images:,} images are done, and for "
                f"{now - self.since:.0f} s {following} was not; does the Verilog loop without a delay? If it is only "
                "slow, give --stall-limit")
        self.since = now

    def stop(self) -> None:
        """Kill the process if it runs, and wait for its end."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class ShardPool(Protocol):
    """Something that simulates shards."""

    def simulate(self, shards: Sequence[Shard], tick: Tick) -> Finished:
        """Yield every shard with what was found, in the order in which they finish."""


class LocalShards:
    """Processes of this machine, ``jobs`` at a time, none of which is left behind.

    They are the simulations themselves, so no `spinsc.sim.pools.ProcessPool` stands between.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs

    def simulate(self, shards: Sequence[Shard], tick: Tick) -> Finished:
        """See `ShardPool`."""
        waiting = list(reversed(shards))
        running: list[Simulation] = []
        clock = Clock(tick)
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


class DaskShards:
    """The workers of a Dask cluster."""

    def __init__(self, pool: DaskPool) -> None:
        self.pool = pool

    def simulate(self, shards: Sequence[Shard], tick: Tick) -> Finished:
        """See `ShardPool`."""
        return self.pool.run(run_shard, shards, tick)


def run_shard(shard: Shard) -> Comparison:
    """Simulate a shard on a Dask worker."""
    if not shard.executable.is_file() or not shard.folder.path.is_dir():
        raise InputError(f"the Dask worker on {socket.gethostname()} does not see {shard.directory}; it must lie on a "
                         "file system that all workers share")
    simulation = Simulation(shard)
    clock = Clock()
    try:
        while (found := simulation.poll()) is None:
            if not shard.folder.path.is_dir():
                raise InputError("nobody waits for this shard any more")
            clock.wait()
    finally:
        simulation.stop()
    return found


@contextlib.contextmanager
def open_pool(scheduler: str | None, jobs: int) -> Iterator[ShardPool]:
    """Where shards will be simulated.

    Parameters
    ----------
    scheduler : str or None
        See `spinsc.sim.pools.connect`; None for processes.
    jobs : int
        Processes, or workers of the cluster of this machine. A cluster given by its address uses all its workers.
    """
    if scheduler is None:
        yield LocalShards(jobs)
        return
    with connect(scheduler, jobs) as client:
        yield DaskShards(DaskPool(client, scheduler, "spinsc at the same path as here, and the same processor"))


def _last_error(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line or "%Fatal" in line]
    return (errors or lines or ["no output"])[0].strip()
