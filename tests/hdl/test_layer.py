"""Descriptions of hardware that cannot be built are refused, with the value in the message."""

import dataclasses

import pytest

from spinsc.hdl.fanout import SideShape
from spinsc.hdl.layer import LayerShape
from spinsc.hdl.network import LayerPlan, Network

SHAPE = LayerShape(inputs=13, neurons=7, lanes=5, units=3, length=9, input_states=5, weight_states=11,
                   activation_bits=2, weight_bits=8)
HIDDEN = LayerPlan(SHAPE, "layer", "neuron", "weights", "thresholds", output_states=3)
OUTPUT = dataclasses.replace(HIDDEN, output_states=None)


@pytest.mark.parametrize(("name", "value", "limits"), [
    ("inputs", 0, "at least 1"), ("neurons", 0, "at least 1"), ("length", 0, "at least 1"),
    ("lanes", 14, "from 1 to 13"), ("lanes", 0, "from 1 to 13"), ("units", 8, "from 1 to 7"),
    ("input_states", 1, "from 2 to 256"), ("weight_states", 257, "from 2 to 256"),
    ("activation_bits", 17, "from 0 to 16"), ("weight_bits", -1, "from 0 to 16"), ("unroll", 0, "from 1 to 9"),
    ("unroll", 10, "from 1 to 9")])
def test_shape_out_of_range(name, value, limits):
    with pytest.raises(ValueError, match=f"^{name} must be {limits}, not {value}$"):
        dataclasses.replace(SHAPE, **{name: value})


def test_sides_out_of_range():
    with pytest.raises(ValueError, match="unroll must be 1 where there are delays, not 3"):
        dataclasses.replace(SHAPE, unroll=3, weight_side=SideShape(2, delay=1))
    with pytest.raises(ValueError, match="weight_bits of a tuned source must be 9, not 8"):
        dataclasses.replace(SHAPE, weight_side=SideShape(tuned=True))


def test_shape_counts_of_sides():
    shape = dataclasses.replace(SHAPE, activation_side=SideShape(2, blocks=True, delay=4), weight_side=SideShape(3))
    assert (shape.fill, shape.steps, shape.cycles, shape.devices) == (8, 81, 89, 2 * 2 + 3 * 8)


def test_shape_counts():
    assert (SHAPE.chunks, SHAPE.passes, SHAPE.steps) == (3, 3, 81)
    assert SHAPE.full_scale == 117


@pytest.mark.parametrize("plans", [[], [HIDDEN], [OUTPUT, OUTPUT], [HIDDEN, HIDDEN]])
def test_network_ends_with_one_output_layer(plans):
    with pytest.raises(ValueError, match="hidden layers followed by one output layer"):
        Network(plans, "thresholds", 4, "ports")


def test_network_knows_its_sources():
    with pytest.raises(ValueError, match="source must be ports, lfsr or replay, not 'dice'"):
        Network([OUTPUT], "thresholds", 4, "dice")


def test_replay_needs_a_recording():
    with pytest.raises(ValueError, match="layer 0 has no recording for its replay memory"):
        Network([OUTPUT], "thresholds", 4, "replay").elaborate(None)
