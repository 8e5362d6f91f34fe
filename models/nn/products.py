"""Exact sums of products of integers, and of their squares, for training: by what is fastest on this processor.

With n intervals between n + 1 states, activations and weights are integers -n, 2 - n, ..., n; here n is at most
`MOST_INTERVALS`, so that squares fit into signed bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spinsc.models.compiled import compiled
from spinsc.models.golden.lookup import empty_table, sum_entries
from spinsc.models.golden.product import multiply_bytes
from spinsc.models.timing import Choice, fastest

MOST_INTERVALS = 11
_EXACT_IN_FLOAT = 1 << 24  # integers up to it are, and so are their sums up to it

# Shapes are measured up to these; what is larger takes as much longer by each of the ways.
_BATCH, _INPUTS, _NEURONS = 256, 1024, 128
_FEW = 32


class Sums(ABC):
    """Sums over the inputs, of a batch and a layer.

    Parameters
    ----------
    a, w : float32 or int8, shapes (n, inputs) and (neurons, inputs)
        Integers.
    intervals : int
    """

    def __init__(self, a: Tensor, w: Tensor, intervals: int) -> None:
        self.a, self.w, self.intervals = a, w, intervals

    @abstractmethod
    def products(self) -> Tensor:
        """sum_i a_i w_i, int32 or float32, shape (n, neurons)."""

    @abstractmethod
    def squares(self) -> Tensor:
        """sum_i a_i^2 w_i^2, likewise."""


class Rounded(Sums):
    """Matrix products in float32, rounded where sums are beyond 2**24; for any number of intervals and any device."""

    def products(self) -> Tensor:
        return self.a @ self.w.T

    def squares(self) -> Tensor:
        return (self.a * self.a) @ (self.w * self.w).T


class ByBytes(Sums):
    """Matrix products of bytes."""

    @cached_property
    def _bytes(self) -> tuple[Tensor, Tensor]:
        return self.a.to(torch.int8), self.w.to(torch.int8)

    def products(self) -> Tensor:
        return multiply_bytes(*self._bytes)

    def squares(self) -> Tensor:
        return multiply_bytes(*(each * each for each in self._bytes))


class ByFloats(Sums):
    """Matrix products in float32, of so many inputs at a time that all sums are exact."""

    def products(self) -> Tensor:
        return _multiply_floats(self.a.float(), self.w.float(), self.intervals**2)

    def squares(self) -> Tensor:
        return _multiply_floats(self.a.float().square(), self.w.float().square(), self.intervals**4)


class ByTables(Sums):
    """Sums of table entries, see `spinsc.models.golden.lookup`, which are made of the weights for each batch."""

    def __init__(self, a: Tensor, w: Tensor, intervals: int) -> None:
        super().__init__(a, w, intervals)
        self.unit = 2 - intervals % 2  # that a and w are multiples of

    @cached_property
    def _states(self) -> Any:
        states = np.empty(self.a.shape, np.uint8)
        _find_states(self.a.numpy(), self.intervals, states)
        return states

    def products(self) -> Tensor:
        return self._sum(1)

    def squares(self) -> Tensor:
        return self._sum(2)

    def _sum(self, power: int) -> Tensor:
        """Of the products to a power; they are multiples of `unit`, and squares are taken from the middle of theirs."""
        neurons, inputs = self.w.shape
        largest = (self.intervals // self.unit)**(2 * power)
        middle = largest // 2 if power == 2 else 0
        table = empty_table(neurons, inputs, self.intervals + 1, largest - middle, least_bits=8)
        _tabulate(self.w.numpy(), self.unit, power, middle, table.entries)
        found = torch.from_numpy(sum_entries(table, self._states))
        return found.add_(middle * inputs).mul_(self.unit**(2 * power))


WAYS: dict[str, type[Sums]] = {"float32": ByFloats, "int8": ByBytes, "lookup": ByTables}

_choices: dict[tuple[int, int, int], Choice] = {}


def choice(inputs: int, neurons: int, intervals: int) -> Choice:
    """The way to take for a layer on this processor; the same until the process ends."""
    shape = min(inputs, _INPUTS), min(neurons, _NEURONS), intervals
    if shape not in _choices:
        _choices[shape] = _measured(*shape)
    return _choices[shape]


def sums(a: Tensor, w: Tensor, intervals: int) -> Sums:
    """`Sums` by the fastest way."""
    neurons, inputs = w.shape
    return WAYS[choice(inputs, neurons, intervals).name](a, w, intervals)


def _measured(inputs: int, neurons: int, intervals: int) -> Choice:
    a, w = (torch.randint(intervals + 1, shape, generator=torch.Generator().manual_seed(0)) * 2.0 - intervals
            for shape in ((_BATCH, inputs), (neurons, inputs)))

    def both(way: type[Sums], number: int) -> None:
        some = way(a[:number], w, intervals)
        some.products()
        some.squares()

    return fastest({name: partial(both, way) for name, way in WAYS.items()
                    if name != "int8" or bytes_are_exact(inputs, intervals)}, _FEW, _BATCH)


def bytes_are_exact(inputs: int, intervals: int) -> bool:
    """Whether this processor's products of bytes are, by the largest there are.

    Without VNNI, some shift one operand by 128 and add pairs in 16 bits, which 2 * (100 + 128) * 100 does not fit.
    """
    a, w = torch.full((_FEW, inputs), float(intervals)), torch.full((_FEW, inputs), float(intervals))
    return bool((ByBytes(a, w, intervals).squares() == inputs * intervals**4).all())


def _multiply_floats(a: Tensor, w: Tensor, largest: int) -> Tensor:
    inputs, terms = a.shape[1], max(1, _EXACT_IN_FLOAT // largest)
    if inputs <= terms:
        return a @ w.T
    result = torch.zeros(len(a), len(w), dtype=torch.int32)
    for first in range(0, inputs, terms):
        some = slice(first, first + terms)
        result += (a[:, some] @ w[:, some].T).int()
    return result


@compiled
def _find_states(a: Any, intervals: int, states: Any) -> None:
    for row in range(len(a)):
        for k in range(a.shape[1]):
            states[row, k] = (np.int32(a[row, k]) + intervals) >> 1


@compiled
def _tabulate(weights: Any, unit: int, power: int, middle: int, entries: Any) -> None:
    """Entries (a w / unit^2)^power - middle by the states of a; tile by tile because rows turn into columns."""
    blocks, inputs, states, width = entries.shape
    tile = 64
    some = np.zeros((tile, width), np.int16)
    to_units = np.float32(1 / unit)
    for block in range(blocks):
        for first in range(0, inputs, tile):
            used = min(tile, inputs - first)
            for lane in range(min(width, len(weights) - block * width)):
                for k in range(used):
                    some[k, lane] = np.int32(weights[block * width + lane, first + k] * to_units)
            for k in range(used):
                for state in range(states):
                    value = np.int16((2 * state - states + 1) // unit)
                    for lane in range(width):
                        entry = np.int16(value * some[k, lane])
                        entries[block, first + k, state, lane] = entry if power == 1 else entry * entry - middle
