"""Junctions against accuracy: a cell's costs are those of the plan, and the table and the figure hold every plan."""

import pytest

from spinsc.models.shipped import load_network
from spinsc.sim.studies import junctions


def test_cells_cost_what_the_plan_says(monkeypatch):
    monkeypatch.setattr(junctions, "percent_right", lambda network, streams: float(network.plan == "groups=4"))
    monkeypatch.setattr(junctions, "recorded", lambda network, seed: None)
    own = load_network("mlp1-k5")
    assert junctions.measure("mlp1-k5", "", 0, 0) == {
        "accuracy": 0.0, "junctions": own.devices, "flip_flops": 0, "lanes": own.layers[0].folding.lanes}
    assert junctions.measure("mlp1-k5", "groups=4", 28, 0) == {
        "accuracy": 1.0, "junctions": 2 * 4 * 4, "flip_flops": 0, "lanes": 28}
    # two layers, two bits a number: 6 lanes after one another for activations, twice as far for weights
    assert junctions.measure("mlp1-k5", "groups=4,activation.delay=1,weight.delay=2", 28, 0)["flip_flops"] \
        == 2 * 4 * 2 * (6 + 12)


@pytest.fixture
def found():
    return {(network, series.name): [[
        {"accuracy": 90 + seed + position / 10, "junctions": 2**position, "flip_flops": 0, "lanes": 7}
        for seed in range(3)] for position in range(len(series.plans))]
        for network in junctions.NETWORKS for series in junctions.SERIES}


def test_table(found):
    text = junctions.table(found, "mlp1-k5")
    assert len(text.splitlines()) == 2 + sum(len(series.plans) for series in junctions.SERIES)
    assert "| `groups=2` | 7 | 2 | 0 | 91.10 | 90.10 to 92.10 |" in text


def test_figure(tmp_path, found):
    pytest.importorskip("matplotlib")
    for entry in (seed for plans in found.values() for seeds in plans for seed in seeds):
        entry["flip_flops"] = entry["junctions"]
    junctions.draw(found, tmp_path / "junctions.png")
    assert (tmp_path / "junctions.png").read_bytes().startswith(b"\x89PNG")
