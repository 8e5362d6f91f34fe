"""`spinsc cost`: what it prints adds up, and what it refuses."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cli.main import main
from spinsc.sim.costs import cost as costs
from spinsc.sim.costs import junctions
from spinsc.sim.costs.activity import images_in_flight
from spinsc.sim.costs.latency import Latency
from spinsc.sim.costs.parts import Part, part_of
from spinsc.sim.flows import tools
from tests.tools import needs_standard_cells

DOCUMENT = Path(__file__).parents[3] / "docs" / "command-line.md"


def network(units=2, **changed):
    settings = {"input_states": 3, "weight_states": 3, "activation_states": 3, "length": 4, "seed": 1} | changed
    return random_network((12, 6, 2), **settings, folding=[Folding(3, units), Folding(3, 1)])


@pytest.fixture(scope="module")
def pixels(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "images.npz"
    images = np.random.default_rng(1).integers(0, 256, (12, 12)).astype(np.uint8)
    np.savez(path, images=images, labels=np.zeros(12, int))
    return path


def estimated(folder, pixels, capsys, *options):
    assert main(["cost", str(folder), "--data", str(pixels), "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)


def joules(parts):
    return sum((part["nets_j"] + part["internal_j"]) * part["glitches"] + part["clock_j"] + part["memory_j"]
               for part in parts)


@needs_standard_cells
def test_figures(tmp_path, pixels, capsys):
    """The whole is the sum of its parts, and composes from a network that has fewer neurons at a time."""
    emit(network(), tmp_path / "hw", source="lfsr")
    found = estimated(tmp_path / "hw", pixels, capsys, "--images", "2", "--process", "180", "7", "--report",
                      str(tmp_path / "page.html"))
    documented = re.search(r"^\| `cost` \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", documented[1])) == {*found, *found["parts"][0], *found["scaled"][0]}
    assert found["cycles"] == 2 * found["cycles_per_image"]
    assert found["image_s"] == pytest.approx(found["cycles_per_image"] / found["clock_mhz"] / 1e6)
    whole = joules(found["parts"]) + found["clock_tree_j"] + found["leakage_j"]
    assert found["energy_j"] == pytest.approx(whole)
    low, high = found["energy_bounds_j"]
    assert low < whole < high
    assert 0 < found["random_bits_j"] < whole
    assert [each["process_nm"] for each in found["scaled"]] == [180, 7]
    assert found["scaled"][0]["energy_j"] == pytest.approx(whole - found["leakage_j"])
    assert "nJ an image (" in (tmp_path / "page.html").read_text()

    emit(network(units=1), tmp_path / "fewer", source="lfsr")
    fewer = estimated(tmp_path / "fewer", pixels, capsys, "--images", "2", "--clock", "100")
    assert fewer["image_s"] == fewer["cycles_per_image"] * 1e-8
    neurons = joules([part for part in fewer["parts"] if part["name"] in ("neurons", "weights")])
    composed = neurons + (joules(fewer["parts"]) - neurons) * found["cycles_per_image"] / fewer["cycles_per_image"]
    assert composed == pytest.approx(joules(found["parts"]), rel=0.08)


@needs_standard_cells
def test_refused(tmp_path, pixels, capsys, monkeypatch):
    emit(network(), tmp_path / "ports")
    assert main(["cost", str(tmp_path / "ports"), "--data", str(pixels)]) == 2
    assert "emit it with --rng lfsr" in capsys.readouterr().err
    assert main(["cost", str(tmp_path / "ports"), "--process", "90"]) == 2
    assert "not 90" in capsys.readouterr().err
    emit(network(), tmp_path / "hw", source="lfsr")
    path = tmp_path / "hw" / "mem" / "layer1_biases.mem"
    path.write_text("".join(f"{(int(line, 16) + 1) % 4:x}\n" for line in path.read_text().split()))
    assert main(["cost", str(tmp_path / "hw"), "--data", str(pixels), "--clock", "10"]) == 2
    assert "has the folder been edited?" in capsys.readouterr().err
    monkeypatch.setattr(costs.tools, "OSU_CELLS", dataclasses.replace(tools.OSU_CELLS, look=lambda: None))
    assert main(["cost", str(tmp_path / "hw"), "--data", str(pixels), "--clock", "10"]) == 2
    assert "install the package qflow-tech-osu018" in capsys.readouterr().err


def test_latency(tmp_path):
    """The slower of gates and junctions; a cycle takes as many samples as it has time steps."""
    manifest = emit(network().with_folding(unroll=2), tmp_path / "hw")
    assert images_in_flight(manifest) >= 2
    gates, waiting = (Latency.of(manifest, 200, interval) for interval in (2e-9, 4e-9))
    assert (gates.limit, gates.cycle_s) == ("gates", pytest.approx(5e-9))
    assert (waiting.limit, waiting.cycle_s) == ("junctions", pytest.approx(8e-9))
    assert waiting.images_per_s == pytest.approx(1 / (manifest.cycles_per_image * 8e-9))
    binary = emit(network().with_binary_arithmetic(), tmp_path / "binary")
    assert Latency.of(binary, 200, 1.0).limit == "gates"


def test_junction_bits(tmp_path):
    """Layer 0: 3 passes of 4 chunks, layer 1: 2 passes of 2; a bit for each of 2 x 3 lanes in each of 4 steps."""
    manifest = emit(network(), tmp_path / "hw")
    assert junctions.bits_per_image(manifest) == (3 * 4 + 2 * 2) * 4 * 6
    assert junctions.energy_range() == (20e-15, 80e-15)


@pytest.mark.parametrize(("name", "part"), [
    ("layer0.neuron_units.g_unit[3].neuron.count_AND2X1_A", Part("neurons", 0)),
    ("layer12.neuron_units.g_unit[3].weights.words", Part("weights", 12)),
    ("layer1.buffer.memory", Part("state buffer", 1)),
    ("layer1.weight_comparator.less", Part("comparators", 1)), ("lfsr1_weight.x", Part("LFSRs", 1)),
    ("activation0.thresholds$16.words", Part("thresholds", 0)), ("argmax.biases.words", Part("output unit", None)),
    ("layer0.planes$4", Part("random bits to neurons, results", 0)), ("trace0_valid_AND2X2_Y", Part("streams", None))])
def test_parts(name, part):
    assert part_of(name) == part


@needs_standard_cells
def test_many_states(tmp_path, pixels, capsys):
    """Thresholds of 18 states are tables, which Yosys takes for memories that are read without a clock."""
    emit(network(input_states=18, weight_states=18, activation_states=18, length=2), tmp_path / "hw", source="lfsr")
    found = estimated(tmp_path / "hw", pixels, capsys, "--clock", "10")
    assert {part["name"] for part in found["parts"] if part["memory_bits"]} == {
        "state buffer", "thresholds", "weights", "output unit"}
