"""Shapes that cannot be built are refused, with the value in the message; what follows from a shape."""

import dataclasses

import pytest

from spinsc.hdl.shapes import LayerShape, NeuronShape, SideShape, state_width

SHAPE = LayerShape(inputs=13, neurons=7, lanes=5, units=3, length=9, activation=SideShape(5, 2),
                   weight=SideShape(11, 8))


@pytest.mark.parametrize(("name", "value", "limits"), [
    ("inputs", 0, "at least 1"), ("neurons", 0, "at least 1"), ("length", 0, "at least 1"),
    ("lanes", 14, "from 1 to 13"), ("lanes", 0, "from 1 to 13"), ("units", 8, "from 1 to 7"),
    ("unroll", 0, "from 1 to 9"), ("unroll", 10, "from 1 to 9")])
def test_layer_out_of_range(name, value, limits):
    with pytest.raises(ValueError, match=f"^{name} must be {limits}, not {value}$"):
        dataclasses.replace(SHAPE, **{name: value})


@pytest.mark.parametrize(("name", "value", "limits"), [
    ("states", 1, "from 2 to 256"), ("states", 257, "from 2 to 256"), ("bits", 17, "from 0 to 16"),
    ("bits", -1, "from 0 to 16")])
def test_side_out_of_range(name, value, limits):
    with pytest.raises(ValueError, match=f"^{name} must be {limits}, not {value}$"):
        dataclasses.replace(SHAPE.activation, **{name: value})


def test_sides_that_do_not_fit():
    with pytest.raises(ValueError, match="unroll must be 1 where there are delays, not 3"):
        dataclasses.replace(SHAPE, unroll=3, weight=SideShape(11, 8, 2, delay=1))
    with pytest.raises(ValueError, match="bits of a tuned source must be 9, not 8"):
        SideShape(11, 8, tuned=True)


def test_counts():
    assert (SHAPE.chunks, SHAPE.passes, SHAPE.compute_steps) == (3, 3, 81)
    assert SHAPE.full_scale == 117
    shape = dataclasses.replace(SHAPE, activation=SideShape(5, 2, 2, blocks=True, delay=4), weight=SideShape(11, 8, 3))
    assert (shape.fill, shape.compute_steps, shape.cycles, shape.devices) == (8, 81, 89, 2 * 2 + 3 * 8)


def test_a_side_without_random_numbers_delays_nothing():
    shape = dataclasses.replace(SHAPE, activation=SideShape(2, 0, 2, delay=4))
    assert (shape.fill, shape.devices, list(shape.random_sides)) == (0, 5 * 8, ["weight"])


@pytest.mark.parametrize("change", [
    {"lanes": 6}, {"inputs": 12}, {"length": 8}, {"unroll": 2}, {"weight": SideShape(10, 8)},
    {"weight": SideShape(11, 9, tuned=True)}])
def test_neurons_differ_where_their_hardware_does(change):
    assert dataclasses.replace(SHAPE, **change).neuron != SHAPE.neuron


def test_neurons_are_equal_where_their_hardware_is():
    same = dataclasses.replace(SHAPE, neurons=9, units=2, activation=SideShape(3, 4, 2), weight=SideShape(11, 3, 2))
    assert same.neuron == SHAPE.neuron == NeuronShape(5, 11, 117, 1, 1, True)


@pytest.mark.parametrize("states", range(2, 257))
def test_state_width(states):
    assert 2 ** (state_width(states) - 1) < states <= 2 ** state_width(states)
