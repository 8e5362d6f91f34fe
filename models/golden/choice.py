"""Which product is fastest on this CPU: measured once in a process for each class of shapes, by small products."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from spinsc.models import timing
from spinsc.models.golden.lookup import BLOCK, Table, empty_table
from spinsc.models.golden.product import PRODUCTS, Product

Kept = Literal["rows", "columns"]

# Shapes are rounded up to one of these; few, so that all that a network has take some hundredths of a second.
_STATES, _SIZES = (2, 3, 5, 11), (16, 128, 512)
_MOST_INPUTS, _MOST_ENTRIES = 256, 1 << 15
_FEW = 8


@dataclass(frozen=True)
class Choice:
    """A product for a class of shapes.

    Attributes
    ----------
    name : str
        In `PRODUCTS`.
    nanoseconds : float
        For each input and row, where the columns' operands are kept, or column, where those of rows are; 0 if that was
        not measured.
    ratios : dict of str to float
        How much longer each of the products took; infinite for those that were left out as hopeless.
    """

    name: str
    nanoseconds: float = 0.0
    ratios: dict[str, float] = field(default_factory=dict)

    @property
    def product(self) -> Product:
        return PRODUCTS[self.name]

    def __str__(self) -> str:
        return timing.comparison(self.name, self.ratios)


_choices: dict[tuple[int, int, Kept, bool], Choice] = {}
_lock = threading.Lock()


def fastest(states: int, kept: int, kept_are: Kept, *, wide: bool) -> Choice:
    """The product to take on this CPU; the same for a class of shapes until the process ends.

    Parameters
    ----------
    states : int
        K of the rows.
    kept : int
        Rows or columns whose operand is made once and then used for many products.
    kept_are : {"rows", "columns"}
        Which of the two these are. The others' operands are made for each product.
    wide : bool
        Whether rises beyond 127 are to be expected.
    """
    shape = (_class(states, _STATES), _class(kept, _SIZES), kept_are, wide)
    with _lock:
        if shape not in _choices:
            with timing.one_thread_per_operation():
                _choices[shape] = _measured(*shape)
        choice = _choices[shape]
    more = max(1, kept / shape[1])
    return Choice(choice.name, choice.nanoseconds * more, choice.ratios)


def _class(number: int, limits: Sequence[int]) -> int:
    return next((limit for limit in limits if number <= limit), limits[-1])


def _measured(states: int, kept: int, kept_are: Kept, wide: bool) -> Choice:
    inputs = min(_MOST_INPUTS, _MOST_ENTRIES // kept)
    found = timing.fastest({name: _task(product, states, inputs, kept, kept_are, wide)
                            for name, product in PRODUCTS.items()}, _FEW, BLOCK)
    return Choice(found.name, 1e9 * found.seconds / (BLOCK * inputs), found.ratios)


def _task(product: Product, states: int, inputs: int, kept: int, kept_are: Kept,
          wide: bool) -> Callable[[int], object]:
    """The product of what is kept and of some of the others, whose operand is made each time."""
    device = torch.device("cpu")
    rows = kept if kept_are == "rows" else BLOCK
    of_rows = torch.from_numpy((np.arange(rows * inputs) % states).astype(np.uint8).reshape(rows, inputs))
    if kept_are == "rows":
        kept_rows = product.rows(of_rows, states)
        tables = {number: _table(number, inputs, states, wide) for number in (_FEW, BLOCK)}
        return lambda number: product(kept_rows, product.columns(tables[number], device))
    kept_columns = product.columns(_table(kept, inputs, states, wide), device)
    return lambda number: product(product.rows(of_rows[:number], states), kept_columns)


def _table(columns: int, inputs: int, states: int, wide: bool) -> Table:
    largest = 300 if wide else 30
    table = empty_table(columns, inputs, states, largest)
    table.entries[:] = np.arange(table.entries.size).reshape(table.entries.shape) % 7 * (largest // 6)
    return table
