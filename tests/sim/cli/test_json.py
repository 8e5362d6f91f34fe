"""``--json`` prints one object, with the keys that docs/command-line.md promises and no others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from spinsc.sim.cli.options import JsonOption
from spinsc.sim.cli.registry import COMMANDS

DOCUMENT = (Path(__file__).parents[3] / "docs" / "command-line.md").read_text()


def promised(command: str) -> set[str]:
    """Keys in the row of a command, at whatever depth."""
    row = re.search(rf"^\| .*`{command}`.*? \| (.*) \|$", DOCUMENT[DOCUMENT.index("## JSON"):], re.MULTILINE)
    assert row is not None, f"{command} is not in the table"
    return set(re.findall(r"`(\w+)`", row[1]))


def keys(value: object) -> set[str]:
    """All keys at whatever depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


LINES = {
    "networks": "networks", "eval": "eval {files}/small.npz --images 3 --rng recording:{files}/four.npz",
    "emit": "emit {files}/small.npz -o {files}/hw --target ecp5-25k", "cosim": "cosim {emitted} --images 3 --jobs 1",
    "recording simulate": "recording simulate --devices 2 --steps 99 --out {files}/made.npz",
    "import": "recording import {files}/samples.npy --out {files}/read.npz",
    "improve": "recording improve {files}/four.npz --xor 2 --out {files}/better.npz",
    "calibrate": "calibrate {files}/small.npz --recording {files}/four.npz --random-bits 1 -o {files}/net.npz",
    "data": "data", "doctor": "doctor"}


@pytest.mark.parametrize("command", LINES)
def test_keys_are_those_of_the_document(run, files, emitted, command):
    np.save(files / "samples.npy", np.arange(99) % 2)
    code, output, errors = run(LINES[command].format(files=files, emitted=emitted) + " --json")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    assert set(found) <= promised(command)
    assert promised(command) <= keys(found) | {"image", "layer", "neuron", "quantity", "expected", "got", "cycle"}
    for part in {part for part in ("network", "images", "random_bits") if isinstance(found.get(part), dict)}:
        sentence = re.search(rf"`{part}` has (.*?)[;.]", DOCUMENT, re.DOTALL)
        assert sentence is not None
        assert set(found[part]) <= set(re.findall(r"`(\w+)`", sentence[1]))


def test_statistics_have_the_keys_of_the_document(run):
    _, output, _ = run("recording info default --lags 2 --json")
    found = json.loads(output)
    assert set(found) == promised("recording simulate") | promised("recording info")
    assert len(found["p1"]) == found["devices"]


def test_every_command_that_prints_a_table_can_print_json():
    without = {name for name, command in COMMANDS.items() if not issubclass(command, JsonOption)}
    assert {name.partition(" ")[0] for name in without} == {"study", "explore", "completion"}
