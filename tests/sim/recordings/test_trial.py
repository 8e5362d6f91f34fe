"""Losses of accuracy: streams of chosen samples are the recording's, and the error is that of repeated measurements."""

import numpy as np
import pytest

from spinsc.models.data.catalogue import embedded_images
from spinsc.models.golden.evaluation import accuracy, evaluate
from spinsc.models.shipped import load_network
from spinsc.models.streams.chosen import ChosenSlots
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions.model import simulate
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.trial import SampleStreams, Trial, spread_slots
from spinsc.sim.recordings.verdict import _samples

DIGITS = embedded_images("mnist")
NETWORK = load_network("mlp1-k5")


@pytest.mark.parametrize("network", [NETWORK, NETWORK.with_plan("groups=8,delay=2"), NETWORK.with_plan("tuned"),
                                     NETWORK.with_plan("shared")], ids=["own", "delayed", "tuned", "shared"])
def test_samples_give_the_recordings_numbers(network):
    streams = RecordedStreams(simulate(SMTJ(seed=1), network, 5 * max(network.samples) + 3), network)
    slots = [0, 3, 4]
    chosen = ChosenSlots(network, streams, slots)
    samples = SampleStreams(network, [_samples(streams, layer, slots) for layer in range(len(network.layers))])
    assert (chosen.period, samples.period) == (3, 3)
    for layer in range(len(network.layers)):
        for place, slot in enumerate(slots):
            for made in (chosen, samples):
                for a, b in zip(made.numbers(layer, place), streams.numbers(layer, slot), strict=True):
                    assert np.array_equal(a, b)
    images = DIGITS.images[:12]
    expected = evaluate(network, images, chosen)
    found = evaluate(network, images, samples)
    assert np.array_equal(found.scores, expected.scores)


def test_spread_slots():
    assert spread_slots(1) == [0]
    assert spread_slots(5) == [0, 1, 2, 3, 4]
    assert spread_slots(1000, 3) == [0, 500, 999] or spread_slots(1000, 3) == [0, 499, 999]
    assert len(spread_slots(10**6)) == 16


def test_loss_is_what_accuracy_says():
    bad = RecordedStreams(simulate(SMTJ(seed=2, bias_kt=0.05), NETWORK, 16 * max(NETWORK.samples)), NETWORK)
    loss = Trial(NETWORK, DIGITS.images, DIGITS.labels).loss(bad)
    best, right = (100 * accuracy(NETWORK, DIGITS.images, DIGITS.labels, streams)
                   for streams in (IdealStreams(NETWORK, 5, 64), bad))
    assert loss.points == pytest.approx(best - right, abs=loss.error)
    assert 0.5 < loss.error < 5


def test_error_holds_between_sets_of_images():
    recording = simulate(SMTJ(seed=2, bias_kt=0.02), NETWORK, 16 * max(NETWORK.samples))
    streams = RecordedStreams(recording, NETWORK)
    found = [Trial(NETWORK, DIGITS.images[start:start + 200], DIGITS.labels[start:start + 200]).loss(streams)
             for start in range(0, 1000, 200)]
    points = np.array([loss.points for loss in found])
    errors = np.array([loss.error for loss in found]) / 2
    assert np.abs(points - points.mean()).max() < 4 * errors.mean()
    assert points.std(ddof=1) < 2.2 * errors.mean()
    assert Trial(NETWORK, DIGITS.images[:3], DIGITS.labels[:3]).loss(IdealStreams(NETWORK, 9, 4)).error > 10
