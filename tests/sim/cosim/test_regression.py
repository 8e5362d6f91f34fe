"""The long regression judges each network by images of its own kind; the comparison has tests of its own."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.data.images import Images
from spinsc.models.network import Network
from spinsc.sim.cli.main import main
from spinsc.sim.cosim import regression
from spinsc.sim.cosim.comparison import Comparison


def test_each_network_gets_its_own_images(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a whole set is not to be had, the images in the package are taken, and the reason is printed."""
    whole = Images(np.zeros((1200, 784), np.uint8), np.zeros(1200, np.uint8), "whole")
    given = {}

    def load(dataset: str, split: str) -> Images:
        if (dataset, split) != ("mnist", "test"):
            raise InputError("no clothes here")
        return whole

    def regress(name: str, network: Network, images: Images, jobs: int, progress: object) -> SimpleNamespace:
        given[name] = images
        return SimpleNamespace(
            comparison=Comparison(images=len(images)), passed=name != "odd", untimely=False, cycles_per_image=1,
            latency=1, predicted_cycles_per_image=1, predicted_latency=1, build_s=1,
            simulation_s=1, resumed=0, edited=[],
            simulator=SimpleNamespace(name="toy", version="1", origin="none"), waveform=None, stress=None,
            manifest=SimpleNamespace(files={"rtl/spinsc_network.v": "digest"}))

    monkeypatch.setattr(regression, "load_dataset", load)
    monkeypatch.setattr(regression, "regress", regress)
    assert main(["regression", "mlp1-k5", "fashion-mlp3-k5"]) == 0
    assert (len(given["mlp1-k5"]), given["mlp1-k5"].source) == (1200, "whole")
    assert np.array_equal(given["fashion-mlp3-k5"].images, embedded_images("fashion-mnist").images)
    assert "only 1,000 images, those in the package: no clothes here" in capsys.readouterr().out
    assert main(["regression", "odd", "--images", "30"]) == 1
    assert len(given["odd"]) == 30
    output = capsys.readouterr().out
    assert "only" not in output
    assert output.splitlines()[1].split()[:2] == ["odd", "30"]
    assert main(["regression", "odd", "planned", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["passed"]) for each in found["networks"]] == [("odd", False), ("planned", True)]
    assert not found["passed"]
