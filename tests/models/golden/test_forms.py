"""The golden model's forms against each other and against the contract's formulas."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.models.builders import random_network
from spinsc.models.golden import evaluation as golden
from spinsc.models.golden import fast as golden_fast
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.golden.fast import FORMS, FastAccumulator
from spinsc.models.golden.product import PRODUCTS
from spinsc.models.golden.trace import Trace
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores
from spinsc.models.side import Side
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording
from tests.models.golden.contract import (
    assert_equal,
    by_the_contract,
    networks,
    planned_networks,
    random_images,
)


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
def test_packed_words(length: int, fast_by: Callable[..., Trace]) -> None:
    """Whole and partial last words, and rises beyond an int8."""
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


@pytest.mark.parametrize(("images", "form"), [(1, "words"), (30, "pairs"), (100_000, "tables")])
def test_forms_suit_the_images_per_slot(images: float, form: str) -> None:
    network = random_network((784, 100, 10), input_states=5, weight_states=5, activation_states=5, length=128, seed=1)
    model = FastAccumulator(network, IdealStreams(network, 1, 1), torch.device("cpu"))
    assert model.form_for(images) == form


def test_tables_of_several_digits(fast_by: Callable[..., Trace]) -> None:
    network = random_network((3, 2), input_states=2, weight_states=3, activation_states=2, length=17_000, seed=3)
    images = random_images(network, 2)
    streams = IdealStreams(network, 1, 1)
    expected = evaluate(network, images, streams, method="literal")
    for form in FORMS:
        assert_equal(fast_by(form, network, images, streams), expected)
