"""Accumulator: sums of passes with pauses, and the chain that hands them on."""

import random

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from spinsc.hdl.accumulator import Accumulator


def clocked(component, testbench):
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize(("count_width", "steps"), [(1, 1), (1, 15), (3, 40), (7, 9)])
def test_sums_up_to_full_scale(count_width, steps):
    most = (1 << count_width) - 1
    component = Accumulator(count_width, (most * steps).bit_length())
    draw = random.Random(f"{count_width}/{steps}")
    passes = [[most] * steps, [0] * steps, *([draw.randint(0, most) for _ in range(steps)] for _ in range(20))]

    async def testbench(context):
        held = 0
        for counts in passes:
            done = 0
            while done < steps:
                valid = draw.random() < 0.7
                last = done == steps - 1
                # The result of the pass before may be taken until the last count of this one.
                shift = not (valid and last) and draw.random() < 0.2
                neighbour = draw.getrandbits(len(component.chain))
                context.set(component.count, counts[done] if valid else draw.randint(0, most))
                context.set(component.valid, valid)
                context.set(component.first, done == 0 if valid else draw.random() < 0.5)
                context.set(component.last, last if valid else draw.random() < 0.5)
                context.set(component.shift, shift)
                context.set(component.chain, neighbour)
                assert context.get(component.held) == held
                await context.tick()
                done += valid
                if shift:
                    held = neighbour
                if valid and last:
                    held = component.model(counts)
                    assert held == sum(counts)
                assert context.get(component.held) == held

    clocked(component, testbench)


def test_chain_hands_results_on_in_order():
    m = Module()
    chain = [Accumulator(4, 8) for _ in range(5)]
    for number, (unit, following) in enumerate(zip(chain, [*chain[1:], None], strict=True)):
        m.submodules[f"unit{number}"] = unit
        if following is not None:
            m.d.comb += unit.chain.eq(following.held)

    async def testbench(context):
        for number, unit in enumerate(chain):
            context.set(unit.count, number + 3)
            context.set(unit.valid, 1)
            context.set(unit.first, 1)
            context.set(unit.last, 1)
        await context.tick()
        for unit in chain:
            context.set(unit.valid, 0)
            context.set(unit.shift, 1)
        for number in range(5):
            assert context.get(chain[0].held) == number + 3
            await context.tick()
        assert context.get(chain[0].held) == 0

    clocked(m, testbench)


def test_first_forgets_an_unfinished_pass():
    component = Accumulator(4, 8)

    async def testbench(context):
        for value, first, last in ((9, 1, 0), (4, 0, 0), (5, 1, 1)):
            context.set(component.count, value)
            context.set(component.valid, 1)
            context.set(component.first, first)
            context.set(component.last, last)
            await context.tick()
        assert context.get(component.held) == 5

    clocked(component, testbench)
