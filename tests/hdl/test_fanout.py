"""Fan-out of groups of junctions to lanes: every lane at every step, with pauses."""

import itertools
import random

import pytest
from amaranth.sim import Simulator

from spinsc.hdl.fanout import LaneFanout
from spinsc.hdl.shapes import SideShape
from tests.planes import pack_planes


def contract(lanes, groups, blocks, delay):
    """Group and delay of each lane, counted lane by lane."""
    if blocks:
        groups = -(-lanes // -(-lanes // groups))
    group = [s // -(-lanes // groups) if blocks else s % groups for s in range(lanes)]
    return groups, [(g, group[:s].count(g) * delay) for s, g in enumerate(group)]


@pytest.mark.parametrize(("lanes", "groups", "blocks", "delay", "bits"), [
    *itertools.product((7,), range(1, 8), (False, True), (0, 2), (3,)),
    (1, 1, False, 3, 1), (12, 4, True, 1, 16), (64, 8, False, 1, 2), (10, 6, True, 1, 1)])
def test_every_lane_sees_its_group_when_it_is_due(lanes, groups, blocks, delay, bits):
    side = SideShape(5, bits, groups, blocks, delay)
    component = LaneFanout(side, lanes)
    used, sources = contract(lanes, groups, blocks, delay)
    assert side.group_count(lanes) == used
    assert component.depth == max(e for _, e in sources)
    draw = random.Random(f"{lanes}/{groups}/{blocks}/{delay}")
    numbers = []

    async def testbench(context):
        while len(numbers) < 3 * component.depth + 20:
            drawn = [draw.getrandbits(bits) for _ in range(used)]
            step = draw.random() < 0.7
            context.set(component.random, pack_planes(drawn, bits))
            if component.depth:
                context.set(component.step, step)
            await context.delay(1e-9)
            now = len(numbers)
            if step and now >= component.depth:
                expected = [([*numbers, drawn])[now - e][g] for g, e in sources]
                assert context.get(component.lane_random) == pack_planes(expected, bits)
                assert component.model([*numbers, drawn], now) == expected
            if component.depth:
                await context.tick()
            if step:
                numbers.append(drawn)

    simulator = Simulator(component)
    if component.depth:
        simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()


def test_thresholds_are_those_of_the_groups():
    side = SideShape(3, 1, 2, thresholds=((0, 1, 2), (0, 2, 2)))
    assert side.lane_thresholds(3) == [(0, 1, 2), (0, 2, 2), (0, 1, 2)]
    assert SideShape(3, 1, 2).lane_thresholds(3) is None
