"""Coverage of thresholds says what networks with one threshold moved say when they are computed."""

import dataclasses
import itertools

import numpy as np
import pytest

from spinsc.models.golden.evaluation import evaluate
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.sim.coverage.argmax import Argmax, decided
from spinsc.sim.coverage.collector import coverage, summary
from spinsc.sim.coverage.counts import Counts, full_scale
from spinsc.sim.coverage.reach import NO_SUM, RANGE, REMAINDER, Reach, states_of_sum
from spinsc.sim.coverage.told import HIGHER, LOWER, Told, share
from tests.sim.coverage.neighbours import NETWORKS, accumulators, some_images, with_activation, with_level

#: Besides the range, what shows that values are out of reach.
REASONS = {"K=2": {REMAINDER}, "binary": {REMAINDER}, "three layers": {NO_SUM}}
FIRST, IMAGES, PERIOD = 3, 24, 5


def told(network, kind, number=None, quantizers=1, streams=None, count=IMAGES):
    streams = streams or IdealStreams(network, 1, PERIOD)
    found = coverage(network, streams, some_images(network, count), first=FIRST, quantizers=quantizers)
    return next(item for item in found if (item.kind, item.layer) == (kind, number))


@pytest.mark.parametrize("name", NETWORKS)
def test_an_activation_threshold_is_told_exactly_where_a_state_would_differ(name):
    network = NETWORKS[name]
    streams, images = IdealStreams(network, 1, PERIOD), some_images(network, IMAGES)
    right = evaluate(network, images, streams, first=FIRST)
    differ = 0
    for number in range(len(network.layers) - 1):
        found = told(network, "activation", number)
        thresholds = network.layers[number].outcome_integers(network.lengths[number])
        for side, neuron, k in np.ndindex(found.seen.shape):
            value = int(thresholds[neuron, k]) + (1 if side == HIGHER else -1)
            if value < 0 or value > full_scale(network, number) + 1:
                assert not found.seen[side, neuron, k]
                continue
            moved = with_activation(network, number, (neuron, k), value)
            states = evaluate(moved, images, streams, first=FIRST).states[number]
            assert found.seen[side, neuron, k] == (states != right.states[number]).any()
            differ += bool(found.seen[side, neuron, k])
    assert differ


@pytest.mark.parametrize("name", NETWORKS)
def test_a_level_that_is_told_changes_accumulators_and_one_that_is_not_changes_none(name):
    """Of the levels between the lowest and the highest state, which a network can have at other places."""
    network = NETWORKS[name]
    streams, images = IdealStreams(network, 1, 2), some_images(network, 12)  # all of which are worked out exactly
    seen = 0
    layers = range(len(network.layers)) if network.arithmetic == "stochastic" else []  # else, there is no comparator
    for number, side in itertools.product(layers, ("activation", "weight")):
        found = told(network, f"{side} comparator", number, streams=streams, count=12)
        right = accumulators(network, streams, images, number, FIRST)
        for neighbour, group, state in np.ndindex(found.seen.shape):
            if not 0 < state < found.seen.shape[2] - 1:
                continue
            moved = with_level(network, number, side, group, state, 1 if neighbour == HIGHER else -1)
            differs = (accumulators(moved, streams, images, number, FIRST) != right).any()
            assert found.seen[neighbour, group, state] == differs
            assert not (differs and found.equivalent[neighbour, group, state])
            seen += bool(differs)
    assert seen or name in ("K=2", "binary")


def test_levels_of_two_states_are_told_without_random_numbers():
    """Every product changes, so the number of changes is even where the length is."""
    found = told(NETWORKS["K=2"], "activation comparator", 0)
    assert (found.seen | found.equivalent).all()
    assert found.seen[HIGHER, :, 0].all()
    assert found.seen[LOWER, :, 1].all()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [2, IMAGES])
def test_a_pixel_threshold_is_told_exactly_where_an_accumulator_would_differ(name, count):
    network = NETWORKS[name]
    streams, images = IdealStreams(network, 1, PERIOD), some_images(network, count)
    right = accumulators(network, streams, images, 0, FIRST)
    found = told(network, "pixel", count=count)
    for side, k in np.ndindex(2, len(network.input_thresholds)):
        thetas = network.input_thresholds.copy()
        thetas[k] += 1 if side == HIGHER else -1
        moved = dataclasses.replace(network, input_thresholds=np.sort(thetas))
        assert found.seen[side, 0, k] == (accumulators(moved, streams, images, 0, FIRST) != right).any()


def test_each_quantizer_of_a_beat_counts_by_itself():
    network = NETWORKS["K=5"]
    one, three = (told(network, "pixel", quantizers=n, count=6) for n in (1, 3))
    assert three.seen.shape == (2, 3, 4)
    assert not three.seen.all()
    assert (three.seen.any(1) >= one.seen[:, 0]).all()


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_argmax_is_told_exactly_where_another_comparison_would_give_another_class(classes):
    def chosen(scores, lead, pair):
        best = 0
        for later in range(1, len(scores)):
            if scores[later] - scores[best] >= (lead if (best, later) == pair else 1):
                best = later
        return best

    scores = np.array(list(itertools.product(range(3), repeat=classes)))
    found = {tuple(row) for row in decided(scores).tolist()}
    for image, row in enumerate(scores.tolist()):
        for pair in itertools.combinations(range(classes), 2):
            for side, lead in ((LOWER, 0), (HIGHER, 2)):
                assert ((image, side, *pair) in found) == (chosen(row, lead, pair) != chosen(row, 1, pair))
    argmax = Argmax(classes)
    argmax.add(dataclasses.replace(evaluate(NETWORKS["K=5"], some_images(NETWORKS["K=5"], 1),
                                            LfsrStreams(NETWORKS["K=5"])), scores=scores))
    assert argmax.told().seen.all()
    assert argmax.told().seen.shape == (2, classes * (classes - 1) // 2)


@pytest.mark.parametrize("name", NETWORKS)
def test_counts_are_those_of_the_golden_model(name):
    network = NETWORKS[name]
    streams = IdealStreams(network, 1, PERIOD)
    trace = evaluate(network, some_images(network, 1), streams, first=FIRST)
    for number, states in enumerate([trace.input_states, *trace.states]):
        effects = Counts(network, streams, number, FIRST).of_neurons()
        inputs = np.arange(network.layers[number].inputs)
        assert np.array_equal(effects[:, inputs, states[0]].sum(1), trace.accumulators[number][0])


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_said_to_be_out_of_reach_no_image_reaches(name):
    """For the first layer, every sum of a few inputs is listed; for further ones, images at random."""
    network = NETWORKS[name]
    streams = IdealStreams(network, 1, 2)
    reach = Reach(network, streams)
    images = some_images(network, 4000, seed=1)
    trace = evaluate(network, images, streams)
    reasons = set()
    for number, layer in enumerate(network.layers):
        everything = np.tile(np.arange(-1, full_scale(network, number) + 2), (2, layer.neurons, 1))
        found = reach.unreachable(number, everything, np.ones(everything.shape, bool))
        reasons |= {reason for reason, which in found.items() if which.any()}
        impossible = np.logical_or.reduce(list(found.values()))[0]
        reached = np.zeros(impossible.shape, bool)
        for neuron in range(layer.neurons):
            reached[neuron, trace.accumulators[number][:, neuron] + 1] = True
        assert not (impossible & reached).any()
        if number == 0:  # and what is not said can be reached
            for slot, neuron in itertools.product(range(2), range(layer.neurons)):
                for value in np.flatnonzero(~impossible[neuron]) - 1:
                    states = states_of_sum(reach.effects(0, slot, neuron), int(value))
                    if states is not None:
                        reached[neuron, value + 1] = True
                        assert reach.effects(0, slot, neuron)[np.arange(layer.inputs), states].sum() == value
            assert (reached == ~impossible).all()
    assert reasons == {RANGE} | REASONS.get(name, set())


def test_a_period_that_is_too_long_to_be_looked_at_shows_only_what_size_shows():
    network = NETWORKS["K=5"]
    values = np.array([-1, 0, 12 * 8 + 1]).reshape(1, 1, 3) + np.zeros((2, 7, 1), np.int64)
    found = Reach(network, IdealStreams(network, 1, 1000)).unreachable(0, values, np.ones(values.shape, bool))
    assert found[RANGE].tolist() == [[[True, False, True]] * 7] * 2
    assert not found[REMAINDER].any()


def test_counts_of_what_was_told():
    seen = np.array([[1, 1, 0, 0, 0], [1, 0, 0, 0, 1]], bool)
    same = np.array([[0, 0, 0, 1, 1], [0, 0, 0, 1, 0]], bool)
    counts = Told("activation", 1, seen, {"because": same}).data
    assert counts == {"kind": "activation", "layer": 1, "thresholds": 5, "both": 2, "one": 1, "never": 1, "alone": 1,
                      "neighbours": 10, "told": 4, "same": {"because": 3}}
    assert share(counts) == 4 / 7
    assert share(Told("pixel", None, same & False, {"because": ~same | same}).data) == 1


def test_a_run_in_parts_is_told_the_same():
    network = NETWORKS["three layers"]
    streams, images = IdealStreams(network, 1, PERIOD), some_images(network, IMAGES)
    assert summary(coverage(network, streams, images, first=FIRST)) == summary(
        coverage(network, streams, images, first=FIRST + PERIOD))
