"""``spinsc emit``."""

import json
import re

import numpy as np
import pytest

from spinsc.sim.recordings.recording import Recording
from tests.sim.cli.samples import SMALL


def test_emit_prints_what_it_made(run, files):
    code, output, errors = run(f"emit {files}/small.npz -o {files}/dir --lanes 50 --neurons 2 --length 3 --rng lfsr")
    assert (code, errors) == (0, "")
    manifest = json.loads((files / "dir" / "manifest.json").read_text())
    assert (manifest["random_source"], manifest["length"]) == ("lfsr", 3)
    assert [(layer["lanes"], layer["units"]) for layer in manifest["layers"]] == [(50, 2), (5, 2)]
    assert re.search(r"^0 +784 +5 +50 +2 +1 +16 +3 ", output, re.MULTILINE)
    assert re.search(rf"^all +15 +{manifest['cycles_per_image']} +{manifest['devices']}", output, re.MULTILINE)


@pytest.mark.parametrize(("options", "limit", "cycles"), [
    ("--lanes 112 --neurons 5 --pixels-per-beat 1", "the input stream, 784 beats an image", 784),
    ("--lanes 28 --neurons 2 --pixels-per-beat 4", "layer 0", 3 * 28 * 6)])
def test_emit_says_what_limits_the_rate(run, files, options, limit, cycles):
    output = run(f"emit {files}/small.npz -o {files}/dir {options}")[1]
    assert re.search(rf"^rate limited by  {limit}(,|$)", output, re.MULTILINE)
    assert json.loads((files / "dir" / "manifest.json").read_text())["cycles_per_image"] == cycles
    assert "LFSRs" not in output
    assert "LFSRs" in run(f"emit {files}/small.npz -o {files}/lfsr --rng lfsr")[1].splitlines()[0]


def test_emit_for_a_part(run, files):
    """Folded for it, with a pipeline; what it takes and gives is printed."""
    code, output, errors = run(f"emit {files}/small.npz -o {files}/dir --rng lfsr --target ice40-hx8k --clock 60")
    assert (code, errors) == (0, "")
    manifest = json.loads((files / "dir" / "manifest.json").read_text())
    assert manifest["pipeline"]
    assert re.search(r"^all +[\d,]+ +\d\d% +[\d,]+ +\d\d% +\d+ +\d+%", output, re.MULTILINE)
    assert f"{60e6 / manifest['cycles_per_image']:,.0f} images/s" in output
    assert re.search(r"^weights of layer 0 +\d+ +\d+ +\d+ +(\d+|-)$", output, re.MULTILINE)


def test_emit_of_a_recording_to_replay(run, files):
    code, output, _ = run(f"emit {files}/small.npz -o {files}/dir --rng replay --recording {files}/four.npz")
    assert code == 0
    assert "four.npz" in output
    with np.load(files / "dir" / "recording.npz") as archive:
        bits = [archive["layer0"], archive["layer1"]]
    recording = Recording.load(files / "four.npz").bits()
    cut = SMALL.layers[0].devices
    assert (recording[:cut, :SMALL.steps[0]] == bits[0].T).all()
    assert (recording[cut:, :SMALL.steps[1]] == bits[1].T).all()


@pytest.mark.parametrize(("options", "words"), [
    ("-o dir --lanes 0", ["--lanes", "not 0"]), ("-o dir --neurons 0", ["--neurons", "not 0"]),
    ("-o dir --lanes -3", ["--lanes", "not -3"]), ("-o dir --length 0", ["--length", "not 0"]),
    ("-o dir --pixels-per-beat 0", ["--pixels-per-beat", "not 0"]), ("-o full", ["full", "not empty", "new folder"]),
    ("-o small.npz", ["small.npz", "no folder"]), ("-o dir --rng replay", ["--recording"]),
    ("-o dir --recording four.npz", ["--rng replay", "--rng ports"]), ("-o dir --rng dice", ["dice", "--help"]),
    ("-o dir --rng replay --recording half.npz", [str(max(SMALL.steps))]),
    ("-o dir --rng replay --recording seven.npz", [f"{SMALL.devices} devices", "--split"]),
    ("-o dir --target ecp5-25k --lanes 4", ["--target ecp5-25k and --lanes 4"]),
    ("-o dir --target ecp5-2k", ["ecp5-2k", "ecp5-25k"]), ("-o dir --clock 50", ["--clock", "without --target"]),
    ("-o dir --target ecp5-25k --pipeline", ["--pipeline", "with --target"]),
    ("-o dir --target ecp5-25k --rng replay --recording four.npz", ["--target", "recording"]),
    ("-o small.npz/dir", ["small.npz"]), ("", ["--out", "spinsc emit --help"]),
    ("-o dir --prefix 2nd", ["--prefix", "2nd"]), ("-o dir --board artie", ["artie", "did you mean arty?"]),
    ("-o dir --board arty --pixels-per-beat 4", ["--pixels-per-beat", "--board", "leave it out"]),
    ("-o dir --board arty", ["--rng lfsr", "pins"]), ("-o dir --board arty --rng lfsr --tlast", ["--tlast", "--board"]),
])
def test_emit_refuses(refuses, files, options, words):
    (files / "full").mkdir()
    (files / "full" / "precious").write_text("")
    refuses(f"emit small.npz {options}", *words)
