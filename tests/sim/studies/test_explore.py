"""The search: fronts by hand and by definition, costs against their formulas, and a run that goes on."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.gen.targets.registry import TARGETS
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.sim.flows import tools
from spinsc.sim.studies import evaluation, explore
from spinsc.sim.studies.cells import Cell
from spinsc.sim.studies.fronts import LARGEST_ESTIMATE, MOST_ESTIMATES, Design, front, worth_an_estimate

PLAIN = Design("n", (784, 100, 10), 5, "stochastic", 8, 16, 10, 1, 90.0, 1000.0, 100, 200, 64, 5000)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 8), st.one_of(st.none(), st.integers(1, 8))), max_size=12))
def test_a_front_is_what_nothing_beats(points: list[tuple[int, int | None]]) -> None:
    designs = [dataclasses.replace(PLAIN, network=str(number), accuracy=float(accuracy), luts=luts)
               for number, (accuracy, luts) in enumerate(points)]
    best = {(design.accuracy, design.luts) for design in designs if design.luts is not None and not any(
        other.luts is not None and (other.accuracy >= design.accuracy and other.luts <= design.luts)
        and (other.accuracy, other.luts) != (design.accuracy, design.luts) for other in designs)}
    found = front(designs, "luts")
    assert {(design.accuracy, design.luts) for design in found} == best
    assert len(found) == len(best)


def test_what_a_design_takes() -> None:
    part = TARGETS.find("ecp5-85k")
    network = load_network("mlp1-k5").with_length(8).with_folding(49, 25, 1)
    design, faster = (explore.design_of("mlp1-k5", each, 95.0, part)
                      for each in (network, network.with_folding(unroll=4)))
    assert design.junctions == 2 * 2 * (49 + 49)
    assert design.random_bits == 4 * 49 * 4 * 16 * 8 + 4 * 49 * 1 * 3 * 8
    assert faster.random_bits == design.random_bits
    assert faster.luts is not None
    assert design.luts is not None
    assert faster.luts > design.luts
    binary = explore.design_of("mlp1-k5", network.with_binary_arithmetic(), 95.0, part)
    assert binary.random_bits == 0
    assert binary.luts is not None
    assert design.luts < binary.luts
    assert explore.design_of("mlp1-k5", network.with_binary_arithmetic(), 95.0, TARGETS.find("ice40-hx8k")).luts is None
    assert binary.cycles <= faster.cycles < design.cycles


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = embedded_images()
    many = dataclasses.replace(found, images=np.tile(found.images, (6, 1)), labels=np.tile(found.labels, 6))
    for module, name in ((evaluation, "images"), (explore, "digits")):
        monkeypatch.setattr(module, name, lambda split, folder=None: many if split == "train" else found)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
    """The cells that are computed, in this process."""
    def at_once(cells, results, **_):  # type: ignore[no-untyped-def]
        for cell in cells:
            if cell not in results:
                called.append(cell)
                function = getattr(explore, cell.function.partition(":")[2])
                results.keep(cell, function(**cell.parameters, **cell.where), 1)

    called: list[Cell] = []
    monkeypatch.setattr(explore, "run_cells", at_once)
    return called


@pytest.mark.usefixtures("digits")
def test_cells_of_trained_networks(tmp_path: Path, called: list[Cell]) -> None:
    """Trained, folded and measured as the command does; a second run computes nothing."""
    space = explore.Space(hidden=((8,),), states=(2, 3), lengths=(4, 20), lanes=(28, 28, 900), units=(8,),
                          unroll=(1, 2), epochs=1, images=100)
    text = explore.run(tmp_path, space, target="ecp5-25k", jobs=1, scheduler=None)
    # K = 2 at 1 bit; K = 3 at 4 and 20 bits, and binary: 4 trainings; two foldings of those that take random bits
    assert len(called) == 4 + 2 * 2 + 2
    assert text == explore.run(tmp_path, space, target="ecp5-25k", jobs=1, scheduler=None)
    assert len(called) == 10
    rows = list(csv.DictReader((tmp_path / "designs.csv").read_text().splitlines()))
    assert [(row["arithmetic"], row["states"], row["length"], row["lanes"], row["unroll"]) for row in rows] == [
        ("stochastic", "2", "1", "28", "1"), ("stochastic", "2", "1", "784", "1"), ("binary", "3", "1", "28", "1"),
        ("binary", "3", "1", "784", "1"),
        *[("stochastic", "3", length, lanes, unroll) for length in ("4", "20") for lanes in ("28", "784")
          for unroll in ("1", "2")]]
    assert (tmp_path / "explore.png").read_bytes().startswith(b"\x89PNG")
    assert "784-8-10" in (tmp_path / "explore.md").read_text()
    found = {path.stem: load_network(path).provenance["settings"] for path in (tmp_path / "networks").glob("*.npz")}
    assert {name: (settings["states"], settings["length"], settings["noise"]) for name, settings in found.items()} == {
        "8-k2-l1": (2, 1, "shared"), "8-k3-binary": (3, 1000, "independent"), "8-k3-l4": (3, 4, "shared"),
        "8-k3-l20": (3, 20, "independent")}


@pytest.mark.usefixtures("digits")
def test_energies(tmp_path: Path, called: list[Cell], monkeypatch: pytest.MonkeyPatch) -> None:
    """Made up of what is estimated, which must be the very design; they come to the table, the list and the front."""
    def made_up(network: Network, *, pipeline: bool) -> dict[str, object]:
        assert pipeline
        unroll = network.layers[0].folding.unroll
        estimated.append((network.arithmetic, unroll))
        return {"energy_j": 9e-9 / unroll, "random_bits_j": 4e-9 / unroll if network.devices else 0,
                "junctions_j": [1e-9, 2e-9] if network.devices else [0, 0]}

    estimated: list[tuple[str, int]] = []
    monkeypatch.setattr(explore, "estimate_network", made_up)
    monkeypatch.setattr(tools, "required", lambda kinds: [])
    space = explore.Space(networks=("mlp1-k5",), lengths=(8,), lanes=(8,), units=(10,), unroll=(1, 2), images=200)
    explore.run(tmp_path, space, target="ecp5-25k", jobs=1, scheduler=None)
    assert not estimated
    text = explore.run(tmp_path, space, target="ecp5-25k", jobs=1, scheduler=None, energy=True)
    assert sorted(estimated) == [("binary", 1), ("stochastic", 1), ("stochastic", 2)]
    assert len(called) == 2 + 3
    rows = list(csv.DictReader((tmp_path / "designs.csv").read_text().splitlines()))
    assert [(row["arithmetic"], row["unroll"], row["energy_nj"], row["energy_junctions_nj"]) for row in rows] == [
        ("stochastic", "1", "9.0", "6.0"), ("stochastic", "2", "4.5", "3.5"), ("binary", "1", "9.0", "9.0")]
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| 784")]
    assert {(row[1], row[6]): row[13:15] for row in cells} == {
        ("stochastic", "1"): ["9", "6"], ("stochastic", "2"): ["4.5", "3.5"], ("binary", "1"): ["9", "none needed"]}
    cheapest = next(row for row in cells if row[13] == "4.5")
    assert {"energy", "energy with junctions"} <= set(cheapest[15].split("; "))


def test_which_are_worth_an_estimate() -> None:
    small, dear, large, bad, unknown = (
        dataclasses.replace(PLAIN, network=name, luts=luts, accuracy=accuracy, cycles=cycles)
        for name, luts, accuracy, cycles in (("small", 900.0, 90.0, 100), ("dear", 1000.0, 90.0, 100),
                                             ("large", LARGEST_ESTIMATE + 1.0, 95.0, 1), ("bad", 100.0, 80.0, 90),
                                             ("unknown", None, 96.0, 80)))
    binary = dataclasses.replace(PLAIN, arithmetic="binary", accuracy=90.0, luts=5000.0)
    assert worth_an_estimate([small, dear, large, bad, unknown, binary]) == [binary, small]
    many = [dataclasses.replace(PLAIN, luts=1000.0 + number, accuracy=90.0 + number / 10)
            for number in range(MOST_ESTIMATES + 9)]
    assert worth_an_estimate(many) == many[:-MOST_ESTIMATES - 1:-1]


def test_energies_need_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "STA", dataclasses.replace(tools.STA, look=lambda: None))
    with pytest.raises(InputError, match=r"OpenSTA .*missing: .*install the package opensta"):
        explore.run(tmp_path / "out", explore.Space(), target="ecp5-25k", jobs=1, scheduler=None, energy=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("digits")
def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lanes must be numbers from 1 on"):
        explore.Space(lanes=(0, 3))
    with pytest.raises(InputError, match="mlp1-k5 is not the network 0123"):
        explore.measure("mlp1-k5", 8, "stochastic", [[49, 25], [49, 10]], "0123", 0, 10, str(tmp_path))
