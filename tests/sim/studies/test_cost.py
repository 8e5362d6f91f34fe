"""Tables of the study of costs, from figures that are easy to compute with."""

import pytest

from spinsc.sim.studies import cost_tables as tables
from spinsc.sim.studies.cost_designs import BINARIZED, OVER_LENGTH, designs, stochastic


def found(design):
    """10 nJ and 2 nJ a bit of L, of which LFSRs take half of the latter, and junctions 0.1 to 0.2 nJ a bit."""
    energy = {"binary": 30e-9}.get(design.arithmetic, 10e-9 + 2e-9 * design.length)
    neurons = {"name": "neurons", "layer": 0, "area_um2": 100.0 * design.states, "nets_j": energy / 10,
               "internal_j": energy / 10, "glitches": 1.5, "clock_j": 0.0, "memory_j": energy / 5}
    shared = neurons | {"name": "sequencer", "nets_j": 0.0, "internal_j": 0.0, "clock_j": energy / 5, "memory_j": 0.0}
    cycles = 490 * design.length * 10 // design.neurons
    return {"length": design.length, "energy_j": energy, "random_bits_j": 1e-9 * design.length, "junctions": 128,
            "junctions_j": [1e-10 * design.length, 2e-10 * design.length], "parts": [neurons, shared],
            "cycles_per_image": cycles, "image_s": cycles * 1e-8, "latency_s": cycles * 2e-8, "area_um2": 1e6,
            "clock_mhz": 100.0, "images_per_s": 1e8 / cycles, "energy_bounds_j": [energy / 2, energy * 2],
            "clock_tree_j": 1e-9, "leakage_j": 1e-12}


COSTS = {design: found(design) for design in designs()}


def test_line():
    assert tables.line(COSTS) == pytest.approx((10e-9, 2e-9))


def test_break_even():
    """30 nJ are met at 10 bits with LFSRs, and at 20 / 1.1 and 20 / 1.2 with junctions; a binarized one takes 12."""
    rows = [line.split(" | ") for line in tables.break_even(COSTS).splitlines()[2:]]
    assert [row[1] for row in rows] == ["10.0", "18.2", "16.7"]
    assert rows[0][-1] == "1.0 |"


@pytest.mark.parametrize(("energy", "length"), [
    (-10, 0), (1, 0.4), (10, 4), (15, 6), (20, 8), (40, 12), (60, 16), (480, 100), (540, 112)])
def test_between_lengths(energy, length):
    assert tables.length_of([10, 20, 60, 480], energy) == pytest.approx(length)


def test_claim():
    """At one length, only neurons differ here, by their states."""
    lines = tables.claim_table({(5, 16): 91.0}, COSTS).splitlines()
    assert "| 5 | 91.00 | 50 |" in lines[2]
    assert "| 11 | - | 110 |" in lines[3]
    row = next(line for line in lines if line.startswith("| 256 / 5 |")).split(" | ")
    assert row[2:6] == ["**51.20x**", "**1.00x**", "**1.00x**", "**1.00x**"]
    assert "9x" in lines[-1]
    assert "2.6x" in lines[-1]


def test_other_tables(tmp_path):
    accuracies = {(5, length): 90.0 + length / 100 for length in OVER_LENGTH}
    exact = {states: {"percent": 91.0} for states in (2, 5, 11)}
    text = tables.baseline_table(accuracies, exact, COSTS)
    assert "| SC, K = 5, L = 100 | 91.00 |" in text
    assert "| binarized, K = 2, L = 1 | 91.00 | 1.00 | 100 | 490 |" in text
    assert "| neurons |" in tables.parts_table(COSTS)
    checks = tables.check_table(COSTS)
    few, whole = found(stochastic(5, 8, neurons=2)), found(stochastic(5, 8))
    assert few["cycles_per_image"] == 5 * whole["cycles_per_image"]
    assert "L = 16 from the line through L = 4 and 100 | 42 | 42 | +0.0 %" in checks
    # 0.3 of 26 nJ in the gates of neurons, a fifth in what is shared, and that for a fifth of the cycles
    assert f"| {tables.nano(0.3 * 26e-9 + 26e-9 / 25)} | {tables.nano(0.5 * 26e-9)} |" in checks
    tables.draw(COSTS, tmp_path / "cost.png")
    assert (tmp_path / "cost.png").stat().st_size > 10_000
    assert BINARIZED in COSTS


def test_energy_at_an_accuracy():
    """By accuracy; only streams have junctions."""
    few = {name: {"percent": percent, "cost": found(stochastic(5, 4))} for name, percent in (
        ("SC, K = 5, L = B = 4, trained for it", 95.5), ("binary arithmetic, K = 5, 30 hidden neurons", 96.5))}
    text = tables.equal_table(few, COSTS, {(5, 100): 98.0}, {2: {"percent": 95.0}, 5: {"percent": 98.5}})
    rows = [row.strip("| ").split(" | ") for row in text.splitlines()[2:]]
    assert [row[1] for row in rows] == ["95.00", "95.50", "96.50", "98.00", "98.50"]
    assert rows[1][-2:] == ["18", "14.4 to 14.8"]
    assert [row[-1] == "none needed" for row in rows] == [True, False, True, False, True]


def test_accuracy_over_the_length():
    text = tables.length_table({(5, 8): 93.0, (5, 4): 84.0, (256, 4): 92.0, (256, 8): 96.0})
    assert text.splitlines()[0] == "| accuracy, % | L = 4 | L = 8 |"
    assert text.splitlines()[2:] == ["| K = 5 | 84.00 | 93.00 |", "| K = 256 | 92.00 | 96.00 |"]
