"""Comparators and selection, exhaustively, against the bit contract and their models."""

import itertools
from fractions import Fraction
from math import floor

import pytest
from amaranth.hdl import Cat
from amaranth.sim import Simulator

from spinsc.hdl.comparator import BitstreamSelect, MagnitudeComparator, ThermometerComparator
from spinsc.hdl.shapes import comparator_threshold, state_width
from spinsc.models.contract import default_random_bits
from tests.planes import pack_planes

STATES = [*range(2, 18), 31, 255, 256]
EXPLICIT = [(2, 3), (3, 0), (3, 4), (5, 0), (5, 1), (5, 8), (11, 3), (11, 16), (17, 12), (256, 4), (255, 0)]


def simulate(component, testbench):
    simulator = Simulator(component)
    simulator.add_testbench(testbench)
    simulator.run()


def contract_threshold(k, states, m):
    return floor(Fraction(2**m * k, states - 1) + Fraction(1, 2))


@pytest.mark.parametrize("states", STATES)
@pytest.mark.parametrize("m", [0, 1, 2, 3, 8, 16])
def test_thresholds_are_the_contracts(states, m):
    got = [comparator_threshold(k, states, m) for k in range(states)]
    assert got == [contract_threshold(k, states, m) for k in range(states)]
    assert (got[0], got[-1]) == (0, 1 << m)


@pytest.mark.parametrize(("states", "m"), [*((states, default_random_bits(states)) for states in STATES), *EXPLICIT])
def test_planes_for_every_random_number(states, m):
    lanes = 64 if m > 8 else 3
    component = ThermometerComparator(lanes, states, m)
    assert ("random" in component.signature.members, "planes" in component.signature.members) == (m > 0, states > 2)
    # Neighbouring lanes hold numbers far apart; every number comes by in every lane or, if there are many, in one.
    count, stride = 1 << m, 1 if m <= 8 else lanes
    expected = {r: [r < contract_threshold(k, states, m) for k in range(1, states - 1)] for r in range(count)}

    async def testbench(context):
        for first in range(0, count, stride):
            numbers = [(first + (s if stride > 1 else s * 97)) % count for s in range(lanes)]
            if m:
                context.set(component.random, pack_planes(numbers, m))
            await context.delay(1e-9)
            planes = [context.get(component.planes[k]) for k in range(states - 2)]
            assert planes == component.model(numbers)
            for k, plane in enumerate(planes):
                assert [plane >> s & 1 for s in range(lanes)] == [expected[r][k] for r in numbers]

    if states > 2:
        simulate(component, testbench)
    else:
        assert component.model([0] * lanes) == []


@pytest.mark.parametrize(("states", "m"), [(3, 0), (3, 1), (3, 3), (4, 2), (5, 2)])
def test_planes_of_every_number_at_every_threshold_of_a_lane(states, m):
    """Lanes take all ascending rows of thresholds in turn, one row per lane."""
    full = 1 << m
    rows = [(0, *inner, full) for inner in itertools.combinations_with_replacement(range(full + 1), states - 2)]
    component = ThermometerComparator(len(rows), states, m, rows)

    async def testbench(context):
        for shift in range(full):
            numbers = [(s + shift) % full for s in range(len(rows))]
            if m:
                context.set(component.random, pack_planes(numbers, m))
            await context.delay(1e-9)
            planes = [context.get(component.planes[k]) for k in range(states - 2)]
            assert planes == component.model(numbers)
            for k, plane in enumerate(planes, 1):
                assert [plane >> s & 1 for s in range(len(rows))] == [
                    r < row[k] for r, row in zip(numbers, rows, strict=True)]

    simulate(component, testbench)


@pytest.mark.parametrize(("rows", "message"), [
    ([[0, 1, 2]], "those of 2 lanes, not of 1"), ([[0, 1, 2], [0, 2]], r"must be 3, .* not \[0, 2\]"),
    ([[0, 1, 2], [1, 1, 2]], "ascending from 0 to 2"), ([[0, 1, 2], [0, 3, 2]], "ascending from 0 to 2")])
def test_thresholds_that_no_comparator_has(rows, message):
    with pytest.raises(ValueError, match=message):
        ThermometerComparator(2, 3, 1, rows)


@pytest.mark.parametrize("states", [2, 3, 4, 5, 6, 7, 8, 9, 11])
def test_selection_of_every_state_from_any_planes(states):
    """All bits of a lane's planes, which need not ascend; lanes take all cases in turn."""
    cases = list(itertools.product(range(states), range(1 << states - 2)))
    lanes = min(len(cases), 300)
    component = BitstreamSelect(lanes, states, ascending=False)

    async def testbench(context):
        for first in range(0, len(cases), lanes):
            chosen = [cases[(first + s) % len(cases)] for s in range(lanes)]
            planes = [sum((bits >> k & 1) << s for s, (_, bits) in enumerate(chosen)) for k in range(states - 2)]
            context.set(component.states, pack_planes([state for state, _ in chosen], state_width(states)))
            if planes:
                context.set(Cat(*component.planes), sum(plane << k * lanes for k, plane in enumerate(planes)))
            await context.delay(1e-9)
            got = context.get(component.bits)
            assert got == component.model([state for state, _ in chosen], planes)
            assert [got >> s & 1 for s in range(lanes)] == [
                state == states - 1 or (state > 0 and bits >> (state - 1) & 1) for state, bits in chosen]

    simulate(component, testbench)


@pytest.mark.parametrize("states", STATES)
def test_selection_of_every_state_from_every_thermometer(states):
    lanes = 5 if states < 32 else 61
    component = BitstreamSelect(lanes, states)
    # A thermometer that stands at ``level`` has the planes of states above it set.
    cases = [(state, level) for state in range(states) for level in range(states - 1)]

    async def testbench(context):
        for first in range(0, len(cases), lanes):
            chosen = [cases[(first + s) % len(cases)] for s in range(lanes)]
            planes = [sum((k > level) << s for s, (_, level) in enumerate(chosen)) for k in range(1, states - 1)]
            states_of_lanes = [state for state, _ in chosen]
            context.set(component.states, pack_planes(states_of_lanes, state_width(states)))
            if planes:
                context.set(Cat(*component.planes), sum(plane << k * lanes for k, plane in enumerate(planes)))
            await context.delay(1e-9)
            got = context.get(component.bits)
            assert got == component.model(states_of_lanes, planes)
            assert [got >> s & 1 for s in range(lanes)] == [state > level for state, level in chosen]

    simulate(component, testbench)


@pytest.mark.parametrize("states", [3, 5, 11, 256])
def test_comparator_and_selection_give_the_contracts_bit(states):
    """r < T[k] for every r and k, from the models that the hardware was compared with."""
    m = default_random_bits(states)
    comparator, select = ThermometerComparator(1, states, m), BitstreamSelect(1, states)
    for r in range(1 << m):
        planes = comparator.model([r])
        assert [select.model([k], planes) for k in range(states)] == [r < contract_threshold(k, states, m)
                                                                      for k in range(states)]


@pytest.mark.parametrize("m", [1, 2, 3, 8])
def test_magnitudes_of_every_number_and_threshold(m):
    """Lanes take all pairs of r and T in turn."""
    full = 1 << m
    pairs = list(itertools.product(range(full), range(full + 1)))
    lanes = min(len(pairs), full + 3)
    component = MagnitudeComparator(lanes, m)

    async def testbench(context):
        for first in range(0, len(pairs), lanes):
            numbers, thresholds = zip(*(pairs[(first + s) % len(pairs)] for s in range(lanes)), strict=True)
            context.set(component.random, pack_planes(numbers, m))
            context.set(component.thresholds, pack_planes(thresholds, m + 1))
            await context.delay(1e-9)
            got = context.get(component.bits)
            assert got == component.model(numbers, thresholds)
            assert [got >> s & 1 for s in range(lanes)] == [r < t for r, t in zip(numbers, thresholds, strict=True)]

    simulate(component, testbench)
