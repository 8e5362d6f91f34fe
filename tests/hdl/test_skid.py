"""Skid buffer: every transfer once and in order, whatever the pauses, and no path from ready to ready."""

import random

import pytest
from amaranth.sim import Simulator

from spinsc.hdl.skid import SkidBuffer


@pytest.mark.parametrize(("giving", "taking"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.4), (0.6, 0.6)])
def test_transfers_pass_once_and_in_order(giving, taking):
    component, draw = SkidBuffer(8), random.Random(f"{giving}/{taking}")
    sent, received = [], []

    async def testbench(context):
        offered = None
        for _ in range(400):
            if offered is None and draw.random() < giving:
                offered = draw.randrange(256)
            context.set(component.input.valid, offered is not None)
            context.set(component.input.payload, offered or 0)
            context.set(component.output.ready, 0)
            ready = context.get(component.input.ready)
            context.set(component.output.ready, draw.random() < taking)
            assert context.get(component.input.ready) == ready
            if offered is not None and ready:
                sent.append(offered)
                offered = None
            if context.get(component.output.valid) and context.get(component.output.ready):
                received.append(context.get(component.output.payload))
            assert len(sent) - len(received) in (0, 1)
            await context.tick()
        assert received == sent[:len(received)]
        assert len(received) > 100 * giving * taking

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def test_an_offer_stands_until_it_is_taken():
    component = SkidBuffer(8)

    async def testbench(context):
        context.set(component.input.valid, 1)
        context.set(component.input.payload, 7)
        await context.tick()
        context.set(component.input.payload, 8)
        for _ in range(3):
            assert not context.get(component.input.ready)
            assert (context.get(component.output.valid), context.get(component.output.payload)) == (1, 7)
            await context.tick()
        context.set(component.output.ready, 1)
        await context.tick()
        assert context.get(component.input.ready)
        assert context.get(component.output.payload) == 8

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
