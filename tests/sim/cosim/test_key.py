"""The key of a run, by which an interrupted one is found again, covers all that decides what is found."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

import spinsc
from spinsc.files import package_files
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.sim.cosim import shards
from spinsc.sim.cosim.run import load
from spinsc.sim.simulators.verilator import Verilator

SIMULATOR = Verilator(Path("/verilator"), "5.48", "nowhere")


@pytest.fixture
def job(tmp_path):
    network = random_network((6, 4), input_states=3, weight_states=3, activation_states=3, length=4, seed=1)
    emit(network, tmp_path / "hw")
    images = np.random.default_rng(1).integers(0, 256, (3, 6), dtype=np.uint8)
    return load(tmp_path / "hw", images, np.array([0, 1, 2]), None, 0)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A copy of this package that counts as the program which runs."""
    root = Path(spinsc.__file__).parent.resolve()
    copies = {}
    for path in package_files():
        # in a checkout the folders of the package are links to folders beside it
        place = path.relative_to(root if path.is_relative_to(root) else root.parent)
        copies[place] = tmp_path / "program" / place
        copies[place].parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copies[place])
    monkeypatch.setattr(shards, "package_files", lambda: tuple(copies.values()))
    return copies


def test_an_edit_in_any_folder_of_the_program_changes_the_key(job, program):
    known = {job.key(SIMULATOR)}
    folders = {place.parent: path for place, path in sorted(program.items())}
    for wanted in ("hdl", "gen", "models/golden", "sim/cosim", "sim/simulators", "sim/recordings/importers"):
        assert Path(wanted) in folders
    for path in (*folders.values(), *(path for path in program.values() if path.suffix in (".sv", ".cpp"))):
        path.write_bytes(path.read_bytes() + b"\n")
        known.add(job.key(SIMULATOR))
    assert len(known) == 1 + len(folders) + sum(path.suffix in (".sv", ".cpp") for path in program.values())


def test_package_files_are_all_of_them():
    root = Path(spinsc.__file__).parent
    found = {path.resolve() for path in package_files()}
    for name in ("hdl", "gen", "models", "sim"):
        for kind in ("py", "sv", "cpp"):
            assert found >= {path.resolve() for path in (root / name).resolve().rglob(f"*.{kind}")}
    assert found >= set(root.resolve().glob("*.py"))


def test_hardware_images_labels_and_random_bits_change_the_key(job):
    known = {job.key(SIMULATOR), job.key(dataclasses.replace(SIMULATOR, version="5.49"))}
    for change in ({"first": 1}, {"labels": np.array([0, 1, 1])}, {"images": job.images ^ 1},
                   {"streams": load(job.directory, job.images, job.labels, None, 0).streams}):
        known.add(dataclasses.replace(job, **change).key(SIMULATOR))
    assert len(known) == 5  # the same random bits again are the same run
    for name in ("rtl/spinsc_network.v", "mem/layer0_biases.mem", "sim/spinsc_smtj_array.sv", "mem/new.mem",
                 "rtl/new.vh"):
        with (job.directory / name).open("a") as file:
            file.write("\n")
        known.add(job.key(SIMULATOR))
    assert len(known) == 10
