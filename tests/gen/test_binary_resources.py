"""What binary arithmetic takes of an FPGA: neurons as synthesis found them, and where nothing is known."""

from __future__ import annotations

import pytest

from spinsc.gen.binary_resources import LANE_LUTS, binary_luts
from spinsc.gen.design import layer_shapes
from spinsc.gen.targets.registry import TARGETS
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network

#: Look-up tables of a whole neuron for ECP5, by K and lanes, as ``python -m benchmarks.binary_neurons`` found them.
NEURONS = {(3, 8): 167, (3, 28): 556, (5, 8): 363, (5, 28): 1238, (5, 49): 2003}


def network(states: int, weight_states: int | None = None, units: int = 10) -> Network:
    found = random_network((784, 100, 10), input_states=states, weight_states=weight_states or states,
                           activation_states=states, length=8, seed=1, folding=[Folding(16, units), Folding(16, 10)])
    return found.with_binary_arithmetic()


@pytest.mark.parametrize(("states", "lanes"), NEURONS)
def test_neurons_are_nearly_proportional_to_their_lanes(states: int, lanes: int) -> None:
    assert lanes * LANE_LUTS["ecp5"][states] == pytest.approx(NEURONS[states, lanes], rel=0.08)


def test_more_neurons_take_what_neurons_take() -> None:
    part = TARGETS.find("ecp5-85k")
    ten, twenty = (binary_luts(layer_shapes(network(5, units=units), pipeline=True), 4, part) for units in (10, 20))
    assert ten is not None
    assert twenty is not None
    # and weights in memories of their own
    assert 10 * 16 * 43.0 <= twenty - ten <= 1.5 * 10 * 16 * 43.0
    three = binary_luts(layer_shapes(network(3), pipeline=True), 4, part)
    assert three is not None
    assert three < ten


def test_what_was_not_measured_is_not_guessed() -> None:
    part = TARGETS.find("ecp5-25k")
    assert binary_luts(layer_shapes(network(4), pipeline=True), 4, part) is None
    assert binary_luts(layer_shapes(network(5, 3), pipeline=True), 4, part) is None
    assert binary_luts(layer_shapes(network(5), pipeline=True), 4, TARGETS.find("xc7a35t")) is None
