"""The study of flipped bits: its cells, and the table and figure of what they found."""

import dataclasses

import pytest

from spinsc.models.data.catalogue import embedded_images
from spinsc.sim.studies import evaluation, flips
from spinsc.sim.studies.cells import RESULTS, Cell, Results


@pytest.fixture(autouse=True)
def digits(monkeypatch):
    monkeypatch.setattr(evaluation, "images", lambda split, folder=None: embedded_images())
    monkeypatch.setattr(flips, "digits", lambda split, folder=None: embedded_images())


def test_stochastic_products_bear_more_flips_than_binary_ones(tmp_path):
    rates = [0.0, 0.03]
    lost = {}
    for arithmetic, length in (("stochastic", 100), ("binary", None)):
        found = flips.measure(arithmetic, length, "products", rates, 0, None, str(tmp_path), flips.NETWORK)
        lost[arithmetic] = found["accuracy"]["0.0"] - found["accuracy"]["0.03"]
    assert lost["stochastic"] < 2
    assert lost["binary"] > 10


def test_a_binarized_network_takes_no_random_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(flips, "BINARIZED", dataclasses.replace(flips.BINARIZED, validation_images=100))
    flips.train_binarized(2, str(tmp_path))
    found = [flips.measure("binarized", None, "products", [0.0, 0.01, 0.5], seed, None, str(tmp_path), epochs=2)
             ["accuracy"] for seed in (0, 1)]
    assert found[0]["0.0"] == found[1]["0.0"]
    assert found[0]["0.01"] != found[1]["0.01"]
    assert found[0]["0.5"] < 20


def test_table_and_figure_of_kept_cells(tmp_path):
    results = Results(tmp_path / RESULTS)
    results.keep(Cell("spinsc.sim.studies.flips:train_binarized", {"epochs": 60}), {"validation": 90.0}, 1)
    for number, group in enumerate(flips.measurements(2, None, 60, {}).values()):
        for seed, cell in enumerate(group):
            accuracy = {str(rate): 90 + number + seed / 10 - 100 * rate for rate in flips.RATES}
            results.keep(cell, {"accuracy": accuracy}, 2)
    text = flips.run(tmp_path, seeds=2, jobs=1, scheduler=None)
    assert "| stochastic, 100 bits | 90.05 | 90.05 | 90.04 |" in text
    assert "| binarized (K = 2, 1 bit) | 97.05 |" in text
    assert (tmp_path / "flips.md").read_text() in f"{text}\n"
    assert (tmp_path / "flips.png").read_bytes().startswith(b"\x89PNG")
