"""Simulations to be timed: the emitted network under cocotb, in a bare C++ loop, with cocotb's stock settings, and the
hand-written layer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.measure import Usage, run
from spinsc.gen import random_sources
from spinsc.gen.manifest import MANIFEST, load_manifest
from spinsc.gen.random_sources.ports import JUNCTION_ARRAY
from spinsc.hdl.packing import hexadecimal_lines
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.cosim import run as cosim
from spinsc.sim.cosim.compare import compare
from spinsc.sim.cosim.harness import BULK_TOP, bulk_top
from spinsc.sim.simulators.verilator import COCOTB_MAIN, Runner, find_simulator, source_key

HERE = Path(__file__).parent
HANDWRITTEN_TOP = "handwritten_top"


class BareRunner(Runner):
    """The same build without VPI and without cocotb, for `bare_loop.cpp` as the main program."""

    def build_commands(self, *arguments: Any, **options: Any) -> list[list[str]]:
        verilate, make = super().build_commands(*arguments, **options)
        flags = verilate.index("-LDFLAGS")
        verilate[flags + 1] = " ".join(self.simulator.link_flags)
        if not verilate[flags + 1]:
            del verilate[flags:flags + 2]
        verilate.remove("--vpi")
        return [verilate, make]

    def _runtime_cache(self, *arguments: Any, **options: Any) -> Path:
        known = super()._runtime_cache(*arguments, **options)
        return known.with_name(f"{known.name}-bare")


class StockRunner(Runner):
    """The options of cocotb's own runner: every signal public, no optimization asked for."""

    def build_commands(self, *arguments: Any, **options: Any) -> list[list[str]]:
        verilate, make = super().build_commands(*arguments, **options)
        for name, operands in (("-O3", 0), ("--x-assign", 1), ("--x-initial", 1), ("--output-split-cfuncs", 1)):
            if name in verilate:
                place = verilate.index(name)
                del verilate[place:place + 1 + operands]
        verilate.insert(verilate.index("--vpi"), "--public-flat-rw")
        return [verilate, [argument for argument in make if not argument.startswith("OPT_")]]

    def _runtime_cache(self, *arguments: Any, **options: Any) -> Path:
        known = super()._runtime_cache(*arguments, **options)
        return known.with_name(f"{known.name}-stock")


RUNNERS = {"bare": BareRunner, "stock": StockRunner}


def build(directory: Path, kind: str, jobs: int = 2) -> Path:
    """Simulation of an emitted directory, unless it is there already.

    ``kind`` is "cocotb" for the build of `spinsc cosim`, or one of `RUNNERS`.
    """
    if kind == "cocotb":
        return cosim.build(directory, load_manifest(directory), jobs=jobs)
    text, public = bulk_top(load_manifest(directory))
    work = directory / "build"
    work.mkdir(exist_ok=True)
    (work / "public.vlt").write_text(public)
    (work / f"{BULK_TOP}.v").write_text(text)
    sources = [work / "public.vlt", *sorted((directory / "rtl").glob("*.sv")), *sorted((directory / "rtl").glob("*.v")),
               *sorted((directory / "sim").glob("*.sv")), *_harness(), work / f"{BULK_TOP}.v"]
    return _build(sources, BULK_TOP, work, kind, jobs)


def build_handwritten(network: Network, directory: Path, jobs: int = 2) -> Path:
    """The hand-written layer in the folding of a network's first layer, whose weights go to ``directory/mem``."""
    layer = network.layers[0]
    assert layer.folding.units == layer.neurons
    assert (layer.weight.states, layer.weight.bits) == (layer.activation.states, layer.activation.bits)
    (directory / "mem").mkdir(parents=True, exist_ok=True)
    lanes = layer.folding.lanes
    for neuron, planes in enumerate(_thermometer(layer.weights, layer.weight.states, lanes, padding=True)):
        (directory / "mem" / f"handwritten_{neuron}.mem").write_text(hexadecimal_lines(planes))
    parameters = {"NEURONS": layer.neurons, "LANES": lanes, "CHUNKS": layer.chunks, "LENGTH": network.length,
                  "STATES": layer.activation.states, "RANDOM_BITS": layer.activation.bits,
                  "SUM_WIDTH": (layer.inputs * network.length).bit_length()}
    sources = [Path(random_sources.__file__).parent / JUNCTION_ARRAY, *_harness(), HERE / "handwritten.sv"]
    return _build(sources, HANDWRITTEN_TOP, directory / "build", "bare", jobs,
                  [f"-G{name}={value}" for name, value in parameters.items()])


def _harness() -> list[Path]:
    return sorted(cosim.HARNESS.glob("spinsc_tb_*.sv"))


def _build(sources: Sequence[Path], top: str, work: Path, kind: str, jobs: int, arguments: Sequence[str] = ()) -> Path:
    simulator = find_simulator()
    resolved = [path.resolve() for path in sources]
    main = HERE / "bare_loop.cpp" if kind == "bare" else COCOTB_MAIN
    key = source_key([*resolved, main], simulator, kind, *arguments)
    return RUNNERS[kind](simulator, jobs).build_simulation(
        resolved, top, work.resolve() / f"{kind}-{key}", main=main, arguments=arguments)


def _thermometer(states: npt.NDArray[np.uint8], count: int, lanes: int, *, padding: bool) -> npt.NDArray[np.uint8]:
    """Planes "at least k" of rows of states, shape (rows, chunks, (count-1)*lanes)."""
    rows, inputs = states.shape
    chunks = -(-inputs // lanes)
    padded = np.full((rows, chunks * lanes), count - 1 if padding else 0, np.uint8)
    padded[:, :inputs] = states
    planes = padded.reshape(rows, chunks, 1, lanes) >= np.arange(1, count)[:, None]
    return planes.astype(np.uint8).reshape(rows, chunks, -1)


@dataclass(frozen=True)
class Workload:
    """Some images of a network, written once as the files that simulations read."""

    directory: Path
    run: Path
    expected: Trace
    labels: npt.NDArray[np.integer[Any]]

    @property
    def images(self) -> int:
        return len(self.expected)

    @classmethod
    def prepare(cls, directory: Path, run_folder: Path, network: Network, images: npt.NDArray[np.uint8],
                labels: npt.NDArray[np.integer[Any]], streams: RecordedStreams) -> Workload:
        expected = evaluate(network, images, streams)
        run_folder.mkdir(parents=True)
        images.tofile(run_folder / "images.bytes")
        load_manifest(directory).save(run_folder / MANIFEST)
        arrays = {f"accumulators{n}": values for n, values in enumerate(expected.accumulators)}
        arrays |= {f"states{n}": values for n, values in enumerate(expected.states)}
        np.savez(run_folder / "expected.npz", input_states=expected.input_states, scores=expected.scores,
                 classes=expected.classes, labels=labels, first=np.array(0), **arrays)
        cosim.write_recordings(streams, network, run_folder, 0, len(images))
        first = network.layers[0]
        planes = _thermometer(expected.input_states, first.activation.states, first.folding.lanes, padding=False)
        # $fread fills a word from its most significant byte.
        packed = np.packbits(planes, axis=2, bitorder="little")[:, :, ::-1]
        packed.tofile(run_folder / "states.bits")
        return cls(directory, run_folder, expected, labels)

    def simulate(self, executable: Path, kind: str, folder: Path | None = None) -> Usage:
        """Run it once; under cocotb, our testbench compares every word with the golden model."""
        command = [executable, f"+spinsc_run={self.run}", f"+spinsc_recording={self.run}",
                   f"+spinsc_images={self.images}"]
        environment = dict(os.environ)
        if kind != "bare":
            environment = Runner(find_simulator()).simulation_environment(
                "spinsc.sim.cosim.testbench", BULK_TOP, self.run / "results.xml", {"SPINSC_RUN": str(self.run)})
        for old in (self.run.glob("*.trace"), self.run.glob("sums")):
            for path in old:
                path.unlink()
        return run(command, folder=folder or self.directory, environment=environment)

    def mismatches(self) -> int:
        """Words of the last run that differ from the golden model's."""
        if (self.run / "sums").is_file():
            sums = np.fromfile(self.run / "sums", np.uint32)
            expected = self.expected.accumulators[0].reshape(-1)
            return len(expected) if len(sums) != len(expected) else int((sums != expected).sum())
        return compare(load_manifest(self.directory), self.expected, self.labels, self.run, 0).mismatches


def seconds_per_image(runs: dict[str, tuple[Workload, Workload, Path, str, Path | None]],
                      repetitions: int) -> dict[str, float]:
    """User CPU seconds an image, from two workloads of different size each, so that starting up does not count."""
    best: dict[tuple[str, int], float] = {}
    for _ in range(repetitions):
        for name, (small, large, executable, kind, folder) in runs.items():
            for which, workload in enumerate((small, large)):
                spent = workload.simulate(executable, kind, folder).user_s
                if (name, which) not in best and workload.mismatches():
                    raise RuntimeError(f"the simulation {name or executable} differs from the golden model")
                best[name, which] = min(best.get((name, which), spent), spent)
    return {name: (best[name, 1] - best[name, 0]) / (runs[name][1].images - runs[name][0].images) for name in runs}
