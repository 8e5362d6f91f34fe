"""The golden model's form for streams that move on with every image: bits packed along time into 64-bit words.

Where few images share a slot, the tables of the other forms cost more than the images they serve. Here every operation
works on the words of many images at once, whatever their slots. With G_i[q] = (steps at which the bit of input i
differs from that of a weight in state q) and [..] = 1 where true and 0 elsewhere, input i adds

    L - G_i[w] = L - G_i[0] + sum_p [w > p] * (G_i[p] - G_i[p+1]),

whose sum over inputs is the product of the rises with one matrix that all images and slots share.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .network import Layer, comparator_thresholds
from .streams import WORD_BITS, Words

Rises = npt.NDArray[np.signedinteger[Any]]
Counts = npt.NDArray[np.unsignedinteger[Any]]
Base = npt.NDArray[np.int32]

_BLOCK_WORDS = 3 << 14  # of one bit of the random numbers; a handful of such arrays stay in the caches

# Nanoseconds for an operation on a word in that cache, next to the figures in golden_fast.
_OPERATE = 0.3


class WordLayer:
    """A layer as operations on packed bits.

    Parameters
    ----------
    layer : Layer
    length : int
        L, steps of a chunk.
    """

    def __init__(self, layer: Layer, length: int) -> None:
        self.layer = layer
        self.length = length
        self.columns = layer.chunks * layer.lanes
        self.words = -(-length // WORD_BITS)
        self.block_images = max(1, _BLOCK_WORDS // (self.words * layer.passes * self.columns))
        self._thresholds_a = comparator_thresholds(layer.input_states, layer.m_a)
        self._thresholds_w = comparator_thresholds(layer.weight_states, layer.m_w)
        self._valid = np.full((self.words, 1, 1, 1, 1), -1, np.int64).view(np.uint64)
        if length % WORD_BITS:
            self._valid[-1] = (1 << length % WORD_BITS) - 1
        self._count = np.min_scalar_type(length)
        self._signed = np.dtype(np.int16 if length < 1 << 15 else np.int32)
        self._states_are_thresholds = np.array_equal(self._thresholds_a, np.arange(layer.input_states))

    @property
    def cost(self) -> float:
        """Nanoseconds an image, apart from the product."""
        layer = self.layer
        operations = (9 * (layer.m_a + layer.m_w) + (layer.weight_states - 2) * layer.m_w
                      + 3 * (layer.weight_states - 1))
        return _OPERATE * self.words * layer.passes * self.columns * operations

    @cached_property
    def weight_steps(self) -> list[Tensor]:
        """[w > p] of each pass, int8, shape (neurons, (K-1) * columns), 0 where a lane has no input."""
        layer = self.layer
        steps = np.zeros((layer.neurons, layer.weight_states - 1, self.columns), np.int8)
        np.greater(layer.weights[:, None], np.arange(layer.weight_states - 1)[:, None], out=steps[:, :, :layer.inputs])
        flat = torch.from_numpy(steps.reshape(layer.neurons, -1))
        return [flat[first:first + layer.units] for first in range(0, layer.neurons, layer.units)]

    def rises(self, states: npt.NDArray[np.uint8], planes: Words, scratch: Words) -> tuple[Rises, Base]:
        """Work out G_i for a block of images.

        Parameters
        ----------
        states : uint8, shape (images, inputs)
        planes : uint64
            Of the images' slots, as `PackedStreams.fill_planes` gives them.
        scratch : uint64, shape (3, *planes.shape[1:])
            Overwritten.

        Returns
        -------
        rises : signed, shape (passes, images, K-1, columns)
            G_i[p] - G_i[p+1].
        base : int32, shape (passes, images)
            Sum of L - G_i[0].
        """
        layer = self.layer
        shape = (layer.passes, len(states), self.columns)
        rises: Rises = np.empty((*shape[:2], layer.weight_states - 1, self.columns), self._signed)
        other = self._activations(states, planes[:layer.m_a], scratch)
        zeros = self._counts(other).reshape(shape)  # of the activation, so G_i[K-1] = L - G_i[0]
        last = self.length - zeros
        for state in range(1, layer.weight_states - 1):
            weights = self._not_below(int(self._thresholds_w[state]), planes[layer.m_a:], scratch[1])
            counts = self._counts(np.bitwise_xor(other, weights, out=scratch[1])).reshape(shape)
            np.subtract(last, counts, out=rises[:, :, state - 1], dtype=rises.dtype)
            last = counts
        np.subtract(last, zeros, out=rises[:, :, -1], dtype=rises.dtype)
        return rises, zeros.sum(2, np.int32)

    def _activations(self, states: npt.NDArray[np.uint8], planes: Words, scratch: Words) -> Words:
        """Complement of the activations' bits, ``r >= T[x]``, in ``scratch[0]``."""
        layer = self.layer
        # Lanes without an input take the highest state, whose bits are no zeros that would be counted.
        thresholds: Counts = np.full((len(states), self.columns), layer.input_states - 1, np.uint8)
        thresholds[:, :layer.inputs] = states
        if not self._states_are_thresholds:
            thresholds = self._thresholds_a.astype(np.uint32)[thresholds]
        mask = np.empty((len(states), layer.chunks, layer.lanes), np.uint64)

        def where_zero(b: int) -> Words:
            """All ones where bit ``b`` of the threshold is 0, else 0."""
            bits = ((thresholds >> b).astype(np.int8) & np.int8(1)) - np.int8(1)
            mask.view(np.int64)[...] = bits.reshape(mask.shape)
            return mask

        result: Words
        either: Words
        result, either = scratch[0], scratch[1]
        if not len(planes):
            result[...] = self._valid
        for b, plane in enumerate(planes):
            if b == 0:
                np.bitwise_or(plane, where_zero(b), out=result)
                if self.length % WORD_BITS:
                    result[-1] &= self._valid[-1]
            else:
                np.bitwise_or(result, plane, out=either)
                result &= plane
                either &= where_zero(b)
                result |= either
        result &= where_zero(len(planes))
        return result

    def _not_below(self, threshold: int, planes: Words, scratch: Words) -> Words:
        """``r >= threshold`` for a threshold of all lanes, from the lowest bit of r up; overwrites ``scratch``."""
        if threshold >> len(planes):
            return np.zeros_like(self._valid)
        result: Words = self._valid
        for b, plane in enumerate(planes):
            if threshold >> b & 1:
                result = plane if result is self._valid else np.bitwise_and(result, plane, out=scratch)
            elif result is not self._valid:
                result = np.bitwise_or(result, plane, out=scratch)
        return result

    def _counts(self, words: Words) -> Counts:
        """Ones of each segment, shape (passes, images, chunks, lanes)."""
        counts = np.bitwise_count(words)
        result: Counts = counts[0] if self.words <= 2 else counts.sum(0, self._count)
        if self.words == 2:
            result += counts[1]
        return result
