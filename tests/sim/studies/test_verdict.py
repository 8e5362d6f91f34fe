"""The study of the verdict: every kind can be made, a cell measures it, and table and figure hold what was found."""

import pytest

from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_images
from spinsc.sim.studies import evaluation, verdict
from spinsc.sim.studies.synthetic import IMAGES, KINDS, make

SMALL = random_network((12, 3, 2), input_states=5, weight_states=5, activation_states=5, length=20, seed=1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_made(kind):
    for strength in KINDS[kind]:
        recording = make(kind, SMALL, strength, 1)
        assert recording.devices >= SMALL.devices
        assert recording.steps == IMAGES * max(SMALL.samples)
        assert make(kind, SMALL, strength, 1).hash == recording.hash
        assert make(kind, SMALL, strength, 2).hash != recording.hash


def test_a_cell(monkeypatch):
    monkeypatch.setattr(evaluation, "images", lambda split, folder=None: embedded_images())
    found = verdict.measure("mlp1-k5", "", "stuck", 0.1, 0)
    assert not found["good"]
    assert found["limit"].startswith("stuck devices (28 of 276)")
    assert found["found"] == pytest.approx(found["loss"], abs=found["error"] + 1)


@pytest.fixture
def found():
    good = {"loss": 0.1, "error": 0.3, "good": True, "limit": "", "found": 0.2}
    return {("mlp1-k5", "", "fine", 0.0): [good, good | {"found": 0.9}],
            ("mlp1-k11", "", "ramp", 0.1): [good | {"loss": 9.0, "good": False, "limit": "drift (a)", "found": 8.5}],
            ("mlp1-k5", "tuned", "ramp", 0.2): [
                good | {"loss": 0.6, "good": False, "limit": "drift (a)", "found": 0.1}]}


def test_summary_and_table(found):
    text = verdict.summary(found)
    assert text.startswith("Of 4 recordings 2 are called good enough; of these, 1 cost more than 0.5 points")
    assert "1 of the others cost less" in text
    table = verdict.table(found)
    assert "| ramp | 0.1 | mlp1-k11 | not good | 9.00 ± 0.30 | 8.50 | drift |" in table


def test_figure(tmp_path, found):
    pytest.importorskip("matplotlib")
    verdict.draw(found, tmp_path / "verdict.png")
    assert (tmp_path / "verdict.png").read_bytes().startswith(b"\x89PNG")
