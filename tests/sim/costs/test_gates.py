"""Changes of nets, counted by hand: gates, flip-flops, memories, and glitches."""

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.costs.circuit import Circuit, circuit_of
from spinsc.sim.costs.gates import gates_of
from tests.sim.costs.circuits import LIBRARY, changes, circuit, simulation

CHAIN = circuit(("INV", {"A": "y1", "Y": "y2"}), ("INV", {"A": "a", "Y": "y1"}), inputs=["a"])
TOGGLE = circuit(("INV", {"A": "q", "Y": "d"}), ("DFF", {"D": "d", "CLK": "clk", "Q": "q"}))
XNOR = circuit(("XNOR", {"A": "a", "B": "b", "Y": "y"}), inputs=["a", "b"])
#: Constantly 1 but for glitches: a, and a behind two inverters.
GLITCH = circuit(("INV", {"A": "a", "Y": "y1"}), ("INV", {"A": "y1", "Y": "y2"}),
                 ("XNOR", {"A": "a", "B": "y2", "Y": "y"}), inputs=["a"])


def test_inverters():
    bits = [0, 1, 1, 0, 1, 0, 0, 0, 1]
    run = simulation(CHAIN, ["a"], [[bit] for bit in bits])
    run.run(1)
    found = run.run(len(bits))
    assert found.cycles == 8
    assert changes(CHAIN, found.changes, "a", "y1", "y2") == [5, 5, 5]


def test_flip_flop():
    run = simulation(TOGGLE, watched=["q"])
    run.run(10)
    assert changes(TOGGLE, run.run(35).changes, "q", "d") == [25, 25]
    assert [cycle for cycle, _ in run.recorded] == list(range(35))
    assert {bits[0] ^ cycle % 2 for cycle, bits in run.recorded} in ({0}, {1})


def test_xnor():
    rows = np.random.default_rng(1).integers(0, 2, (200, 2))
    run = simulation(XNOR, ["a", "b"], rows)
    run.run(1)
    products = 1 - (rows[:, 0] ^ rows[:, 1])
    expected = [int(np.count_nonzero(np.diff(values))) for values in (rows[:, 0], rows[:, 1], products)]
    assert changes(XNOR, run.run(200).changes, "a", "b", "y") == expected


@pytest.mark.parametrize(("delay", "glitches"), [(50, 2), (199, 2), (201, 0)])
def test_glitches(delay, glitches):
    """A pulse of 200 ps at the inputs passes a gate whose delay is shorter, and nothing of it settles."""
    run = simulation(GLITCH, ["a"], [[number % 2] for number in range(10)])
    run.run(1)
    kinds = {"INV": 100, "XNOR": delay}
    drivers = {instance.nets["Y"]: kinds[instance.kind] for instance in GLITCH.instances}
    delays = np.array([drivers[net] for net in gates_of(GLITCH, LIBRARY.cells).outputs], np.int64)
    settled, every = run.run_timed(10, delays, np.zeros(GLITCH.nets, np.int64))
    assert changes(GLITCH, settled.changes, "a", "y1", "y2", "y") == [9, 9, 9, 0]
    assert changes(GLITCH, every, "a", "y1", "y2", "y") == [9, 9, 9, 9 * glitches]


def test_delays_change_nothing_that_settles():
    """A counter of five bits and an XNOR of its bits, with arbitrary delays."""
    cells = [("XNOR", {"A": f"q{n}", "B": f"c{n}", "Y": f"d{n}"}) for n in range(5)]  # c: not carry
    cells += [("DFF", {"D": f"d{n}", "CLK": "clk", "Q": f"q{n}"}) for n in range(5)]
    cells += [("INV", {"A": "1", "Y": "c0"}), *(("XNOR", {"A": f"q{n}", "B": f"c{n}", "Y": f"c{n + 1}"})
                                                for n in range(4))]
    counter = circuit(*cells)
    plain, timed = simulation(counter), simulation(counter)
    plain.run(5)
    timed.run(5)
    rng = np.random.default_rng(2)
    delays = rng.integers(1, 50, len(gates_of(counter, LIBRARY.cells).outputs))
    found, every = timed.run_timed(60, delays, rng.integers(0, 50, counter.nets))
    assert np.array_equal(plain.run(60).changes, found.changes)
    assert (every >= found.changes).all()
    assert every.sum() > found.changes.sum()


def memory(**changed):
    parameters = {"WIDTH": "10", "SIZE": "100", "ABITS": "10", "OFFSET": "0", "INIT": "11100100", "RD_PORTS": "1",
                  "WR_PORTS": "1", "RD_CLK_ENABLE": "1", "WR_CLK_ENABLE": "1", "RD_TRANSPARENCY_MASK": "0"} | changed
    nets = {"RD_ADDR": ["a0", "a1"], "RD_DATA": ["d0", "d1"], "RD_EN": ["e"], "RD_ARST": ["0"], "RD_SRST": ["0"],
            "RD_CLK": ["clk"], "WR_ADDR": ["a0", "a1"], "WR_DATA": ["w", "w"], "WR_EN": ["w", "0"], "WR_CLK": ["clk"]}
    return circuit(inputs=["a0", "a1", "e", "w"], memories=[("part.words", parameters, nets)])


def test_memory():
    """Word n is n; what is read comes a cycle later, is kept without the enable, and is read before it is written."""
    of = memory()
    rows = [[0, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 1, 0]]
    run = simulation(of, ["a0", "a1", "e", "w"], rows, watched=["d0", "d1"])
    found = run.run(6)
    assert [bits for _, bits in run.recorded] == [(0, 1), (0, 1), (1, 1), (1, 1), (0, 0), (1, 0)]
    assert (found.reads.tolist(), found.writes.tolist()) == ([8], [1])  # 4 of them in the reset, whose row is the first
    assert (of.memories[0].width, of.memories[0].bits) == (2, 8)


@pytest.mark.parametrize("changed", [{"RD_CLK_ENABLE": "0"}, {"WR_CLK_ENABLE": "0"}, {"OFFSET": "1"},
                                     {"RD_TRANSPARENCY_MASK": "1"}])
def test_other_memories(changed):
    with pytest.raises(InputError, match=r"memory part\.words"):
        memory(**changed)


@pytest.mark.parametrize(("cells", "message"), [
    ([("NAND", {"A": "a", "Y": "y"})], "a cell NAND, which the library has not"),
    ([("INV", {"Y": "y"})], "neither a gate nor a flip-flop"),
    ([("INV", {"A": "x", "Y": "y"}), ("INV", {"A": "y", "Y": "x"})], "form a loop")])
def test_refused(cells, message):
    with pytest.raises(InputError, match=message):
        gates_of(circuit(*cells), LIBRARY.cells)


def test_no_cells():
    assert circuit_of({"ports": {}, "netnames": {}, "cells": {"x": {"type": "$scopeinfo", "connections": {}}}}) \
        == Circuit(2, {}, {}, (), ())
