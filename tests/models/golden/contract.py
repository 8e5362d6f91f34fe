"""The contract's formulas, written out once more, and networks to hold them against."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from spinsc.models.golden.trace import Trace
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Outcome, Scores, Thresholds
from spinsc.models.plan import ASSIGNMENTS, SIDES, SidePlan
from spinsc.models.side import Side
from spinsc.models.streams.protocol import Streams

Images = npt.NDArray[np.uint8]


def by_the_contract(network: Network, images: Images, streams: Streams, first: int) -> Trace:
    """Every sum term by term, with the compute step from its formula."""
    length = network.length
    trace = Trace(np.zeros(images.shape, np.uint8),
                  [np.zeros((len(images), size), np.int32) for size in network.sizes[1:]],
                  [np.zeros((len(images), size), np.uint8) for size in network.sizes[1:-1]],
                  np.zeros((len(images), network.sizes[-1]), np.int64), np.zeros(len(images), np.int64))
    for image, pixels in enumerate(images):
        states = [sum(int(pixel) >= int(theta) for theta in network.input_thresholds) for pixel in pixels]
        trace.input_states[image] = states
        for number, layer in enumerate(network.layers):
            r_a, r_w = streams.numbers(number, (first + image) % streams.period)
            chunks = -(-layer.inputs // layer.folding.lanes)

            def bit(r: int, k: int, side: Side, lane: int) -> bool:
                if side.plan.source == "tuned":
                    return k == side.states - 1 or (k > 0 and bool(r >> (k - 1) & 1))
                if side.plan.thresholds is None:
                    return r < (2 ** (side.bits + 1) * k + side.states - 1) // (2 * (side.states - 1))
                return r < side.plan.thresholds[lane_group(side, lane)][k]

            for j in range(layer.neurons):
                acc = 0
                for i in range(layer.inputs):
                    for t in range(length):
                        n = (j // layer.folding.units * chunks + i // layer.folding.lanes) * length + t
                        lane = i % layer.folding.lanes
                        activation = bit(int(r_a[n, lane]), states[i], layer.sides[0], lane)
                        weight = bit(int(r_w[n, lane]), int(layer.weights[j, i]), layer.sides[1], lane)
                        acc += activation == weight
                trace.accumulators[number][image, j] = acc
            accumulators = trace.accumulators[number][image]
            if number < len(network.layers) - 1:
                states = [sum(int(acc) >= int(threshold) for threshold in thresholds)
                          for acc, thresholds in zip(accumulators, layer.outcome_integers(length), strict=True)]
                trace.states[number][image] = states
            else:
                scores = [int(acc) + int(bias)
                          for acc, bias in zip(accumulators, layer.outcome_integers(length), strict=True)]
                trace.scores[image] = scores
                trace.classes[image] = scores.index(max(scores))
    return trace


def lane_group(side: Side, lane: int) -> int:
    blocks = side.plan.assignment == "blocks"
    return lane // -(-side.lanes // side.groups) if blocks else lane % side.groups


def assert_equal(found: Trace, expected: Trace) -> None:
    for field in dataclasses.fields(Trace):
        a, b = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(a, list):
            assert len(a) == len(b)
        for x, y in zip(a, b, strict=True) if isinstance(a, list) else [(a, b)]:
            assert x.dtype == y.dtype
            np.testing.assert_array_equal(x, y, err_msg=field.name)


def random_images(network: Network, images: int, seed: int = 0) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (images, network.inputs), dtype=np.uint8)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    number_of_states = st.one_of(st.integers(2, 17), st.sampled_from([2, 3, 5, 9, 256]))
    sizes = draw(st.lists(st.integers(1, 7), min_size=2, max_size=4))
    length = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    input_states = draw(number_of_states)
    states, layers = input_states, []
    for number, (inputs, neurons) in enumerate(itertools.pairwise(sizes)):
        weight_states = draw(number_of_states)
        bits = st.one_of(st.none(), st.integers(0, 10))
        weights = rng.integers(0, weight_states, (neurons, inputs)).astype(np.uint8)
        folding = Folding(draw(st.integers(1, inputs)), draw(st.integers(1, neurons)))
        sides = Side(states, draw(bits)), Side(weight_states, draw(bits))
        outcome: Outcome = Scores(rng.normal(0, 1, neurons))
        if number < len(sizes) - 2:
            states = draw(number_of_states)
            outcome = Thresholds(np.sort(rng.normal(0, inputs ** 0.5, (neurons, states - 1)), axis=1))
        layers.append(Layer(weights, *sides, folding, outcome))
    thetas = np.sort(rng.integers(0, 257, input_states - 1))
    return Network(tuple(layers), thetas, length)


@st.composite
def side_plans(draw: st.DrawFn, states: int) -> SidePlan:
    return SidePlan(draw(st.none() | st.integers(1, 7)), draw(st.sampled_from(ASSIGNMENTS)), draw(st.integers(0, 3)),
                    draw(st.sampled_from(["comparator", "tuned"] if states <= 18 else ["comparator"])))


@st.composite
def planned_networks(draw: st.DrawFn) -> Network:
    """Plans drawn for each layer and side, with calibrated thresholds for some comparators."""
    plain = draw(networks())
    layers = []
    for layer in plain.layers:
        layer = dataclasses.replace(
            layer, activation=Side(layer.activation.states, plan=draw(side_plans(layer.activation.states))),
            weight=Side(layer.weight.states, plan=draw(side_plans(layer.weight.states))))
        for name, side in zip(SIDES, layer.sides, strict=True):
            if side.plan.source == "comparator" and draw(st.booleans()):
                full = 1 << side.bits
                inner = np.random.default_rng(draw(st.integers(0, 99))).integers(
                    0, full + 1, (side.groups, side.states - 2))
                rows = np.pad(np.sort(inner, 1), ((0, 0), (1, 1)), constant_values=((0, 0), (0, full)))
                layer = dataclasses.replace(layer, **{name: side.with_plan(side.plan.calibrated(rows))})
        layers.append(layer)
    return dataclasses.replace(plain, layers=tuple(layers))
