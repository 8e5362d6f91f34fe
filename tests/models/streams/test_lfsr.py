"""LFSRs: the contract's, shift by shift, of maximal length, each with its own seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from spinsc.errors import InputError
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.side import Side
from spinsc.models.streams.lfsr import LfsrStreams, lfsr_bits, mix
from tests.models.planned import network as planned

FULL_PERIOD = 2**32 - 1
PRIME_FACTORS = (3, 5, 17, 257, 65537)


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


@pytest.mark.parametrize(("plan", "message"), [("tuned", "unbiased bits"), ("shared", "saves no LFSR")])
def test_lfsrs_refuse_what_they_cannot_do(plan: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LfsrStreams(planned(plan))
