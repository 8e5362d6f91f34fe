"""Counting for the golden model's fast form, on bits packed along time, compiled by numba.

Rows (images, or neurons) have a state for each input; their bits meet those of the other side's comparators. With
G_i[q] = (steps at which a row's bit of input i differs from that of the other side in state q, of K) and [..] = 1 where
true and 0 elsewhere, input i adds to an accumulator

    L - G_i[q] = L - G_i[0] + sum_p [q > p] * (G_i[p] - G_i[p+1]),

so a sum over inputs is the product of the rises G_i[p] - G_i[p+1] with steps [q > p].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from spinsc.models.compiled import compiled
from spinsc.models.layer import Layer
from spinsc.models.streams.packing import device_rows
from spinsc.models.streams.protocol import WORD_BITS, PackedBits

Rises = npt.NDArray[np.signedinteger[Any]]
Base = npt.NDArray[np.int32]

_SCRATCH_WORDS = 3 << 10  # stay in a core's first cache

# Nanoseconds to fetch a word of bits and to work on one, next to the figures in golden_fast.
_FETCH, _OPERATE = 0.8, 0.1


class Counter:
    """Rises of a layer, for rows that are either images or neurons.

    Parameters
    ----------
    layer : Layer
    length : int
        L, steps of a chunk.
    of_neurons : bool
        Rows are neurons with weight states, and steps go over activation states. Otherwise the reverse.
    """

    def __init__(self, layer: Layer, length: int, *, of_neurons: bool) -> None:
        self.layer = layer
        self.length = length
        devices = device_rows(layer)
        thresholds = [np.ascontiguousarray(side.comparator_thresholds, np.int64) for side in layer.sides]
        tuned = [side.tuned for side in layer.sides]
        if of_neurons:
            for sides in (devices, thresholds, tuned):
                sides.reverse()
        self._devices, self._thresholds, self._tuned = devices, thresholds, tuned
        self._dtype: np.dtype[np.signedinteger[Any]] = np.dtype(np.int8)

    @property
    def steps(self) -> int:
        """Rises of each input: K - 1 of the other side."""
        return int(self._thresholds[1].shape[1]) - 1

    @property
    def cost(self) -> float:
        """Nanoseconds a row."""
        layer = self.layer
        own, other = (len(devices) for devices in self._devices)
        words = layer.chunks * layer.folding.lanes * -(-self.length // WORD_BITS)
        return words * (_FETCH * (own + other) + _OPERATE * (5 * own + self.steps * (other + 5)))

    def __call__(self, bits: PackedBits, states: npt.NDArray[np.uint8]) -> tuple[Rises, Base]:
        """Count.

        Parameters
        ----------
        bits : PackedBits
            With the first step of each row's pass.
        states : uint8, shape (rows, inputs)

        Returns
        -------
        rises : signed, shape (rows, K-1, inputs)
            G_i[p] - G_i[p+1]; int8 where they all are within 127.
        base : int32, shape (rows,)
            Sum of L - G_i[0].
        """
        layer = self.layer
        aligned = self.length % 8 == 0 and not (bits.starts % 8).any()
        words = -(-(self.length + (0 if aligned else 7)) // WORD_BITS)
        arrays = sum(len(devices) for devices in self._devices) + 6
        block = max(1, min(_SCRATCH_WORDS // (arrays * words * layer.chunks), len(states)))
        base: Base = np.empty(len(states), np.int32)
        while True:
            rises: Rises = np.empty((len(states), self.steps, layer.inputs), self._dtype)
            largest = _count(bits.samples.reshape(-1), bits.samples.shape[1], bits.starts, states, self.length, words,
                             block, *self._devices, *self._thresholds, *self._tuned, rises, base)
            if rises.dtype != np.int8 or largest <= 127:
                return rises, base
            self._dtype = np.dtype(np.int32)


@intrinsic  # type: ignore[untyped-decorator]
def _word_at(_: Any, samples: Any, byte: Any) -> tuple[Any, Callable[..., Any]]:
    """64 bits from any byte of a one-dimensional array on; no bounds are checked."""
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        return builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(samples, types.intp), code


@intrinsic  # type: ignore[untyped-decorator]
def _ones(_: Any, word: Any) -> tuple[Any, Callable[..., Any]]:
    """Number of ones in a word."""
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), code


@compiled
def _locate(starts: Any, chunks: int, length: int, words: int, last: int, where: Any, valid: Any) -> None:
    """Find each segment's L bits: bytes at which its words begin, none beyond ``last``, and which of their bits count.

    Bits stay where they lie; a segment may begin and end within a byte. Shapes: (words, rows * chunks).
    """
    for row in range(len(starts)):
        for chunk in range(chunks):
            first = starts[row] + chunk * length
            for k in range(words):
                byte = (first >> 3) + 8 * k
                begin, end = max(first, byte * 8), min(first + length, byte * 8 + 64)
                byte = min(byte, last)
                where[k, row * chunks + chunk] = byte
                mask = np.uint64(0)
                if end > begin:
                    mask = (~mask >> np.uint64(64 - (end - begin))) << np.uint64(begin - byte * 8)
                valid[k, row * chunks + chunk] = mask


@compiled
def _not_below_states(planes: Any, thresholds: Any, valid: Any, result: Any) -> None:
    """Valid bits of ``r >= T``, with a threshold for each segment: from the lowest bit of r up."""
    bits = len(planes)
    for k in range(len(valid)):
        ones, found = valid[k], result[k]
        found[:] = ones
        for b in range(bits):
            plane = planes[b, k]
            for g in range(len(found)):
                one = np.uint64(0) - (thresholds[g] >> np.uint64(b) & np.uint64(1))
                found[g] = (one & plane[g] & found[g]) | (~one & ones[g] & (plane[g] | found[g]))
        for g in range(len(found)):
            found[g] &= (thresholds[g] >> np.uint64(bits) & np.uint64(1)) - np.uint64(1)


@compiled
def _unset_states(planes: Any, states: Any, valid: Any, result: Any) -> None:
    """Complement of the valid bits of a tuned source: those of plane k-1 for state k of a segment, from 0 to K-1."""
    for k in range(len(valid)):
        for g in range(len(states)):
            state = states[g]
            bits = np.uint64(0)
            if state > len(planes):
                bits = ~bits
            elif state > 0:
                bits = planes[state - 1, k, g]
            result[k, g] = ~bits & valid[k, g]


@compiled
def _not_below(planes: Any, threshold: int, result: Any) -> None:
    """``r >= T`` with one threshold for all; bits that are not valid are left as they come."""
    bits = len(planes)
    low = 0
    while low < bits and not threshold >> low & 1:
        low += 1
    if low == bits:
        result[:] = np.uint64(0) if threshold else ~np.uint64(0)
        return
    result[:] = planes[low]
    for b in range(low + 1, bits):
        plane = planes[b]
        if threshold >> b & 1:
            for j in range(len(result)):
                result[j] &= plane[j]
        else:
            for j in range(len(result)):
                result[j] |= plane[j]


@compiled
def _count(samples: Any, pitch: int, starts: Any, states: Any, length: int, words: int, block: int, own: Any,
           other: Any, own_thresholds: Any, other_thresholds: Any, own_tuned: bool, other_tuned: bool, rises: Any,
           base: Any) -> int:
    """See `Counter.__call__`; ``own`` and ``other`` are devices, shape (bits, lanes). Largest rise without its sign."""
    rows, inputs = states.shape
    lanes = own.shape[1]
    chunks = (inputs + lanes - 1) // lanes
    segments = block * chunks
    where = np.zeros((words, segments), np.int64)
    valid = np.zeros((words, segments), np.uint64)
    planes = np.empty((len(own) + len(other), words, segments), np.uint64)
    of_other = planes[len(own):].reshape((len(other), words * segments))
    thresholds = np.empty(segments, np.uint64)
    zeros_at = np.empty((words, segments), np.uint64)  # complement of the rows' bits
    others_zeros_at = np.empty((words, segments), np.uint64)
    zeros, last, differ = np.empty(segments, np.int32), np.empty(segments, np.int32), np.empty(segments, np.int32)
    rise = np.empty(segments, rises.dtype)
    largest = 0
    one = np.uint64(1)
    for first in range(0, rows, block):
        used_rows = min(block, rows - first)
        _locate(starts[first:first + used_rows], chunks, length, words, pitch - 8, where, valid)
        base[first:first + used_rows] = 0
        for lane in range(lanes):
            for b in range(len(planes)):
                devices = own[b] if b < len(own) else other[b - len(own)]
                begin = devices[lane] * pitch
                for k in range(words):
                    plane, bytes_ = planes[b, k], where[k]
                    for g in range(segments):
                        plane[g] = _word_at(samples, begin + bytes_[g])
            # Only the last chunk may lack an input for this lane; T = 2^m makes no zero that would be counted.
            used = chunks if (chunks - 1) * lanes + lane < inputs else chunks - 1
            thresholds[:] = len(own) + 1 if own_tuned else 1 << len(own)
            for row in range(used_rows):
                states_of_row, segment, at = states[first + row], np.uint64(row * chunks), np.uint64(lane)
                for _ in range(used):
                    state_there = states_of_row[at]
                    thresholds[segment] = state_there if own_tuned else own_thresholds[lane, state_there]
                    segment += one
                    at += np.uint64(lanes)
            if own_tuned:
                _unset_states(planes[:len(own)], thresholds, valid, zeros_at)
            else:
                _not_below_states(planes[:len(own)], thresholds, valid, zeros_at)
            zeros[:] = 0
            for k in range(words):
                at_k = zeros_at[k]
                for g in range(segments):
                    zeros[g] += _ones(at_k[g])
            for row in range(used_rows):
                base[first + row] += zeros[row * chunks:(row + 1) * chunks].sum()
            for g in range(segments):
                last[g] = length - zeros[g]
            for state in range(1, other_thresholds.shape[1]):
                if state < other_thresholds.shape[1] - 1:
                    if other_tuned:
                        others_zeros_at.reshape(-1)[:] = ~of_other[state - 1]
                    else:
                        _not_below(of_other, other_thresholds[lane, state], others_zeros_at.reshape(-1))
                    differ[:] = 0
                    for k in range(words):
                        at_k, others_at_k, valid_k = zeros_at[k], others_zeros_at[k], valid[k]
                        for g in range(segments):
                            differ[g] += _ones((at_k[g] ^ others_at_k[g]) & valid_k[g])
                else:
                    differ[:] = zeros
                for g in range(segments):
                    difference = last[g] - differ[g]
                    last[g] = differ[g]
                    largest = max(largest, abs(difference))
                    rise[g] = difference
                for row in range(used_rows):
                    # Unsigned indices are not looked at for being negative.
                    rises_of_row, segment, at = rises[first + row, state - 1], np.uint64(row * chunks), np.uint64(lane)
                    for _ in range(used):
                        rises_of_row[at] = rise[segment]
                        segment += one
                        at += np.uint64(lanes)
    return largest
