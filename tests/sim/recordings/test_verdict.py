"""The verdict on a recording: its probabilities by enumeration, and what it says against exact bits."""

import dataclasses
import itertools
import math

import numpy as np
import pytest

from spinsc.models.data.catalogue import embedded_images
from spinsc.models.golden.evaluation import accuracy
from spinsc.models.plan import SidePlan
from spinsc.models.shipped import load_network
from spinsc.models.side import Side
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions.mitigation import stuck
from spinsc.sim.junctions.smtj import SMTJ, simulate
from spinsc.sim.recordings import verdict
from spinsc.sim.recordings.moments import side_tables
from spinsc.sim.recordings.verdict import judge

DIGITS = embedded_images()
NETWORK = load_network("mlp1-k5")


@pytest.mark.parametrize(("states", "bits"), [(5, 2), (4, 3), (3, 1)])
def test_moments_of_comparators_by_enumeration(states, bits):
    lanes, lag = 2, 3
    side = Side(states, bits, lanes=lanes)
    rng = np.random.default_rng(states)
    p1, r = rng.uniform(0.2, 0.8, side.devices), rng.uniform(0, 0.9, side.devices)
    mean, moments = side_tables(side, p1, r, np.array([1, lag]))
    for lane, state in itertools.product(range(lanes), range(states)):
        expected = joint = 0.0
        for now, later in itertools.product(itertools.product((0, 1), repeat=bits), repeat=2):
            weight = 1.0
            for b in range(bits):
                p, memory = p1[b * lanes + lane], r[b * lanes + lane] ** lag
                stay = p + (1 - p) * memory if now[b] else p * (1 - memory)
                weight *= (p if now[b] else 1 - p) * (stay if later[b] else 1 - stay)
            threshold = side.comparator_thresholds[lane, state]
            first, second = (1 if sum(bit << b for b, bit in enumerate(word)) < threshold else -1
                             for word in (now, later))
            expected += weight * first
            joint += weight * first * second
        assert mean[lane, state] == pytest.approx(expected)
        assert moments[1, lane, state] == pytest.approx(joint)


def test_moments_of_tuned_junctions():
    side = Side(4, plan=SidePlan(source="tuned"), lanes=2)
    p1, r = np.array([0.3, 0.35, 0.7, 0.6]), np.array([0.5, 0.1, 0.2, 0.0])
    mean, moments = side_tables(side, p1, r, np.array([2]))
    assert mean == pytest.approx(np.array([[-1, -0.4, 0.4, 1], [-1, -0.3, 0.2, 1]]))
    assert moments[0, 0, 1] == pytest.approx(0.16 + 0.84 * 0.25)
    assert moments[0, :, [0, 3]] == pytest.approx(1)


@pytest.mark.parametrize(("r", "length"), [(0.0, 100), (0.3, 100), (0.9, 100), (0.99, 40), (0.5, 1)])
def test_lags_stand_for_all(r, length):
    lags, weights = verdict._lags(length, r)
    every = np.arange(1, length)
    assert (weights * r**lags).sum() == pytest.approx(((1 - every / length) * r**every).sum(), rel=0.05, abs=0.01)


@pytest.mark.parametrize(("fields", "broken", "cause"), [
    ({}, 0, None), ({"bias_kt": math.atanh(0.06)}, 0, "bias"), ({"sampling_interval_s": 4e-10}, 0, "correlation"),
    ({}, 14, "stuck devices")])
def test_verdict_is_what_exact_bits_say(fields, broken, cause):
    recording = simulate(SMTJ(seed=2, **fields), NETWORK, 8 * max(NETWORK.samples))
    if broken:
        recording = stuck(recording, np.arange(broken) * 19, 1)
    streams = RecordedStreams(recording, NETWORK)
    found = judge(streams, DIGITS.images, DIGITS.labels)
    right = 100 * accuracy(NETWORK, DIGITS.images, DIGITS.labels, streams)
    assert found.good == (cause is None)
    assert found.line.startswith("good enough" if cause is None else "not good enough")
    assert found.loss == pytest.approx(98.2 - right, rel=0.4, abs=1.0)
    if cause is not None:
        assert max(found.causes, key=found.causes.get) == cause
        assert f"limited by {cause} (" in found.line
        assert all(loss < 1 for other, loss in found.causes.items() if other != cause)


def test_too_few_samples():
    streams = RecordedStreams(SMTJ(seed=2).simulate(NETWORK.devices, 3 * max(NETWORK.steps) + 5), NETWORK)
    found = judge(streams, DIGITS.images, DIGITS.labels)
    assert not found.good
    assert "too few samples, bits of only 3 images (take 8 or more)" in found.line
    assert dataclasses.replace(found, period=8).good
