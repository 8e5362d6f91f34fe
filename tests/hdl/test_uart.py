"""Serial receiver and transmitter: every byte, at the edge of what clocks may differ, breaks, and glitches."""

import random
from itertools import chain

import pytest
from amaranth.sim import Simulator

from spinsc.hdl.uart_receiver import UartReceiver, frame_bits
from spinsc.hdl.uart_transmitter import UartTransmitter

DIVISORS = [4, 5, 12, 25]


def simulate(component, *testbenches):
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    for number, testbench in enumerate(testbenches):
        simulator.add_testbench(testbench, background=number > 0)
    simulator.run()


def stretched(levels, cycles_per_bit):
    """Levels that last so many cycles each on average."""
    return [levels[int(cycle / cycles_per_bit)] for cycle in range(round(len(levels) * cycles_per_bit))]


def received(divisor, levels, taking=1.0):
    """What a receiver makes of a line: bytes, cycles in which one was lost, and whether it was ever broken."""
    component = UartReceiver(divisor)
    found, lost, broken = [], [], []
    draw = random.Random(f"{divisor}/{taking}")

    async def testbench(context):
        for level in [1] * 10 + levels + [1] * (4 * divisor):
            context.set(component.rx, level)
            context.set(component.output.ready, draw.random() < taking)
            if context.get(component.output.valid) and context.get(component.output.ready):
                found.append(context.get(component.output.payload))
            lost.append(context.get(component.lost))
            broken.append(context.get(component.broken))
            await context.tick()

    simulate(component, testbench)
    return found, sum(lost), broken


def test_a_frame():
    assert frame_bits(0b00010110) == [0, 0, 1, 1, 0, 1, 0, 0, 0, 1]


@pytest.mark.parametrize("divisor", DIVISORS)
def test_every_byte_is_received(divisor):
    component = UartReceiver(divisor)
    levels = [level for byte in range(256) for level in component.model(byte)]
    found, lost, broken = received(divisor, levels, 0.7)
    assert found == list(range(256))
    assert not lost
    assert not any(broken)


@pytest.mark.parametrize("off", [0.96, 1.04])
def test_clocks_may_differ_by_four_percent(off):
    values = [0x00, 0xff, 0x55, 0xaa, 0x80, 0x01, 0x7f]
    levels = [level for byte in values for level in frame_bits(byte)]
    assert received(25, stretched(levels, 25 * off))[0] == values


def test_a_glitch_is_no_start():
    levels = [0] * 8 + [1] * 30 + UartReceiver(25).model(0x5a)
    assert received(25, levels)[0] == [0x5a]


@pytest.mark.parametrize("length", [10, 11, 25])
def test_a_break_is_no_byte(length):
    """However long it is; what comes after it is received."""
    component = UartReceiver(12)
    before, after = [component.model(byte) for byte in (3, 200)], [component.model(byte) for byte in (7, 0)]
    levels = [*chain(*before), *[0] * (12 * length), *[1] * 12, *chain(*after)]
    found, _, broken = received(12, levels)
    assert found == [3, 200, 7, 0]
    start = 10 + 12 * 20
    assert not any(broken[:start + 9 * 12])
    assert all(broken[start + 10 * 12:start + length * 12])
    assert not any(broken[start + length * 12 + 4:])


def test_a_byte_that_is_not_taken_is_lost():
    component = UartReceiver(5)
    levels = list(chain(*(component.model(byte) for byte in (1, 2, 3))))
    assert received(5, levels, taking=0.0)[:2] == ([], 2)


@pytest.mark.parametrize("divisor", [2, *DIVISORS])
def test_every_byte_is_sent(divisor):
    component = UartTransmitter(divisor)
    draw = random.Random(divisor)
    values = draw.sample(range(256), 40)

    async def send(context):
        for byte in values:
            context.set(component.input.payload, byte)
            context.set(component.input.valid, 1)
            await context.tick().until(component.input.ready)
            context.set(component.input.valid, 0)
            for level in component.model(byte):
                assert context.get(component.tx) == level
                await context.tick()
            assert context.get(component.tx) == 1
            for _ in range(draw.choice((0, 3))):
                await context.tick()

    simulate(component, send)


def test_bytes_follow_without_a_gap():
    component = UartTransmitter(5)

    async def send(context):
        context.set(component.input.valid, 1)
        context.set(component.input.payload, 0xa5)
        taken = [context.get(component.input.ready)]
        for _ in range(200):
            await context.tick()
            taken.append(context.get(component.input.ready))
        assert [cycle for cycle, ready in enumerate(taken) if ready] == list(range(0, 200, 51))

    simulate(component, send)


@pytest.mark.parametrize(("kind", "divisor", "least"), [(UartReceiver, 3, 4), (UartTransmitter, 1, 2)])
def test_divisors(kind, divisor, least):
    with pytest.raises(ValueError, match=f"divisor must be at least {least}, not {divisor}"):
        kind(divisor)
