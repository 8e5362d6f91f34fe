"""A disk that is full while a simulation is built or runs: one line that names the folder, not a difference."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.files import NO_ROOM, no_room
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cosim import pool
from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.cosim.pool import Shard, Simulation
from spinsc.sim.cosim.run_folder import RunFolder
from spinsc.sim.simulators.base import Design, Simulator

REASON = "No space left on device"


class Broken(Simulator):
    """Says what a tool says that cannot write, and fails."""

    name = title = "broken"
    words = ""

    @classmethod
    def find(cls):
        return cls(Path("broken"), "1", "here")

    def identity(self, design, waves):
        return ()

    def compile(self, design, folder, log, *, waves, jobs):
        subprocess.run(["sh", "-c", f"echo 'x.h: fatal error: cannot write: {self.words}'; exit 1"], stdout=log,
                       check=True)

    def product(self, design):
        return "simulation"

    def command(self, executable, waveform=None):
        return ["sh", "-c", "exit 0"]


@pytest.mark.parametrize("words", NO_ROOM.values())
def test_a_build_without_room_names_the_folder(tmp_path, monkeypatch, words):
    monkeypatch.setattr(Broken, "words", words)
    with pytest.raises(InputError, match=f"no space is left in {tmp_path} .*{words}") as caught:
        Broken.find().build(Design("top", ()), tmp_path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
    assert no_room(f"error: {words.upper()}") == words
    assert no_room("error: no such file") is None


@pytest.mark.parametrize("kilobytes", [32, 2000])
def test_files_that_may_not_grow_are_named_by_the_command(tmp_path, kilobytes):
    """With the first limit, the Verilog of the top cannot be written; with the second, the compiler fails."""
    network = random_network((12, 4, 3), input_states=3, weight_states=3, activation_states=3, length=4, seed=1,
                             folding=[Folding(6, 4), Folding(4, 3)])
    emit(network, tmp_path / "hw", source="lfsr")
    (tmp_path / "images.npz").write_bytes(b"")
    code = ("import numpy as np, sys; from spinsc.sim.cli import main; from pathlib import Path;"
            "np.savez('images.npz', images=np.zeros((2, 12), np.uint8), labels=np.zeros(2, np.uint8));"
            "sys.exit(main.main(['cosim', 'hw', '--data', 'images.npz', '--images', '2', '--jobs', '1']))")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * kilobytes, 1024 * kilobytes))

    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
                          preexec_fn=limit, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1
    assert "no space is left in " in done.stderr
    assert any(words in done.stderr for words in ("File too large", "File size limit exceeded"))
    assert "hw" in done.stderr


def test_words_that_a_full_disk_lacks_are_no_difference(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path / "images0-2")
    folder.path.mkdir()
    monkeypatch.setattr(RunFolder, "comparison", lambda self: Comparison(images=2, mismatches=1))
    shard = Shard(0, 2, folder, tmp_path, "spinsc", tmp_path, tmp_path / "simulation", Broken.find(), 3, 60.0)

    def outcome():
        simulation = Simulation(shard)
        simulation.process.wait()
        return simulation.poll()

    monkeypatch.setattr(pool, "is_full", lambda folder: True)
    with pytest.raises(InputError, match=f"no space is left in {tmp_path} .*images 0 to 1"):
        outcome()
    monkeypatch.setattr(pool, "is_full", lambda folder: False)
    assert outcome().mismatches == 1
