"""Plans of random numbers: their options, and every random number against the contract in plain loops."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.models.advice import advice
from spinsc.models.artifact import load_artifact, save_artifact
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding, Layer, Scores
from spinsc.models.network import Network
from spinsc.models.plan import OWN, PRESETS, Plan, SidePlan
from spinsc.models.side import Side
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.sources import parse_rng

META = {"kind": "simulated"}


def network(plan: str = "", **options: object) -> Network:
    arguments = {"input_states": 5, "weight_states": 3, "activation_states": 4, "length": 6, "seed": 1,
                 "folding": [Folding(7, 4), Folding(5, 3)]} | options
    return random_network((20, 9, 3), **arguments).with_plan(plan)  # type: ignore[arg-type]


def lane_map(lanes: int, groups: int, assignment: str) -> list[tuple[int, int]]:
    """Group of each lane, and how many lanes before it share that group."""
    group = [s % groups if assignment == "round-robin" else s // -(-lanes // groups) for s in range(lanes)]
    return [(g, group[:s].count(g)) for s, g in enumerate(group)]


plans = st.builds(
    lambda ga, gw, aa, aw, da, dw, shared: f"activation.groups={ga},weight.groups={gw},activation.assignment={aa},"
    f"weight.assignment={aw},activation.delay={da},weight.delay={dw},layers={'shared' if shared else 'own'}",
    st.integers(1, 9), st.integers(1, 9), st.sampled_from(["round-robin", "blocks"]),
    st.sampled_from(["round-robin", "blocks"]), st.integers(0, 4), st.integers(0, 4), st.booleans())


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


def test_unbiased_junctions_are_refused_where_tuned_ones_are_needed() -> None:
    planned = network("tuned")
    bits = np.random.default_rng(0).integers(0, 2, (planned.devices, 1000))
    with pytest.raises(InputError, match=r"device 0 to a probability of 0\.25, but that of the recording is 0\.5"):
        RecordedStreams(Recording.from_bits(bits, META), planned)


def test_the_default_plan_is_the_network_as_it_was() -> None:
    plain = network()
    for plan in ("", "own", "groups=100", "groups=20,delay=3", "assignment=blocks", "layers=own"):
        assert network(plan).hash == plain.hash
        assert network(plan).plan == ""
    assert plain.hash == random_network((20, 9, 3), input_states=5, weight_states=3, activation_states=4, length=6,
                                        seed=1, folding=[Folding(7, 4), Folding(5, 3)]).hash


@pytest.mark.parametrize(("plan", "words"), [
    ("groups=3,delay=2", "groups=3,delay=2"),
    ("groups=6", "layer 0: groups=6"),
    ("crossed,groups=3", "groups=3,weight.assignment=blocks"),
    ("tuned", "source=tuned"),
    ("shared,groups=1", "groups=1; layers=shared"),
    ("weight.groups=2", "weight.groups=2"),
    # blocks of 2 lanes each leave one of four groups without any of 5 lanes
    ("groups=4,assignment=blocks", "layer 0: groups=4,assignment=blocks; layer 1: groups=3,assignment=blocks")])
def test_plans_are_kept_hashed_and_named(plan: str, words: str, tmp_path) -> None:
    planned = network(plan)
    assert planned.plan == words
    assert planned.hash != network().hash
    save_artifact(planned, tmp_path / "network.npz")
    loaded = load_artifact(tmp_path / "network.npz")
    assert (loaded.hash, loaded.plan, loaded.devices) == (planned.hash, planned.plan, planned.devices)
    assert [layer.sides for layer in loaded.layers] == [layer.sides for layer in planned.layers]
    assert planned.with_plan("own").hash == network().hash


def test_calibrated_thresholds_are_kept_and_hashed(tmp_path) -> None:
    planned = network("groups=2")
    rows = [[0, 1, 1, 3, 4], [0, 1, 2, 4, 4]]
    calibrated = planned.with_calibrated_thresholds([(rows, None), (None, [[0, 1, 2], [0, 2, 2]])])
    assert calibrated.hash != planned.hash
    np.testing.assert_array_equal(calibrated.layers[0].activation.comparator_thresholds[:3],
                                  [rows[0], rows[1], rows[0]])
    save_artifact(calibrated, tmp_path / "network.npz")
    loaded = load_artifact(tmp_path / "network.npz")
    assert loaded.hash == calibrated.hash
    assert loaded.layers[1].weight.plan.thresholds == ((0, 1, 2), (0, 2, 2))
    assert calibrated.with_calibrated_thresholds([(None, None)] * 2).hash == planned.hash


def test_every_preset_is_a_plan() -> None:
    assert [Plan.parse(name) for name in PRESETS] == [
        Plan(), Plan(weight=SidePlan(assignment="blocks")), Plan(SidePlan(delay=1), SidePlan(delay=2)),
        Plan(SidePlan(source="tuned"), SidePlan(source="tuned")), Plan(shared_layers=True)]
    assert Plan.parse("delayed, groups=4,weight.delay=0").weight == SidePlan(groups=4)
    assert Plan.parse("").activation == OWN


def test_plans_that_are_known_to_be_harmful() -> None:
    plain = random_network((784, 100, 10), input_states=5, weight_states=5, activation_states=5, length=100, seed=1)
    assert [layer.chunks for layer in plain.layers] == [13, 13]
    for harmless in ("own", "activation.groups=1", "weight.groups=5", "shared", "tuned", "weight.groups=4,delay=200"):
        assert advice(plain.with_plan(harmless)) is None
    for plan, words in (("groups=4", "layer 0 meets 5,200 different"), ("weight.groups=1", "layer 0 meets 1,300 "),
                        ("weight.groups=4,delay=3", "layer 0 meets 5,380 "),
                        ("tuned,groups=2", "layer 0 meets 2,600 ")):
        warning = advice(plain.with_plan(plan))
        assert warning is not None
        assert words in warning
        assert plain.with_plan(plan).plan in warning
        assert "give weight.groups=5 or more" in warning
    assert advice(plain.with_length(8).with_plan("weight.groups=20")) is not None
    assert advice(plain.with_length(8)) is None, "no plan, no warning"


@pytest.mark.parametrize(("plan", "message"), [
    ("groups=0", "groups must be a whole number from 1, not 0"),
    ("groups=many", "groups of a plan must be a whole number, not 'many'"),
    ("delay=-1", "not '-1'"),
    ("assignment=random", "round-robin or blocks, not 'random'"),
    ("source=dice", "comparator or tuned, not 'dice'"),
    ("lanes=3", "no option 'lanes=3'"),
    ("input.groups=3", "no option 'input.groups=3'"),
    ("layers=all", "no option 'layers=all'"),
    ("groups", "no option 'groups'"),
    ("tuned,shared", "layers 0 and 1 cannot share junctions: device 0 would be tuned to a probability of 0.25")])
def test_bad_plans_are_one_line(plan: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        network(plan)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_plans_that_do_not_fit_the_layer() -> None:
    with pytest.raises(InputError, match=r"layer 0: delays need unroll \(B\) 1, not 2"):
        network().with_folding(unroll=2).with_plan("groups=2,delay=1")
    with pytest.raises(InputError, match=r"layer 0: a tuned .* at most 16 junctions per lane, but 19 states need 17"):
        network(input_states=19).with_plan("tuned")
    weights = np.zeros((2, 4), np.uint8)
    with pytest.raises(InputError, match=r"bits \(m\) of a tuned source of 5 states must be 3, .*, not 2"):
        Side(5, 2, SidePlan(source="tuned"))
    for thresholds, message in (
            ([[0, 1, 2, 3, 4]], r"shape \(4, 5\), for each group of junctions and each state, not \(1, 5\)"),
            ([[0, 1, 2, 3, 4]] * 3 + [[0, 2, 1, 3, 4]], "those of group 3 are 0, 2, 1, 3, 4"),
            ([[0, 1, 2, 3, 5]] * 4, "ascend from 0 to 2\\^m = 4, but those of group 0 are 0, 1, 2, 3, 5"),
            ([1, 2], r"shape \(groups, states\), not int64 \(2,\)")):
        with pytest.raises(InputError, match=message):
            Layer(weights, Side(5), Side(5, plan=SidePlan(thresholds=thresholds)), Folding(4, 2), Scores(np.zeros(2)))
    with pytest.raises(InputError, match="takes no calibrated thresholds"):
        SidePlan(source="tuned", thresholds=((0, 1),))


@pytest.mark.parametrize(("plan", "message"), [("tuned", "unbiased bits"), ("shared", "saves no LFSR")])
def test_lfsrs_refuse_what_they_cannot_do(plan: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        LfsrStreams(network(plan))


def test_two_states_need_no_junctions_whatever_the_plan() -> None:
    planned = network("tuned,groups=2,delay=3", input_states=2, weight_states=2, activation_states=2)
    assert (planned.devices, planned.plan, planned.samples) == (0, "", planned.steps)
