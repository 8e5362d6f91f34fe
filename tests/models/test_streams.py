"""Random numbers: the LFSRs against a shift register in plain Python, and properties of the ideal ones."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from spinsc.errors import InputError
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.side import Side
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams, lfsr_bits, mix
from spinsc.models.streams.protocol import checked_numbers

FULL_PERIOD = 2**32 - 1
PRIME_FACTORS = (3, 5, 17, 257, 65537)


@pytest.fixture(scope="module")
def network() -> Network:
    """Widths of 8, 2 and 0 bits, several passes, and lanes that do not divide the inputs."""
    return random_network((30, 9, 4), input_states=11, weight_states=5, activation_states=2, length=40, seed=1,
                          folding=[Folding(13, 4), Folding(9, 4)])


def shift(q: int) -> int:
    return (q << 1 | (q >> 31 ^ q >> 21 ^ q >> 1 ^ q) & 1) & 0xFFFFFFFF


def finalizer(x: int) -> int:
    x ^= x >> 16
    x = x * 0x85EBCA6B & 0xFFFFFFFF
    x ^= x >> 13
    x = x * 0xC2B2AE35 & 0xFFFFFFFF
    return x ^ x >> 16


def test_lfsrs_shift_as_the_contract_says(network: Network) -> None:
    streams = LfsrStreams(network)
    assert streams.period == 1
    lanes_before = 0
    for number, layer in enumerate(network.layers):
        for offset, (found, side) in enumerate(zip(streams.numbers(number, 0), layer.sides, strict=True)):
            assert found.shape == (layer.steps(network.length), layer.folding.lanes)
            for lane in range(layer.folding.lanes):
                q = finalizer(2 * lanes_before + 2 * lane + 1 + offset)
                for step in range(len(found)):
                    assert found[step, lane] == q & ((1 << side.bits) - 1)
                    for _ in range(side.bits):
                        q = shift(q)
        lanes_before += layer.folding.lanes


def test_wide_lfsr_numbers() -> None:
    layer = random_network((3, 2), input_states=2, weight_states=3, activation_states=2, length=50, seed=1).layers[0]
    wide = Network((Layer(layer.weights, Side(2, 16), Side(3, 9), Folding(2, 1), layer.outcome),), np.array([128]), 50)
    activations, weights = LfsrStreams(wide).numbers(0, 0)
    assert activations.dtype == weights.dtype == np.uint16
    q = finalizer(3)
    for step in range(len(activations)):
        assert activations[step, 1] == q & 0xFFFF
        for _ in range(16):
            q = shift(q)


def test_the_lfsr_has_maximal_length() -> None:
    """The order of one shift, a 32 x 32 matrix of bits, is 2**32 - 1 and no divisor of it."""
    assert np.prod(PRIME_FACTORS) == FULL_PERIOD
    basis = (np.uint32(1) << np.arange(32, dtype=np.uint32))
    after_one_shift = lfsr_bits(basis, 1)[:0:-1].astype(np.int64)  # row b: q[b]

    def power(exponent: int) -> npt.NDArray[np.int64]:
        result, square = np.eye(32, dtype=np.int64), after_one_shift
        while exponent:
            if exponent & 1:
                result = result @ square & 1
            square = square @ square & 1
            exponent >>= 1
        return result

    assert (power(FULL_PERIOD) == np.eye(32)).all()
    for prime in PRIME_FACTORS:
        assert (power(FULL_PERIOD // prime) != np.eye(32)).any()


def test_mix_is_the_finalizer() -> None:
    assert mix(np.array([0, 1])).tolist() == [0, 0x514E28B7]
    numbers = np.arange(1, 100_000)
    assert len(np.unique(mix(numbers))) == len(numbers)
    assert mix(numbers[:1000]).tolist() == [finalizer(n) for n in range(1, 1001)]


def test_every_lfsr_has_its_own_seed() -> None:
    network = random_network((784, 512, 512, 10), input_states=3, weight_states=3, activation_states=3, length=64,
                             seed=1)
    streams = LfsrStreams(network)
    lanes = np.concatenate([side.T[:, :64] for number in range(3) for side in streams.numbers(number, 0)])
    assert len(np.unique(lanes, axis=0)) == len(lanes) == 2 * sum(layer.folding.lanes for layer in network.layers)


def test_ideal_numbers_are_reproducible_and_of_the_slot_alone(network: Network) -> None:
    digest = hashlib.sha256()
    for number in range(2):
        for slot in range(3):
            for a, b in zip(IdealStreams(network, 7, 3).numbers(number, slot),
                            IdealStreams(network, 7, 1000).numbers(number, slot), strict=True):
                np.testing.assert_array_equal(a, b)
                digest.update(a.tobytes())
    # The same on every machine and in every version: accuracies in the documentation depend on it.
    assert digest.hexdigest() == "7c854687023ecb8a90836f7b6834736887779a6fd0c2cb7f50d09140d52cc934"


def test_ideal_numbers_are_uniform_and_independent(network: Network) -> None:
    streams = IdealStreams(network, 7, 100)
    slots = np.stack([streams.numbers(0, slot)[0] for slot in range(100)]).astype(np.int64)
    counts = np.bincount(slots.ravel(), minlength=256)
    expected = slots.size / 256
    assert ((counts - expected) ** 2 / expected).sum() < 255 + 6 * (2 * 255) ** 0.5
    lanes = slots.reshape(-1, slots.shape[2])[:, :13]
    correlation = np.corrcoef(lanes.T) - np.eye(13)
    assert np.abs(correlation).max() < 6 / len(lanes) ** 0.5
    other_seed = IdealStreams(network, 8, 100).numbers(0, 0)[0]
    assert (other_seed != slots[0]).mean() > 0.9


def test_no_bits_are_zeros(network: Network) -> None:
    for streams in (IdealStreams(network, 1, 1), LfsrStreams(network)):
        assert network.layers[1].activation.bits == 0
        assert not streams.numbers(1, 0)[0].any()


@pytest.mark.parametrize(("arguments", "message"), [((-1, 1), "not -1"), ((0, 0), "at least 1 image, not 0")])
def test_bad_parameters(arguments: tuple[int, int], message: str, network: Network) -> None:
    with pytest.raises(InputError, match=message):
        IdealStreams(network, *arguments)


class Altered:
    """Ideal streams with a change to the activations' numbers."""

    period = 1

    def __init__(self, network: Network, change: Any) -> None:
        self.streams = IdealStreams(network, 1, 1)
        self.change = change

    def numbers(self, layer: int, slot: int) -> Any:
        activations, weights = self.streams.numbers(layer, slot)
        return self.change(activations), weights


@pytest.mark.parametrize(("change", "message"), [
    (lambda r: r[1:], r"shape \(360, 13\), not uint8 \(359, 13\)"),
    (lambda r: r[:, 1:], "make the streams for this network"),
    (lambda r: r.astype(np.int8), "unsigned integers"),
    (lambda r: r.astype(np.uint16) + 200, "must be below 256"),
])
def test_streams_of_another_network_are_refused(change: Any, message: str, network: Network) -> None:
    with pytest.raises(InputError, match=message):
        checked_numbers(network, Altered(network, change), 0, 0)


def test_compiled_functions_work_without_a_folder_for_them(monkeypatch):
    from numba.core import caching

    from spinsc.models.compiled import compiled

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    def add(a, b):
        return a + b

    assert compiled(add)(2, 3) == 5
