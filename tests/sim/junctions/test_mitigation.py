"""Ways to better bits, on recordings whose bits are known, and against their formulas."""

import itertools
import math

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions import mitigation
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.statistics import measure

BITS = np.random.default_rng(0).random((6, 203)) < 0.3
KNOWN = Recording.from_bits(BITS, {"kind": "measured", "sampling_interval_s": 1e-6})


def layered(*sizes: int, lanes: int) -> Network:
    return random_network(sizes, input_states=5, weight_states=5, activation_states=5, length=10, seed=1,
                          folding=[Folding(min(lanes, inputs), neurons)
                                   for inputs, neurons in itertools.pairwise(sizes)])


def test_each_way_by_its_definition():
    assert np.array_equal(mitigation.xor(KNOWN, 3).bits(), BITS[:2] ^ BITS[2:4] ^ BITS[4:])
    thinned = mitigation.every(KNOWN, 4)
    assert np.array_equal(thinned.bits(), BITS[:, :200:4])
    assert thinned.sampling_interval_s == 4e-6
    kept = [[int(a) for a, b in zip(row[0::2], row[1::2], strict=False) if a != b] for row in BITS]
    shortest = min(map(len, kept))
    fair = mitigation.von_neumann(KNOWN)
    assert np.array_equal(fair.bits(), [row[:shortest] for row in kept])
    assert fair.sampling_interval_s is None
    assert fair.metadata.made_by == ({"von_neumann": True},)
    broken = mitigation.stuck(KNOWN, np.array([1, 4]), 1)
    assert broken.bits()[[1, 4]].all()
    assert np.array_equal(np.delete(broken.bits(), [1, 4], 0), np.delete(BITS, [1, 4], 0))


def test_shuffled_lanes_read_each_others_numbers():
    network = layered(7, 6, 3, lanes=3)
    steps = max(network.steps)
    recording = SMTJ(seed=4).simulate(network.devices, 2 * steps)
    before, after = (RecordedStreams(made, network) for made in (recording, mitigation.shuffle(recording, network)))
    for number, layer in enumerate(network.layers):
        for slot in range(2):
            of_step = slot * layer.steps(network.length) + np.arange(layer.steps(network.length))
            lanes = (np.arange(layer.folding.lanes) + of_step[:, None]) % layer.folding.lanes
            for old, new in zip(before.numbers(number, slot), after.numbers(number, slot), strict=True):
                assert np.array_equal(new, np.take_along_axis(old, lanes, axis=1))


def test_bias_and_correlation_follow_their_formulas():
    model = SMTJ(bias_kt=0.3, barrier_spread_kt=0, bias_spread_kt=0, sampling_interval_s=2e-9, seed=5)
    recording = model.simulate(12, 400_000)
    r, e = model.autocorrelation(1, 1)[0, 0], math.tanh(0.3)
    found = measure(mitigation.xor(recording, 2), 1)
    assert found.p1.mean() == pytest.approx((1 - e**2) / 2, abs=0.003)
    unbiased = SMTJ(barrier_spread_kt=0, bias_spread_kt=0, sampling_interval_s=2e-9, seed=6)
    of_two = measure(mitigation.xor(unbiased.simulate(12, 400_000), 2), 1)
    assert of_two.autocorrelation.mean() == pytest.approx(unbiased.autocorrelation(1, 1)[0, 0] ** 2, abs=0.003)
    assert measure(mitigation.every(recording, 3), 1).autocorrelation.mean() == pytest.approx(r**3, abs=0.005)
    fair = mitigation.von_neumann(recording)
    assert measure(fair, 1).p1.mean() == pytest.approx(0.5, abs=0.004)
    assert 400_000 / fair.steps == pytest.approx(4 / ((1 - e**2) * (1 - r)), rel=0.02)


@pytest.mark.parametrize(("way", "message"), [
    (lambda: mitigation.xor(KNOWN, 7), "2 to 6 junctions, .* not 7"),
    (lambda: mitigation.every(KNOWN, 1), "from 2 to the 203 samples .* not 1"),
    (lambda: mitigation.von_neumann(Recording.from_bits(np.tile([0, 0, 1, 1], 9), {"kind": "measured"})), "device 0"),
    (lambda: mitigation.shuffle(KNOWN, layered(7, 3, lanes=1).with_plan("shared")), "layers=own"),
    (lambda: mitigation.shuffle(KNOWN, layered(7, 3, lanes=3)), "needs 12 devices, but the recording has 6"),
])
def test_bad_input(way, message):
    with pytest.raises(InputError, match=message):
        way()
