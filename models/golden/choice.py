"""Which product is fastest on this CPU: measured once in a process for each class of shapes, by small products."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from spinsc.models.golden.lookup import BLOCK, Table, empty_table
from spinsc.models.golden.product import PRODUCTS, Product

Kept = Literal["rows", "columns"]

# Shapes are rounded up to one of these; few, so that all that a network has take some hundredths of a second.
_STATES, _SIZES = (2, 3, 5, 11), (16, 128, 512)
_INPUTS = 64
_FEW = 8
_RUNS = 3
_HOPELESS = 4.0  # times what the best takes of a few

# Of the thread, which other programs do not disturb, where it is fine enough.
_seconds = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-6 else time.perf_counter


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
        others = ", ".join(f"{name} {f'{ratio:.1f}x' if ratio < np.inf else f'over {_HOPELESS:.0f}x'} its time"
                           for name, ratio in self.ratios.items() if name != self.name)
        return f"{self.name} ({others})" if others else self.name


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
            with one_thread_per_operation():
                _choices[shape] = _measured(*shape)
        choice = _choices[shape]
    more = max(1, kept / shape[1])
    return Choice(choice.name, choice.nanoseconds * more, choice.ratios)


@contextmanager
def one_thread_per_operation() -> Iterator[int]:
    """Yield the number of torch's threads, for whole images to share; many small operations would mostly wait."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def _class(number: int, limits: Sequence[int]) -> int:
    return next((limit for limit in limits if number <= limit), limits[-1])


def _measured(states: int, kept: int, kept_are: Kept, wide: bool) -> Choice:
    tasks = {name: _task(product, states, kept, kept_are, wide) for name, product in PRODUCTS.items()}
    few = {}
    for name, task in tasks.items():
        task(_FEW)  # what is compiled or prepared at the first call
        few[name] = _taken(task, _FEW)
    best = dict.fromkeys(few, np.inf)
    for _ in range(_RUNS):
        for name, task in tasks.items():
            if few[name] <= _HOPELESS * min(few.values()):
                best[name] = min(best[name], _taken(task, BLOCK))
    name = min(best, key=lambda each: best[each])
    return Choice(name, 1e9 * best[name] / (BLOCK * _INPUTS), {each: best[each] / best[name] for each in best})


def _taken(task: Callable[[int], object], number: int) -> float:
    begin = _seconds()
    task(number)
    return _seconds() - begin


def _task(product: Product, states: int, kept: int, kept_are: Kept, wide: bool) -> Callable[[int], object]:
    """The product of what is kept and of some of the others, whose operand is made each time."""
    device = torch.device("cpu")
    rows = kept if kept_are == "rows" else BLOCK
    of_rows = torch.from_numpy((np.arange(rows * _INPUTS) % states).astype(np.uint8).reshape(rows, _INPUTS))
    if kept_are == "rows":
        kept_rows = product.rows(of_rows, states)
        tables = {number: _table(number, states, wide) for number in (_FEW, BLOCK)}
        return lambda number: product(kept_rows, product.columns(tables[number], device))
    kept_columns = product.columns(_table(kept, states, wide), device)
    return lambda number: product(product.rows(of_rows[:number], states), kept_columns)


def _table(columns: int, states: int, wide: bool) -> Table:
    largest = 300 if wide else 30
    table = empty_table(columns, _INPUTS, states, largest)
    table.entries[:] = np.arange(table.entries.size).reshape(table.entries.shape) % 7 * (largest // 6)
    return table
