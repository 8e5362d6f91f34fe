"""Extremes of every parameter, emitted, linted and co-simulated with every source of random numbers."""

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side
from spinsc.sim.cosim.run import cosimulate
from tests.coins import replay_of_coins

SEED = 11
IMAGES = 9


def small(*, sizes=(16, 6, 4), folding=None, length=8, **states):
    states = {"input_states": 5, "weight_states": 5, "activation_states": 5} | states
    return random_network(sizes, length=length, seed=SEED, folding=folding, **states)


def wide_random_numbers():
    """m from 0 (where the states need more) to 16, thresholds and biases at both ends."""
    rng = np.random.default_rng(SEED)
    z = np.sort(rng.normal(0, 3, (5, 6)), axis=1)
    z[0, 0], z[1, -1], z[2, :] = -np.inf, np.inf, 0
    biases = np.array([1e9, -1e9, 0.0])
    return Network((
        Layer(rng.integers(0, 4, (5, 10)), Side(6, 16), Side(4, 0), Folding(3, 2), Thresholds(z)),
        Layer(rng.integers(0, 3, (3, 5)), Side(7, 0), Side(3, 16), Folding(5, 3), Scores(biases))),
        np.array([0, 50, 50, 128, 256]), 6)


#: Network, source of random numbers, pixels per beat.
CASES = {
    "two states everywhere, so no random numbers, by ports": (
        lambda: small(input_states=2, weight_states=2, activation_states=2), "ports", 4),
    "256 states everywhere": (
        lambda: small(sizes=(5, 2, 3), folding=[Folding(3, 1), Folding(2, 1)], length=3, input_states=256,
                      weight_states=256, activation_states=256), "lfsr", 1),
    "one lane and one unit": (lambda: small(sizes=(16, 3, 4), folding=[Folding(1, 1), Folding(1, 1)]), "replay", 4),
    "all lanes and all units": (lambda: small(folding=[Folding(16, 6), Folding(6, 4)]), "ports", 16),
    "no hidden layer": (lambda: small(sizes=(16, 3), folding=[Folding(5, 2)]), "lfsr", 3),
    "one step per chunk": (lambda: small(folding=[Folding(16, 6), Folding(5, 3)], length=1), "ports", 5),
    "one of each": (
        lambda: small(sizes=(1, 1, 1), folding=[Folding(1, 1), Folding(1, 1)], length=1, weight_states=3), "replay", 4),
    "several time steps per cycle": (
        lambda: small(folding=[Folding(7, 4), Folding(4, 3)], length=11).with_folding(unroll=4), "ports", 4),
    "all time steps at once": (
        lambda: small(folding=[Folding(7, 4), Folding(4, 3)], length=11).with_folding(unroll=11), "replay", 4),
    "a folding for each layer": (
        lambda: small(sizes=(16, 6, 5, 4), length=12,
                      folding=[Folding(16, 3, 6), Folding(3, 5, 12), Folding(2, 4, 5)]), "lfsr", 4),
    "random numbers of other widths than the states need": (wide_random_numbers, "lfsr", 2),
    "binary arithmetic, odd and even numbers of states": (
        lambda: small(sizes=(13, 8, 6, 4), folding=[Folding(4, 5), Folding(3, 6), Folding(6, 1)], input_states=5,
                      weight_states=4, activation_states=11).with_binary_arithmetic(), "ports", 3),
    "binary arithmetic of 256 and of two states": (
        lambda: small(sizes=(9, 5, 3), folding=[Folding(2, 2), Folding(5, 3)], input_states=256, weight_states=2,
                      activation_states=256).with_binary_arithmetic(), "ports", 2),
}


@pytest.mark.parametrize("case", CASES)
def test_extremes(case, tmp_path, lint):
    make, source, pixels_per_beat = CASES[case]
    network = make()
    rng = np.random.default_rng(SEED)
    emit(network, tmp_path / "hw", source=replay_of_coins(network, rng) if source == "replay" else source,
         pixels_per_beat=pixels_per_beat)
    images = rng.integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8)
    images[0], images[1] = 0, 255
    report = cosimulate(tmp_path / "hw", images, rng.integers(0, network.classes, IMAGES), first=3)
    assert report.comparison.listed == []
    assert report.passed
    words = network.classes + 1 + sum(layer.neurons * (1 if isinstance(layer.outcome, Scores) else 2)
                                      for layer in network.layers)
    assert report.comparison.words == IMAGES * words
    assert report.cycles_per_image == report.predicted_cycles_per_image
    assert report.latency == report.predicted_latency
    assert report.comparison.timely
    assert report.edited == []
    assert lint(tmp_path / "hw") == ""
