"""Co-simulation of all mutants of a network in one build, and proofs that those it does not notice change nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spinsc.files import package_files
from spinsc.sim.cosim.compare import compare
from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.cosim.directory import open_directory
from spinsc.sim.cosim.pool import Shard
from spinsc.sim.cosim.run import build, load
from spinsc.sim.cosim.shards import Job
from spinsc.sim.cosim.stress import compare_stressed
from spinsc.sim.simulators.base import Design as DesignOfSimulation
from spinsc.sim.simulators.verilator import Verilator
from tests.mutation.directory import PLUSARG, Design, Mutant
from tests.mutation.proofs import Prover
from tests.mutation.shapes import Shape

#: Seeds of the schedules of stress.
STRESS = range(10)
#: Seconds after which a simulation is ended.
STALL_LIMIT_S = 60
#: Modules beside this one that do not decide what is noticed, and what is proved stays proved.
NO_MATTER = ("__main__", "implications", "proofs", "reasons", "sample", "table")
MAIN = Path(__file__).parent / "main.cpp"
KILLED, EQUIVALENT, SURVIVED = "killed", "equivalent", "survived"


class LonelyVerilator(Verilator):
    """Builds simulations that run without Python."""

    def main(self, design: DesignOfSimulation, waves: bool) -> Path:
        """See `Verilator`."""
        return MAIN

    def _runtime_cache(self, waves: bool) -> Path:
        return Verilator(**{item.name: getattr(self, item.name) for item in dataclasses.fields(self)})._runtime_cache(
            waves)


@dataclass(frozen=True)
class Result:
    """What became of a mutant.

    Attributes
    ----------
    name, operator : str
    verdict : str
        ``killed``, ``equivalent`` or ``survived``.
    by : str
        The check that killed it, or the proof.
    detail : str
        What the check said first.
    """

    name: str
    operator: str
    verdict: str
    by: str
    detail: str = ""


Progress = Callable[[str], None]


@dataclass
class Campaign:
    """Mutants of one network.

    Parameters
    ----------
    shape : Shape
    folder : Path
        What has been found is kept in it, so that an interrupted campaign goes on.
    jobs : int
        Simulations at a time.
    """

    shape: Shape
    folder: Path
    jobs: int = 2
    design: Design = field(init=False)

    def __post_init__(self) -> None:
        emitted = self.folder / self.shape.name
        shutil.rmtree(emitted, ignore_errors=True)
        self.shape.emit(emitted)
        self.design = Design(emitted)
        digest = hashlib.sha256()
        tool = [path for path in sorted(Path(__file__).parent.iterdir())
                if path.is_file() and path.stem not in NO_MATTER]
        for path in (*sorted(emitted.rglob("*")), *package_files(), *tool):
            if path.is_file():
                digest.update(path.read_bytes())
        self.results = self.folder / f"{self.shape.name}.{digest.hexdigest()[:16]}.jsonl"

    def finished(self) -> dict[str, Result]:
        """What an earlier, interrupted run has found, by the mutants' names; not of those that survived."""
        found = {}
        with contextlib.suppress(FileNotFoundError):
            for line in self.results.read_text().splitlines():
                result = Result(**json.loads(line))
                if result.verdict != SURVIVED:
                    found[result.name] = result
        return found

    def run(self, mutants: Sequence[Mutant], progress: Progress = print) -> list[Result]:
        """What becomes of each mutant."""
        found = self.finished()
        waiting = [mutant for mutant in mutants if mutant.name not in found]
        if waiting:
            with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
                bench = Bench(self.shape, self.design, mutants, Path(folder), self.jobs)
                if (noticed := bench.noticed_intact()) is not None:
                    raise RuntimeError(f"{self.shape.name} fails without a fault: {noticed}")
                for mutant, result in bench.results(waiting):
                    found[mutant.name] = result
                    with self.results.open("a") as file:
                        file.write(json.dumps(dataclasses.asdict(result)) + "\n")
                    if len(found) % 50 == 0 or result.verdict == SURVIVED:
                        progress(f"{self.shape.name}: {len(found)} of {len(mutants)} mutants"
                                 + (f"; SURVIVED: {result.name} ({result.by})" if result.verdict == SURVIVED else ""))
        return [found[mutant.name] for mutant in mutants]


class Bench:
    """The build with all mutants, and what its simulations read.

    Parameters
    ----------
    shape : Shape
    design : Design
    mutants : sequence of Mutant
        All that the build has.
    folder : Path
        Empty, and removed by who gave it.
    jobs : int
        Simulations, or proofs, at a time.
    """

    def __init__(self, shape: Shape, design: Design, mutants: Sequence[Mutant], folder: Path, jobs: int) -> None:
        self.design, self.folder, self.jobs = design, folder, jobs
        directory = folder / "hardware"
        design.write_all(mutants, directory)
        manifest, network = open_directory(directory)
        streams = shape.streams(network)
        images = shape.images(network, streams)
        job = load(directory, images, np.zeros(len(images), np.int64), streams, 0, STALL_LIMIT_S)
        simulator = LonelyVerilator.find()
        self.executable = build(directory, manifest, jobs=jobs, simulator=simulator)
        every = (0, len(images))
        job.prepare(folder / "bulk", [every])
        self.shards = {"bulk": job.shard(folder / "bulk", every, self.executable, simulator)}
        self.shards |= {f"stress {seed}": _stressed(job, seed, folder, self.executable, simulator) for seed in STRESS}
        self.prover = Prover(design, manifest, folder / "proofs")

    def noticed_intact(self) -> str | None:
        """What the checks have to say where there is no fault: nothing."""
        intact = Mutant(0, "", "", "")
        return next((noticed for check in self.shards for _, noticed in self._simulate([intact], check) if noticed),
                    None)

    def results(self, mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, Result]]:
        """What becomes of each mutant, as soon as it is known."""
        waiting = list(mutants)
        for check in self.shards:
            unnoticed = []
            for mutant, noticed in self._simulate(waiting, check):
                if noticed is None:
                    unnoticed.append(mutant)
                else:
                    by, _, detail = noticed.partition(": ")
                    yield mutant, Result(mutant.name, mutant.operator, KILLED, f"{check}, {by}", detail)
            waiting = unnoticed
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = {pool.submit(self.prover.prove, mutant): mutant for mutant in waiting}
            for future in as_completed(futures):
                mutant, proof = futures[future], future.result()
                verdict = EQUIVALENT if proof.verdict == "equivalent" else SURVIVED
                yield mutant, Result(mutant.name, mutant.operator, verdict, str(proof))

    def _simulate(self, mutants: Sequence[Mutant], check: str) -> Iterator[tuple[Mutant, str | None]]:
        """What a check says of each mutant, or None."""
        with ThreadPoolExecutor(self.jobs) as pool:
            yield from zip(mutants, pool.map(functools.partial(self._noticed, check), mutants), strict=True)

    def _noticed(self, check: str, mutant: Mutant) -> str | None:
        shard = self.shards[check]
        run = shard.folder.new_start()
        number = mutant.number if mutant.changes else 0
        command = [str(shard.executable), *run.plusargs(shard.images, shard.recording), f"+{PLUSARG}={number}"]
        try:
            done = subprocess.run(command, cwd=self._directory(mutant), stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, check=False, timeout=STALL_LIMIT_S)
            if done.returncode:
                return f"broke off: {(done.stdout + done.stderr).strip()[:100]}"
            stress = run.stress()
            return _noticed(compare(run) if stress is None else compare_stressed(run, stress))
        except subprocess.TimeoutExpired:
            return f"stood still: for {STALL_LIMIT_S} s"
        finally:
            shutil.rmtree(run.path)

    def _directory(self, mutant: Mutant) -> Path:
        """Where a simulation runs, and reads memory images."""
        if mutant.flip is None:
            return self.folder / "hardware"
        directory = self.folder / f"memory{mutant.number}"
        if not directory.exists():
            (directory / "mem").mkdir(parents=True)
            for path in (self.folder / "hardware" / "mem").iterdir():
                (directory / "mem" / path.name).symlink_to(path)
            self.design.write_memory(mutant.flip, directory / "mem")
        return directory


def _stressed(job: Job, seed: int, folder: Path, executable: Path, simulator: Verilator) -> Shard:
    schedule = job.schedule(seed, simulator)
    (folder / "stress").mkdir(exist_ok=True)
    job.prepare_stress(folder / "stress", schedule)
    return job.stressed_shard(folder / "stress", schedule, executable, simulator)


def _noticed(found: Comparison) -> str | None:
    """The first thing that a report would say, as ``Report.passed`` has it of hardware as it was emitted."""
    if found.mismatches:
        return f"words: {found.listed[0]}"
    if found.violations:
        return f"ports: {found.violations[0]}"
    if not found.timely:
        return f"cycles: the first classes came in cycles {found.result_cycles}"
    return None if found.images else "words: no images"
