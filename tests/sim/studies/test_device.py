"""The study of junctions that are not ideal: each way works on its bits, and the tables hold what the cells found."""

import pytest

from spinsc.errors import InputError
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.shipped import load_network
from spinsc.sim.junctions.devices import DEVICES
from spinsc.sim.studies import device, evaluation
from spinsc.sim.studies.cells import RESULTS, Cell, Results
from spinsc.sim.studies.device_figures import Figure, Line

WAYS = ("none", "ideal", "tuned", "wide", "recalibrated", "calibrated", "shuffled", "XOR of 2", "XOR of 3", "every 4th",
        "von Neumann")


@pytest.fixture(autouse=True)
def digits(monkeypatch):
    monkeypatch.setattr(evaluation, "images", lambda split, folder=None: embedded_images())


@pytest.mark.parametrize("way", WAYS)
def test_every_way_keeps_good_bits_good(way):
    found = device.measure("mlp1-k5", 0, 200, way, period=4)
    assert found["accuracy"] > 95
    assert found["devices"] == {"ideal": None, "tuned": 414, "wide": 1104, "recalibrated": 1104, "calibrated": 1104,
                                "XOR of 2": 552, "XOR of 3": 828}.get(way, 276)


@pytest.mark.parametrize(("parameters", "way"), [
    ({"junction": {"bias_kt": 0.1}}, "recalibrated"), ({"junction": {"bias_kt": 0.1}}, "von Neumann"),
    ({"junction": {"bias_kt": 0.1, "bias_spread_kt": 0.6}}, "calibrated"), ({"stuck": 0.3}, "XOR of 3"),
    ({"stuck": 0.3}, "calibrated"), ({"junction": {"sampling_interval_s": 1e-10}}, "shuffled")])
def test_bad_bits_cost_accuracy_and_the_right_way_helps(parameters, way):
    as_they_are, better = (device.measure("mlp1-k5", 0, 200, tried, period=4, **parameters)["accuracy"]
                           for tried in ("none", way))
    assert as_they_are < 90
    assert better > as_they_are + 4


def test_cells_of_another_network_are_not_taken_for_this_ones():
    with pytest.raises(InputError, match="mlp1-k5 is not the network 0123456789ab"):
        device.measure("mlp1-k5", 0, 100, digest="0123456789ab")


def test_every_figure_can_be_computed():
    for figure in device.figures():
        for _, lines in figure.panels:
            for line in lines:
                for parameters in line.points.values():
                    DEVICES[parameters.get("device", "smtj")](**parameters.get("junction", {}))
                    assert parameters.get("way", "none") in WAYS
                    assert parameters.get("network", "mlp1-k5") == "trained" or load_network(
                        parameters.get("network", "mlp1-k5"))


def test_tables_and_figures_of_kept_cells(tmp_path, monkeypatch):
    lines = [Line("plain", {0.1: {"way": "none"}, 0.2: {"way": "shuffled"}}),
             Line("ideal bits", {0.2: {"way": "ideal"}})]
    monkeypatch.setattr(device, "figures", lambda: [Figure("one", "A rule", [("interval", lines)]),
                                                    Figure("stuck", "Two panels", [("a", lines[:1])] * 2)])
    results = Results(tmp_path / RESULTS)
    digest = load_network("mlp1-k5").hash[:12]
    for number, way in enumerate(("none", "shuffled", "ideal")):
        for seed in range(3):
            cell = Cell("spinsc.sim.studies.device:measure",
                        {"network": "mlp1-k5", "images": None, "seed": seed, "way": way, "digest": digest})
            results.keep(cell, {"accuracy": 90 + number + 0.3 * seed}, 7)
    text = device.run(tmp_path, seeds=3, jobs=1, scheduler=None)
    assert "| plain | 90.30 (90.0-90.6) | 91.30 (91.0-91.6) |" in text
    assert "| ideal bits | - | 92.30 (92.0-92.6) |" in (tmp_path / "one.md").read_text()
    assert "9 cells, 63 s" in text
    for name in ("one", "stuck"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
