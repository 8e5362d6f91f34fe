"""Cost of emission and of the build, and of comparing the whole test set in all layers."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.golden import make_network
from benchmarks.measure import Usage, cpu_of_children, run
from benchmarks.table import Row, fit
from spinsc.gen.emit import emit
from spinsc.models.data.sources import load_dataset
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.sim.cosim.run import cosimulate

# In a process of its own, so that its peak memory is not that of the benchmarks. The smallest network goes first: what
# it takes is the baseline of Python, Amaranth and Yosys, and imports and caches are paid for.
_EMIT = """
import json, resource, sys, time
from pathlib import Path
from spinsc.gen.emit import emit
from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
folder = Path(sys.argv[1])
unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
def usage():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return [sum(u.ru_utime + u.ru_stime for u in both), *(u.ru_maxrss * unit for u in both), time.perf_counter()]
network = load_artifact(folder / "network.npz")
emit(load_artifact(folder / "tiny.npz"), folder / "tiny")
before = usage()
emit(network, folder / "emitted")
after = usage()
print(json.dumps({"cpu_s": after[0] - before[0], "wall_s": after[3] - before[3], "python": after[1] - before[1],
                  "yosys": after[2] - before[2]}))
"""

# Memory is of the whole process tree's largest member, g++ nearly always.
_BUILD = """
import sys
from pathlib import Path
from benchmarks.simulation import build
build(Path(sys.argv[1]), sys.argv[2])
"""


def measure_emission(network: Network, folder: Path) -> dict[str, Any]:
    """Emit to ``folder/emitted`` and say what it took: CPU and wall seconds, and bytes that Python and Yosys needed
    above what they need for the smallest network."""
    folder.mkdir(parents=True, exist_ok=True)
    network.save(folder / "network.npz")
    make_network((4, 2, 2), 5, 4).save(folder / "tiny.npz")
    used = run([sys.executable, "-c", _EMIT, folder])
    taken: dict[str, Any] = json.loads(used.output.splitlines()[-1])
    return taken


def measure_build(directory: Path, kind: str = "cocotb") -> Usage:
    """Build an emitted directory's simulation."""
    return run([sys.executable, "-c", _BUILD, directory, kind], folder=Path(__file__).parent.parent)


def weight_bits(network: Network) -> int:
    """Bits of all weights."""
    return sum(layer.weights.size * (layer.weight.states - 1).bit_length() for layer in network.layers)


def benchmark(quick: bool = False) -> tuple[list[Row], dict[str, Any]]:
    """Rows of emission, build and the whole test set; and the points of the fit of emission."""
    rows: list[Row] = []
    data: dict[str, Any] = {}
    digits = load_dataset("mnist", "test")
    with tempfile.TemporaryDirectory(prefix="spinsc-bench-") as name:
        # Verilator's own run-time library is compiled once for each version of it, and kept.
        emit(make_network((16, 4, 4), 5, 8), Path(name) / "first")
        measure_build(Path(name) / "first")
        for shipped, emission_s, build_s, compare_s in (("mlp1-k5", 3, 30, 30), ("mlp3-k5", 10, 60, 300)):
            network = load_network(shipped)
            folder = Path(name) / shipped
            bits = weight_bits(network)
            taken = measure_emission(network, folder)
            rows.append(Row(f"{shipped}, emission", taken["wall_s"], "s", "its CPU seconds", taken["cpu_s"],
                            f"{emission_s} s", taken["wall_s"] <= emission_s))
            per_bit = max(taken["python"], taken["yosys"]) / bits
            rows.append(Row(f"{shipped}, peak memory of emission above its baseline", per_bit, "B/weight bit",
                            target="at most 20", met=per_bit <= 20,
                            note=f"Python {taken['python'] / 1e6:.0f} MB, Yosys {taken['yosys'] / 1e6:.0f} MB"))
            directory = folder / "emitted"
            used = measure_build(directory)
            built = _built_files(directory)
            rows.append(Row(f"{shipped}, Verilator and C++ build, 2 jobs", used.wall_s, "s", "its CPU seconds",
                            used.cpu_s, f"{build_s} s", used.wall_s <= build_s,
                            f"largest process {used.peak_bytes / 1e6:.0f} MB"))
            again = measure_build(directory)
            rows.append(Row(f"{shipped}, build again, nothing changed", again.wall_s, "s", "the first build",
                            used.wall_s, "nothing rebuilt", _built_files(directory) == built,
                            "start of Python and check of all sources"))
            rows.append(_whole_test_set(shipped, network, directory, digits, quick, compare_s))
        points = []
        for width in (64, 128, 256, 512):
            network = make_network((784, width, 10), 5, 100)
            taken = measure_emission(network, Path(name) / f"width{width}")
            points.append({"weights": sum(layer.weights.size for layer in network.layers),
                           "weight_bits": weight_bits(network), **taken})
        data["emission"] = points
        exponent, _ = fit([p["weights"] for p in points], [p["cpu_s"] for p in points])
        rows.append(Row("emission, exponent of CPU seconds over weights", exponent, "", target="linear: at most 1",
                        met=exponent <= 1.05, note="784-H-10, H = 64 to 512"))
        slope = max((points[-1][who] - points[0][who]) / (points[-1]["weight_bits"] - points[0]["weight_bits"])
                    for who in ("python", "yosys"))
        rows.append(Row("emission, growth of peak memory", slope, "B/weight bit", target="at most 20", met=slope <= 20,
                        note="784-H-10, H = 64 to 512"))
    return rows, data


def _built_files(directory: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in directory.glob("build/*/*")}


def _whole_test_set(name: str, network: Network, directory: Path, digits: Any, quick: bool, target_s: float) -> Row:
    """All layers of 10,000 images under cocotb with 2 jobs, golden model and files included."""
    _compare(name, directory, digits, 2)  # its build, so that only its run is timed
    images = len(digits.images)
    if not quick:
        wall, cpu = _compare(name, directory, digits, images)
        note = ""
    else:
        counts = (200, 700)
        (wall, cpu), large = (_compare(name, directory, digits, count) for count in counts)
        growth = (images - counts[0]) / (counts[1] - counts[0])
        wall, cpu = wall + growth * (large[0] - wall), cpu + growth * (large[1] - cpu)
        note = f"extrapolated from {counts[0]} and {counts[1]}"
    return Row(f"{name}, {images:,} images compared in all layers, 2 jobs", wall, "s", "half of its CPU seconds",
               cpu / 2, f"{target_s} s", wall <= target_s, note)


def _compare(name: str, directory: Path, digits: Any, count: int) -> tuple[float, float]:
    """Wall and CPU seconds of a comparison."""
    cpu, start = time.process_time() + cpu_of_children(), time.perf_counter()
    report = cosimulate(directory, digits.images[:count], digits.labels[:count], jobs=2, stress=0)
    if not report.passed:
        raise RuntimeError(f"{name}: {report.comparison.mismatches} words differ")
    return time.perf_counter() - start, time.process_time() + cpu_of_children() - cpu
