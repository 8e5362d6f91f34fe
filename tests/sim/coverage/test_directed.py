"""Directed images: what they are to hit, they hit at their places in the run, whatever the random numbers."""

import itertools

import numpy as np
import pytest

from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.coverage import search
from spinsc.sim.coverage.collector import coverage
from spinsc.sim.coverage.directed import direct
from spinsc.sim.coverage.exact import PixelChanges
from spinsc.sim.coverage.search import directed_images
from spinsc.sim.coverage.told import share
from spinsc.sim.junctions.smtj import SMTJ
from tests.sim.coverage.neighbours import NETWORKS, some_images

WIDE = random_network((40, 16, 12, 3), input_states=5, weight_states=5, activation_states=5, length=20, seed=6,
                      folding=[Folding(20, 16), Folding(8, 12), Folding(6, 3)])
STREAMS = {"lfsr": LfsrStreams, "every 5": lambda network: IdealStreams(network, 1, 5),
           "every 100": lambda network: IdealStreams(network, 1, 100),
           "recorded": lambda network: RecordedStreams(
               SMTJ().simulate(network.devices, 7 * max(network.samples)), network)}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(search, "_GIVE_UP", 10)


def shares(network, streams, images, first=0):
    return {(item.kind, item.layer): share(item.data) for item in coverage(network, streams, images, first=first)}


@pytest.mark.parametrize("source", STREAMS)
def test_all_activation_thresholds_of_all_layers_are_told_from_both_neighbours(source):
    streams, images = STREAMS[source](WIDE), some_images(WIDE, 10)
    made = directed_images(WIDE, streams, images, first=2, seconds=20)
    before, after = (shares(WIDE, streams, part, 2) for part in (images, np.concatenate([images, made])))
    assert before["activation", 0] < 0.5
    assert after["activation", 0] == 1
    assert after["activation", 1] > 0.8 > before["activation", 1]
    assert after["pixel", None] == 1
    assert after["activation comparator", 0] == after["weight comparator", 0] == 1


@pytest.mark.parametrize("name", ["K=5", "groups", "K=2", "K=11", "binary"])
def test_small_layers_are_told_as_far_as_can_be(name):
    network = NETWORKS[name]
    streams = IdealStreams(network, 1, 5)
    made = directed_images(network, streams, some_images(network, 0), seconds=10)
    assert shares(network, streams, made)["activation", 0] == 1


def test_the_same_seed_gives_the_same_images():
    network = NETWORKS["K=5"]
    streams, images = LfsrStreams(network), some_images(network, 4)
    first, again, other = (directed_images(network, streams, images, seconds=60, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_image_is_brought_to_several_sums_at_once():
    network = random_network((200, 20, 3), input_states=5, weight_states=5, activation_states=5, length=50, seed=6)
    streams = IdealStreams(network, 1, 1)
    changes = PixelChanges(network, streams, 0)
    rng = np.random.default_rng(0)
    states = rng.integers(0, 5, 200).astype(np.uint8)
    now = changes.sums(states)
    for off, together in ((3, 3), (1000, 1)):
        values = now + 2 * rng.integers(1, off, 20)  # as all sums of a pass are even or odd together
        values[3:] += 4 * off
        found = changes.solve(states, np.arange(20), values, rng)
        assert found is not None
        pixels = np.concatenate([[0], network.input_thresholds])[found].astype(np.uint8)
        hit = evaluate(network, pixels[None], streams).accumulators[0][0] == values
        assert hit.sum() >= together


def test_images_are_kept_and_found_again_and_more_are_added_in_more_time(tmp_path):
    network = NETWORKS["three layers"]
    streams, images = LfsrStreams(network), some_images(network, 6)
    labels = np.arange(6) % 4

    def call(seconds, first=2):
        return direct(tmp_path, network, streams, images, labels, first=first, quantizers=1, seconds=seconds)

    short, again, long, other = call(0.01), call(0.01), call(5), call(0.01, first=3)
    assert [found.found_again for found in (short, again, long, other)] == [False, True, False, False]
    assert np.array_equal(short.images, again.images)
    assert len(long.images) > len(short.images)
    assert np.array_equal(long.images[:len(short.images)], short.images)
    assert short.path == long.path != other.path
    with np.load(long.path) as kept:
        assert np.array_equal(kept["images"], np.concatenate([np.zeros((2, 9)), images, long.images]))
        classes = evaluate(network, long.images, streams, first=8).classes
        assert np.array_equal(kept["labels"], np.concatenate([[0, 0], labels, classes]))
    long.path.write_bytes(long.path.read_bytes()[:100])
    assert not call(0.01).found_again


def test_progress_says_how_many_targets_are_hit():
    network = NETWORKS["K=5"]
    said = []
    directed_images(network, LfsrStreams(network), some_images(network, 4), seconds=5,
                    progress=lambda done, of: said.append((done, of)))
    assert len({of for _, of in said}) == 1
    assert all(a <= b for (a, _), (b, _) in itertools.pairwise(said))
    assert said[-1][0] <= said[-1][1]
