"""What the golden model gives for images, and one-line errors for those that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinsc.errors import InputError
from spinsc.models.builders import random_network
from spinsc.models.golden import evaluation as golden
from spinsc.models.golden.evaluation import accuracy, evaluate, evaluate_batches
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from tests.models.golden.contract import assert_equal, random_images


@pytest.mark.parametrize("method", golden.METHODS)
def test_any_stretch_of_images_can_be_run_alone(method: str, folded: Network) -> None:
    images = random_images(folded, 23)
    streams = IdealStreams(folded, 3, 4)
    whole = evaluate(folded, images, streams, first=6, method=method)
    assert_equal(evaluate(folded, images, streams, first=6, method=method, batch=5), whole)
    for start, stop in ((0, 1), (3, 4), (5, 23), (22, 23), (7, 7)):
        alone = evaluate(folded, images[start:stop], streams, first=6 + start, method=method)
        assert_equal(alone, whole.part(slice(start, stop)))


def test_batches_are_consecutive_images(folded: Network) -> None:
    images = random_images(folded, 11)
    streams = IdealStreams(folded, 3, 2)
    whole = evaluate(folded, images, streams)
    batches = list(evaluate_batches(folded, images, streams, batch=4, progress=True))
    assert [len(batch) for batch in batches] == [4, 4, 3]
    for start, batch in zip((0, 4, 8), batches, strict=True):
        assert_equal(batch, whole.part(slice(start, start + 4)))


def test_accuracy_counts_the_right_classes(folded: Network) -> None:
    images = random_images(folded, 11)
    streams = IdealStreams(folded, 3, 2)
    labels = evaluate(folded, images, streams).classes
    labels[[2, 7]] += 1
    assert accuracy(folded, images, labels, streams, batch=4) == 9 / 11


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
    ({"device": "meta"}, "torch device 'meta' is not usable"), ({"device": "hpu"}, "torch device 'hpu' is not usable"),
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
