"""State buffer: what the layer reads is what was streamed in, whatever the pauses of either side."""

import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from spinsc.hdl.state_buffer import StateBuffer
from tests.planes import pack_planes

#: I, S, K and states in a beat: divisors and non-divisors, one chunk, one lane, beats as wide as a chunk.
SHAPES = [(1, 1, 2, 1), (7, 1, 5, 1), (7, 7, 3, 1), (13, 5, 5, 1), (13, 5, 5, 2), (13, 5, 11, 3), (13, 5, 4, 4),
          (13, 5, 256, 5), (16, 4, 5, 4), (17, 8, 2, 3), (9, 8, 3, 8), (21, 6, 17, 4), (784, 49, 5, 4)]


def simulate(component, reset, *testbenches):
    simulator = Simulator(ResetInserter(reset)(component))
    simulator.add_clock(1e-6)
    for number, testbench in enumerate(testbenches):
        simulator.add_testbench(testbench, background=number > 0)
    simulator.run()


@pytest.mark.parametrize(("inputs", "lanes", "states", "per_beat"), SHAPES)
@pytest.mark.parametrize(("writing", "reading"), [(1.0, 1.0), (0.5, 1.0), (1.0, 0.2), (0.6, 0.5)])
def test_reader_gets_what_was_written(inputs, lanes, states, per_beat, writing, reading):
    component = StateBuffer(inputs, lanes, states, per_beat)
    reset = Signal()
    draw = random.Random(f"{inputs}/{lanes}/{states}/{per_beat}/{writing}/{reading}")
    images = [[draw.randrange(states) for _ in range(inputs)] for _ in range(2 if inputs > 100 else 6)]
    ahead = []

    def expected(image, chunk):
        word = component.model(image)[chunk]
        assert word == [image[chunk * lanes + s] if chunk * lanes + s < inputs else 0 for s in range(lanes)]
        return pack_planes(word, component.width)

    async def writer(context):
        while True:
            for number, image in enumerate(images):
                for first in range(0, inputs, per_beat):
                    while draw.random() >= writing:
                        context.set(component.input.valid, 0)
                        await context.tick()
                    # What lies beyond the image in its last beat must not matter.
                    beat = [image[i] if i < inputs else states - 1 for i in range(first, first + per_beat)]
                    context.set(component.input.payload,
                                sum(state << e * component.width for e, state in enumerate(beat)))
                    context.set(component.input.valid, 1)
                    taken = False
                    while not taken:
                        taken = context.get(component.input.ready)
                        await context.tick()
                context.set(component.input.valid, 0)
                ahead.append(number)

    async def read(context, image, upto):
        chunk = 0
        while chunk < upto:
            if not context.get(component.full) or draw.random() >= reading:
                context.set(component.read, 0)
                await context.tick()
                continue
            context.set(component.address, chunk)
            context.set(component.read, 1)
            context.set(component.give_back, chunk == component.chunks - 1)
            await context.tick()
            context.set(component.read, 0)
            context.set(component.give_back, 0)
            for _ in range(draw.randrange(3)):
                await context.tick()
            assert context.get(component.word) == expected(images[image], chunk)
            chunk += 1

    async def reader(context):
        for image in range(len(images)):
            await read(context, image, component.chunks)
        assert len(ahead) - len(images) <= 2, "more images were taken than there are banks"

    simulate(component, reset, reader, writer)


@pytest.mark.parametrize(("inputs", "lanes", "states", "per_beat"), [(13, 5, 5, 3), (9, 8, 3, 8), (7, 7, 3, 1)])
def test_throughput_and_banks(inputs, lanes, states, per_beat):
    """An image is taken in ``beats`` cycles; a third one waits until a bank is given back."""
    component = StateBuffer(inputs, lanes, states, per_beat)

    async def testbench(context):
        context.set(component.input.valid, 1)
        for cycle in range(2 * component.beats):
            assert context.get(component.full) == (cycle >= component.beats)
            assert context.get(component.input.ready) == (cycle % component.beats < component.input_beats)
            await context.tick()
        for _ in range(5):
            assert not context.get(component.input.ready)
            await context.tick()
        context.set(component.give_back, 1)
        await context.tick()
        context.set(component.give_back, 0)
        assert context.get(component.input.ready)
        assert context.get(component.full)

    simulate(component, Signal(), testbench)


@pytest.mark.parametrize(("inputs", "lanes", "states", "per_beat"), [shape for shape in SHAPES if 1 < shape[0] < 100])
def test_reset_in_the_middle(inputs, lanes, states, per_beat):
    """After a reset at any beat of the second image, the next beat is the first of an image."""
    component = StateBuffer(inputs, lanes, states, per_beat)
    reset = Signal()
    draw = random.Random(f"{inputs}/{lanes}")

    async def write(context, image, beats):
        for first in range(0, min(beats * per_beat, inputs), per_beat):
            beat = [*image[first:first + per_beat], *[states - 1] * per_beat][:per_beat]
            context.set(component.input.payload, sum(state << e * component.width for e, state in enumerate(beat)))
            context.set(component.input.valid, 1)
            await context.tick().until(component.input.ready)
        context.set(component.input.valid, 0)

    async def testbench(context):
        for cut in range(component.input_beats + 1):
            for beats in (component.input_beats, cut):
                await write(context, [draw.randrange(states) for _ in range(inputs)], beats)
            context.set(reset, 1)
            await context.tick()
            context.set(reset, 0)
            image = [draw.randrange(states) for _ in range(inputs)]
            assert not context.get(component.full)
            await write(context, image, component.input_beats)
            while not context.get(component.full):
                await context.tick()
            for chunk, word in enumerate(component.model(image)):
                context.set(component.address, chunk)
                context.set(component.read, 1)
                await context.tick()
                assert context.get(component.word) == pack_planes(word, component.width)
            context.set(component.read, 0)
            context.set(reset, 1)
            await context.tick()
            context.set(reset, 0)

    simulate(component, reset, testbench)


@pytest.mark.parametrize(("inputs", "lanes", "states", "per_beat"), [shape for shape in SHAPES if shape[0] < 100])
def test_dropped_images(inputs, lanes, states, per_beat):
    """After ``drop`` at any beat, the last one too, an image begins; without a transfer, ``drop`` means nothing."""
    component = StateBuffer(inputs, lanes, states, per_beat, drops=True)
    draw = random.Random(f"{inputs}/{lanes}/drop")

    async def write(context, image, beats, drop):
        for beat in range(beats):
            part = [*image[beat * per_beat:(beat + 1) * per_beat], *[states - 1] * per_beat][:per_beat]
            context.set(component.input.payload, sum(state << e * component.width for e, state in enumerate(part)))
            context.set(component.input.valid, 1)
            context.set(component.drop, drop and beat == beats - 1)
            await context.tick().until(component.input.ready)
        # without a transfer: it is not valid here, and next not ready
        context.set(component.input.valid, 0)
        context.set(component.drop, 1)
        await context.tick()
        context.set(component.input.valid, draw.random() < 0.5 and not context.get(component.input.ready))
        await context.tick()

    async def testbench(context):
        for cut in range(1, component.input_beats + 1):
            await write(context, [draw.randrange(states) for _ in range(inputs)], cut, drop=True)
            assert not context.get(component.full)
            image = [draw.randrange(states) for _ in range(inputs)]
            await write(context, image, component.input_beats, drop=False)
            context.set(component.input.valid, 0)
            while not context.get(component.full):
                await context.tick()
            for chunk, word in enumerate(component.model(image)):
                context.set(component.address, chunk)
                context.set(component.read, 1)
                context.set(component.give_back, chunk == component.chunks - 1)
                await context.tick()
                assert context.get(component.word) == pack_planes(word, component.width)
            context.set(component.read, 0)
            context.set(component.give_back, 0)
            await context.tick()
            assert not context.get(component.full)

    simulate(component, Signal(), testbench)


@pytest.mark.parametrize("per_beat", [0, 6])
def test_beat_is_at_most_a_chunk(per_beat):
    with pytest.raises(ValueError, match=f"per_beat must be from 1 to the 5 lanes, not {per_beat}"):
        StateBuffer(13, 5, 5, per_beat)
