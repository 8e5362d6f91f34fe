"""The golden model's forms against each other and against the contract's formulas, written out once more here."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.models.builders import random_network
from spinsc.models.golden import (
    evaluation as golden,
)
from spinsc.models.golden import (
    fast as golden_fast,
)
from spinsc.models.golden import (
    words as golden_words,
)
from spinsc.models.golden.evaluation import accuracy, evaluate, evaluate_batches
from spinsc.models.golden.fast import FORMS, FastAccumulator
from spinsc.models.golden.product import PRODUCTS
from spinsc.models.golden.trace import Trace
from spinsc.models.layer import Folding, Layer, Outcome, Scores, Thresholds
from spinsc.models.network import Network
from spinsc.models.plan import ASSIGNMENTS, SIDES, SidePlan
from spinsc.models.side import Side
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording

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


def rows_of(trace: Trace, rows: slice) -> Trace:
    return Trace(trace.input_states[rows], [layer[rows] for layer in trace.accumulators],
                 [layer[rows] for layer in trace.states], trace.scores[rows], trace.classes[rows])


def random_images(network: Network, images: int, seed: int = 0) -> Images:
    return np.random.default_rng(seed).integers(0, 256, (images, network.inputs), dtype=np.uint8)


@pytest.fixture
def fast_by(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Trace]:
    """`evaluate` with one given form of the fast method, and with each of its products the same."""
    def run(form: str, network: Network, images: Images, streams: Streams, **options: int) -> Trace:
        traces = []
        for product in PRODUCTS:
            with monkeypatch.context() as patch:
                patch.setitem(golden.METHODS, "fast", partial(FastAccumulator, form=form, product=product))
                traces.append(evaluate(network, images, streams, **options))
        for trace in traces[1:]:
            assert_equal(trace, traces[0])
        return traces[0]
    return run


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


@settings(max_examples=60, deadline=None, derandomize=True)
@given(network=planned_networks(), images=st.integers(1, 3), seed=st.integers(0, 99))
def test_every_form_follows_the_contract_whatever_the_plan(network: Network, images: int, seed: int) -> None:
    streams = IdealStreams(network, seed, 2)
    pixels = random_images(network, images, seed)
    expected = by_the_contract(network, pixels, streams, 0)
    assert_equal(evaluate(network, pixels, streams, method="literal"), expected)
    assert_equal(evaluate(network, pixels, streams), expected)
    with pytest.MonkeyPatch.context() as patch:
        for form, product in itertools.product(FORMS, PRODUCTS):
            patch.setitem(golden.METHODS, "fast", partial(FastAccumulator, form=form, product=product))
            assert_equal(evaluate(network, pixels, streams), expected)


@pytest.mark.parametrize("plan", ["groups=3,delay=2", "crossed,groups=2", "weight.groups=1", "shared", "tuned"])
def test_recordings_of_any_plan(plan: str, folded: Network, fast_by: Callable[..., Trace]) -> None:
    """Also from the packed bits, of which several lanes take the same."""
    network = folded.with_plan(plan) if plan != "shared" else dataclasses.replace(folded, shared_layers=True)
    samples = np.random.default_rng(1).random((network.devices, 5 * max(network.samples) + 3))
    recording = Recording.from_bits(samples < network.device_probabilities[:, None], {"kind": "simulated"})
    streams = RecordedStreams(recording, network)
    images = random_images(network, 9)
    expected = evaluate(network, images, streams, first=3, method="literal")
    for form in FORMS:
        assert_equal(fast_by(form, network, images, streams, first=3), expected)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(network=networks(), images=st.integers(1, 5), first=st.integers(0, 9), period=st.integers(0, 4),
       seed=st.integers(0, 99))
def test_every_form_follows_the_contract(network: Network, images: int, first: int, period: int, seed: int) -> None:
    streams: Streams = IdealStreams(network, seed, period) if period else LfsrStreams(network)
    pixels = random_images(network, images, seed)
    expected = by_the_contract(network, pixels, streams, first)
    assert_equal(evaluate(network, pixels, streams, first=first, method="literal"), expected)
    assert_equal(evaluate(network, pixels, streams, first=first), expected)
    with pytest.MonkeyPatch.context() as patch:
        for form, product in itertools.product(FORMS, PRODUCTS):
            patch.setitem(golden.METHODS, "fast", partial(FastAccumulator, form=form, product=product))
            assert_equal(evaluate(network, pixels, streams, first=first), expected)


@pytest.fixture(scope="module")
def folded() -> Network:
    """Several passes and chunks that do not divide the sizes, and different K everywhere."""
    return random_network((50, 20, 13, 5), input_states=5, weight_states=4, activation_states=7, length=9, seed=1,
                          folding=[Folding(7, 6), Folding(6, 13), Folding(13, 2)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "value"), [("_CACHE_BYTES", 0), ("_OPERAND_BYTES", 1)])
def test_memory_limits_change_nothing(form: str, name: str, value: int, folded: Network,
                                      fast_by: Callable[..., Trace], monkeypatch: pytest.MonkeyPatch) -> None:
    images = random_images(folded, 60)
    streams = IdealStreams(folded, 2, 3)
    expected = evaluate(folded, images, streams, method="literal")
    monkeypatch.setattr(golden_fast, name, value)
    monkeypatch.setattr(golden, "_ROWS_AT_ONCE", 17)
    assert_equal(fast_by(form, folded, images, streams), expected)


@pytest.mark.parametrize("method", golden.METHODS)
def test_any_stretch_of_images_can_be_run_alone(method: str, folded: Network) -> None:
    images = random_images(folded, 23)
    streams = IdealStreams(folded, 3, 4)
    whole = evaluate(folded, images, streams, first=6, method=method)
    assert_equal(evaluate(folded, images, streams, first=6, method=method, batch=5), whole)
    for start, stop in ((0, 1), (3, 4), (5, 23), (22, 23), (7, 7)):
        alone = evaluate(folded, images[start:stop], streams, first=6 + start, method=method)
        assert_equal(alone, rows_of(whole, slice(start, stop)))


def test_batches_are_consecutive_images(folded: Network) -> None:
    images = random_images(folded, 11)
    streams = IdealStreams(folded, 3, 2)
    whole = evaluate(folded, images, streams)
    batches = list(evaluate_batches(folded, images, streams, batch=4, progress=True))
    assert [len(batch) for batch in batches] == [4, 4, 3]
    for start, batch in zip((0, 4, 8), batches, strict=True):
        assert_equal(batch, rows_of(whole, slice(start, start + 4)))


def test_accuracy_counts_the_right_classes(folded: Network) -> None:
    images = random_images(folded, 11)
    streams = IdealStreams(folded, 3, 2)
    labels = evaluate(folded, images, streams).classes
    labels[[2, 7]] += 1
    assert accuracy(folded, images, labels, streams, batch=4) == 9 / 11


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [3, 300])
def test_256_states_are_exact(form: str, length: int, fast_by: Callable[..., Trace]) -> None:
    network = random_network((30, 4, 3), input_states=256, weight_states=256, activation_states=256, length=length,
                             seed=2, folding=[Folding(11, 3), Folding(4, 3)])
    images = random_images(network, 3)
    streams = IdealStreams(network, 1, 2)
    assert_equal(fast_by(form, network, images, streams), evaluate(network, images, streams, method="literal"))


@pytest.mark.parametrize("form", [*FORMS, "literal"])
@pytest.mark.parametrize(("weight", "pixel"), [(1, 255), (1, 0), (0, 255), (0, 0)])
def test_full_scale_neither_overflows_nor_misses_a_step(form: str, weight: int, pixel: int,
                                                        fast_by: Callable[..., Trace]) -> None:
    inputs, length = 784, 300  # more than a byte's worth of steps in each table entry
    layer = Layer(np.full((3, inputs), weight, np.uint8), Side(2), Side(2), Folding(56, 3), Scores(np.zeros(3)))
    network = Network((layer,), np.array([128]), length)
    images = np.full((2, inputs), pixel, np.uint8)
    streams = LfsrStreams(network)
    trace = (evaluate(network, images, streams, method="literal") if form == "literal"
             else fast_by(form, network, images, streams))
    assert (trace.accumulators[0] == (inputs * length if weight == (pixel == 255) else 0)).all()


@pytest.mark.parametrize("length", [1, 63, 64, 100, 127, 128, 129, 300])
@pytest.mark.parametrize("scratch_words", [1, 2000, 1 << 20])
def test_packed_words(length: int, scratch_words: int, fast_by: Callable[..., Trace],
                      monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole and partial last words, blocks of one and many images, and rises beyond an int8."""
    monkeypatch.setattr(golden_words, "_SCRATCH_WORDS", scratch_words)
    network = random_network((11, 8, 6, 3), input_states=5, weight_states=3, activation_states=17, length=length,
                             seed=1, folding=[Folding(4, 3), Folding(3, 6), Folding(6, 2)])
    images = random_images(network, 21)
    samples = np.random.default_rng(1).integers(0, 2, (network.devices, 9 * max(network.steps) + 3))
    for bits in (samples, np.repeat(samples[:, :1], samples.shape[1], 1)):
        recording = Recording.from_bits(bits, {"kind": "simulated"}, allow_constant=True)
        streams = RecordedStreams(recording, network)
        expected = evaluate(network, images, streams, first=4, method="literal")
        assert_equal(fast_by("words", network, images, streams, first=4), expected)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("states", [2, 3, 5, 11, 256])
@pytest.mark.parametrize("length", [1, 12, 100, 128])
def test_streams_of_any_period(form: str, states: int, length: int, fast_by: Callable[..., Trace]) -> None:
    """Recordings, ideal streams and such as have numbers only; the last chunk and the last pass are not full."""
    network = random_network((10, 7, 3), input_states=states, weight_states=max(2, states // 2),
                             activation_states=states, length=length, seed=1, folding=[Folding(4, 3), Folding(7, 2)])
    images = random_images(network, 9)
    samples = np.random.default_rng(2).integers(0, 2, (max(1, network.devices), 12 * max(network.steps) + 5))
    recording = Recording.from_bits(samples, {"kind": "simulated"}, allow_constant=True)
    for period in (1, 2, 7, 12):
        recorded = RecordedStreams(recording, network, period=period)
        for streams in (recorded, IdealStreams(network, 3, period),
                        SimpleNamespace(period=period, numbers=recorded.numbers)):
            expected = evaluate(network, images, streams, first=5, method="literal")
            assert_equal(fast_by(form, network, images, streams, first=5), expected)


@pytest.mark.parametrize(("images", "form"), [(1, "words"), (100_000, "tables")])
def test_words_are_for_few_images_a_slot(images: int, form: str) -> None:
    network = random_network((784, 100, 10), input_states=5, weight_states=5, activation_states=5, length=128, seed=1)
    model = FastAccumulator(network, IdealStreams(network, 1, 1), torch.device("cpu"))
    assert model.mixes_slots(images) == (form == "words")


def test_tables_of_several_digits(fast_by: Callable[..., Trace]) -> None:
    network = random_network((3, 2), input_states=2, weight_states=3, activation_states=2, length=17_000, seed=3)
    images = random_images(network, 2)
    streams = IdealStreams(network, 1, 1)
    expected = evaluate(network, images, streams, method="literal")
    for form in FORMS:
        assert_equal(fast_by(form, network, images, streams), expected)


def test_sums_estimate_the_product_of_values() -> None:
    network = random_network((200, 30), input_states=5, weight_states=11, activation_states=2, length=2000, seed=4)
    images = random_images(network, 20)
    trace = evaluate(network, images, IdealStreams(network, 5, 20))
    x = 2 * trace.input_states / 4.0 - 1
    w = 2 * network.layers[0].weights / 10.0 - 1
    # In units of z one step's product has a variance of at most 1; 8-bit comparators add a rounding of 1/256 an input.
    error = 2 * trace.accumulators[0] / network.length - network.inputs - x @ w.T
    assert np.abs(error).max() < 6 * (network.inputs / network.length) ** 0.5 + network.inputs / 256


def test_infinite_thresholds_and_ties() -> None:
    infinite = np.array([[-np.inf, -np.inf], [-np.inf, np.inf], [np.inf, np.inf]])
    hidden = Layer(np.zeros((3, 2), np.uint8), Side(2), Side(2), Folding(2, 3), Thresholds(infinite))
    output = Layer(np.zeros((4, 3), np.uint8), Side(3), Side(2), Folding(3, 4), Scores(np.zeros(4)))
    network = Network((hidden, output), np.array([128]), 7)
    images = np.array([[0, 0], [0, 255], [255, 255]], np.uint8)
    trace = evaluate(network, images, LfsrStreams(network))
    np.testing.assert_array_equal(trace.states[0], [[2, 1, 0]] * 3)
    assert (trace.scores == trace.scores[:, :1]).all()
    assert (trace.classes == 0).all()


# the only test that needs hardware which a test machine need not have; the same code runs on the CPU in all others
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_gives_the_same_integers(folded: Network) -> None:
    images = random_images(folded, 40)
    streams = IdealStreams(folded, 3, 4)
    expected = evaluate(folded, images, streams, method="literal")
    for method in golden.METHODS:
        assert_equal(evaluate(folded, images, streams, method=method, device="cuda"), expected)


def test_torchs_threads_are_given_back(folded: Network) -> None:
    before = torch.get_num_threads()
    evaluate(folded, random_images(folded, 3), LfsrStreams(folded))
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(("change", "message"), [
    ({"images": np.zeros((2, 49), np.uint8)}, r"shape \(images, 50\), not uint8 \(2, 49\)"),
    ({"images": np.zeros((2, 5, 10), np.uint8)}, r"shape \(images, 50\)"),
    ({"images": np.zeros((2, 50), np.float32)}, "not float32"),
    ({"first": -1}, "at least 0, not -1"),
    ({"batch": 0}, "at least 1 image, not 0"),
    ({"method": "slow"}, "fast, literal, not 'slow'"),
    ({"device": "abacus"}, "torch device 'abacus' is not usable"),
])
def test_bad_input_is_one_line(change: dict[str, object], message: str, folded: Network) -> None:
    arguments = {"images": random_images(folded, 2)} | change
    with pytest.raises(InputError, match=message) as error:
        evaluate(folded, streams=LfsrStreams(folded), **arguments)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_sums_beyond_32_bits_are_refused() -> None:
    layer = Layer(np.zeros((1, 2048), np.uint8), Side(2), Side(2), Folding(1, 1), Scores(np.zeros(1)))
    network = Network((layer,), np.array([128]), 1 << 20)
    with pytest.raises(InputError, match="smaller L"):
        evaluate(network, random_images(network, 1), LfsrStreams(network))


def test_labels_must_match_the_images(folded: Network) -> None:
    with pytest.raises(InputError, match="label for each"):
        accuracy(folded, random_images(folded, 2), np.zeros(3, np.int64), LfsrStreams(folded))
