"""Simulations to be timed: the emitted network under cocotb, in a bare C++ loop, with cocotb's stock settings, and the
hand-written layer."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.measure import Usage, run
from spinsc.gen import random_sources
from spinsc.gen.manifest import load_manifest
from spinsc.gen.random_sources.ports import JUNCTION_ARRAY
from spinsc.hdl.packing import hexadecimal_lines
from spinsc.integers import ceil_div
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.network import Network
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.cosim import harness
from spinsc.sim.cosim import run as cosim
from spinsc.sim.cosim.compare import compare
from spinsc.sim.cosim.harness import BULK_TOP
from spinsc.sim.cosim.run_folder import TESTBENCH, Expected, Layout, RunFolder
from spinsc.sim.cosim.shards import write_recordings
from spinsc.sim.simulators.base import Design
from spinsc.sim.simulators.verilator import COCOTB_MAIN, OWN_PROCESSOR, Verilator

HERE = Path(__file__).parent
HANDWRITTEN_TOP = "handwritten_top"


class Bare(Verilator):
    """The same build without VPI and without cocotb, for `bare_loop.cpp` as the main program."""

    name = "verilator-bare"

    def main(self, design: Design, waves: bool) -> Path:
        return HERE / "bare_loop.cpp"

    def commands(self, design: Design, folder: Path, **options: Any) -> list[list[str]]:
        verilate, make = super().commands(design, folder, **options)
        flags = verilate.index("-LDFLAGS")
        verilate[flags + 1] = " ".join(self.link_flags)
        if not verilate[flags + 1]:
            del verilate[flags:flags + 2]
        verilate.remove("--vpi")
        return [verilate, make]


class Stock(Verilator):
    """The options of cocotb's own runner: every signal public, no optimization asked for."""

    name = "verilator-stock"

    def main(self, design: Design, waves: bool) -> Path:
        return COCOTB_MAIN

    def commands(self, design: Design, folder: Path, **options: Any) -> list[list[str]]:
        verilate, make = super().commands(design, folder, **options)
        for name, operands in (("-O3", 0), ("--x-assign", 1), ("--x-initial", 1), ("--output-split-cfuncs", 1),
                               ("--compiler-include", 1)):
            if name in verilate:
                place = verilate.index(name)
                del verilate[place:place + 1 + operands]
        verilate.insert(verilate.index("--vpi"), "--public-flat-rw")
        return [verilate, [argument for argument in make if not argument.startswith("OPT_")]]


SIMULATORS: dict[str, type[Verilator]] = {"cocotb": Verilator, "bare": Bare, "stock": Stock}


def build(directory: Path, kind: str, processor: str = OWN_PROCESSOR, jobs: int = 2) -> Path:
    """Simulation of an emitted directory by one of `SIMULATORS`, unless it is there already.

    ``processor`` is the compiler's option that chooses the instructions.
    """
    simulator = dataclasses.replace(SIMULATORS[kind].find(), processor=processor)
    return cosim.build(directory, load_manifest(directory), jobs=jobs, simulator=simulator)


def build_handwritten(network: Network, directory: Path, processor: str = OWN_PROCESSOR, jobs: int = 2) -> Path:
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
    sources = (Path(random_sources.__file__).parent / JUNCTION_ARRAY, *harness.SOURCES, HERE / "handwritten.sv")
    design = Design(HANDWRITTEN_TOP, sources, ("done",), parameters, harness.CLOCK)
    simulator = dataclasses.replace(Bare.find(), processor=processor)
    return simulator.build(design, directory.resolve() / "build", jobs=jobs)


def _thermometer(states: npt.NDArray[np.uint8], count: int, lanes: int, *, padding: bool) -> npt.NDArray[np.uint8]:
    """Planes "at least k" of rows of states, shape (rows, chunks, (count-1)*lanes)."""
    rows, inputs = states.shape
    chunks = ceil_div(inputs, lanes)
    padded = np.full((rows, chunks * lanes), count - 1 if padding else 0, np.uint8)
    padded[:, :inputs] = states
    planes = padded.reshape(rows, chunks, 1, lanes) >= np.arange(1, count)[:, None]
    return planes.astype(np.uint8).reshape(rows, chunks, -1)


@dataclass(frozen=True)
class Workload:
    """Some images of a network, written once as the files that simulations read."""

    directory: Path
    run: RunFolder
    expected: Expected

    @property
    def images(self) -> int:
        return len(self.expected.trace)

    @classmethod
    def prepare(cls, directory: Path, run_folder: Path, network: Network, images: npt.NDArray[np.uint8],
                labels: npt.NDArray[np.integer[Any]], streams: RecordedStreams) -> Workload:
        expected = Expected(evaluate(network, images, streams), labels, 0)
        RunFolder(run_folder).write(images, expected, Layout.of(network, load_manifest(directory)))
        write_recordings(streams, network, run_folder, 0, len(images))
        first = network.layers[0]
        planes = _thermometer(expected.trace.input_states, first.activation.states, first.folding.lanes, padding=False)
        # $fread fills a word from its most significant byte.
        packed = np.packbits(planes, axis=2, bitorder="little")[:, :, ::-1]
        packed.tofile(run_folder / "states.bits")
        return cls(directory, RunFolder(run_folder), expected)

    def simulate(self, executable: Path, kind: str, folder: Path | None = None) -> Usage:
        """Run it once; under cocotb, our testbench compares every word with the golden model."""
        simulator = SIMULATORS[kind].find()
        command = [*simulator.command(executable), *self.run.plusargs(self.images, self.run.path)]
        environment = dict(os.environ)
        if kind != "bare":
            environment = simulator.environment(TESTBENCH, BULK_TOP, self.run.cocotb_results, self.run.environment())
        for old in (*self.run.path.glob("*.trace"), *self.run.path.glob("sums")):
            old.unlink()
        return run(command, folder=folder or self.directory, environment=environment)

    def mismatches(self) -> int:
        """Words of the last run that differ from the golden model's."""
        sums = self.run.path / "sums"
        if sums.is_file():
            found = np.fromfile(sums, np.uint32)
            expected = self.expected.trace.accumulators[0].reshape(-1)
            return len(expected) if len(found) != len(expected) else int((found != expected).sum())
        return compare(self.run).mismatches


def seconds_per_image(runs: dict[str, tuple[Workload, Workload, Path, str, Path | None]],
                      repetitions: int) -> dict[str, float]:
    """User CPU seconds per image, from two workloads of different size each, so that starting up does not count."""
    best: dict[tuple[str, int], float] = {}
    for _ in range(repetitions):
        for name, (small, large, executable, kind, folder) in runs.items():
            for which, workload in enumerate((small, large)):
                spent = workload.simulate(executable, kind, folder).user_s
                if (name, which) not in best and workload.mismatches():
                    raise RuntimeError(f"the simulation {name or executable} differs from the golden model")
                best[name, which] = min(best.get((name, which), spent), spent)
    return {name: (best[name, 1] - best[name, 0]) / (runs[name][1].images - runs[name][0].images) for name in runs}
