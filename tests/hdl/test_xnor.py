"""Bipolar multiplier, exhaustively."""

from amaranth.sim import Simulator

from spinsc.hdl.xnor import XnorMultiplier


def test_every_pair_of_vectors():
    lanes = 5
    component = XnorMultiplier(lanes)

    async def testbench(context):
        for a in range(1 << lanes):
            for b in range(1 << lanes):
                context.set(component.a, a)
                context.set(component.b, b)
                await context.delay(1e-9)
                got = context.get(component.product)
                assert got == component.model(a, b)
                assert [got >> s & 1 for s in range(lanes)] == [(a >> s & 1) == (b >> s & 1) for s in range(lanes)]

    simulator = Simulator(component)
    simulator.add_testbench(testbench)
    simulator.run()
