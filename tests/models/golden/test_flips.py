"""Flipped bits: none, all, and the distribution of bits that are flipped one by one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinsc.errors import InputError
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import classify, evaluate
from spinsc.models.golden.flips import WIRES, FlippedGolden, Flips
from spinsc.models.network import Network
from spinsc.models.streams.ideal import IdealStreams

DRAWS = 4000


def network(states: int = 5, length: int = 9, arithmetic: str = "stochastic", sizes: tuple[int, ...] = (14, 6, 4)
            ) -> Network:
    found = random_network(sizes, input_states=states, weight_states=states, activation_states=states, length=length,
                           seed=3)
    return found if arithmetic == "stochastic" else found.with_binary_arithmetic()


def pixels(count: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (count, 14), dtype=np.uint8)


@pytest.mark.parametrize("chosen", [network(), network(2, 1), network(arithmetic="binary"), network(3, 4)], ids=repr)
def test_without_flips_all_is_as_ever(chosen: Network) -> None:
    streams, images = IdealStreams(chosen, 1, 3), pixels(40)
    golden = FlippedGolden(chosen, streams)
    for wires in WIRES:
        assert np.array_equal(golden.classify(images, Flips(0.0, wires)), classify(chosen, images, streams))
        assert not np.array_equal(golden.classify(images, Flips(0.3, wires)), classify(chosen, images, streams))
        assert np.array_equal(*(golden.classify(images, Flips(0.3, wires, seed=4)) for _ in range(2)))


@pytest.mark.parametrize("arithmetic", ["stochastic", "binary"])
def test_where_every_bit_flips(arithmetic: str) -> None:
    """One layer, whose scores are known then."""
    chosen = network(arithmetic=arithmetic, sizes=(14, 4))
    streams, images = IdealStreams(chosen, 1, 3), pixels(40)
    golden, trace, layer = FlippedGolden(chosen, streams), evaluate(chosen, images, streams), chosen.layers[0]
    sums = trace.accumulators[0].astype(int)
    if arithmetic == "stochastic":
        flipped = layer.inputs * 9 - sums
    else:  # the complement of a word c is -c - 1
        c = (trace.input_states[:, None].astype(int) - 2) * (layer.weights.astype(int) - 2)
        assert np.array_equal((8 + 2 * c).sum(2), sums)
        flipped = (8 + 2 * (-c - 1)).sum(2)
    biases = trace.scores - sums
    assert np.array_equal(golden.classify(images, Flips(1.0)), (flipped + biases).argmax(1))
    mask = (1 << int(layer.inputs * chosen.lengths[0]).bit_length()) - 1
    assert np.array_equal(golden.classify(images, Flips(1.0, "sums")), ((sums ^ mask) + biases).argmax(1))


def test_products_flip_as_if_one_by_one() -> None:
    """Mean and variance of a binary network's sums, against words whose bits are drawn."""
    chosen, rate = network(arithmetic="binary"), 0.07
    layer, rng = chosen.layers[0], np.random.default_rng(6)
    states = torch.from_numpy(rng.integers(0, 5, (1, 14), dtype=np.uint8))
    c = (states.numpy().astype(int) - 2) * (layer.weights.astype(int) - 2)
    sums = np.repeat((8 + 2 * c).sum(1)[None], DRAWS, 0)
    found = FlippedGolden(chosen, IdealStreams(chosen, 1, 1)).words[0].flipped(
        sums, states.repeat(DRAWS, 1), rate, np.random.default_rng(7))
    words = np.repeat(c[None], DRAWS, 0) & 15
    for bit in range(4):
        words ^= (rng.random(words.shape) < rate).astype(int) << bit
    drawn = (8 + 2 * (words - 16 * (words >> 3))).sum(2)
    error = np.sqrt(drawn.var(0) / DRAWS * 2)
    assert (abs(found.mean(0) - drawn.mean(0)) < 5 * error).all()
    assert (abs(found.mean(0) - sums[0]) > 10 * error).any()  # a rate has a bias where words are not balanced
    assert np.allclose(found.std(0), drawn.std(0), rtol=0.06)


@pytest.mark.parametrize(("wrong", "message"), [
    ({"rate": -0.1}, "rate of flips must be from 0 to 1"), ({"rate": 0.1, "wires": "clock"}, "products or sums")])
def test_what_cannot_flip(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Flips(**wrong)  # type: ignore[arg-type]
    chosen = network(4, arithmetic="binary")
    with pytest.raises(InputError, match="odd numbers of states, not for 4 and 4"):
        FlippedGolden(chosen, IdealStreams(chosen, 1, 1))
