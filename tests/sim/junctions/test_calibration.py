"""Calibrated comparators: the chosen thresholds are the best ones, and they bring a network's accuracy back."""

import itertools
import math

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.golden.evaluation import accuracy
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions.calibration import calibrate, distribution, widened
from spinsc.sim.junctions.mitigation import stuck
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording

DIGITS = embedded_images()[:300]


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("mlp1-k5")


def record(network: Network, **fields) -> Recording:
    return SMTJ(seed=7, **fields).simulate(network.devices, 4 * max(network.steps))


def test_distribution_of_numbers_by_enumeration():
    p1 = np.array([[0.3, 0.5], [0.9, 0.0], [0.45, 1.0]])
    for group in range(2):
        mass = np.zeros(8)
        for bits in itertools.product((0, 1), repeat=3):
            number = sum(bit << b for b, bit in enumerate(bits))
            mass[number] = np.prod([p if bit else 1 - p for bit, p in zip(bits, p1[:, group], strict=True)])
        assert distribution(p1)[group] == pytest.approx(np.concatenate([[0], np.cumsum(mass)]))
    assert distribution(np.zeros((0, 2))).tolist() == [[0, 1], [0, 1]]


def test_no_other_threshold_is_nearer(network):
    wide = widened(network, 6)
    recording = record(wide, bias_kt=0.1, bias_spread_kt=0.4)
    found = calibrate(network, recording, random_bits=6)
    assert (found.network.layers[0].activation.bits, found.network.devices) == (6, wide.devices)
    p1 = recording.bits().mean(axis=1)
    worst = 0.0
    for base, layer in zip(wide.device_bases, found.network.layers, strict=True):
        for side, first in ((layer.activation, 0), (layer.weight, layer.activation.devices)):
            below = distribution(p1[base + first:][:side.devices].reshape(6, side.groups))
            for group, state in itertools.product(range(side.groups), range(1, 4)):
                chosen = side.comparator_thresholds[group, state]
                nearest = np.abs(below[group] - state / 4).min()
                assert abs(below[group, chosen] - state / 4) == nearest
                worst = max(worst, nearest)
    assert found.after == pytest.approx(worst)
    assert found.before > 0.2 > 0.1 > found.after


def test_unbiased_bits_keep_the_formula(network):
    bits = np.tile(np.array([[0, 1] * 32]), (network.devices, 1))
    found = calibrate(network, Recording.from_bits(bits, {"kind": "measured"}), random_bits=2)
    for layer, plain in zip(found.network.layers, network.layers, strict=True):
        for side, of_plain in zip(layer.sides, plain.sides, strict=True):
            assert np.array_equal(side.comparator_thresholds, of_plain.comparator_thresholds)
    assert (found.before, found.after) == (0, 0)


@pytest.mark.parametrize("broken", ["bias", "stuck"])
def test_calibration_brings_the_accuracy_back(network, broken):
    wide = widened(network)
    recording = record(wide, bias_kt=math.atanh(0.2) if broken == "bias" else 0.0)
    if broken == "stuck":
        recording = stuck(recording, np.arange(0, wide.devices, 12), 1)

    def right(chosen: Network) -> float:
        return accuracy(chosen, DIGITS.images, DIGITS.labels, RecordedStreams(recording, chosen))

    calibrated = calibrate(network, recording)
    assert right(wide) < 0.8
    assert right(calibrated.network) > 0.95
    if broken == "bias":
        assert right(calibrate(network, recording, common=True).network) > 0.95


def test_what_cannot_be_calibrated(network):
    with pytest.raises(InputError, match=r"of 8 bits needs 1104 devices, but the recording has 276.*--random-bits"):
        calibrate(network, record(network))
    with pytest.raises(InputError, match="no layer has a comparator"):
        calibrate(network.with_plan("tuned"), record(network))
