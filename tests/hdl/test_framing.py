"""Frame check: all frames of up to three times the length, with pauses of both sides, and what it says of them."""

import itertools
import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from spinsc.hdl.framing import FrameCheck

WIDTH = 6


@pytest.mark.parametrize("beats", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("offering", "taking"), [(1.0, 1.0), (0.5, 0.6)])
def test_every_frame_after_every_frame(beats, offering, taking):
    component = FrameCheck(beats, WIDTH)
    draw = random.Random(f"{beats}/{offering}")
    lengths = [length for pair in itertools.product(range(1, 3 * beats + 1), repeat=2) for length in pair]
    stream = [(draw.getrandbits(WIDTH), beat == length - 1) for length in lengths for beat in range(length)]
    passed = [(payload, drop) for (payload, _), (keep, drop) in zip(
        stream, component.model([last for _, last in stream]), strict=True) if keep]
    assert sum(drop for _, drop in passed) == sum(length != beats for length in lengths)

    async def testbench(context):
        got, position = [], 0
        while position < len(stream):
            valid, ready = draw.random() < offering, draw.random() < taking
            context.set(component.input.valid, valid)
            context.set(component.input.payload, stream[position][0])
            context.set(component.last, stream[position][1])
            context.set(component.output.ready, ready)
            if context.get(component.output.valid) and ready:
                got.append((context.get(component.output.payload), context.get(component.drop)))
            position += valid and context.get(component.input.ready)
            await context.tick()
        assert got == passed

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


@pytest.mark.parametrize("beats", [1, 2, 5])
def test_errors_stay_until_the_reset(beats):
    component, reset = FrameCheck(beats, WIDTH), Signal()

    async def frame(context, length):
        for beat in range(length):
            context.set(component.last, beat == length - 1)
            await context.tick()

    async def testbench(context):
        context.set(component.input.valid, 1)
        context.set(component.output.ready, 1)
        for lengths in itertools.permutations([beats, beats + 1, 2 * beats + 1, *range(1, min(beats, 3))]):
            expected = 0
            for length in lengths:
                assert context.get(component.error) == expected
                await frame(context, length)
                expected |= (length < beats) + 2 * (length > beats)
            assert context.get(component.error) == expected
            context.set(reset, 1)
            await context.tick()
            context.set(reset, 0)

    simulator = Simulator(ResetInserter(reset)(component))
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
