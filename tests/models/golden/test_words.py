"""Tables counted on packed bits, entry by entry, against a count of steps; and that what is broken is seen."""

from __future__ import annotations

import itertools
import platform
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.models.golden.words import Counter, comparisons
from spinsc.models.layer import Folding, Layer
from spinsc.models.outcome import Scores
from spinsc.models.plan import SidePlan
from spinsc.models.side import Side
from spinsc.models.streams.packing import device_rows
from spinsc.models.streams.protocol import PackedBits
from tests.instructions import with_fewer_instructions


def state_bit(side: Side, lane: int, state: int, number: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Bits of a state by the contract, for random numbers of one lane."""
    if not side.tuned:
        return number < side.comparator_thresholds[lane, state]
    if 0 < state < side.states - 1:
        return (number >> state - 1 & 1).astype(bool)
    return np.full(number.shape, state > 0)


def counted(layer: Layer, length: int, bits: PackedBits, states: npt.NDArray[np.uint8],
            of_neurons: bool) -> npt.NDArray[np.int64]:
    """Entries (columns, inputs, other states), each a sum over its steps."""
    samples = np.unpackbits(bits.samples, axis=1, bitorder="little").astype(np.int64)
    sides = list(zip(layer.sides, device_rows(layer), strict=True))
    (own, own_rows), (other, other_rows) = sides[::-1] if of_neurons else sides
    entries = np.zeros((len(states), layer.inputs, other.states), np.int64)
    for column, input_ in itertools.product(range(len(states)), range(layer.inputs)):
        chunk, lane = divmod(input_, layer.folding.lanes)
        first = bits.starts[column] + chunk * length
        own_number, other_number = (
            sum((samples[row, first:first + length] << b for b, row in enumerate(rows[:, lane])),
                start=np.zeros(length, np.int64)) for rows in (own_rows, other_rows))
        own_bits = state_bit(own, lane, int(states[column, input_]), own_number)
        for state in range(other.states):
            entries[column, input_, state] = (own_bits == state_bit(other, lane, state, other_number)).sum()
    return entries


@st.composite
def sides(draw: st.DrawFn, lanes: int) -> Side:
    states = draw(st.integers(2, 12))
    kind = draw(st.sampled_from(["formula", "tuned", "calibrated"]))
    if kind == "tuned":
        return Side(states, plan=SidePlan(draw(st.none() | st.integers(1, lanes)), source="tuned"))
    bits = draw(st.none() | st.integers(0, 9))
    if kind == "calibrated" and bits is not None:
        inner = np.sort(draw(st.lists(st.integers(0, 1 << bits), min_size=states - 2, max_size=states - 2)))
        rows = [(0, *map(int, inner), 1 << bits)] * lanes
        return Side(states, bits, SidePlan(thresholds=tuple(rows)))
    return Side(states, bits)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(data=st.data(), lanes=st.integers(1, 7), chunks=st.integers(1, 19), columns=st.integers(1, 50),
       length=st.sampled_from([1, 7, 8, 50, 57, 58, 63, 64, 65, 100, 121, 128, 129, 192, 200, 256]),
       adjacent=st.booleans(), seed=st.integers(0, 99))
def test_entries_are_counts_of_steps(data: st.DataObject, lanes: int, chunks: int, columns: int, length: int,
                                     adjacent: bool, seed: int) -> None:
    """Columns that follow each other in memory, and such as begin at any bit, up to the last one that there is."""
    rng = np.random.default_rng(seed)
    inputs = max(1, lanes * chunks - data.draw(st.integers(0, lanes - 1)))
    lanes = min(lanes, inputs)
    activation, weight = data.draw(sides(lanes)), data.draw(sides(lanes))
    layer = Layer(rng.integers(0, weight.states, (2, inputs)).astype(np.uint8), activation, weight, Folding(lanes, 2),
                  Scores(np.zeros(2)))
    check(layer, length, columns, adjacent, rng)


def check(layer: Layer, length: int, columns: int, adjacent: bool, rng: np.random.Generator) -> None:
    steps = layer.chunks * length
    total = -(-(steps * (columns if adjacent else 2) + 3) // 64) * 64
    samples = rng.integers(0, 256, (layer.devices, total // 8)).astype(np.uint8)
    starts = np.arange(columns) * steps if adjacent else rng.integers(0, total - steps + 1, columns)
    starts[-1] = total - steps
    bits = PackedBits(samples, starts.astype(np.int64))
    for of_neurons in (False, True):
        own = layer.weight if of_neurons else layer.activation
        states = rng.integers(0, own.states, (columns, layer.inputs)).astype(np.uint8)
        counter = Counter(layer, length, of_neurons=of_neurons)
        table = counter(bits, states)
        for filled in (table, counter(bits, states, table)):
            entries = filled.entries.transpose(0, 3, 1, 2).reshape(-1, *filled.entries.shape[1:3])[:columns]
            np.testing.assert_array_equal(entries, counted(layer, length, bits, states, of_neurons))


@pytest.mark.parametrize("states", [2, 3, 11, 18])
@pytest.mark.parametrize("tuned", [False, True])
def test_comparisons_make_each_state(states: int, tuned: bool) -> None:
    side = Side(states, plan=SidePlan(source="tuned") if tuned else SidePlan(), lanes=2)
    number = np.arange(1 << side.bits)
    for state, (first, end, ands, complement) in enumerate(comparisons(side)[1]):
        found = np.zeros_like(number)
        for bit in range(first, end):
            plane = number >> bit & 1
            found = plane if bit == first else found & plane if ands >> bit - first - 1 & 1 else found | plane
        np.testing.assert_array_equal((found ^ (complement & 1)).astype(bool), state_bit(side, 1, state, number))


@pytest.mark.parametrize("broken", ["_thresholds", "_comparisons", "_rows"])
def test_a_broken_count_is_seen(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Layer(np.zeros((2, 6), np.uint8), Side(5), Side(5), Folding(2, 2), Scores(np.zeros(2)))
    right = Counter.__init__

    def wrong(counter: Counter, *arguments: Any, **options: Any) -> None:
        right(counter, *arguments, **options)
        getattr(counter, broken)[..., 1] ^= 1

    check(layer, 100, 5, False, np.random.default_rng(1))
    monkeypatch.setattr(Counter, "__init__", wrong)
    with pytest.raises(AssertionError):
        check(layer, 100, 5, False, np.random.default_rng(1))


# ARM has one instruction set, so that there is nothing to choose; what is counted there is tested as everywhere
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the names of x86")
@pytest.mark.parametrize(("capability", "environment", "expected"), [
    ("DEFAULT", {"NUMBA_CPU_NAME": "generic"}, "SSE2 registers, ones counted by shifts and masks"),
    ("AVX2", {"NUMBA_CPU_NAME": "haswell"}, "AVX2 registers, ones counted by shuffles of bytes"),
    ("AVX512", {"NUMBA_CPU_NAME": "icelake-server"}, "AVX-512 registers, ones counted by VPOPCNTQ")])
def test_instruction_sets_are_named(capability: str, environment: dict[str, str], expected: str) -> None:
    code = "from spinsc.models.golden.vectors import instruction_set; print(instruction_set())"
    found = with_fewer_instructions(capability, environment | {"NUMBA_CPU_FEATURES": ""}, code)
    assert " ".join(found) == expected
