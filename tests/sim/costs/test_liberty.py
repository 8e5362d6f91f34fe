"""Libraries of cells: functions, tables, units, and files that are none."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.sim.costs.boolean import truth_table
from spinsc.sim.costs.liberty import library_of, read_library
from tests.sim.costs.circuits import LIBRARY

EXPRESSIONS = st.recursive(
    st.sampled_from(["A", "B", "C", "D", "0", "1"]).map(lambda name: (name, name)),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"!({one[0]})", f"(1 - ({one[1]}))")),
        inner.map(lambda one: (f"({one[0]})'", f"(1 - ({one[1]}))")),
        st.tuples(inner, inner, st.sampled_from([("+", "|"), ("|", "|"), ("*", "&"), ("&", "&"), (" ", "&"),
                                                 ("^", "^")])).map(
            lambda both: (f"({both[0][0]}{both[2][0]}{both[1][0]})", f"({both[0][1]} {both[2][1]} {both[1][1]})"))),
    max_leaves=8)


@given(EXPRESSIONS)
def test_functions(pair):
    """Every row of the table is what Python computes."""
    table, inputs = truth_table(pair[0])
    for number, values in enumerate(itertools.product((0, 1), repeat=len(inputs))):
        row = sum(value << at for at, value in enumerate(values))
        assert table >> row & 1 == eval(pair[1], dict(zip(inputs, values, strict=True))), number


@pytest.mark.parametrize(("function", "same"), [("A+B C", "A+(B C)"), ("A B^C", "A (B^C)"), ("!A+B", "(!A)+B"),
                                                ("A B' C", "A (!B) C"), ("!A B", "(!A) B")])
def test_precedence(function, same):
    assert truth_table(function) == truth_table(same)


@pytest.mark.parametrize("function", ["A+", "(A", "A)", "+A", "A ! B ?"])
def test_no_function(function):
    with pytest.raises(ValueError, match=r"function|bracket"):
        truth_table(function)


def test_units():
    inverter, flip_flop = LIBRARY.cells["INV"], LIBRARY.cells["DFF"]
    assert LIBRARY.voltage_v == 2
    assert inverter.pins["A"].capacitance_f == pytest.approx(1e-14)  # the mean of rise and fall
    assert inverter.leakage_w == pytest.approx(0.5e-9)
    energy, transition, delay = (getattr(inverter.pins["Y"], name)[0].at(0, 0)
                                 for name in ("energies", "transitions", "delays"))
    assert (energy, transition, delay) == pytest.approx((4e-14, 2e-10, 1e-10))
    assert (flip_flop.data, flip_flop.clock) == ("D", "CLK")


@pytest.mark.parametrize(("load", "transition", "energy"), [
    (0, 0.1, 1), (2, 0.1, 3), (1, 0.1, 2), (1, 0.2, 3), (0, 0.2, 1.5), (5, 0.9, 6), (0, 0, 1)])
def test_between_points(load, transition, energy):
    """Linear in both, and beyond the points as at the last."""
    arc, = LIBRARY.cells["LOADED"].pins["Y"].energies
    assert float(arc.at(load * 1e-12, transition * 1e-9)) == pytest.approx(energy * 1e-12)
    assert arc.at(np.full(3, load * 1e-12), transition * 1e-9) == pytest.approx([energy * 1e-12] * 3)


@pytest.mark.parametrize("text", ["", "cell (A) { }", "library (x) {", "library (x) { time_unit = 1; }"])
def test_no_library(tmp_path, text):
    path = tmp_path / "x.lib"
    path.write_text(text)
    with pytest.raises(InputError, match="not a Liberty file"):
        read_library(path)
    with pytest.raises(InputError, match="not a Liberty file"):
        read_library(tmp_path / "nothing.lib")


def test_other_order_of_variables():
    text = """library (x) { time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW"; nom_voltage : 1;
      capacitive_load_unit (1, pf);
      power_lut_template (t) { variable_1 : input_transition_time; variable_2 : total_output_net_capacitance; }
      cell (C) { pin (A) { direction : input; } pin (Y) { direction : output; function : "A"; internal_power () {
        power (t) { index_1 ("1, 2"); index_2 ("3, 4, 5"); values ("1, 2, 3", "4, 5, 6"); } } } } }"""
    arc, = library_of(text).cells["C"].pins["Y"].energies
    assert float(arc.at(4e-12, 2e-9)) == pytest.approx(5e-12)
