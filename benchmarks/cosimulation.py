"""Speed of co-simulation: cocotb next to a bare C++ loop, emitted next to hand-written Verilog."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measure import run
from benchmarks.simulation import Workload, build, build_handwritten, seconds_per_image
from benchmarks.table import Row
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.data.sources import load_dataset
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.sim.recordings.sources import parse_rng
from spinsc.sim.simulators.verilator import OWN_PROCESSOR


def xnors(network: Network) -> int:
    """Products of an image."""
    return network.length * sum(layer.inputs * layer.neurons for layer in network.layers)


def workloads(directory: Path, network: Network, counts: tuple[int, int]) -> tuple[Workload, Workload]:
    """Two workloads of these many images."""
    if network.inputs == 784:
        digits = load_dataset("mnist", "test")
        images, labels = digits.images, digits.labels
    else:
        rng = np.random.default_rng(1)
        images = rng.integers(0, 256, (max(counts), network.inputs), dtype=np.uint8)
        labels = rng.integers(0, network.classes, max(counts))
    streams = parse_rng("smtj", network)
    small, large = (Workload.prepare(directory, directory / f"run{count}", network, images[:count], labels[:count],
                                     streams) for count in counts)
    return small, large


def stress_row(directory: Path, repetitions: int) -> Row:
    """What pauses, stops and resets add to a whole command of 1,000 images, in CPU seconds of all its processes."""
    command: list[str | Path] = [sys.executable, "-m", "spinsc.sim.cli.main", "cosim", directory, "--embedded",
                                 "--images", "1000"]
    pairs = [(run([*command, "--no-stress"]).cpu_s, run(command).cpu_s) for _ in range(repetitions)]
    without, whole = map(min, zip(*pairs, strict=True))
    return Row("spinsc cosim of mlp1-k5, 1,000 images: CPU of the stress", whole - without, "s", "of all else", without,
               "at most 0.1", whole - without <= 0.1 * without)


def benchmark(quick: bool = False, processor: str = OWN_PROCESSOR) -> list[Row]:
    """Rows of co-simulation; ``processor`` is the compiler's option that chooses the instructions."""
    rows: list[Row] = []
    repetitions = 3 if quick else 5
    with tempfile.TemporaryDirectory(prefix="spinsc-bench-") as name:
        folder = Path(name)
        network = load_network("mlp1-k5")
        directory = folder / "mlp1-k5"
        emit(network, directory)
        small, large = workloads(directory, network, (100, 600) if quick else (100, 1100))
        handwritten = folder / "handwritten"
        executables = {kind: build(directory, kind, processor) for kind in ("cocotb", "bare")}
        by_hand = build_handwritten(network, handwritten, processor)
        spent = seconds_per_image({
            **{kind: (small, large, executable, kind, None) for kind, executable in executables.items()},
            "handwritten": (small, large, by_hand, "bare", handwritten)}, repetitions)
        ratio = spent["bare"] / spent["cocotb"]
        rows.append(Row("mlp1-k5 under cocotb, all words compared", 1 / spent["cocotb"], "images/s",
                        "same model, bare C++ loop", 1 / spent["bare"], "at least 0.9", ratio >= 0.9))
        layer = network.layers[0]
        ours = 1e9 * spent["bare"] / xnors(network)
        theirs = 1e9 * spent["handwritten"] / (network.length * layer.inputs * layer.neurons)
        rows.append(Row("mlp1-k5, emitted Verilog, bare C++ loop", ours, "ns/XNOR", "hand-written layer, same folding",
                        theirs, "at most 1.1", ours <= 1.1 * theirs))

        rows.append(stress_row(directory, repetitions))

        network = random_network((196, 32, 10), input_states=5, weight_states=5, activation_states=5, length=100,
                                 seed=1)
        directory = folder / "small"
        emit(network, directory)
        small, large = workloads(directory, network, (100, 1100) if quick else (100, 2100))
        spent = seconds_per_image({kind: (small, large, build(directory, kind, processor), kind, None)
                                   for kind in ("bare", "stock")}, 3)
        rows.append(Row("196-32-10, cocotb's stock build (--public-flat-rw)", 1 / spent["stock"], "images/s",
                        "our build, bare C++ loop", 1 / spent["bare"]))
    return rows
