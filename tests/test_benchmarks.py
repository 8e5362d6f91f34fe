"""The harness of the benchmarks: tables, results file, fits, and simulations that compute what they are timed for."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))  # the benchmarks are not part of the installed package

from benchmarks import scaling, table
from benchmarks.cosimulation import workloads, xnors
from benchmarks.golden import make_network
from benchmarks.measure import interleaved, run
from benchmarks.simulation import build, build_handwritten, seconds_per_image
from spinsc.gen.emit import emit

ROWS = [table.Row("simulation", 1234.5, "images/s", "loop", 2469.0, "at least 0.9", False, "note"),
        table.Row("build", 0.1234, "s")]


def test_tables():
    lines = table.text(ROWS).splitlines()
    assert len(lines) == 3
    for word in ("simulation (note)", "1,234 images/s", "loop", "2,469", "0.5", "at least 0.9", "NOT MET"):
        assert word in lines[1]
    assert lines[2].split() == ["build", "0.123", "s"]
    assert table.markdown(ROWS).splitlines()[3] == "| build | 0.123 s |  |  |  |  |  |"


def test_tables_side_by_side():
    others = [dataclasses.replace(ROWS[0], figure=4938.0, met=True), dataclasses.replace(ROWS[1], name="another")]
    lines = table.side_by_side(ROWS, others, "AVX2 only").splitlines()
    assert "| AVX2 only |" in lines[0]
    assert lines[2:] == [
        "| simulation | at least 0.9 | loop | 1,234 images/s | 2,469 | 0.5 | NOT MET "
        "| 4,938 images/s | 2,469 | 2 | met |",
        "| build |  |  | 0.123 s |  |  |  |  |  |  |  |"]


def test_results_of_parts_are_kept_side_by_side(tmp_path):
    first = table.Part("golden", table.conditions(quick=True), ROWS)
    second = table.Part("scaling", table.conditions(quick=False), [], {"points": {"length": [1, 2]}})
    for part in (first, second, first):
        table.save(part, tmp_path)
    assert table.load(tmp_path) == [first, second]
    assert first.conditions["cores"] >= 1
    assert "quick" in table.describe(first)
    assert "quick" not in table.describe(second)
    for word in (first.conditions["commit"], "cores", "torch ", "verilator "):
        assert word in table.describe(first)
    assert table.judged(table.load(tmp_path)) == ROWS[:1]


def test_fit_finds_a_power_law():
    x = np.array([1.0, 2, 8, 32])
    assert table.fit(x, 3 * x**1.5) == pytest.approx((1.5, 3))


def test_measurement():
    best = interleaved({"a": lambda: 1, "b": lambda: sum(range(10_000))}, 3)
    assert 0 < best["a"].wall_s < best["b"].wall_s
    assert best["b"].cpu_s > 0
    used = run([sys.executable, "-S", "-c", "print('x', len(bytearray(10**8)))"])
    assert used.output == "x 100000000\n"
    assert 10**8 < used.peak_bytes < 3 * 10**8
    with pytest.raises(RuntimeError, match="ended with 3: "):
        run([sys.executable, "-S", "-c", "raise SystemExit(3)"])


def test_plots(tmp_path):
    pytest.importorskip("matplotlib")
    points = {parameter: [{"value": value, **dict.fromkeys(scaling.METRICS, 2.0 * value)} for value in values]
              for parameter, values in scaling.SWEEPS.items()}
    data = {"design": dataclasses.asdict(scaling.Design()), "points": points}
    scaling.plot(data, "build", tmp_path / "build.png")
    assert (tmp_path / "build.png").stat().st_size > 10_000


@pytest.mark.parametrize("states", [3, 5])
def test_simulations_compute_the_golden_accumulators(tmp_path, states):
    network = make_network((23, 5, 4), states, 9).with_folding(lanes=7)
    assert xnors(network) == 9 * (23 * 5 + 5 * 4)
    directory, handwritten = tmp_path / "network", tmp_path / "handwritten"
    emit(network, directory)
    small, large = workloads(directory, network, (2, 5))
    runs = {"bare": (small, large, build(directory, "bare"), "bare", None),
            "handwritten": (small, large, build_handwritten(network, handwritten), "bare", handwritten)}
    if states == 5:
        runs["cocotb"] = (small, large, build(directory, "cocotb"), "cocotb", None)
    assert seconds_per_image(runs, 1).keys() == runs.keys()  # which checks all words
    large.simulate(runs["handwritten"][2], "bare", handwritten)
    sums = np.fromfile(large.run.path / "sums", np.uint32)
    assert np.array_equal(sums.reshape(5, 5), large.expected.trace.accumulators[0])
    (large.run.path / "sums").write_bytes((sums + 1).tobytes())
    assert large.mismatches() == 25
