"""cocotb unit tests of the components that hold black boxes, each against its ``model()``.

Python makes the clock here: each test settles the logic, looks, and then steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

import cocotb
from cocotb.triggers import Timer

from spinsc.gen.cycles import network_cycles
from spinsc.hdl.shapes import LayerShape, NeuronShape, comparator_threshold
from spinsc.integers import ceil_div
from tests.benches.harness_components import (
    ACTIVATIONS,
    ARGMAXES,
    LAYERS,
    NEURONS,
    POPCOUNT_WIDTHS,
    QUANTIZERS,
    REPLAYS,
    activation_thresholds,
    argmax_biases,
    components,
    layer_weights,
    quantizer_thresholds,
    replay_words,
    seeded,
)
from tests.planes import pack_planes

EXHAUSTIVE_WIDTH = 12
RANDOM_VECTORS = 200


class Bench:
    """The top module: its clock, its reset, and one component's ports by their short names."""

    def __init__(self, dut: Any, name: str) -> None:
        self.dut, self.name = dut, name

    def set(self, **values: int) -> None:
        for port, value in values.items():
            getattr(self.dut, f"{self.name}_{port}").value = value

    def get(self, port: str) -> int:
        return int(getattr(self.dut, f"{self.name}_{port}").value)

    async def settle(self) -> None:
        await Timer(1, "ns")

    async def tick(self) -> None:
        """Rising edge, with the inputs that are set."""
        await self.settle()
        self.dut.clk.value = 1
        await self.settle()
        self.dut.clk.value = 0
        await self.settle()

    async def reset(self) -> None:
        for port in components()[self.name].signature.members:
            if port in ("step", "valid", "first", "last", "shift"):
                self.set(**{port: 0})
        self.dut.rst.value = 1
        await self.tick()
        self.dut.rst.value = 0
        await self.tick()


@cocotb.test()
async def popcounts(dut: Any) -> None:
    """Every vector of up to 12 bits; random ones and both ends beyond."""
    benches = {width: Bench(dut, f"popcount{width}") for width in POPCOUNT_WIDTHS}

    def vectors(width: int) -> Iterator[int]:
        if width <= EXHAUSTIVE_WIDTH:
            yield from range(1 << width)
        else:
            draw = seeded("popcount vectors", width)
            yield from (0, (1 << width) - 1, 1 << width - 1)
            yield from (draw.getrandbits(width) for _ in range(RANDOM_VECTORS))

    sources = {width: vectors(width) for width in benches}
    compared: Counter[int] = Counter()
    while sources:
        driven = {}
        for width in list(sources):
            vector = next(sources[width], None)
            if vector is None:
                del sources[width]
            else:
                driven[width] = vector
                benches[width].set(bits=vector)
        await Timer(1, "ns")
        for width, vector in driven.items():
            got = benches[width].get("count")
            assert got == vector.bit_count(), f"{width} bits: {vector:#x} has {vector.bit_count()} ones, not {got}"
            assert components()[f"popcount{width}"].model(vector) == got
            compared[width] += 1
    assert compared[EXHAUSTIVE_WIDTH] == 1 << EXHAUSTIVE_WIDTH


@cocotb.test()
async def quantizers(dut: Any) -> None:
    """All 256 pixels in every place of a beat."""
    for n, (states, per_beat) in enumerate(QUANTIZERS):
        bench, component = Bench(dut, f"quantizer{n}"), components()[f"quantizer{n}"]
        thresholds = quantizer_thresholds(states)
        width = (states - 1).bit_length()
        for pixel in range(256):
            pixels = [(pixel + 85 * e) % 256 for e in range(per_beat)]
            bench.set(input_payload=int.from_bytes(bytes(pixels), "little"), input_valid=pixel & 1,
                      output_ready=pixel >> 1 & 1)
            await bench.settle()
            assert bench.get("output_valid") == pixel & 1
            assert bench.get("input_ready") == pixel >> 1 & 1
            word = bench.get("output_payload")
            for e, value in enumerate(pixels):
                state = word >> e * width & (1 << width) - 1
                expected = component.model(value, thresholds)
                assert state == expected, f"K={states}: pixel {value} in place {e} gives {state}, not {expected}"
            assert word >> per_beat * width == 0


@cocotb.test()
async def activations(dut: Any) -> None:
    """Values around every threshold, neurons in order over several images, with pauses on both sides."""
    for n, (neurons, states, full_scale) in enumerate(ACTIVATIONS):
        bench, component = Bench(dut, f"activation{n}"), components()[f"activation{n}"]
        thresholds = activation_thresholds(neurons, states, full_scale)
        draw = seeded("activation values", n)
        images = max(8, ceil_div(300, neurons))
        values = [_near(draw, row, full_scale) for _ in range(images) for row in thresholds]
        bench.set(input_valid=0, output_ready=0)
        await bench.reset()
        done = 0
        middle: int | None = len(values) // 2 + 1
        while done < len(values):
            valid, ready = draw.random() < 0.7, draw.random() < 0.7
            bench.set(input_payload=values[done] if valid else draw.randint(0, full_scale), input_valid=valid,
                      output_ready=ready)
            await bench.settle()
            assert (bench.get("output_valid"), bench.get("input_ready")) == (valid, ready)
            assert bench.get("index") == done % neurons
            if valid:
                expected = component.model(values[done], thresholds[done % neurons])
                got = bench.get("output_payload")
                assert got == expected, f"activation{n}: neuron {done % neurons}, {values[done]}: {got}, not {expected}"
            await bench.tick()
            done += valid and ready
            if done == middle:
                # Perhaps within an image: the next value belongs to neuron 0 again.
                values, done, middle = values[done - done % neurons:], 0, None
                bench.set(input_valid=0)
                await bench.reset()


def _near(draw: Random, thresholds: list[int], full_scale: int) -> int:
    if draw.random() < 0.3:
        return draw.choice((0, full_scale, draw.randint(0, full_scale)))
    return min(max(draw.choice(thresholds) + draw.randint(-1, 1), 0), full_scale)


@cocotb.test()
async def argmaxes(dut: Any) -> None:
    """Scores and class of random images, of ties, and of accumulators at both ends, with pauses on both sides."""
    for n, (neurons, full_scale) in enumerate(ARGMAXES):
        bench, component = Bench(dut, f"argmax{n}"), components()[f"argmax{n}"]
        biases = argmax_biases(neurons, full_scale)
        draw = seeded("argmax values", n)
        images = [[0] * neurons, [full_scale] * neurons]
        level = min(max(biases), 0) + full_scale // 2
        images.append([min(max(level - bias, 0), full_scale) for bias in biases])
        images += [[draw.choice((0, full_scale, draw.randint(0, full_scale))) for _ in range(neurons)]
                   for _ in range(4 if neurons > 100 else 40)]
        values = [(value, image) for image, row in enumerate(images) for value in row]
        width = component.score_width
        class_width = max((neurons - 1).bit_length(), 1)
        bench.set(input_valid=0, output_ready=0)
        await bench.reset()
        done = taken = 0
        while taken < len(images):
            valid, ready = done < len(values) and draw.random() < 0.8, draw.random() < 0.4
            bench.set(input_payload=values[done][0] if valid else draw.randint(0, full_scale), input_valid=valid,
                      output_ready=ready)
            await bench.settle()
            assert bench.get("output_valid") == (done == neurons * (taken + 1)), f"image {taken}, {done} values"
            if bench.get("output_valid"):
                word = bench.get("output_payload")
                scores = [_signed(word >> class_width + c * width, width) for c in range(neurons)]
                got = word & (1 << class_width) - 1, scores
                expected = component.model(images[taken], biases)
                assert got == expected, f"argmax{n}: image {taken}: {got}, not {expected}"
                taken += ready
            if valid and bench.get("input_ready"):
                assert bench.get("index") == done % neurons
                done += 1
            await bench.tick()


def _signed(value: int, width: int) -> int:
    value &= (1 << width) - 1
    return value - (value >> width - 1 << width)


@cocotb.test()
async def replay_memories(dut: Any) -> None:
    """Words in order, over the end and again, with pauses; from the first again after a reset of one cycle."""
    for n, (width, depth) in enumerate(REPLAYS):
        bench, component = Bench(dut, f"replay{n}"), components()[f"replay{n}"]
        draw = seeded("replay steps", n)
        for steps in (3 * depth + 2, depth // 2 + 1, depth):
            expected = component.model(replay_words(width, depth), steps)
            await bench.reset()
            done = 0
            while done < steps:
                step = draw.random() < 0.6
                bench.set(step=step)
                await bench.settle()
                got = bench.get("random")
                assert got == expected[done], f"replay{n}: step {done}: {got:#x}, not {expected[done]:#x}"
                await bench.tick()
                done += step


@cocotb.test()
async def neurons(dut: Any) -> None:
    """Sums of several passes with random bits, pauses and new weights; the chain of results."""
    for n, shape in enumerate(NEURONS):
        bench, component = Bench(dut, f"neuron{n}"), components()[f"neuron{n}"]
        draw = seeded("neuron", n)
        bench.set(chain=0)
        await bench.reset()
        weights = [draw.randrange(shape.weight_states) for _ in range(shape.lanes)]
        for number in range(6):
            weights, bits, weight_bits = await _pass(bench, draw, shape, weights)
            for _ in range(shape.latency - 1):
                await bench.tick()
            bench.set(valid=0, first=0, last=0)
            expected = component.model(bits, weight_bits)
            assert bench.get("held") == expected, f"neuron{n}: pass {number}: {bench.get('held')}, not {expected}"
            neighbour = draw.getrandbits(shape.full_scale.bit_length())
            bench.set(chain=neighbour, shift=1)
            await bench.tick()
            bench.set(chain=0, shift=0)
            await bench.tick()
            assert bench.get("held") == neighbour


async def _pass(bench: Bench, draw: Random, shape: NeuronShape, weights: list[int],
                ) -> tuple[list[int], list[int], list[int]]:
    """Drive one pass of a neuron; its last weights, and the vectors of bits of both sides that it counts."""
    lanes, states, unroll, rest = shape.lanes, shape.weight_states, shape.unroll, shape.rest
    # Full cycles, and at the end one with the rest of the steps.
    cycles = max(1, (shape.full_scale // lanes - rest) // unroll + 1)
    bits: list[int] = []
    weight_bits: list[int] = []
    control = (False, False, False)
    done = 0
    while done < cycles:
        if draw.random() < 0.2:
            weights = [draw.randrange(states) for _ in range(lanes)]
        # A random number below k-1 of K-1 equally likely ones: the exact thresholds are the states.
        random = [[draw.randrange(states - 1) for _ in range(lanes)] for _ in range(unroll)]
        planes = [sum((r < k) << s for s, r in enumerate(step)) for step in random for k in range(1, states - 1)]
        activation = [draw.getrandbits(lanes) for _ in range(unroll)]
        valid = draw.random() < 0.8
        partial = rest < unroll and (done == cycles - 1 if valid else draw.random() < 0.5)
        # What is said of a step comes one cycle after its bits.
        bench.set(states=pack_planes(weights, (states - 1).bit_length()),
                  valid=control[0], first=control[1], last=control[2],
                  bits=sum(vector << b * lanes for b, vector in enumerate(activation)),
                  **({"planes": sum(plane << k * lanes for k, plane in enumerate(planes))} if planes else {}),
                  **({"partial": partial} if rest < unroll else {}))
        control = (valid, done == 0 if valid else draw.random() < 0.5,
                   done == cycles - 1 if valid else draw.random() < 0.5)
        if valid:
            done += 1
            taken = rest if partial else unroll
            bits += activation[:taken]
            weight_bits += [sum((r < w) << s for s, (r, w) in enumerate(zip(step, weights, strict=True)))
                            for step in random[:taken]]
        await bench.tick()
    bench.set(valid=control[0], first=control[1], last=control[2])
    return weights, bits, weight_bits


@cocotb.test()
async def layers(dut: Any) -> None:
    """Accumulators of several images with pauses on both sides; random numbers change in every cycle."""
    for n, shape in enumerate(LAYERS):
        draw = seeded("layer images", n)
        for _ in range(2):
            # The second time after a reset in the middle of an image.
            await _run_layer(Bench(dut, f"layer{n}"), shape, draw, images=5)


@cocotb.test()
async def layers_take_the_predicted_cycles(dut: Any) -> None:
    """Without pauses, images follow each other as fast as the layer computes or gathers them."""
    for n, shape in enumerate(LAYERS):
        bench = Bench(dut, f"layer{n}")
        bench.set(input_payload=0, input_valid=0, output_ready=1)
        await bench.reset()
        bench.set(input_valid=1)
        ends: list[int] = []
        cycle = 0
        while len(ends) < 6:
            await bench.settle()
            if bench.get("step") and bench.get("last_step"):
                ends.append(cycle)
            await bench.tick()
            cycle += 1
        apart = [after - before for before, after in pairwise(ends)]
        assert apart[-2:] == [network_cycles([shape], 1)] * 2, f"layer{n}: {apart}, not {network_cycles([shape], 1)}"


async def _run_layer(bench: Bench, shape: LayerShape, draw: Random, images: int) -> None:
    states = [[draw.randrange(shape.activation.states) for _ in range(shape.inputs)] for _ in range(images)]
    inputs = [state for image in states for state in image]
    bench.set(input_valid=0, output_ready=0)
    await bench.reset()
    numbers: list[tuple[list[int], list[int]]] = []
    sent = received = steps = 0
    samples = shape.fill + shape.compute_steps
    # The last image is left unfinished.
    while received < shape.neurons * (images - 1):
        valid, ready = sent < len(inputs) and draw.random() < 0.7, draw.random() < 0.5
        drawn = [[[draw.getrandbits(side.bits) if side.bits else 0 for _ in range(side.group_count(shape.lanes))]
                  for side in shape.sides.values()] for _ in range(shape.unroll)]
        bench.set(input_payload=inputs[sent] if valid else 0, input_valid=valid, output_ready=ready)
        for n, (name, side) in enumerate(shape.sides.items()):
            if side.bits:
                part = side.random_width(shape.lanes)
                bench.set(**{f"random_{name}": sum(pack_planes(step[n], side.bits) << b * part
                                                   for b, step in enumerate(drawn))})
        await bench.settle()
        if bench.get("step"):
            partial = shape.rest < shape.unroll and bench.get("partial")
            taken = shape.rest if partial else shape.unroll
            steps += taken
            numbers += [(step[0], step[1]) for step in drawn[:taken]]
            assert bench.get("last_step") == (steps % samples == 0)
            assert shape.rest == shape.unroll or partial == (steps % shape.length == 0)
        if ready and bench.get("output_valid"):
            image, neuron = divmod(received, shape.neurons)
            expected = _accumulator(shape, layer_weights(shape)[neuron], states[image], neuron,
                                    numbers[image * samples:(image + 1) * samples])
            got = bench.get("output_payload")
            assert got == expected, f"{bench.name}: image {image}, neuron {neuron}: {got}, not {expected}"
            received += 1
        sent += bool(valid and bench.get("input_ready"))
        await bench.tick()


def _accumulator(shape: LayerShape, weights: list[int], states: list[int], neuron: int,
                 numbers: list[tuple[list[int], list[int]]]) -> int:
    """The contract's formula for acc_j."""
    total = 0
    for i, (state, weight) in enumerate(zip(states, weights, strict=True)):
        for t in range(shape.length):
            sample = shape.fill + (neuron // shape.units * shape.chunks + i // shape.lanes) * shape.length + t
            bits = []
            for n, (side, k) in enumerate(zip(shape.sides.values(), (state, weight), strict=True)):
                group, delay = side.lane_sources(shape.lanes)[i % shape.lanes]
                r = numbers[sample - delay][n][group]
                if side.tuned:
                    bits.append(k == side.states - 1 or (k > 0 and bool(r >> (k - 1) & 1)))
                else:
                    bits.append(r < (side.thresholds[group][k] if side.thresholds else
                                     comparator_threshold(k, side.states, side.bits)))
            total += bits[0] == bits[1]
    return total
