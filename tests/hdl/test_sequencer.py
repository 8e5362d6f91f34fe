"""Sequencer: every step of several images, with pauses and holds."""

import itertools
import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from spinsc.hdl.sequencer import Sequencer


@pytest.mark.parametrize(
    ("passes", "chunks", "length", "unroll", "fill"),
    [*itertools.product((1, 2, 3), (1, 2, 5), (1, 2, 7), (1,), (0,)), (4, 16, 16, 1, 0), (2, 3, 7, 2, 0),
     (2, 3, 7, 7, 0), (1, 4, 9, 3, 0), (1, 1, 1, 1, 1), (1, 1, 1, 1, 4), (2, 3, 7, 1, 5)])
def test_every_step(passes, chunks, length, unroll, fill):
    reset = Signal()
    component = Sequencer(passes, chunks, length, unroll, fill)
    draw = random.Random(f"{passes}/{chunks}/{length}/{unroll}")
    steps = component.model()
    assert steps == sorted(steps, key=lambda step: step[0]), "words do not come in order"
    assert len(steps) == passes * chunks * -(-length // unroll)

    async def image(context, upto):
        filled = 0
        while filled < fill:
            go = draw.random() < 0.8
            context.set(component.go, go)
            context.set(component.hold, draw.random() < 0.4)
            assert (context.get(component.filling), context.get(component.step)) == (go, 0)
            await context.tick()
            filled += go
        done = 0
        while done < upto:
            word, chunk, t = steps[done]
            go, hold = draw.random() < 0.8, draw.random() < 0.4
            context.set(component.go, go)
            context.set(component.hold, hold)
            last_of_chunk = t + unroll >= length
            last_of_pass = chunk == chunks - 1 and last_of_chunk
            step = go and not (hold and last_of_pass)
            assert context.get(component.step) == step
            assert not fill or not context.get(component.filling)
            assert (context.get(component.word), context.get(component.chunk)) == (word, chunk)
            assert context.get(component.first_of_chunk) == (t == 0)
            assert context.get(component.first_of_pass) == (chunk == 0 and t == 0)
            assert context.get(component.last_of_chunk) == last_of_chunk
            assert context.get(component.last_of_pass) == last_of_pass
            assert context.get(component.last_of_image) == (last_of_pass and word == passes * chunks - 1)
            await context.tick()
            done += step

    async def testbench(context):
        for _ in range(3):
            await image(context, len(steps))
        await image(context, len(steps) // 2)
        context.set(reset, 1)
        context.set(component.go, 0)
        await context.tick()
        context.set(reset, 0)
        await image(context, len(steps))

    simulator = Simulator(ResetInserter(reset)(component))
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
