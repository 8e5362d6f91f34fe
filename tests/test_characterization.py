"""No bit changes unnoticed: what is emitted and computed, against hashes that were recorded once."""

import dataclasses

import numpy as np
import pytest

from tests import characterization
from tests.characterization import characterize, combinations, recorded

SOME = ("mlp1-k5", "odd", "planned")


@pytest.mark.parametrize("combination", combinations(SOME), ids=" ".join)
def test_no_bit_has_changed(combination, tmp_path):
    """All networks: python -m tests.characterization."""
    assert characterize(*combination, tmp_path) == recorded()[" ".join(combination)]


def test_one_weight_is_noticed(tmp_path, monkeypatch):
    network = characterization.named_network("odd")
    layer = network.layers[1]
    weights = np.array(layer.weights)
    weights[3, 4] = (weights[3, 4] + 1) % (weights.max() + 1)
    changed = dataclasses.replace(network, layers=(
        network.layers[0], dataclasses.replace(layer, weights=weights), *network.layers[2:]))
    monkeypatch.setattr(characterization, "named_network", lambda name: changed)
    expected = recorded()["emit odd ports"]
    found = characterize("emit", "odd", "ports", tmp_path)
    assert {part for part in expected if found[part] != expected[part]} == {"manifest.json", "mem", "network.npz"}
    assert characterize("eval", "odd", "lfsr", tmp_path) != recorded()["eval odd lfsr"]
