"""Tables of the golden model's fast form, counted on bits packed along time.

Columns (images, or neurons) have a state for each input; their bits meet those of the other side's comparators. The
table that results has, for each input and each state of the other side, the number of a chunk's steps at which the two
bits agree: what the input adds to an accumulator. `spinsc.models.golden.agreements` counts them.
"""

from __future__ import annotations

import itertools
import math
import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from spinsc.integers import ceil_div
from spinsc.models.golden.agreements import count, count_pairs, pick_pairs
from spinsc.models.golden.lookup import LARGEST_SHORT, Table, empty_table
from spinsc.models.golden.vectors import PAIR_BYTES, PAIRS
from spinsc.models.layer import Layer
from spinsc.models.side import Side
from spinsc.models.streams.packing import device_rows
from spinsc.models.streams.protocol import PackedBits

# Nanoseconds to fetch a word of bits and to work on one, next to the figures in `fast`.
_FETCH, _OPERATE = 0.2, 0.034
_LINE_BYTES = 64
_MOST_PAIRS = 1 << 10
_PAIRS_BYTES = 1 << 22


class Counter:
    """Counts of a layer, for columns that are either images or neurons.

    Parameters
    ----------
    layer : Layer
    length : int
        L, steps of a chunk.
    of_neurons : bool
        Columns are neurons with weight states, and meet each state of an activation. Otherwise the reverse.
    """

    def __init__(self, layer: Layer, length: int, *, of_neurons: bool) -> None:
        self.layer = layer
        self.length = length
        sides = list(zip(device_rows(layer), layer.sides, strict=True))
        if of_neurons:
            sides.reverse()
        (own_rows, self._own), (other_rows, self._other) = sides
        self._rows = np.concatenate([own_rows, other_rows])
        thresholds = np.arange(self._own.states) if self._own.tuned else self._own.comparator_thresholds
        self._thresholds = np.ascontiguousarray(
            np.broadcast_to(thresholds, (layer.folding.lanes, self._own.states)), np.int64)
        self._comparisons = comparisons(self._other)
        self._room = _Room()

    @property
    def cost(self) -> float:
        """Nanoseconds a column."""
        layer = self.layer
        words = 2 * layer.chunks * layer.folding.lanes * ceil_div(self.length, 8 * PAIR_BYTES)
        bits = self._own.bits, self._other.bits
        return words * (_FETCH * sum(bits) + _OPERATE * (3 * bits[0] + self._other.states * (bits[1] + 5)))

    def __call__(self, bits: PackedBits, states: npt.NDArray[np.uint8], table: Table | None = None) -> Table:
        """Count.

        Parameters
        ----------
        bits : PackedBits
            With the first step of each column's pass.
        states : uint8, shape (columns, inputs), C-contiguous
        table : Table, optional
            One that this made for as many columns may be filled once more.
        """
        columns, inputs = states.shape
        if table is None or table.columns != columns:
            table = empty_table(columns, inputs, self._other.states, self.length)
        samples, parts = _wide_enough(bits.samples), _parts(bits, self.length)
        missing = -columns % PAIRS
        if missing:
            states = np.pad(states, ((0, missing), (0, 0)))
        segments = table.entries.shape[3] * self.layer.chunks
        room = self._room(
            *_of_segments(segments // PAIRS, parts), ((self.layer.folding.lanes, segments + 16), np.uint32),
            ((parts, len(self._rows) + 1, 2 * PAIRS), np.int64),
            ((self._other.states * PAIRS * self.layer.chunks + 2 * PAIRS,), table.entries.dtype))
        count(samples.reshape(-1), samples.shape[1], np.pad(bits.starts, (0, missing), "edge"), states, self.length,
              np.ascontiguousarray(self._rows.T * samples.shape[1]), self._own.bits, self._thresholds,
              self._own.tuned, self._comparisons, *room, table.entries)
        return table


class PairCounter:
    """Counts of a layer for all pairs of states, from which images that share a slot take theirs.

    Parameters
    ----------
    layer : Layer
    length : int
    """

    def __init__(self, layer: Layer, length: int) -> None:
        self.layer = layer
        self.length = length
        self._rows = np.concatenate(device_rows(layer))
        self._comparisons = [comparisons(side) for side in layer.sides]
        self._room = _Room()
        # Some at the end of the inputs and of the other states serve nothing.
        self._shape = (layer.chunks * layer.folding.lanes, layer.activation.states,
                       ceil_div(layer.weight.states, 8) * 8)

    @property
    def possible(self) -> bool:
        """Whether it can be done in little memory."""
        return self.length <= LARGEST_SHORT and self._shape[1] * self._shape[2] <= _MOST_PAIRS

    @property
    def columns_at_once(self) -> int:
        return max(1, _PAIRS_BYTES // (2 * math.prod(self._shape)))

    @property
    def cost(self) -> float:
        """Nanoseconds a column."""
        layer, own, other = self.layer, self.layer.activation, self.layer.weight
        words = 2 * layer.chunks * layer.folding.lanes * ceil_div(self.length, 8 * PAIR_BYTES)
        operations = own.states * own.bits + other.states * other.bits + 5 * own.states * other.states
        return words * (_FETCH * (own.bits + other.bits) + _OPERATE * operations)

    def __call__(self, bits: PackedBits) -> npt.NDArray[np.int16]:
        """Count for some columns, with the first step of each. The thread's next call overwrites the result."""
        samples, parts = _wide_enough(bits.samples), _parts(bits, self.length)
        own, other = self._comparisons
        chunks, columns = self.layer.chunks, len(bits.starts)
        *room, pairs = self._room(
            *_of_segments(ceil_div(columns * chunks, PAIRS), parts),
            ((parts, len(self._rows) + own.shape[1] + other.shape[1], 2 * PAIRS), np.int64),
            (((own.shape[1] * other.shape[1] + 8) * PAIRS * chunks,), np.int16),
            ((PAIRS * chunks,), np.int64), ((columns + 16, *self._shape), np.int16))
        count_pairs(samples.reshape(-1), samples.shape[1], bits.starts, self.length,
                    np.ascontiguousarray(self._rows.T * samples.shape[1]), self.layer.activation.bits, own, other,
                    *room, pairs)
        return pairs[:columns]

    def table(self, pairs: npt.NDArray[np.int16], columns: npt.NDArray[np.int64], states: npt.NDArray[np.uint8],
              table: Table | None = None) -> Table:
        """Table of images from the pairs of their columns; see `Counter.__call__`."""
        images, inputs = states.shape
        if table is None or table.columns != images:
            table = empty_table(images, inputs, self.layer.weight.states, self.length)
        missing = -images % 16
        if missing:
            states, columns = np.pad(states, ((0, missing), (0, 0))), np.pad(columns, (0, missing), "edge")
        pick_pairs(pairs, columns * pairs[0].nbytes, states, table.entries)
        return table


def _parts(bits: PackedBits, length: int) -> int:
    """Pairs of words that hold a segment, wherever it begins."""
    aligned = length % 8 == 0 and not (bits.starts % 8).any()
    return ceil_div(length + (0 if aligned else 7), 8 * PAIR_BYTES)


def _wide_enough(samples: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """At least a pair of words of each device."""
    missing = PAIR_BYTES - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, missing))) if missing > 0 else samples


def _of_segments(tiles: int, parts: int) -> tuple[tuple[tuple[int, ...], Any], ...]:
    """Shapes and types of the offsets and masks of so many tiles, and of the marks of what is contiguous."""
    return ((tiles, parts, PAIRS), np.int64), ((tiles, parts, PAIRS, 2), np.uint64), ((tiles,), np.int64)


class _Room(threading.local):
    """Memory that each thread keeps for what it works with, as new memory costs more than the work on it."""

    memory: npt.NDArray[np.uint8] | None = None

    def __call__(self, *arrays: tuple[tuple[int, ...], Any]) -> list[npt.NDArray[Any]]:
        """Arrays of these shapes and types, of any content, each from a cache line on."""
        sizes = [ceil_div(math.prod(shape) * np.dtype(dtype).itemsize, _LINE_BYTES) * _LINE_BYTES
                 for shape, dtype in arrays]
        if self.memory is None or len(self.memory) < sum(sizes):
            self.memory = torch.zeros(sum(sizes), dtype=torch.uint8).numpy()  # torch's begins at a cache line
        ends = itertools.accumulate(sizes)
        return [self.memory[end - size:end].view(dtype)[:math.prod(shape)].reshape(shape)
                for end, size, (shape, dtype) in zip(ends, sizes, arrays, strict=True)]


def comparisons(side: Side) -> npt.NDArray[np.int64]:
    """How each lane's planes make the bits of each state, shape (lanes, states, 4): first, end, ands, complement.

    The planes are the bits of the random numbers, lowest first. Bits are those of the plane ``first``, to which each
    following one before ``end`` is joined: by AND where bit 0, 1, ... of ``ands`` is one, else by OR. Without a plane
    they are 0. They are the state's ones, or their complement where that is -1 and not 0: ``r >= T`` of a comparator,
    which begins at the lowest one of T, or 0 of the highest state.
    """
    made = np.zeros((side.lanes, side.states, 4), np.int64)
    if side.tuned:
        made[:, 1:-1, 0], made[:, 1:-1, 1] = np.arange(side.states - 2), np.arange(1, side.states - 1)
    else:
        thresholds = side.comparator_thresholds
        lowest = np.bitwise_count((thresholds & -thresholds) - 1).astype(np.int64)
        made[:] = np.stack(
            [lowest, np.full_like(lowest, side.bits), thresholds >> lowest + 1, -np.ones_like(lowest)], 2)
        made[thresholds == 0] = 0
    made[:, -1] = 0, 0, 0, -1
    return made
