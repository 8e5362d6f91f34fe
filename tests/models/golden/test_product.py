"""The golden model's products: the same integers from each, whatever the processor; and the choice among them."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from spinsc.models import timing
from spinsc.models.builders import random_network
from spinsc.models.golden import choice, evaluation, lookup, product
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.golden.fast import FORMS, FastAccumulator
from spinsc.models.golden.lookup import Table, empty_table
from spinsc.models.golden.product import PRODUCTS, Product
from spinsc.models.streams.lfsr import LfsrStreams
from tests.instructions import INSTRUCTION_SETS, with_fewer_instructions

CPU = torch.device("cpu")


def by_definition(states: Tensor, table: Table) -> npt.NDArray[np.int64]:
    """Sums, term by term."""
    entries = table.entries.transpose(0, 3, 1, 2).reshape(-1, *table.entries.shape[1:3])[:table.columns]
    return entries[:, np.arange(states.shape[1]), states.numpy()].sum(2, dtype=np.int64).T


def filled(entries: npt.NDArray[np.integer[Any]]) -> Table:
    """Table of entries (columns, inputs, states); what has no column is as large as can be."""
    table = empty_table(*entries.shape, int(np.abs(entries).max()))
    table.entries[:] = np.iinfo(table.entries.dtype).min
    for column, of_column in enumerate(entries):
        table.entries[column // table.entries.shape[3], :, :, column % table.entries.shape[3]] = of_column
    return table


def case(rows: int, states: int, inputs: int, columns: int, largest: int, seed: int = 1) -> tuple[Tensor, Table]:
    """Random operands."""
    rng = np.random.default_rng(seed)
    return (torch.from_numpy(rng.integers(0, states, (rows, inputs), dtype=np.uint8)),
            filled(rng.integers(-largest, largest + 1, (columns, inputs, states))))


def compare(way: Product, states: Tensor, table: Table) -> None:
    found = way(way.rows(states, table.entries.shape[2]), way.columns(table, CPU))
    assert found.dtype == torch.int32
    np.testing.assert_array_equal(found.numpy(), by_definition(states, table))


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("shape", [
    (9, 5, 200, 7), (1, 3, 700, 7), (9, 3, 500, 1), (9, 2, 1, 7), (1, 2, 1, 1), (1, 3, 1, 100), (300, 2, 70, 33),
    (3, 4, 50, 129), (5, 256, 3, 130), (2, 11, 90, 160)])
@pytest.mark.parametrize("largest", [0, 1, 127, 128, 2000, 100_000])
def test_products_are_exact(name: str, shape: tuple[int, int, int, int], largest: int) -> None:
    compare(PRODUCTS[name], *case(*shape, largest))


@pytest.mark.parametrize("name", PRODUCTS)
def test_rows_may_lie_in_any_order(name: str) -> None:
    """As the weights of an imported network do, which were transposed."""
    states, table = case(9, 5, 200, 7, 127)
    compare(PRODUCTS[name], states.T.contiguous().T, table)


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("largest", [127, 4095, 4096, 4097, 32_767, 1 << 20])
def test_sums_of_extremes_are_exact(name: str, sign: int, largest: int) -> None:
    """All entries of the largest size and one sign: partial sums fill their 16, 24 or 32 bits."""
    inputs = min(2000, (2**31 - 2) // largest)
    states = torch.tensor([[1] * inputs, [0] * inputs, [0, 1] * (inputs // 2) + [0] * (inputs % 2)], dtype=torch.uint8)
    compare(PRODUCTS[name], states, extremes(inputs, sign * largest))


def extremes(inputs: int, largest: int) -> Table:
    """Columns of two states that differ by as much as can be."""
    return filled(np.tile([0, largest], (5, inputs, 1)))


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_broken_product_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each limit that keeps a product exact, moved by one; and a sum that is off by one."""
    table = extremes(2000, 127)
    if name == "lookup":
        monkeypatch.setattr(lookup, "_SLICE_BYTES", 1 << 30)
        table = dataclasses.replace(table, largest=126)
    elif name == "int8":
        monkeypatch.setattr(product, "multiply_bytes", lambda a, b: torch._int_mm(a[:, 1:], b[:, 1:].T))
    else:
        table = extremes(2000, (1 << 20) - 1)
        monkeypatch.setattr(product, "_EXACT_IN_FLOAT", 1 << 31)
    with pytest.raises(AssertionError):
        compare(PRODUCTS[name], torch.ones((3, 2000), dtype=torch.uint8), table)


@pytest.mark.parametrize(("least_bits", "largest", "inputs", "types"), [
    (8, 8, 4095, ("int8", "int16")), (8, 8, 4096, ("int8", "int32")), (8, 9, 3640, ("int16", "int16")),
    (16, 8, 4095, ("int16", "int16")), (16, 4096, 7, ("int16", "int16")), (16, 4096, 8, ("int16", "int32")),
    (16, 4097, 7, ("int32", "int32"))])
@pytest.mark.parametrize("sign", [-1, 1])
def test_entries_and_sums_of_few_bits(least_bits: int, largest: int, inputs: int, types: tuple[str, str], sign: int,
                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """Each type holds what it is chosen for, at its limit and one beyond it."""
    table = lookup.empty_table(3, inputs, 2, largest, least_bits=least_bits)
    table.entries[:] = [[[0], [sign * largest]]]
    found: list[str] = []
    real = lookup._sum
    monkeypatch.setattr(lookup, "_sum", lambda *args: (found.extend(str(args[k].dtype) for k in (0, 3)), real(*args)))
    states = np.array([[1] * inputs, [0] * inputs, [1] + [0] * (inputs - 1)], np.uint8)
    expected = sign * largest * np.array([[inputs], [0], [1]])
    np.testing.assert_array_equal(lookup.sum_entries(table, states), np.repeat(expected, 3, 1))
    assert tuple(found) == types


def test_operands_for_cuda() -> None:
    """Padded to the shapes that its product takes, they give the same here."""
    states, table = case(9, 3, 333, 7, 63)
    a = product.steps(states, 3, torch.int8)
    columns = product.Int8().columns(table, CPU)
    b, = columns.parts
    padded = torch._int_mm(product._padded(a, *product._multiples(a, 32)),
                           product._padded(b, *product._multiples(b, 8)).T)
    assert [size % 8 for size in padded.shape] == [0, 0]
    np.testing.assert_array_equal((padded[:9, :7] + columns.base).numpy(), by_definition(states, table))


def cases() -> Iterator[tuple[Tensor, Table]]:
    for largest in (127, 3000):
        for states, table in (case(40, 5, 300, 70, largest), case(3, 2, 2000, 9, largest)):
            last = table.entries.shape[2] - 1
            table.entries[:, :, last, :2] = largest
            states[:2] = last
            yield states, table


def evaluated(method: str) -> list[npt.NDArray[np.int32]]:
    network = random_network((90, 40, 10), input_states=5, weight_states=5, activation_states=3, length=128, seed=1)
    images = np.random.default_rng(1).integers(0, 256, (50, 90), dtype=np.uint8)
    return evaluate(network, images, LfsrStreams(network), method=method).accumulators


def digest(arrays: Iterable[npt.NDArray[np.integer[Any]]]) -> str:
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.ascontiguousarray(array, np.int32))
    return content.hexdigest()


def digests() -> set[str]:
    """Of what each product gives, in each form, with oneDNN and with torch's own loops, which stand in for it."""
    found = set()
    for one_dnn, (name, way) in itertools.product((True, False), PRODUCTS.items()):
        torch._C._set_mkldnn_enabled(one_dnn)
        arrays = [way(way.rows(states, table.entries.shape[2]), way.columns(table, CPU)).numpy()
                  for states, table in cases()]
        for form in FORMS:
            evaluation.METHODS["fast"] = partial(FastAccumulator, form=form, product=name)
            arrays += evaluated("fast")
        found.add(digest(arrays))
    return found


@pytest.mark.parametrize(("capability", "environment"), INSTRUCTION_SETS)
def test_instruction_sets(capability: str, environment: dict[str, str]) -> None:
    by_hand = [by_definition(*each) for each in cases()]
    code = "from tests.models.golden.test_product import digests; print(*digests())"
    assert (with_fewer_instructions(capability, environment, code)
            == [digest([*by_hand, *evaluated("literal") * len(FORMS)])])


class _Timed(Product):
    """A product that does nothing and takes a given time of a clock that stands still otherwise."""

    row_bytes = column_bytes = 1
    clock = 0.0

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.products = 0

    def rows(self, states: Tensor, number_of_states: int) -> int:
        return len(states)

    def columns(self, table: Table, device: torch.device) -> int:
        return table.columns

    def __call__(self, rows: Any, columns: Any) -> Tensor:
        self.products += 1
        type(self).clock += self.seconds * rows * columns
        return torch.empty(0)


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> dict[str, _Timed]:
    products = {"slow": _Timed(3.0), "fast": _Timed(1.0), "hopeless": _Timed(40.0)}
    monkeypatch.setattr(choice, "PRODUCTS", products)
    monkeypatch.setattr(choice, "_choices", {})
    monkeypatch.setattr(timing, "_seconds", lambda: _Timed.clock)
    return products


@pytest.mark.parametrize("kept_are", ["rows", "columns"])
def test_the_fastest_is_chosen(kept_are: choice.Kept, timed: dict[str, _Timed]) -> None:
    chosen = choice.fastest(5, 100, kept_are, wide=False)
    assert chosen.name == "fast"
    assert chosen.ratios == {"slow": 3.0, "fast": 1.0, "hopeless": np.inf}
    assert str(chosen) == "fast (slow 3.0x its time, hopeless far slower)"
    assert chosen.nanoseconds == 1e9 * 128 / 256  # a row or column of a class of 128, and 256 inputs
    assert timed["hopeless"].products == 2  # the first, and one that was measured


def test_a_class_of_shapes_is_measured_once(timed: dict[str, _Timed]) -> None:
    """Also when all threads of a pool ask at once."""
    barrier = threading.Barrier(8)

    def ask(kept: int) -> choice.Choice:
        barrier.wait()
        return choice.fastest(5, kept, "columns", wide=False)

    with ThreadPoolExecutor(8) as pool:
        assert {chosen.name for chosen in pool.map(ask, range(100, 108))} == {"fast"}
    measured = timed["fast"].products
    assert choice.fastest(4, 128, "columns", wide=False).name == "fast"
    assert timed["fast"].products == measured
    for other in ((6, 128, "columns", False), (5, 129, "columns", False), (5, 128, "rows", False),
                  (5, 128, "columns", True)):
        *shape, wide = other
        choice.fastest(*shape, wide=wide)  # type: ignore[arg-type]
        assert timed["fast"].products > measured
        measured = timed["fast"].products


def test_sizes_beyond_the_largest_class_cost_in_proportion(timed: dict[str, _Timed]) -> None:
    largest = choice.fastest(300, 512, "columns", wide=False)
    assert choice.fastest(256, 5120, "columns", wide=False).nanoseconds == 10 * largest.nanoseconds


def test_a_real_choice_names_every_product() -> None:
    chosen = choice.fastest(5, 100, "columns", wide=False)
    assert chosen.ratios[chosen.name] == 1
    assert set(chosen.ratios) == set(PRODUCTS)
    assert all(ratio >= 1 for ratio in chosen.ratios.values())
