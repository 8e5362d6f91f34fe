"""LFSR bank against its model, and against the golden model's own implementation."""

import itertools
import random

import numpy as np
import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from spinsc.hdl.lfsr import TAPS, WIDTH, LfsrBank, group_seed
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side
from spinsc.models.streams.lfsr import LfsrStreams, mix

STEPS = 4000


def numbers(word, lanes, bits):
    return [sum((word >> b * lanes + s & 1) << b for b in range(bits)) for s in range(lanes)]


def network(activation_bits, weight_bits, lanes):
    """Two layers; the second one has S = ``lanes`` and STEPS compute steps."""
    rng = np.random.default_rng(1)
    first = Layer(rng.integers(0, 5, (lanes, 9)), Side(5), Side(5), Folding(4, 1), Thresholds(np.zeros((lanes, 4))))
    second = Layer(rng.integers(0, 5, (2, lanes)), Side(5, activation_bits), Side(5, weight_bits), Folding(lanes, 1),
                   Scores(np.zeros(2)))
    return Network((first, second), np.arange(1, 5), STEPS // 2)


@pytest.mark.parametrize("bits", [1, 2, 3, 8, 16])
@pytest.mark.parametrize("side", ["activation", "weight"])
def test_numbers_equal_model_and_golden_model(side, bits):
    lanes, lanes_before = 3, 4
    offset = 1 if side == "activation" else 2
    bank = LfsrBank([group_seed(2 * (lanes_before + s) + offset) for s in range(lanes)], bits)
    widths = (bits, 2) if side == "activation" else (2, bits)
    golden = LfsrStreams(network(*widths, lanes)).numbers(1, 0)[offset - 1]
    model = np.array([list(itertools.islice(bank.model(lane), STEPS)) for lane in range(lanes)]).T
    assert np.array_equal(model, golden)

    async def testbench(context):
        context.set(bank.step, 1)
        for step in range(STEPS):
            assert numbers(context.get(bank.random), lanes, bits) == list(golden[step])
            await context.tick()

    simulate(bank, Signal(), testbench)


def simulate(component, reset, testbench):
    simulator = Simulator(ResetInserter(reset)(component))
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def test_stalls_image_ends_and_resets():
    """Numbers move on with steps only; the first ones follow the last step of an image, and a reset."""
    lanes, bits = 5, 4
    bank = LfsrBank([group_seed(n) for n in range(1, lanes + 1)], bits)
    reset = Signal()
    draw = random.Random(7)
    model = list(zip(*(itertools.islice(bank.model(lane), 50) for lane in range(lanes)), strict=True))

    async def testbench(context):
        for steps, ends in ((50, True), (7, True), (1, True), (20, False), (50, True)):
            done = 0
            while done < steps:
                step = draw.random() < 0.6
                context.set(bank.step, step)
                # Without a step it must not matter.
                context.set(bank.last_step, ends and done == steps - 1 if step else draw.random() < 0.5)
                assert tuple(numbers(context.get(bank.random), lanes, bits)) == model[done]
                await context.tick()
                done += step
            if not ends:
                context.set(reset, 1)
                await context.tick()
                context.set(reset, 0)

    simulate(bank, reset, testbench)


def test_seeds():
    given = [group_seed(number) for number in range(1, 5000)]
    assert given == list(mix(np.arange(1, 5000)))
    assert len(set(given)) == len(given)
    assert 0 not in given
    for seed in (0, 1 << WIDTH, -1):
        with pytest.raises(ValueError, match=f"seeds must be from 1 to .*, not {seed}"):
            LfsrBank([1, seed], 2)


def test_polynomial_is_primitive():
    """x has order 2^32 - 1 modulo the polynomial, so every LFSR runs through all states but 0."""
    polynomial = 1 << WIDTH | sum(1 << tap + 1 for tap in TAPS if tap < WIDTH - 1) | 1

    def power(exponent):
        result, base = 1, 2
        while exponent:
            if exponent & 1:
                result = multiply(result, base)
            base = multiply(base, base)
            exponent >>= 1
        return result

    def multiply(a, b):
        product = 0
        while b:
            if b & 1:
                product ^= a
            a, b = a << 1, b >> 1
            if a >> WIDTH:
                a ^= polynomial
        return product

    order = 2**WIDTH - 1
    assert power(order) == 1
    assert all(power(order // prime) != 1 for prime in (3, 5, 17, 257, 65537))


@pytest.mark.parametrize(("unroll", "rest"), [(2, 2), (3, 1), (5, 3)])
def test_several_steps_a_cycle_give_the_same_numbers(unroll, rest):
    lanes, bits = 3, 5
    bank = LfsrBank([group_seed(n) for n in range(1, lanes + 1)], bits, unroll, rest)
    draw = random.Random(f"{unroll}/{rest}")
    model = list(zip(*(itertools.islice(bank.model(lane), 300) for lane in range(lanes)), strict=True))
    width = bits * lanes

    async def testbench(context):
        context.set(bank.step, 1)
        done = 0
        while done + unroll < len(model):
            word = context.get(bank.random)
            for b in range(unroll):
                part = word >> b * width & (1 << width) - 1
                assert tuple(numbers(part, lanes, bits)) == model[done + b]
            partial = rest < unroll and draw.random() < 0.3
            if rest < unroll:
                context.set(bank.partial, partial)
            await context.tick()
            done += rest if partial else unroll

    simulate(bank, Signal(), testbench)
