"""Networks that are made, and their folding."""

from __future__ import annotations

import numpy as np

from spinsc.models.builders import balanced_folding, random_network


def test_balanced_folding_gives_all_layers_the_same_chunks() -> None:
    sizes = (784, 512, 100, 10)
    folding = balanced_folding(sizes)
    assert [each.units for each in folding] == [512, 100, 10]
    assert {-(-inputs // each.lanes) for inputs, each in zip(sizes, folding, strict=False)} == {13}
    assert max(each.lanes for each in folding) <= 64


def test_random_network_uses_every_state() -> None:
    network = random_network((100, 50, 10), input_states=5, weight_states=5, activation_states=5, length=50, seed=1)
    assert len(np.unique(network.layers[0].weights)) == 5
    again = random_network((100, 50, 10), input_states=5, weight_states=5, activation_states=5, length=50, seed=1)
    assert again.hash == network.hash
