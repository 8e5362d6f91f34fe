"""Random numbers of the lanes: the group and the delay that the plan says, from every source."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings

from spinsc.models.plan import Plan
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.sources import parse_rng
from tests.models.planned import META, lane_map, network, plans


@settings(max_examples=60, deadline=None, derandomize=True)
@given(plan=plans)
def test_recorded_numbers_are_the_contracts(plan: str) -> None:
    options = Plan.parse(plan)
    planned = network(plan)
    maps = []
    for layer in planned.layers:
        used = []
        for side in (options.activation, options.weight):
            groups = min(side.groups or layer.folding.lanes, layer.folding.lanes)
            if side.assignment == "blocks":
                groups = -(-layer.folding.lanes // -(-layer.folding.lanes // groups))
            delay = 0 if groups == layer.folding.lanes else side.delay
            used.append((groups, [(g, j * delay) for g, j in lane_map(layer.folding.lanes, groups, side.assignment)]))
        maps.append(used)
    fills = [max(e for _, lanes in used for _, e in lanes) for used in maps]
    steps = [layer.passes * layer.chunks * planned.length for layer in planned.layers]
    devices = [activation[0] * layer.activation.bits + weight[0] * layer.weight.bits
               for (activation, weight), layer in zip(maps, planned.layers, strict=True)]
    assert planned.samples == tuple(d + n for d, n in zip(fills, steps, strict=True))
    assert planned.devices == (max(devices) if options.shared_layers else sum(devices))
    assert planned.delay_flip_flops == sum(
        groups * m * max(e for _, e in lanes) for used, layer in zip(maps, planned.layers, strict=True)
        for (groups, lanes), m in zip(used, [side.bits for side in layer.sides], strict=True))
    period = 3
    bits = np.random.default_rng(0).integers(0, 2, (planned.devices, period * max(planned.samples) + 2))
    streams = RecordedStreams(Recording.from_bits(bits, META), planned)
    assert streams.period == period
    base = 0
    for number, layer in enumerate(planned.layers):
        for slot in range(period):
            first = base
            found = streams.numbers(number, slot)
            widths = [side.bits for side in layer.sides]
            for (groups, lanes), m, numbers in zip(maps[number], widths, found, strict=True):
                assert numbers.shape == (steps[number], layer.folding.lanes)
                for s, (g, e) in enumerate(lanes):
                    for n in range(steps[number]):
                        sample = slot * (fills[number] + steps[number]) + fills[number] + n - e
                        assert numbers[n, s] == sum(int(bits[first + b * groups + g, sample]) << b for b in range(m))
                first += groups * m
        if not options.shared_layers:
            base += devices[number]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(plan=plans.filter(lambda plan: "own" in plan))
def test_lfsr_numbers_are_the_contracts(plan: str) -> None:
    """Those of a network without a plan, of as many LFSRs as groups, at the delayed steps."""
    planned = network(plan)
    longer = dataclasses.replace(network(), length=planned.length + max(layer.fill for layer in planned.layers))
    for number, layer in enumerate(planned.layers):
        for side, numbers, plain in zip(layer.sides, LfsrStreams(planned).numbers(number, 0),
                                        LfsrStreams(longer).numbers(number, 0), strict=True):
            for s, (g, j) in enumerate(lane_map(layer.folding.lanes, side.groups, side.plan.assignment)):
                start = layer.fill - j * side.plan.delay
                np.testing.assert_array_equal(numbers[:, s], plain[start:start + len(numbers), g])


def test_ideal_numbers_are_shared_and_delayed() -> None:
    planned = network("groups=3,delay=2,weight.assignment=blocks")
    a, w = IdealStreams(planned, 1, 2).numbers(0, 1)
    np.testing.assert_array_equal(a[2:, 3], a[:-2, 0])
    np.testing.assert_array_equal(a[4:, 6], a[:-4, 0])
    np.testing.assert_array_equal(w[2:, 1], w[:-2, 0])
    assert (a[:, 0] != a[:, 1]).any()


def test_layers_that_share_junctions_see_the_same_bits() -> None:
    planned = network("shared")
    assert planned.devices == planned.layers[1].devices > planned.layers[0].devices
    assert planned.device_bases == (0, 0)
    streams = IdealStreams(planned, 1, 2)
    first, second = streams.numbers(0, 1)[0], streams.numbers(1, 1)[0]
    np.testing.assert_array_equal(first[:len(second), 0] & 1, second[:, 0] & 1)
    assert (first != streams.numbers(0, 0)[0]).any()


def test_tuned_bits_have_the_states_probability() -> None:
    planned = network("tuned,groups=3", length=400)
    layer = planned.layers[0]
    assert (layer.activation.bits, layer.weight.bits, layer.devices) == (3, 1, 12)
    np.testing.assert_array_equal(planned.device_probabilities[:12], [*[0.25] * 3, *[0.5] * 3, *[0.75] * 3, *[0.5] * 3])
    for streams in (IdealStreams(planned, 1, 2), parse_rng("smtj", planned, period=2)):
        numbers = streams.numbers(0, 1)[0][:, :3]
        for k in (1, 2, 3):
            share = (numbers >> (k - 1) & 1).mean()
            assert abs(share - k / 4) < 6 * 0.5 / numbers.size ** 0.5 + 0.01
        bits = numbers[:, 0] & 1, numbers[:, 0] >> 1 & 1
        assert abs(np.corrcoef(*bits)[0, 1]) < 6 / len(numbers) ** 0.5
