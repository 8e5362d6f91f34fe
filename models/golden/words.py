"""Tables of the golden model's fast form, counted on bits packed along time.

Columns (images, or neurons) have a state for each input; their bits meet those of the other side's comparators. The
table that results has, for each input and each state of the other side, the number of a chunk's steps at which the two
bits agree: what the input adds to an accumulator. `spinsc.models.golden.agreements` counts them.
"""

from __future__ import annotations

import itertools
import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from spinsc.integers import ceil_div
from spinsc.models.golden.agreements import count
from spinsc.models.golden.lookup import Table, empty_table
from spinsc.models.golden.vectors import WORD_BYTES, WORDS
from spinsc.models.layer import Layer
from spinsc.models.side import Side
from spinsc.models.streams.packing import device_rows
from spinsc.models.streams.protocol import WORD_BITS, PackedBits

# Nanoseconds to fetch a word of bits and to work on one, next to the figures in `fast`.
_FETCH, _OPERATE = 0.2, 0.034
_LINE_BYTES = 64


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
        words = layer.chunks * layer.folding.lanes * ceil_div(self.length, WORD_BITS)
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
        read = _Reading.of(bits, self.length)
        missing = -columns % read.tile
        if missing:
            states = np.pad(states, ((0, missing), (0, 0)))
        lanes, chunks = self.layer.folding.lanes, self.layer.chunks
        segments = table.entries.shape[3] * chunks
        tiles = segments // read.tile
        count(bits.samples.reshape(-1), read.pitch, np.pad(bits.starts, (0, missing), "edge"), states, self.length,
              np.ascontiguousarray(self._rows.T * read.pitch), self._own.bits, self._thresholds, self._own.tuned,
              self._comparisons, *self._room(
                  ((tiles, read.parts, read.tile), np.int64), ((tiles, read.parts, read.tile, read.words), np.uint64),
                  ((tiles,), np.int64), ((lanes, segments + 16), np.uint32),
                  ((read.parts, len(self._rows) + 1, WORDS), np.int64),
                  ((self._other.states * read.tile * chunks + WORDS,), np.int64)), table.entries)
        return table


@dataclass(frozen=True)
class _Reading:
    """How segments are read: in parts of so many words, and so many in a vector."""

    pitch: int
    words: int
    parts: int

    @classmethod
    def of(cls, bits: PackedBits, length: int) -> _Reading:
        pitch = bits.samples.shape[1]
        aligned = length % 8 == 0 and not (bits.starts % 8).any()
        needed = ceil_div(length + (0 if aligned else 7), WORD_BITS)
        words = 2 if needed > 1 and pitch >= 2 * WORD_BYTES else 1
        return cls(pitch, words, ceil_div(needed, words))

    @property
    def tile(self) -> int:
        return WORDS // self.words


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
