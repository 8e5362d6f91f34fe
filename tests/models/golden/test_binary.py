"""Binary arithmetic: the golden model against sums of fractions, and what a network of it may be."""

import dataclasses
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.models.artifact import load_artifact
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.streams.ideal import IdealStreams


def stochastic_network(sizes, states, seed):
    of_inputs, of_weights, of_activations = states
    return random_network(sizes, input_states=of_inputs, weight_states=of_weights, activation_states=of_activations,
                          length=7, seed=seed)


def binary_network(sizes, states, seed):
    return stochastic_network(sizes, states, seed).with_binary_arithmetic()


def value(state, states):
    return Fraction(2 * int(state), states - 1) - 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.tuples(*[st.integers(1, 6)] * 3), st.tuples(*[st.integers(2, 12)] * 3), st.integers(0, 1000))
def test_sums_are_those_of_the_values(sizes, states, seed):
    """acc = L (I + z) / 2 with z the sum of v_x * v_w, in fractions."""
    network = binary_network(sizes, states, seed)
    images = np.random.default_rng(seed).integers(0, 256, (4, sizes[0]), dtype=np.uint8)
    trace = evaluate(network, images, IdealStreams(network, 0, 1))
    inputs = [trace.input_states, *trace.states]
    for layer, length, of_layer, sums in zip(network.layers, network.lengths, inputs, trace.accumulators, strict=True):
        for image, row in enumerate(of_layer):
            for neuron, weights in enumerate(layer.weights):
                z = sum(value(x, layer.activation.states) * value(w, layer.weight.states)
                        for x, w in zip(row, weights, strict=True))
                assert sums[image, neuron] == length * (layer.inputs + z) / 2
    for layer, length, sums, reached in zip(network.layers, network.lengths, trace.accumulators, trace.states,
                                            strict=False):
        integers = layer.outcome.integers(layer.inputs, length)
        assert (reached == (sums[:, :, None] >= integers).sum(2)).all()


def test_wide_sums_are_exact_in_float64():
    """784 inputs of 256 states reach 51 million, beyond the integers of float32."""
    network = binary_network((784, 3), (256, 256, 2), 1)
    images = np.random.default_rng(1).integers(0, 256, (20, 784), dtype=np.uint8)
    trace = evaluate(network, images, IdealStreams(network, 0, 1))
    x, w = trace.input_states.astype(np.int64), network.layers[0].weights.astype(np.int64).T
    assert (trace.accumulators[0] == x @ w + (255 - x) @ (255 - w)).all()


def test_file_and_hash(tmp_path):
    stochastic = stochastic_network((5, 4, 3), (5, 5, 5), 1)
    network = stochastic.with_binary_arithmetic()
    assert network.devices == 0
    assert network.lengths == (16, 16)
    hashes = [each.hash for each in (stochastic, network, network.with_folding(2, 2))]
    assert all(a != b for a, b in pairwise(sorted(hashes)))
    network.save(tmp_path / "net.npz")
    assert load_artifact(tmp_path / "net.npz").hash == network.hash
    assert load_artifact(tmp_path / "net.npz").arithmetic == "binary"


def test_refused():
    network = stochastic_network((5, 4, 3), (5, 5, 5), 1)
    with pytest.raises(InputError, match="arithmetic must be one of stochastic, binary, not 'ternary'"):
        dataclasses.replace(network, arithmetic="ternary")
    with pytest.raises(InputError, match=r"layer 0 must have random bits \(m\) 0 and unroll \(B\) 1"):
        dataclasses.replace(network, arithmetic="binary")
