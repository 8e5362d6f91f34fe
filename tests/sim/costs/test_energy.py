"""Energies of small circuits against sums by hand; 1 pF takes 2 pJ a change."""

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.costs import memory
from spinsc.sim.costs.energy import Estimate, clock_load, clock_tree
from spinsc.sim.costs.scaling import NODES, energy_to_180, scaling
from tests.sim.costs.circuits import LIBRARY, circuit, simulation
from tests.sim.costs.test_gates import CHAIN, TOGGLE, XNOR


def energies(of, run, begin, end):
    """Of each cell, by its number, in the cycles from ``begin`` to ``end``."""
    run.run(begin)
    found = run.run(end)
    groups = {instance.name: instance.name for instance in of.instances}
    values = Estimate(of, LIBRARY).energies(found.changes, found.cycles, groups)
    return [values[instance.name] for instance in of.instances]


def test_inverters():
    """5 changes: the first inverter charges 0.01 pF of the second, whose output is open."""
    bits = [0, 1, 1, 0, 1, 0, 0, 0, 1]
    second, first = energies(CHAIN, simulation(CHAIN, ["a"], [[bit] for bit in bits]), 1, 9)
    assert first.nets == pytest.approx(5 * 0.01 * 2e-12)
    assert second.nets == 0
    for each in (first, second):
        assert each.internal == each.internal_low == each.internal_high == pytest.approx(5 * 0.04e-12)
        assert (each.clock, each.area_um2, each.flip_flops) == (0, 1, 0)
        assert each.leakage_w == pytest.approx(0.5e-9)


def test_flip_flop():
    """In every cycle both edges of the clock, a change of the output and one of the inverter."""
    inverter, flip_flop = energies(TOGGLE, simulation(TOGGLE), 10, 35)
    assert inverter.nets == pytest.approx(25 * 0.01 * 2e-12)
    assert inverter.internal == pytest.approx(25 * 0.04e-12)
    assert flip_flop.nets == pytest.approx(25 * 0.01 * 2e-12)
    assert flip_flop.internal == pytest.approx(25 * 0.2e-12)
    assert flip_flop.clock == pytest.approx(25 * (0.06 + 0.04 + 2 * 0.03 * 2) * 1e-12)
    assert flip_flop.flip_flops == 1


def test_xnor():
    """The library does not know which input caused a change: between the cheaper and the dearer."""
    rows = [[0, 0], [0, 1], [1, 1], [0, 0], [1, 0]]
    found, = energies(XNOR, simulation(XNOR, ["a", "b"], rows), 1, 5)
    assert (found.internal_low, found.internal, found.internal_high) == pytest.approx(
        (3 * 0.1e-12, 3 * 0.15e-12, 3 * 0.2e-12))


def test_transitions_and_loads():
    """A cell behind an inverter sees the mean of its rise and fall, 0.2 ns, and 1 pF of the next cell."""
    of = circuit(("INV", {"A": "a", "Y": "y"}), ("LOADED", {"A": "y", "Y": "z"}), ("LOADED", {"A": "z", "Y": "open"}),
                 inputs=["a"])
    _, loaded, last = energies(of, simulation(of, ["a"], [[0], [1], [0]]), 1, 3)
    assert loaded.nets == pytest.approx(2 * 1 * 2e-12)
    assert loaded.internal == pytest.approx(2 * 3e-12)
    assert last.internal == pytest.approx(2 * 1e-12)  # a cell without tables of transitions passes on 0.1 ns


def test_clock_tree():
    """Without a buffer in the library, nothing is known; the load is that of all clock pins."""
    assert clock_load(TOGGLE, LIBRARY) == pytest.approx(3e-14)
    assert clock_tree(LIBRARY, 100, 1e-12, 10).clock == 0
    buffered = LIBRARY.__class__("x", 2, {"BUFX2": LIBRARY.cells["INV"]})
    tree = clock_tree(buffered, 100, 1e-12, 10)  # 7 buffers of the flip-flops, and one of these
    assert tree.cells == 8
    assert tree.clock == pytest.approx(8 * 10 * (2 * 0.04e-12 + 0.01e-12 * 4))


def test_memory():
    """The two figures that the model comes from."""
    assert memory.access_energy(64, 8 * 1024 * 8) == pytest.approx(10e-12)
    assert memory.access_energy(64, 32 * 1024 * 8) == pytest.approx(20e-12)


def test_scaling():
    """The example of the paper, with its erratum; a node between two others; back again."""
    assert NODES[32].energy_factor(0.9) == pytest.approx(0.4571, abs=5e-5)
    assert scaling(180) == type(scaling(180))(1, 1, 1)
    for name in ("energy", "delay", "area"):
        factors = [getattr(scaling(process), name) for process in (180, 45, 28, 7)]
        assert factors == sorted(factors, reverse=True)
    assert energy_to_180(45, 1.0) * scaling(45).energy == pytest.approx(1)
    with pytest.raises(InputError, match="180, 45, 28 or 7 nm, not 90"):
        scaling(90)


def test_energy_for_one_image():
    whole = energies(TOGGLE, simulation(TOGGLE), 10, 35)[1]
    part = whole / 5
    assert (part.nets, part.internal, part.clock) == pytest.approx(tuple(
        np.array([whole.nets, whole.internal, whole.clock]) / 5))
    assert (part.area_um2, part.leakage_w) == (whole.area_um2, whole.leakage_w)
