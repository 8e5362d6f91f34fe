"""Other numbers of states for a network that has some."""

import dataclasses

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.exact import exact_classes, exact_scores
from spinsc.models.importing.requantize import _chain, with_states
from spinsc.models.shipped import load_network

NETWORK = load_network("mlp1-k5")
DIGITS = embedded_images("mnist")[:400]


def test_the_chain_is_the_network_where_its_activations_are_rounded():
    """Before rounding, each hidden activation lies within half a step of the value that the network gives it."""
    chain = _chain(NETWORK)
    x = chain.steps[0](DIGITS.images.astype(np.float64))
    for step in chain.steps[1:4]:
        x = step(x)
    hidden = NETWORK.layers[0].outcome.states_of_z(chain.steps[1](chain.steps[0](DIGITS.images.astype(np.float64))))
    assert np.abs(x - (2 * hidden / 4 - 1)).max() < 0.25 + 0.12  # their thresholds are nearly, not quite, even
    assert (np.abs(x) <= 1).all()


def test_its_own_states_change_nothing():
    assert with_states(NETWORK, 5, DIGITS.images) is NETWORK


@pytest.mark.parametrize(("states", "least"), [(2, 85), (3, 93), (11, 96.5)])
def test_other_states_keep_most_of_the_accuracy(states, least):
    found = with_states(NETWORK, states, DIGITS.images)
    assert {layer.weight.states for layer in found.layers} == {states}
    assert found.layers[1].activation.states == states
    assert np.array_equal(found.input_thresholds, NETWORK.input_thresholds)
    assert (found.sizes, found.length, found.dataset) == (NETWORK.sizes, NETWORK.length, "mnist")
    assert 100 * (exact_classes(found, DIGITS.images) == DIGITS.labels).mean() > least


def test_many_states_come_near_the_network_without_rounding():
    def scores(x):
        for step in _chain(NETWORK).steps:
            x = step(x)
        return x

    smooth = scores(DIGITS.images.astype(np.float64))
    errors = [np.corrcoef(exact_scores(with_states(NETWORK, states, DIGITS.images), DIGITS.images).ravel(),
                          smooth.ravel())[0, 1] for states in (3, 64)]
    assert errors[0] < 0.999 < errors[1]


def test_two_states_leave_no_slope():
    layer = NETWORK.layers[0]
    signs = dataclasses.replace(layer, outcome=type(layer.outcome)(layer.outcome.z[:, 1:2]))
    last = dataclasses.replace(NETWORK.layers[1], activation=dataclasses.replace(
        NETWORK.layers[1].activation, states=2)) if dataclasses.is_dataclass(NETWORK.layers[1].activation) else None
    network = dataclasses.replace(NETWORK, layers=(signs, last))
    with pytest.raises(InputError, match=r"layer 0, neuron 0: from its 2 states no others can be made"):
        with_states(network, 3, DIGITS.images)
