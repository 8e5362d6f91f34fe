"""Sums of training: the same integers by each way, whatever the processor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from spinsc.models.nn import products
from spinsc.models.nn.products import MOST_INTERVALS, WAYS, Sums
from tests.instructions import INSTRUCTION_SETS, with_fewer_instructions

Integers = npt.NDArray[np.int64]


def case(batch: int, inputs: int, neurons: int, intervals: int, extremes: bool = False) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(intervals)
    low = intervals if extremes else 0
    return tuple(torch.as_tensor(2.0 * rng.integers(low, intervals + 1, shape) - intervals, dtype=torch.float32)
                 for shape in ((batch, inputs), (neurons, inputs)))  # type: ignore[return-value]


def by_definition(a: Tensor, w: Tensor) -> tuple[Integers, Integers]:
    x, y = a.numpy().astype(np.int64), w.numpy().astype(np.int64)
    return x @ y.T, (x * x) @ (y * y).T


def compare(way: type[Sums], a: Tensor, w: Tensor, intervals: int) -> None:
    found = way(a, w, intervals)
    for sums, expected in zip((found.products(), found.squares()), by_definition(a, w), strict=True):
        np.testing.assert_array_equal(sums.numpy().astype(np.int64), expected)


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("intervals", range(1, MOST_INTERVALS + 1))
@pytest.mark.parametrize("shape", [(7, 300, 11), (1, 1, 1), (2, 1, 3), (5, 1, 200), (40, 130, 140)])
def test_sums_are_exact(name: str, intervals: int, shape: tuple[int, int, int]) -> None:
    """Of random integers, and of the largest alone."""
    for extremes in (False, True):
        compare(WAYS[name], *case(*shape, intervals, extremes), intervals)


@pytest.mark.parametrize("name", WAYS)
def test_sums_of_many_inputs_are_exact(name: str) -> None:
    """Beyond the 24 bits of a float32, which are 1,145 of the largest squares; an odd number tells."""
    a, w = case(3, 5000, 4, MOST_INTERVALS, extremes=True)
    a[0, :7] = -1
    w[1, ::2] = 1
    compare(WAYS[name], a, w, MOST_INTERVALS)


@pytest.mark.parametrize(("name", "limit"), [("float32", "_EXACT_IN_FLOAT")])
def test_a_broken_way_is_seen(name: str, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, limit, 1 << 40)
    with pytest.raises(AssertionError):
        test_sums_of_many_inputs_are_exact(name)


def saturating(a: Tensor, w: Tensor) -> Tensor:
    """A product of bytes as of processors without VNNI: pairs of products with a + 128 in 16 bits."""
    shifted, other = a.int() + 128, w.int()
    pairs = [(shifted[:, None, k:k + 2] * other[None, :, k:k + 2]).sum(2).clamp_(-1 << 15, (1 << 15) - 1)
             for k in range(0, a.shape[1], 2)]
    return sum(pairs, start=torch.tensor(0)) - 128 * other.sum(1)


@pytest.mark.parametrize(("intervals", "exact"), [(4, True), (8, True), (9, False), (10, False), (11, False)])
def test_bytes_are_left_out_where_they_are_not_exact(intervals: int, exact: bool,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "multiply_bytes", saturating)
    monkeypatch.setattr(products, "_choices", {})
    assert products.bytes_are_exact(100, intervals) == exact
    assert ("int8" in products.choice(100, 7, intervals).ratios) == exact
    if not exact:
        with pytest.raises(AssertionError):
            compare(WAYS["int8"], *case(3, 100, 4, intervals, extremes=True), intervals)


def test_a_layer_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_choices", {})
    first = products.choice(2000, 300, 4)
    assert set(first.ratios) == set(WAYS) | set(first.ratios)
    assert products.choice(1024, 128, 4) is first
    assert products.choice(1023, 128, 4) is not first


def check_all() -> None:
    """In a process with fewer instructions: with oneDNN, and with torch's own loops, which stand in for it."""
    for one_dnn in (True, False):
        torch._C._set_mkldnn_enabled(one_dnn)
        for intervals in (4, 10, 11):
            a, w = case(20, 300, 9, intervals)
            a[0], w[0], w[1] = intervals, intervals, -intervals
            for name in products.choice(300, 9, intervals).ratios:
                compare(WAYS[name], a, w, intervals)


@pytest.mark.parametrize(("capability", "environment"), INSTRUCTION_SETS)
def test_instruction_sets(capability: str, environment: dict[str, str]) -> None:
    assert with_fewer_instructions(capability, environment,
                                   "from tests.models.nn.test_products import check_all; check_all()") == []
