"""The whole network: what it is made of, and its ports, for every random source and outcome."""

import dataclasses
import gc

import pytest
from amaranth.hdl import UnusedElaboratable

from spinsc.hdl.activation import ActivationOutcome
from spinsc.hdl.argmax import ArgmaxOutcome
from spinsc.hdl.lfsr import LfsrBanks
from spinsc.hdl.network import LayerDesign, NetworkHardware
from spinsc.hdl.random_ports import RandomPorts
from spinsc.hdl.replay import ReplayMemories
from spinsc.hdl.shapes import LayerShape, SideShape

SHAPE = LayerShape(inputs=13, neurons=7, lanes=5, units=3, length=9, activation=SideShape(5, 2),
                   weight=SideShape(11, 8), unroll=4)
HIDDEN = LayerDesign(0, SHAPE, ActivationOutcome(3), "neuron")
OUTPUT = LayerDesign(1, LayerShape(7, 4, 7, 4, 9, SideShape(3, 1), SideShape(2, 0)), ArgmaxOutcome(), "neuron")


@pytest.fixture(autouse=True, scope="module")
def _silence():
    """Networks that are only looked at are never elaborated, of which Amaranth would warn when they go."""
    UnusedElaboratable._MustUse__silence = True
    yield
    gc.collect()
    UnusedElaboratable._MustUse__silence = False


@pytest.mark.parametrize("layers", [[], [HIDDEN], [OUTPUT, OUTPUT], [HIDDEN, HIDDEN], [OUTPUT, HIDDEN]])
def test_network_ends_with_one_output_layer(layers):
    with pytest.raises(ValueError, match="hidden layers followed by one output layer"):
        NetworkHardware(layers, 4, RandomPorts())


def test_names():
    assert (HIDDEN.layer_module, HIDDEN.weight_stem, HIDDEN.outcome_file) == (
        "spinsc_layer0", "layer0_weights", "layer0_thresholds.mem")
    assert OUTPUT.outcome_file == "layer1_biases.mem"


@pytest.mark.parametrize(("random", "expected"), [
    (RandomPorts(), {"random0_activation": 4 * 10, "random0_weight": 4 * 40, "random0_step": 1, "random0_last": 1,
                     "random0_partial": 1, "random1_activation": 7, "random1_step": 1, "random1_last": 1}),
    (LfsrBanks(), {}), (ReplayMemories(), {})])
def test_ports(random, expected):
    network = NetworkHardware([HIDDEN, OUTPUT], 4, random)
    widths = {name: len(getattr(network, name)) for name in network.signature.members}
    assert {name: width for name, width in widths.items() if name.startswith("random")} == expected
    score = 8  # -126 to 126
    assert {name: width for name, width in widths.items() if not name.startswith("random")} == {
        "s_axis_tdata": 32, "s_axis_tvalid": 1, "s_axis_tready": 1, "m_axis_tdata": 8, "m_axis_tuser": 4 * score,
        "m_axis_tvalid": 1, "m_axis_tready": 1,
        "trace0_valid": 1, "trace0_index": 3, "trace0_accumulator": 7, "trace0_state": 2,
        "trace1_valid": 1, "trace1_index": 2, "trace1_accumulator": 6}
    assert network.score_width == score


@pytest.mark.parametrize(("random", "names"), [
    (LfsrBanks(), {"lfsr0_activation", "lfsr0_weight", "lfsr1_activation"}),
    (ReplayMemories(), {"replay0", "replay1"}), (RandomPorts(), set())])
def test_submodules(random, names):
    module = NetworkHardware([HIDDEN, OUTPUT], 4, random).elaborate(None)
    assert set(module._named_submodules) == {"quantizer", "layer0", "activation0", "layer1", "argmax"} | names


def test_a_layer_without_random_numbers_has_no_replay_memory():
    binary = dataclasses.replace(OUTPUT, shape=dataclasses.replace(OUTPUT.shape, activation=SideShape(2, 0)))
    module = NetworkHardware([dataclasses.replace(HIDDEN, outcome=ActivationOutcome(2)), binary], 4,
                             ReplayMemories()).elaborate(None)
    assert [name for name in module._named_submodules if name.startswith("replay")] == ["replay0"]
