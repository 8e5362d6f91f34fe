"""Exact sums of products of integers, and of their squares, for training: by what is fastest on this processor.

With n intervals between n + 1 states, activations and weights are integers -n, 2 - n, ..., n; here n is at most
`MOST_INTERVALS`, so that squares fit into signed bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property, partial

import torch
from torch import Tensor

from spinsc.models.golden.product import multiply_bytes
from spinsc.models.timing import Choice, fastest

MOST_INTERVALS = 11
_EXACT_IN_FLOAT = 1 << 24  # integers up to it are, and so are their sums up to it

# Shapes are measured up to these; what is larger takes as much longer by each of the ways.
_BATCH, _INPUTS, _NEURONS = 512, 1024, 128
_FEW = 64


class Sums(ABC):
    """Sums over the inputs, of a batch and a layer.

    Parameters
    ----------
    a, w : float32, shapes (n, inputs) and (neurons, inputs)
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
        return _multiply_floats(self.a, self.w, self.intervals**2)

    def squares(self) -> Tensor:
        return _multiply_floats(self.a * self.a, self.w * self.w, self.intervals**4)


WAYS: dict[str, type[Sums]] = {"float32": ByFloats, "int8": ByBytes}

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
