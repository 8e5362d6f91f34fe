"""``--force`` replaces what is there, whole or not at all; an input is never replaced."""

from __future__ import annotations

import json
import os

import pytest

from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
from spinsc.sim.recordings.recording import Recording
from tests.sim.cli.samples import SMALL


def test_recordings_networks_and_pictures(run, files):
    for line, written in (
            (f"recording simulate --devices 1024 --steps 999 --seed {{}} --out {files}/made.npz", "made.npz"),
            (f"recording improve {files}/four.npz --every {{}} --out {files}/better.npz", "better.npz"),
            (f"recording info {files}/four.npz --lags {{}} --picture {files}/four.svg", "four.svg"),
            (f"calibrate {files}/small.npz --recording {files}/made.npz --random-bits {{}} -o {files}/net.npz",
             "net.npz")):
        if written == "four.svg":
            pytest.importorskip("matplotlib")
        assert run(line.format(2))[0] == 0
        first = (files / written).read_bytes()
        code, _, errors = run(line.format(3))
        assert (code, "is there already; give another name, or --force" in errors) == (2, True)
        assert (files / written).read_bytes() == first
        assert run(f"{line.format(3)} --force")[0] == 0
        assert (files / written).read_bytes() != first


@pytest.mark.parametrize("name", ["four.npz", "./four.npz", "link.npz", "hard.npz", "sub/../four.npz"])
def test_an_input_by_another_name(refuses, files, name):
    (files / "sub").mkdir()
    (files / "link.npz").symlink_to("four.npz")
    os.link(files / "four.npz", files / "hard.npz")
    before = (files / "four.npz").read_bytes()
    for force in ("", "--force"):
        refuses(f"recording improve four.npz --xor 2 --out {name} {force}", "is also an input, which would be lost")
    assert (files / "four.npz").read_bytes() == before


def test_a_folder_of_verilog(run, refuses, files, monkeypatch):
    line = f"emit {files}/small.npz -o {files}/hw --rng"
    assert run(f"{line} lfsr")[0] == 0
    (files / "hw" / "notes").write_text("")
    refuses("emit small.npz -o hw --rng ports", "hw is not empty")
    assert run(f"{line} ports --force")[0] == 0
    assert json.loads((files / "hw" / "manifest.json").read_text())["random_source"] == "ports"
    assert not (files / "hw" / "notes").exists()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    (files / "hw" / "notes").write_text("")
    monkeypatch.setattr(Network, "save", fail)
    refuses("emit small.npz -o hw --force", "no space is left")
    assert (files / "hw" / "notes").exists()
    assert load_artifact(files / "hw" / "network.npz").hash == SMALL.hash
    monkeypatch.undo()
    refuses("emit hw/network.npz -o hw --force", "holds the input")
    assert [path.name for path in files.iterdir() if path.name.startswith(".")] == []


def test_a_trained_network(run, refuses, files, monkeypatch):
    kept = (files / "small.npz").read_bytes()
    refuses("train --hidden 5 --states 5 --length 9 --out small.npz", "small.npz is there already")
    refuses("train --hidden 5 --states 5 --length 9 --start four.npz --out four.npz --force", "is also an input")
    (files / "net.state").write_text("")
    refuses("train --hidden 5 --states 5 --length 9 --keep-state --out net.npz", "net.state is there already")
    assert (files / "small.npz").read_bytes() == kept
    assert Recording.load(files / "four.npz").devices == SMALL.devices
