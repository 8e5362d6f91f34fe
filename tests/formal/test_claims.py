"""One claim about each component, and of a network that its output is stable; all of them: ``make formal``."""

import pytest
from amaranth.hdl import UnusedElaboratable

from tests.formal.catalogue import LEAVES, claims, small_network
from tests.formal.prover import decide

SHORT = ("popcount 7", "xnor 16", "comparator of own thresholds", "select S=2 K=5", "quantizer K=5, 2 a beat",
         "activation N=3 K=3", "argmax N=2 I*L=3", "accumulator 2 into 4 bits", "neuron S=3 K=3 B=1", "lfsr m=2 B=3",
         "fanout with delays", "sequencer Q=2 C=2 L=3 B=1 F=3", "state buffer I=3 S=2 K=2, 2 a beat", "replay 3 x 5")


@pytest.fixture(autouse=True, scope="module")
def _silence():
    """Components whose models alone are run are never elaborated, of which Amaranth would warn."""
    UnusedElaboratable._MustUse__silence = True
    yield
    UnusedElaboratable._MustUse__silence = False


@pytest.mark.parametrize("name", SHORT)
def test_component_equals_its_model(name):
    assert decide(LEAVES[name]()).proved
    assert any(decide(LEAVES[name](), mutant=seed).refuted for seed in range(1, 9))


def test_network_output_is_stable():
    with small_network() as network:
        claim, broken = claims(network)["network: the output stream is stable"]
        assert decide(claim()).proved
        assert decide(broken()).refuted
