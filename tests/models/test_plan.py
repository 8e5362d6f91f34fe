"""Plans of random numbers: kept, hashed, named, and refused where they do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.artifact import load_artifact
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding, Layer
from spinsc.models.outcome import Scores
from spinsc.models.plan import OWN, PRESETS, Plan, SidePlan
from spinsc.models.side import Side
from tests.models.planned import network


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
    planned.save(tmp_path / "network.npz")
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
    calibrated.save(tmp_path / "network.npz")
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


def test_two_states_need_no_junctions_whatever_the_plan() -> None:
    planned = network("tuned,groups=2,delay=3", input_states=2, weight_states=2, activation_states=2)
    assert (planned.devices, planned.plan, planned.samples) == (0, "", planned.steps)


def test_folding_to_few_lanes_loses_groups_for_good() -> None:
    """As the bit contract says: a plan that is to hold afterwards is given again."""
    planned = network().with_plan("groups=3,delay=2,assignment=blocks")
    assert planned.plan
    folded = planned.with_folding(lanes=3)
    assert not folded.plan
    again = folded.with_foldings([layer.folding for layer in planned.layers])
    assert again.hash == network().hash != planned.hash
    assert again.with_plan("groups=3,delay=2,assignment=blocks").hash == planned.hash
