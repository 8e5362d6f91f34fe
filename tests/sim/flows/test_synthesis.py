"""`spinsc synth`: resources of modules, timing, what is kept, and what is missing."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cli.main import main
from spinsc.sim.flows import netlist, steps, synthesis, tools
from spinsc.sim.flows.synthesis import run
from spinsc.sim.pages.synthesis import synthesis_page
from spinsc.sim.report.synthesis import synthesis_report
from tests.tools import needs_standard_cells

DOCUMENT = Path(__file__).parents[3] / "docs" / "command-line.md"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    network = random_network((6, 3, 2), input_states=3, weight_states=3, activation_states=3, length=2, seed=1,
                             folding=[Folding(3, 2), Folding(3, 1)])
    folder = tmp_path_factory.mktemp("synth") / "hw"
    emit(network, folder, source="lfsr", pixels_per_beat=1)
    return folder


def ignore(stage):
    pass


def refuse(*_):
    raise AssertionError("a tool was started")


@pytest.mark.parametrize(("target", "flip_flop"), [("ecp5-25k", "TRELLIS_FF"), ("xc7a35t", "FD")])
def test_resources(directory, target, flip_flop):
    """What the rows add up to is what Yosys counts in the whole network."""
    found = run(directory, target, placed=False, clock_mhz=None, progress=ignore)
    assert [row.instances for row in found.rows] == [1, 1, 2, 1, 1]
    assert [row.name for row in found.rows][1:3] == [
        "layer 0: state buffer, comparators, control, weights", "neuron of layer 0"]
    whole = json.loads((found.netlist.parent / netlist.STATISTICS).read_text())["design"]["num_cells_by_type"]
    assert found.total.flip_flops == sum(count for kind, count in whole.items() if kind.startswith(flip_flop))
    assert found.total.luts > 100
    assert found.speed is None


def test_products_of_binary_arithmetic(tmp_path, capsys):
    """In look-up tables, or with --dsp in multipliers, which are shown; of XNORs and parts without any, refused."""
    network = random_network((6, 3, 2), input_states=5, weight_states=5, activation_states=5, length=2, seed=1,
                             folding=[Folding(3, 2), Folding(3, 1)])
    for name, some in (("xnor", network), ("binary", network.with_binary_arithmetic())):
        emit(some, tmp_path / name, source="lfsr", pixels_per_beat=1)
    commands = {dsp: ["synth", str(tmp_path / "binary"), "--target", "ecp5-25k", *(["--dsp"] if dsp else [])]
                for dsp in (False, True)}
    found = {}
    for dsp, command in commands.items():
        assert main([*command, "--json"]) == 0
        found[dsp] = json.loads(capsys.readouterr().out)["total"]
        assert main(command) == 0
        assert ("DSP" in capsys.readouterr().out) == dsp
    # a product for each lane of each unit: 3 x 2 and 3 x 1
    assert (found[False]["multipliers"], found[True]["multipliers"]) == (0, 9)
    assert found[True]["luts"] < found[False]["luts"]
    for name, target, message in (("xnor", "ecp5-25k", "stochastic arithmetic, which multiplies by XNOR"),
                                  ("binary", "ice40-hx8k", "HX8K, which has no multipliers"),
                                  ("binary", "asic", "asic, which has no multipliers")):
        assert main(["synth", str(tmp_path / name), "--target", target, "--dsp"]) == 2
        said = capsys.readouterr().err
        assert "--dsp has no effect on" in said
        assert message in said


def test_placed(directory, capsys, monkeypatch):
    """Once placed, the same is reported without a tool; of two placements, the faster."""
    assert main(["synth", str(directory), "--target", "ecp5-25k", "--place", "--seeds", "2"]) == 0
    line, = re.findall(r"^placements +2 seeds: ([\d.]+), ([\d.]+) MHz", capsys.readouterr().out, re.MULTILINE)
    assert line[0] != line[1]
    monkeypatch.setattr(steps, "run_tool", refuse)
    assert main(["synth", str(directory), "--target", "ecp5-25k", "--place", "--seeds", "2", "--json"]) == 0
    both = json.loads(capsys.readouterr().out)
    assert [f"{clock:.1f}" for clock in both["placements_mhz"]] == list(line)
    assert both["clock_mhz"] == max(both["placements_mhz"])
    assert main(["synth", str(directory), "--target", "ecp5-25k", "--place", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert 20 < first["clock_mhz"] < 400
    assert first["images_per_s"] == pytest.approx(first["clock_mhz"] * 1e6 / first["cycles_per_image"])
    assert " of layer " in first["critical_path"] or "output unit" in first["critical_path"]
    documented = re.search(r"^\| `synth` \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", documented[1])) == {
        *first, "cells", *first["modules"][0]} | first["total"].keys()
    assert first["placed"]["TRELLIS_FF"]["used"] <= first["total"]["flip_flops"]
    assert first["placements_mhz"] == both["placements_mhz"][:1] == [first["clock_mhz"]]


def test_page(directory, tmp_path, capsys):
    """Of a part with a picture of the modules, and what the page of none lacks; nothing is replaced unasked."""
    page = tmp_path / "page.html"
    command = ["synth", str(directory), "--target", "ecp5-25k", "--report", str(page), "--json"]
    assert main(command) == 0
    found, text = json.loads(capsys.readouterr().out), page.read_text()
    assert json.loads(re.search(r'id="data">\n(.*?)\n</script>', text, re.DOTALL)[1]) == found
    assert re.search(r"<h1>Fits Lattice ECP5 LFE5U-25F, speed 6: \d+ % of its LUTs, \d+ % of its flip-flops", text)
    drawn = text[text.index("<svg"):text.index("</svg>")]
    assert all(row["name"].partition(":")[0] in drawn for row in found["modules"])
    assert main(command) == 2
    assert "is there already" in capsys.readouterr().err


@needs_standard_cells
def test_page_of_standard_cells(directory, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["synth", str(directory), "--target", "asic", "--report", str(page)]) == 0
    area = re.search(r"^area +(.*)$", capsys.readouterr().out, re.MULTILINE)[1]
    assert area in page.read_text()
    assert "<svg" not in page.read_text()


def test_a_network_that_does_not_fit_is_said_so(directory):
    found = run(directory, "ecp5-25k", placed=False, clock_mhz=None, progress=ignore)
    part = dataclasses.replace(found.part, rams=0.5, luts=found.total.luts)
    tight = dataclasses.replace(found, part=part)
    small = dataclasses.replace(found, part=dataclasses.replace(part, luts=found.total.luts - 1))
    for one, passed, words in ((tight, True, "Fits "), (small, False, "Does not fit ")):
        page = synthesis_page(one, synthesis_report(one, "hw"), "spinsc synth")
        assert page.passed is passed
        assert page.verdict.startswith(words)


@needs_standard_cells
def test_standard_cells(directory):
    found = run(directory, "asic", placed=False, clock_mhz=None, progress=ignore)
    assert found.cells.flip_flops > 200
    assert found.cells.area_um2 == pytest.approx(24 * found.cells.gates)
    assert found.cells.memory_bits >= 24 + 12  # the state buffers alone
    assert 100 < found.speed.clock_mhz < 1500


def test_an_edit_is_synthesized_again(directory):
    first = run(directory, "ecp5-25k", placed=False, clock_mhz=None, progress=ignore)
    image = directory / "mem" / "layer1_biases.mem"
    text = image.read_text()
    try:
        image.write_text("0\n" * len(text.split()))
        second = run(directory, "ecp5-25k", placed=False, clock_mhz=None, progress=ignore)
    finally:
        image.write_text(text)
    assert second.netlist != first.netlist


def test_missing_tools_are_all_named(directory, monkeypatch, capsys):
    monkeypatch.setattr(tools.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    assert main(["synth", str(directory), "--target", "ice40-hx8k", "--place"]) == 2
    assert "Yosys, nextpnr-ice40 are missing: pip install 'spinsc[flows]'" in capsys.readouterr().err


def test_a_failing_tool_is_one_line(directory, tmp_path):
    with pytest.raises(InputError, match="Yosys failed: No such command: nonsense"):
        steps.kept(tmp_path, ["a"], lambda folder: steps.run_yosys(folder, ["nonsense"], ignore))
    assert "nonsense" in (tmp_path / "failed.log").read_text()
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


@pytest.mark.parametrize(("arguments", "message"), [
    (["--target", "xc7a35t", "--place"], "--place is not possible for AMD Artix-7 XC7A35T"),
    (["--target", "ecp5-25"], "unknown target 'ecp5-25'"),
    (["--target", "asic", "--place"], "--place has no effect on standard cells"),
    (["--target", "ecp5-25k", "--clock", "50"], "--clock 50.0 has no effect without --place")])
def test_refused(directory, arguments, message, capsys):
    assert main(["synth", str(directory), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_pins(tmp_path, capsys):
    network = random_network((8, 2), input_states=5, weight_states=5, activation_states=2, length=2, seed=1)
    emit(network, tmp_path / "hw")
    assert main(["synth", str(tmp_path / "hw"), "--target", "ice40-up5k", "--place"]) == 2
    assert "emit it with --rng lfsr or replay" in capsys.readouterr().err
    assert not (tmp_path / "hw" / "build").exists()


def test_costs_cover_every_family():
    assert synthesis.COSTS.keys() == netlist.MAPPING.keys()
