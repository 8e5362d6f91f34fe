"""Co-simulation: the Verilog of an emitted directory against the golden model, every word of every layer.

:func:`cosimulate` is a sequence of steps, each a function here that takes what those before it give:

| step | from | makes |
|---|---|---|
| :func:`load` | directory, images, random numbers | `Job` |
| :func:`plan` | job | `Plan`: the shards, and what an earlier run found in some |
| :func:`build` | job | the executable |
| :func:`simulate` | job, plan, schedules, executable | what was found in each shard, and under stress |
| :func:`trace` | job, the first mismatch, or an image | a waveform |

The images are cut into shards, each simulated by a process of its own from the reset on; what is found does not depend
on how they are cut, nor on who simulates them. (Except where the hardware carries a fault over from image to image, as
one that does not clear an accumulator: the first image after a reset may then be right.) Shards that are done are kept
in ``build/runs`` of the directory until all are, so that the same call goes on where one was interrupted. For a cluster
of several machines, the directory lies on a file system that they share.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.gen.manifest import Manifest, edited_files
from spinsc.models.streams.protocol import Streams
from spinsc.sim.cosim.comparison import TIMED, Comparison, Mismatch, merge
from spinsc.sim.cosim.directory import open_directory, random_numbers, verilog_sources
from spinsc.sim.cosim.harness import bulk_design
from spinsc.sim.cosim.pool import LocalShards, Shard, ShardPool, open_pool
from spinsc.sim.cosim.report import Report, StressOutcome
from spinsc.sim.cosim.schedule import Schedule
from spinsc.sim.cosim.shards import ATTEMPTS, Bound, FinishedShards, Job, cut, default_shard_size
from spinsc.sim.cosim.waves import Waves, reading_order, write_views
from spinsc.sim.flows.gates import gate_sources
from spinsc.sim.simulators.base import Simulator
from spinsc.sim.simulators.registry import DEFAULT, find_simulator

#: Called with the number of images simulated so far.
Progress = Callable[[int], None]
#: Called with a sentence for the user.
Notice = Callable[[str], None]


def cosimulate(directory: str | Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer[Any]],
               streams: Streams | None = None, *, first: int = 0, jobs: int = 1, shard_size: int | None = None,
               scheduler: str | None = None, waves: bool | int = False, waves_layer: int | None = None,
               simulator: str = DEFAULT, stall_limit_s: float | None = None, stress: int = 1, stress_seed: int = 0,
               netlist: Path | None = None, progress: Progress | None = None,
               notice: Notice | None = None) -> Report:
    """Simulate the Verilog that lies in ``directory`` and compare every layer with the golden model.

    Parameters
    ----------
    directory : path
        Written by :func:`spinsc.gen.emit.emit`, perhaps edited since.
    images : uint8, shape (n, inputs)
    labels : integers, shape (n,)
    streams : Streams, optional
        From :func:`~spinsc.sim.cosim.directory.random_numbers`; by default with its defaults.
    first : int
        Index of the first image, which decides where its random numbers begin.
    jobs, shard_size, scheduler
        Shards simulated at a time; images in a shard, at least `TIMED`; see `open_pool`.
    waves : bool or int
        If something differs, simulate the first bad image (or else the stress) again and keep its waveform; of a
        number, the waveform of that image, whatever is found.
    waves_layer : int, optional
        The waveform has only this layer and the network's ports.
    simulator, stall_limit_s
        A name in `SIMULATORS`; see `Job.stall_limit`.
    stress, stress_seed
        So many schedules of pauses and resets besides, drawn from this seed and the following ones.
    netlist : Path, optional
        A synthesized netlist of the network, which is simulated in place of its Verilog; see
        :func:`~spinsc.sim.flows.gates.gate_sources`.
    progress, notice : callable, optional

    Raises
    ------
    InputError
        If the directory, the images or the tools are not fit, or a simulation breaks off.
    """
    if jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {jobs}")
    job = load(Path(directory), images, labels, streams, first, stall_limit_s, netlist)
    if (wanted := Waves.wanted(waves, waves_layer)) is not None:
        wanted.check(job.manifest, first, len(images), netlist is not None)
    edited = edited_files(job.directory, job.manifest)
    found = find_simulator(simulator)
    if wanted is not None:
        found.check_waves()
    planned = plan(job, found, shard_size)
    if planned.resumed and notice is not None:
        notice(f"an earlier run was interrupted after {planned.resumed:,} of {len(images):,} images; going on with the "
               "others")
    schedules = [job.schedule(seed, found) for seed in range(stress_seed, stress_seed + stress)]
    with open_pool(scheduler, jobs) as pool, _working_folder(job.directory, shared=scheduler is not None) as folder:
        job.prepare(folder, planned.waiting)
        for schedule in schedules:
            job.prepare_stress(folder, schedule)
        started = time.monotonic()
        executable = build(job.directory, job.manifest, jobs=max(jobs, 2), simulator=found, netlist=job.netlist)
        built = time.monotonic()
        parts, stressed = simulate(job, planned, schedules, executable, found, pool, folder, progress)
        comparison = merge(parts)
        simulated = time.monotonic()
        wrong = [(schedule, part) for schedule, part in zip(schedules, stressed, strict=True) if not part.clean]
        waveform = None if wanted is None else trace(job, wanted, comparison.listed, wrong, found, folder, jobs)
    planned.finished.clear()
    return Report(comparison, job.manifest, edited, found, built - started, simulated - built, len(planned.bounds),
                  planned.resumed, waveform, StressOutcome.of(schedules, stressed))


def load(directory: Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer[Any]],
         streams: Streams | None, first: int, stall_limit_s: float | None = None, netlist: Path | None = None) -> Job:
    """Step: read what was emitted, and join it with what it will be given."""
    manifest, network = open_directory(directory)
    if not len(images):
        raise InputError("there must be at least 1 image, not 0")
    if streams is None:
        streams = random_numbers(manifest, network, directory)
    gates = () if netlist is None else gate_sources(directory, manifest, netlist, lambda stage: None)
    return Job(directory, manifest, network, streams, images, labels, first, stall_limit_s, gates)


@dataclass(frozen=True)
class Plan:
    """Shards of a run.

    Attributes
    ----------
    bounds : list of Bound
        All of them, in order.
    done : dict of Bound to Comparison
        Those that an earlier, interrupted run has compared.
    finished : FinishedShards
        Where those that are done are kept until all are.
    """

    bounds: list[Bound]
    done: Mapping[Bound, Comparison]
    finished: FinishedShards

    @property
    def waiting(self) -> list[Bound]:
        """Those to be simulated."""
        return [bound for bound in self.bounds if bound not in self.done]

    @property
    def resumed(self) -> int:
        """Images that need not be simulated again."""
        return sum(part.images for part in self.done.values())


def plan(job: Job, simulator: Simulator, shard_size: int | None) -> Plan:
    """Step: cut the images into shards, and find what an earlier run has done of the same."""
    if shard_size is not None and shard_size < TIMED:
        raise InputError(f"--shard-size must be at least {TIMED}, not {shard_size}")
    finished = FinishedShards(job.directory / "build" / "runs" / job.key(simulator))
    bounds = cut(len(job.images), shard_size or default_shard_size(job.network, len(job.images)))
    done = {bound: part for bound in bounds if (part := finished.load(bound)) is not None}
    return Plan(bounds, done, finished)


def build(directory: Path, manifest: Manifest, *, waves: Waves | None = None, jobs: int = 2,
          simulator: Simulator | None = None, netlist: Sequence[Path] = ()) -> Path:
    """Step: build the bulk simulation of an emitted directory, unless it is there already.

    It is kept in ``directory/build`` under a key over all sources; memory images are read at run time and do not count.
    """
    with tempfile.TemporaryDirectory() as folder:
        design = bulk_design(manifest, verilog_sources(directory, netlist), Path(folder))
        if waves is not None:
            design = dataclasses.replace(design, traced=waves.traced(manifest))
        return (simulator or find_simulator()).build(design, directory.resolve() / "build", waves=waves is not None,
                                                     jobs=jobs)


def simulate(job: Job, planned: Plan, schedules: list[Schedule], executable: Path, simulator: Simulator,
             pool: ShardPool, folder: Path, progress: Progress | None) -> tuple[list[Comparison], list[Comparison]]:
    """Step: simulate the shards that wait, and the schedules, which were prepared in ``folder``.

    Returns
    -------
    list of Comparison, list of Comparison
        What was found in all shards, in order, and under each schedule.
    """
    found = dict(planned.done)
    stressed: dict[int, Comparison] = {}
    shards = {bound: job.shard(folder, bound, executable, simulator) for bound in planned.waiting}
    bounds = {shard.first: bound for bound, shard in shards.items()}
    shown = 0

    def tick() -> None:
        nonlocal shown
        if progress is not None:
            done = sum(part.images for part in found.values())
            running = sum(shard.finished_images() for bound, shard in shards.items() if bound not in found)
            shown = max(shown, done + running)  # less after a shard was started again
            progress(shown)

    last = [job.stressed_shard(folder, schedule, executable, simulator) for schedule in schedules]
    with contextlib.closing(pool.simulate([*shards.values(), *last], tick)) as results:
        for shard, part in results:
            if shard.seed is not None:
                stressed[shard.seed] = part
            else:
                bound = bounds[shard.first]
                found[bound] = part
                planned.finished.save(bound, part)
            shutil.rmtree(shard.folder.path, ignore_errors=True)
    tick()
    return [found[bound] for bound in planned.bounds], [stressed[schedule.seed] for schedule in schedules]


def trace(job: Job, wanted: Waves, mismatches: Sequence[Mismatch], stressed: Sequence[tuple[Schedule, Comparison]],
          simulator: Simulator, folder: Path, jobs: int) -> Path | None:
    """Step: simulate an image, or a schedule that something was wrong under, once more, with a waveform.

    Parameters
    ----------
    mismatches
        Those found without stress, the first one first.
    stressed
        Schedules under which something was wrong, and what.

    Returns
    -------
    Path or None
        The waveform, beside which lies what shows its signals in reading order; None if none is wanted.
    """
    image = wanted.image if wanted.image is not None or not mismatches else mismatches[0].image
    if image is not None:
        number = min(image - job.first, len(job.images) - 1)  # a surplus word may come after the last
        bound = (number, number + 1)
        job.prepare(folder / "waves", [bound])
        units = {mismatch.layer: mismatch.neuron % job.manifest.layers[mismatch.layer].units
                 for mismatch in reversed(mismatches)
                 if mismatch.image == image and mismatch.layer < len(job.manifest.layers)}
        return _waveform(job, wanted, f"image{job.first + number}", units, simulator, jobs,
                         lambda executable, path: job.shard(folder / "waves", bound, executable, simulator, path))
    if not stressed:
        return None
    schedule, found = stressed[0]
    # to a little after what was wrong first
    cut = schedule.until(min(found.wrong_cycles, default=schedule.cycles) + job.manifest.cycles_per_image)
    job.prepare_stress(folder / "waves", cut)
    return _waveform(job, wanted, f"stress{schedule.seed}", {}, simulator, jobs, lambda executable, path:
                     job.stressed_shard(folder / "waves", cut, executable, simulator, path))


def _waveform(job: Job, wanted: Waves, name: str, units: Mapping[int, int], simulator: Simulator, jobs: int,
              shard: Callable[[Path, Path], Shard]) -> Path:
    """Simulate the shard that is made of an executable and a path, with a waveform."""
    waveform = job.directory / "build" / f"{wanted.name(name)}.fst"
    unfinished = waveform.with_name(f".{waveform.stem}.{os.getpid()}.fst")  # another run may write the same
    executable = build(job.directory, job.manifest, waves=wanted, jobs=max(jobs, 2), simulator=simulator,
                       netlist=job.netlist)
    try:
        list(LocalShards(1).simulate([shard(executable, unfinished)], lambda: None))
        unfinished.replace(waveform)
    finally:
        for left in waveform.parent.glob(f"{unfinished.name}*"):  # Icarus has a second file while it writes
            left.unlink()
    write_views(waveform, reading_order(job.manifest, verilog_sources(job.directory, job.netlist), wanted.layer, units))
    return waveform


@contextlib.contextmanager
def _working_folder(directory: Path, *, shared: bool) -> Iterator[Path]:
    """Folder of the shards, removed at the end; a shared one lies in the directory, which all workers see."""
    place = directory.resolve() / "build" / "runs" if shared else None
    with contextlib.ExitStack() as stack:
        if place is not None:
            stack.callback(_remove_if_empty, place)
        yield Path(stack.enter_context(_temporary_folder(place)))


def _temporary_folder(place: Path | None) -> tempfile.TemporaryDirectory[str]:
    for _ in range(ATTEMPTS):
        with contextlib.suppress(FileNotFoundError):  # another run has just removed the place, which was empty
            if place is not None:
                place.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryDirectory(prefix="spinsc-", dir=place, ignore_cleanup_errors=True)
    raise InputError(f"{place} is removed again and again; what does that?")


def _remove_if_empty(place: Path) -> None:
    with contextlib.suppress(OSError):  # it holds the shards that are done, or another run's
        place.rmdir()
