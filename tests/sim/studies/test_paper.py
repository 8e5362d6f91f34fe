"""The paper's grid: its cells on a tiny network, its tables and its figure."""

import numpy as np
import pytest

from spinsc.models.artifact import load_artifact
from spinsc.models.data.images import Images
from spinsc.sim.studies import paper
from spinsc.sim.studies.paper import BEYOND, GRID, STATES, THREE, Point

TINY = {"hidden": [4], "states": 5, "seed": 1}


@pytest.fixture
def digits(monkeypatch):
    """Images that four neurons can tell apart: the class is where the light is."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 10, 6200).astype(np.uint8)
    pixels = rng.integers(0, 80, (6200, 784)).astype(np.uint8)
    for label in range(10):
        pixels[labels == label, 78 * label:78 * label + 78] += 175
    sets = {"train": Images(pixels[:6000], labels[:6000], "made up"), "test": Images(pixels[6000:], labels[6000:], "")}
    monkeypatch.setattr(paper, "images", lambda split, folder=None: sets[split])
    monkeypatch.setattr("spinsc.sim.studies.evaluation.images", lambda split, folder=None: sets[split])


def test_cells(tmp_path, digits):
    where = {"folder": str(tmp_path)}
    for sc in (True, False):
        paper.train_base(**TINY, sc=sc, epochs=2, **where)
    short = paper.train_and_evaluate(**TINY, length=8, epochs=[2, 1], **where)
    unaware = paper.train_and_evaluate(**TINY, length=None, epochs=[2, 1], **where)
    assert list(short["accuracy"]) == ["8"]
    assert list(unaware["accuracy"]) == ["100", "200", "300", "400", "500"]
    checked = paper.simulate_rtl(**TINY, length=8, epochs=[2, 1], **where)
    assert checked["passed"]
    assert (checked["images"], checked["mismatches"]) == (200, 0)
    assert checked["accuracy"] == short["accuracy"]["8"], "the RTL ran with other bits than the golden model"
    length, = (load_artifact(file).length for file in tmp_path.glob("*-l8-*.npz"))
    assert length == 8


@pytest.fixture
def accuracy() -> dict[Point, list[float]]:
    return {point: [90 + len(point.hidden) + point.sc + point.length / 1000 + seed / 100 for seed in (2, 0, 1)]
            for point in (*GRID, *BEYOND)}


def test_tables(accuracy):
    table = paper.claims_table(accuracy)
    best = Point(THREE, STATES[0], 500)
    assert f"**{94.51:.2f}** | 94.50 to 94.52 | 784-512-512-512-10, K = {best.states}, L = 500" in table
    assert len(table.splitlines()) == 2 + 6
    grid = paper.grid_table(accuracy)
    assert len(grid.splitlines()) == 2 + 8
    assert "| 784-256-10 | 11 | without | 91.11 ± 0.01" in grid


def test_median_seed():
    assert paper._median_seed([3.0, 1.0, 2.0]) == 2
    assert paper._median_seed([1.0, 2.0]) == 0


def test_figure(tmp_path, accuracy):
    pytest.importorskip("matplotlib")
    paper.draw(accuracy, tmp_path / "grid.png")
    assert (tmp_path / "grid.png").read_bytes().startswith(b"\x89PNG")
