"""Random numbers from recordings: the samples that the contract's device map names."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording
from tests.models.planned import network as planned_network
from tests.models.streams.recordings import META, coins, small_network


def test_numbers_follow_the_device_map():
    network = small_network()
    recording = coins(network.devices + 3, 2 * max(network.steps) + 5)
    streams = RecordedStreams(recording, network)
    assert streams.period == 2
    samples = recording.bits()
    base = 0
    for number, layer in enumerate(network.layers):
        passes, chunks = -(-layer.neurons // layer.folding.units), -(-layer.inputs // layer.folding.lanes)
        steps = passes * chunks * network.length
        lanes, m_a, m_w = layer.folding.lanes, layer.activation.bits, layer.weight.bits
        for image in range(2):
            r_a, r_w = streams.numbers(number, image)
            assert r_a.shape == r_w.shape == (steps, lanes)
            assert r_a.dtype.kind == r_w.dtype.kind == "u"
            for n in range(steps):
                for s in range(lanes):
                    t = image * steps + n
                    assert r_a[n, s] == sum(int(samples[base + b * lanes + s, t]) << b for b in range(m_a))
                    assert r_w[n, s] == sum(int(samples[base + (m_a + b) * lanes + s, t]) << b for b in range(m_w))
        base += lanes * (m_a + m_w)
    for slot in (-1, 2):
        with pytest.raises(ValueError, match=f"slot must be from 0 to 1, not {slot}"):
            streams.numbers(0, slot)


def test_layer_bits_are_the_same_samples():
    network = small_network()
    streams = RecordedStreams(coins(network.devices, 3 * max(network.steps)), network)
    for number, layer in enumerate(network.layers):
        lanes, m_a, m_w = layer.folding.lanes, layer.activation.bits, layer.weight.bits
        for slot in (2, 1):
            bits = streams.layer_bits(number, slot)
            assert bits.shape == (layer.devices, network.steps[number])
            r_a, r_w = streams.numbers(number, slot)
            for n, s in itertools.product(range(network.steps[number]), range(lanes)):
                assert r_a[n, s] == sum(int(bits[b * lanes + s, n]) << b for b in range(m_a))
                assert r_w[n, s] == sum(int(bits[(m_a + b) * lanes + s, n]) << b for b in range(m_w))


def test_errors_say_what_is_needed():
    network = small_network()
    needed, steps = network.devices, max(network.steps)
    with pytest.raises(InputError, match=rf"needs {needed} devices, but the recording has {needed - 1}; .*--split"):
        RecordedStreams(coins(needed - 1, 1000), network)
    with pytest.raises(InputError, match=rf"takes {steps} samples of each of {needed} devices, .* has {steps - 1};"):
        RecordedStreams(coins(needed, steps - 1), network)
    with pytest.raises(InputError, match="after splitting each device into 2"):
        RecordedStreams(coins(needed - 1, 2 * steps - 1), network, split=True)
    with pytest.raises(InputError, match=rf"a period of 4 images takes {4 * steps} .* from 1 to 3"):
        RecordedStreams(coins(needed, 3 * steps), network, period=4)
    recording = coins(needed, 3 * steps)
    assert RecordedStreams(recording, network, repeat=False, images=2, first=1).period == 3
    assert RecordedStreams(recording, network, images=100).period == 3
    with pytest.raises(InputError, match=rf"images up to number 3 take {4 * steps} .* covers 3 images; .*--repeat"):
        RecordedStreams(recording, network, repeat=False, images=2, first=2)
    with pytest.raises(InputError, match=r"covers 2 images"):
        RecordedStreams(recording, network, repeat=False, images=3, period=2)
    split = RecordedStreams(coins(needed - 1, 2 * steps), network, split=True)
    assert (split.period, split.recording.devices) == (1, needed)


def test_unbiased_junctions_are_refused_where_tuned_ones_are_needed() -> None:
    planned = planned_network("tuned")
    bits = np.random.default_rng(0).integers(0, 2, (planned.devices, 1000))
    with pytest.raises(InputError, match=r"device 0 to a probability of 0\.25, but that of the recording is 0\.5"):
        RecordedStreams(Recording.from_bits(bits, META), planned)
