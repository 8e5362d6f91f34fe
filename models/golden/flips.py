"""What a network computes while bits of its datapath flip: upsets that hit each wire at random.

Flips are independent, so how many ones of a sum turn into zeros is binomial in the number of ones, and the other way
round. That is the distribution of bits that are flipped one by one, without forming them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from spinsc.errors import InputError
from spinsc.models.contract import PIXEL_LEVELS
from spinsc.models.golden.binary import BinaryAccumulator
from spinsc.models.golden.fast import FastAccumulator
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Activation
from spinsc.models.streams.protocol import Streams

#: Where bits flip: in each product, or once in the word of each finished sum.
WIRES = ("products", "sums")

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Flips:
    """Bits that flip.

    Attributes
    ----------
    rate : float
        Probability of a flip, for each bit and each time that it is used.
    wires : {"products", "sums"}
        Bits of products: those of the XNOR at each step, or with binary arithmetic those of each product's word. Or the
        bits of the accumulator's word, once it is finished.
    seed : int
    """

    rate: float
    wires: str = "products"
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.rate <= 1:
            raise InputError(f"the rate of flips must be from 0 to 1, not {self.rate}")
        if self.wires not in WIRES:
            raise InputError(f"bits flip in {' or '.join(WIRES)}, not in {self.wires!r}")


class FlippedGolden:
    """Classes that a network finds while bits flip.

    Parameters
    ----------
    network : Network
        With binary arithmetic, of odd numbers of states: others have words of half units.
    streams : Streams
    """

    def __init__(self, network: Network, streams: Streams) -> None:
        device = torch.device("cpu")
        self.network, self.period = network, streams.period
        self.accumulate = (BinaryAccumulator(network, device) if network.arithmetic == "binary"
                           else FastAccumulator(network, streams, device))
        self.words: list[_Words] = [_ProductWords(layer) if network.arithmetic == "binary" else _Xnors(layer, length)
                                    for layer, length in zip(network.layers, network.lengths, strict=True)]
        self.integers = [layer.outcome_integers(length)
                         for layer, length in zip(network.layers, network.lengths, strict=True)]

    def classify(self, images: npt.NDArray[np.uint8], flips: Flips) -> Integers:
        """Class of each image, shape (images,); image 0 is the first of the streams' period."""
        states = np.searchsorted(self.network.input_thresholds, np.arange(PIXEL_LEVELS), side="right").astype(np.uint8)
        classes = np.empty(len(images), np.int64)
        rng = np.random.default_rng(flips.seed)
        for slot in range(min(self.period, len(images))):
            of_slot = slice(slot, None, self.period)
            classes[of_slot] = self._classify(torch.from_numpy(states[images[of_slot]]), slot, flips, rng)
        return classes

    def _classify(self, states: Tensor, slot: int, flips: Flips, rng: np.random.Generator) -> Integers:
        for number, (layer, words) in enumerate(zip(self.network.layers, self.words, strict=True)):
            sums = self.accumulate(number, slot, states).numpy().astype(np.int64)
            width = int(layer.inputs * self.network.lengths[number]).bit_length()
            if flips.wires == "products":
                sums = words.flipped(sums, states, flips.rate, rng) & (1 << width) - 1
            else:
                for bit in range(width):
                    sums ^= (rng.random(sums.shape) < flips.rate).astype(np.int64) << bit
            if isinstance(layer.outcome, Activation):
                thresholds = torch.from_numpy(self.integers[number]).int().T.contiguous()
                states = layer.outcome.states_of_accumulators(torch.from_numpy(sums).int(), thresholds)
        classes: Integers = (sums + self.integers[-1]).argmax(1)
        return classes


class _Words(Protocol):
    """The words of a layer's products."""

    def flipped(self, sums: Integers, states: Tensor, rate: float, rng: np.random.Generator) -> Integers:
        """Sums of words with flipped bits, from those without; both of shape (images, neurons)."""
        ...


class _Xnors:
    """A bit for each input and step."""

    def __init__(self, layer: Layer, length: int) -> None:
        self.bits = layer.inputs * length

    def flipped(self, sums: Integers, states: Tensor, rate: float, rng: np.random.Generator) -> Integers:
        return sums + _change(sums, self.bits, rate, rng)


class _ProductWords:
    """A word for each input: the product of the states counted from the middle, in two's complement.

    That of a = x - (K_a-1)/2 and b = w - (K_w-1)/2 is half of what the sum counts above (K_a-1)(K_w-1)/2.
    """

    def __init__(self, layer: Layer) -> None:
        highest = layer.activation.states - 1, layer.weight.states - 1
        if any(each % 2 for each in highest):
            raise InputError("flips in binary arithmetic are known for odd numbers of states, not for "
                             f"{layer.activation.states} and {layer.weight.states}")
        self.inputs = layer.inputs
        a, w = (np.arange(each + 1) - each // 2 for each in highest)
        products = a[:, None] * w
        self.width = int(products.max()).bit_length() + 1
        # whether the word of a state and a weight has a bit: rows by state and input, columns by bit and neuron
        words = products[:, layer.weights].transpose(0, 2, 1)
        self.matrix = torch.from_numpy(np.concatenate([words >> bit & 1 for bit in range(self.width)], axis=2)
                                       .reshape(-1, self.width * layer.neurons).astype(np.float32))

    def flipped(self, sums: Integers, states: Tensor, rate: float, rng: np.random.Generator) -> Integers:
        one_hot = torch.cat([states == state for state in range(len(self.matrix) // self.inputs)], 1).float()
        ones = (one_hot @ self.matrix).numpy().astype(np.int64).reshape(len(sums), self.width, -1)
        weights = 1 << np.arange(self.width)
        weights[-1] *= -1
        found: Integers = sums + 2 * (weights[:, None] * _change(ones, self.inputs, rate, rng)).sum(1)
        return found


def _change(ones: Integers, bits: int, rate: float, rng: np.random.Generator) -> Integers:
    """By how much the number of ones among so many bits changes when each bit flips at a rate."""
    change: Integers = rng.binomial(bits - ones, rate) - rng.binomial(ones, rate)
    return change
