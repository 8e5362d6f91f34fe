"""Ways to sum what the inputs add, for the golden model's fast form: the same integers, at speeds that differ.

A row has a state x for each input, a column has entries T[i, x]: the sum of a row and a column is

    sum over inputs i of T[i, x_i] = sum over i of T[i, 0] + sum over i and p of [x_i > p] * (T[i, p + 1] - T[i, p]),

with [..] = 1 where true and 0 elsewhere. The first form adds one entry for each input; the second is a matrix product
of the row's steps [x_i > p] and the column's rises. Which is fastest depends on the processor, the number of states and
the sizes, so a CPU is asked once for each class of shapes, see `spinsc.models.golden.choice`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spinsc.models.compiled import compiled
from spinsc.models.golden.lookup import Table, sum_entries

_EXACT_IN_FLOAT = 1 << 24  # integers up to it are, and so are their sums up to it


class Product(ABC):
    """A way to sum. Operands are made once for many products, or for each anew.

    Attributes
    ----------
    row_bytes, column_bytes : int
        Of a row's operand for each input and step, and of a column's with the table that it is made of.
    """

    row_bytes: int
    column_bytes: int

    @abstractmethod
    def rows(self, states: Tensor, number_of_states: int) -> Any:
        """Operand of rows; states uint8, shape (rows, inputs)."""

    @abstractmethod
    def columns(self, table: Table, device: torch.device) -> Any:
        """Operand of columns, with its size as ``nbytes``."""

    @abstractmethod
    def __call__(self, rows: Any, columns: Any) -> Tensor:
        """int32, shape (rows, columns)."""


class Lookup(Product):
    """One table entry for each input, see `spinsc.models.golden.lookup`; on CPUs."""

    row_bytes, column_bytes = 1, 3

    def rows(self, states: Tensor, number_of_states: int) -> Tensor:
        return states.contiguous()  # weights of imported networks need not be

    def columns(self, table: Table, device: torch.device) -> Table:
        return table

    def __call__(self, rows: Tensor, columns: Table) -> Tensor:
        return torch.from_numpy(sum_entries(columns, rows.numpy()))


@dataclass(frozen=True, eq=False)
class _Matrices:
    """Columns of a matrix product, which is that with ``parts`` times 128**0, 128**1, ...; each (columns, inner)."""

    parts: list[Tensor]
    base: Tensor
    terms: int

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self.parts) + self.base.nbytes


class Int8(Product):
    """Products of signed bytes, where rises that do not fit have several digits of base 128, none of them -128."""

    row_bytes, column_bytes = 1, 5

    def rows(self, states: Tensor, number_of_states: int) -> Tensor:
        return steps(states, number_of_states, torch.int8)

    def columns(self, table: Table, device: torch.device) -> _Matrices:
        values, largest = _rises(table, torch.int8)
        parts: list[Tensor] = []
        if largest > 127:
            values, _ = _rises(table, torch.int32)
            while int(values.abs().max()) > 127:
                low = ((values + 64) & 127) - 64
                parts.append(low.to(torch.int8))
                values = (values - low) >> 7
        return _Matrices([part.to(device, torch.int8) for part in (*parts, values)], _base(table, device),
                         values.shape[1])

    def __call__(self, rows: Tensor, columns: _Matrices) -> Tensor:
        result = multiply_bytes(rows, columns.parts[0]) + columns.base
        for digit, part in enumerate(columns.parts[1:], 1):
            result += multiply_bytes(rows, part) << 7 * digit
        return result


class Float32(Product):
    """Products in float32, of so many terms at a time that all sums are exact."""

    row_bytes, column_bytes = 4, 8

    def rows(self, states: Tensor, number_of_states: int) -> Tensor:
        return steps(states, number_of_states, torch.float32)

    def columns(self, table: Table, device: torch.device) -> _Matrices:
        values, largest = _rises(table, torch.float32)
        return _Matrices([values.to(device)], _base(table, device), max(1, _EXACT_IN_FLOAT // max(1, largest)))

    def __call__(self, rows: Tensor, columns: _Matrices) -> Tensor:
        part, = columns.parts
        result = columns.base.repeat(len(rows), 1)
        for first in range(0, part.shape[1], columns.terms):
            terms = slice(first, first + columns.terms)
            result += (rows[:, terms] @ part[:, terms].T).int()
        return result


PRODUCTS: dict[str, Product] = {"lookup": Lookup(), "int8": Int8(), "float32": Float32()}


def _rises(table: Table, dtype: torch.dtype) -> tuple[Tensor, int]:
    """Rises of the columns, shape (columns, (K-1) * inputs), and the largest without its sign, which may not fit."""
    _, inputs, states, _ = table.entries.shape
    rises = torch.empty(table.columns, states - 1, inputs, dtype=dtype)
    largest = int(_subtract(table.entries, rises.numpy()))
    return rises.flatten(1), largest


def _base(table: Table, device: torch.device) -> Tensor:
    """Sums of the columns' entries for state 0, int32."""
    entries = torch.from_numpy(table.entries[:, :, 0])
    return entries.sum(1, dtype=torch.int32).flatten()[:table.columns].to(device)


@compiled
def _subtract(entries: Any, rises: Any) -> int:
    """Differences from state to state; the largest without its sign. Tile by tile, because columns turn into rows."""
    blocks, inputs, states, width = entries.shape
    tile, low, high = 64, np.int32(0), np.int32(0)
    some = np.empty((tile, width), np.int32)
    for block in range(blocks):
        columns = min(width, len(rises) - block * width)
        for first in range(0, inputs, tile):
            used = min(tile, inputs - first)
            for state in range(states - 1):
                for k in range(used):
                    before, after = entries[block, first + k, state], entries[block, first + k, state + 1]
                    for lane in range(columns):
                        rise = np.int32(after[lane]) - np.int32(before[lane])
                        some[k, lane] = rise
                        low, high = min(low, some[k, lane]), max(high, some[k, lane])
                for lane in range(columns):
                    for k in range(used):
                        rises[block * width + lane, state, first + k] = some[k, lane]
    return max(-int(low), int(high))


def multiply_bytes(a: Tensor, b: Tensor) -> Tensor:
    """a @ b.T of int8 matrices, exactly, as int32. No entry is -128, and in one of the two they are -1, 0 or 1.

    Those limits keep it exact on CPUs without VNNI, whose products shift one operand by 128 and add pairs in 16 bits:
    2 * (1 + 128) * 127 < 2**15.
    """
    rows, columns = len(a), len(b)
    if a.device.type == "cuda":
        a, b = _padded(a, *_multiples(a, 32)), _padded(b, *_multiples(b, 8))
    else:
        # The product is silently left out where a dimension is 1 and its stride of no use (pytorch issue 195066).
        inner = max(a.shape[1], 2)
        a, b = _padded(a, max(rows, 2), inner), _padded(b, max(columns, 2), inner)
    return torch._int_mm(a, b.T)[:rows, :columns]


def _multiples(matrix: Tensor, rows: int) -> tuple[int, int]:
    """Shape that CUDA's int8 product takes: rows a multiple of ``rows``, columns of 8."""
    return len(matrix) + -len(matrix) % rows, matrix.shape[1] + -matrix.shape[1] % 8


def _padded(matrix: Tensor, rows: int, columns: int) -> Tensor:
    """The matrix with zeros up to the given shape."""
    if matrix.shape == (rows, columns):
        return matrix
    return torch.nn.functional.pad(matrix, (0, columns - matrix.shape[1], 0, rows - len(matrix)))


def steps(states: Tensor, number_of_states: int, dtype: torch.dtype) -> Tensor:
    """[state > p] for p = 0..K-2, shape (rows, (K-1) * inputs)."""
    rows, inputs = states.shape
    if states.device.type == "cpu":
        found = torch.empty(rows, number_of_states - 1, inputs, dtype=dtype)
        _compare(states.numpy(), found.numpy())
    else:
        levels = torch.arange(number_of_states - 1, dtype=torch.uint8, device=states.device)
        found = (states[:, None, :] > levels[:, None]).to(dtype)
    return found.view(rows, -1)


@compiled
def _compare(states: Any, found: Any) -> None:
    for row in range(len(states)):
        for level in range(found.shape[1]):
            for input_ in range(states.shape[1]):
                found[row, level, input_] = states[row, input_] > level
