"""Predicted cycles: by hand, as properties, and against the Verilog of random shapes (more: python -m tests.timing)."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.gen.cycles import gather_cycles, layer_cycles, network_cycles, network_latency, result_cycles
from spinsc.gen.design import layer_shapes
from spinsc.hdl.shapes import LayerShape
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from tests.timing import predicted_cycles, random_shape, simulated_cycles
from tests.tools import needs_icarus


def test_layers_that_hold_each_other_up():
    """2-9-2, L = 1. Layer 0 takes three passes of 3 results + 3 cycles of latency, so it could begin an image every 18
    cycles. But layer 1 pads its 9 states to two chunks of 8 lanes, 7 cycles in which it takes nothing: its first state
    of an image comes 2 * 6 + 3 + 7 cycles after that of the image before.
    """
    network = random_network((2, 9, 2), input_states=3, weight_states=3, activation_states=3, length=1, seed=1,
                             folding=[Folding(2, 3), Folding(8, 2)])
    first, second = layer_shapes(network)
    assert max(layer_cycles(first), layer_cycles(second), gather_cycles(first, 2), gather_cycles(second, 1)) == 18
    assert network_cycles([first, second], 2) == 22


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_results_come_at_equal_intervals_and_no_faster_than_any_part(seed, pipeline):
    network, pixels_per_beat = random_shape(seed)
    shapes = layer_shapes(network, pipeline)
    results = result_cycles(shapes, pixels_per_beat, 40)
    intervals = {second - first for first, second in itertools.pairwise(results)}
    assert intervals == {network_cycles(shapes, pixels_per_beat)}
    assert results[0] == network_latency(shapes, pixels_per_beat)
    assert min(intervals) >= max(max(layer_cycles(shape), gather_cycles(shape, 1 if number else pixels_per_beat))
                                 for number, shape in enumerate(shapes))


@needs_icarus
@pytest.mark.parametrize(("seed", "pipeline"), [*((seed, False) for seed in range(24)),
                                                *((seed, True) for seed in range(24, 48))])
def test_prediction_is_exact(seed, pipeline, tmp_path):
    network, pixels_per_beat = random_shape(seed)
    predicted = predicted_cycles(network, pixels_per_beat, pipeline)
    assert simulated_cycles(network, pixels_per_beat, tmp_path, pipeline) == predicted


@needs_icarus
def test_a_latency_that_is_one_too_short_is_noticed(tmp_path, monkeypatch):
    network, pixels_per_beat = random_shape(3)
    monkeypatch.setattr(LayerShape, "latency", 2)
    assert simulated_cycles(network, pixels_per_beat, tmp_path) != predicted_cycles(network, pixels_per_beat)
