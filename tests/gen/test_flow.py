"""`emit --flow`: the files for the tools of others are whole, and those tools take them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from spinsc.gen.emit import emit
from spinsc.gen.flow.files import SYNTHESIS
from spinsc.gen.manifest import edited_files, load_manifest
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.flows.steps import run_yosys
from spinsc.sim.simulators.verilator import Verilator
from tests.tools import needs_icarus, needs_yosys

NETWORK = random_network((6, 3, 2), input_states=3, weight_states=3, activation_states=3, length=2, seed=1,
                         folding=[Folding(3, 2), Folding(3, 1)])


@pytest.fixture(scope="module", params=["ports", "lfsr", "tlast and a prefix"])
def directory(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flow") / "hw"
    special = request.param.startswith("tlast")
    emit(NETWORK, folder, source="lfsr" if special else request.param, pixels_per_beat=1, flow=True, tlast=special,
         prefix="mine" if special else None)
    return folder


def core(directory):
    path, = directory.glob("*.core")
    first, rest = path.read_text().split("\n", 1)
    assert first == "CAPI=2:"
    return json.loads(rest)


def test_nothing_else_changes(directory, tmp_path):
    manifest = load_manifest(directory)
    emit(NETWORK, tmp_path / "plain", source=manifest.random_source, pixels_per_beat=1, tlast=manifest.tlast,
         prefix=None if manifest.prefix == "spinsc" else manifest.prefix)
    for path in (tmp_path / "plain").rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            assert path.read_bytes() == (directory / path.relative_to(tmp_path / "plain")).read_bytes()
    assert not edited_files(directory, manifest)
    added = set(manifest.files) - set(load_manifest(tmp_path / "plain").files)
    assert f"{manifest.top}.core" in added
    assert all(name.startswith("flow/") for name in added - {f"{manifest.top}.core"})


def test_all_files_are_listed(directory):
    """Every source is in the core and the lists once, and every name in them is a file."""
    found = core(directory)
    listed = [name for files in found["filesets"].values() for entry in files["files"] for name in entry]
    hardware = {path.relative_to(directory).as_posix() for folder in ("rtl", "mem", "sim")
                for path in (directory / folder).glob("*")}
    assert len(set(listed)) == len(listed)
    assert set(listed) == hardware | {"lint.vlt", "flow/spinsc_bench.sv"}
    rtl = (directory / "flow" / "rtl.f").read_text().split()
    assert rtl == sorted(name for name in hardware if name.startswith("rtl/"))
    librelane = json.loads((directory / "flow" / "config.json").read_text())
    for value in [*librelane["VERILOG_FILES"], librelane["PNR_SDC_FILE"]]:
        assert (directory / "flow" / value.removeprefix("dir::")).is_file()


@needs_icarus
def test_bench(directory, tmp_path):
    """The class comes in the predicted cycle; in another one, it says so and fails."""
    sources = (directory / "flow" / "rtl.f").read_text().split() + [f"sim/{p.name}" for p in directory.glob("sim/*.sv")]

    def run(bench):
        subprocess.run(["iverilog", "-g2012", "-s", "spinsc_bench", "-o", str(tmp_path / "bench"), *sources, bench],
                       cwd=directory, check=True)
        return subprocess.run(["vvp", "-n", str(tmp_path / "bench")], cwd=directory, capture_output=True, text=True)

    assert "PASSED: class " in run("flow/spinsc_bench.sv").stdout
    text = (directory / "flow" / "spinsc_bench.sv").read_text()
    (tmp_path / "late.sv").write_text(re.sub(r"LATENCY = (\d+)", lambda found: f"LATENCY = {int(found[1]) + 1}", text))
    late = run(str(tmp_path / "late.sv"))
    assert late.returncode
    assert "PASSED" not in late.stdout


@pytest.mark.parametrize("directory", ["lfsr"], indirect=True)
@pytest.mark.parametrize("name", ["generic", "ecp5"])
def test_yosys_scripts(directory, name):
    assert {path.stem for path in (directory / "flow").glob("*.ys")} == set(SYNTHESIS)
    run_yosys(directory, [f"script flow/{name}.ys"], lambda stage: None)
    top = json.loads((directory / "flow" / f"{name}.json").read_text())["modules"][load_manifest(directory).top]
    assert top["cells"]


@pytest.mark.parametrize("directory", ["ports"], indirect=True)
@pytest.mark.parametrize(("target", "word"), [
    ("lint", ""), pytest.param("sim", "PASSED: class", marks=needs_icarus),
    pytest.param("synth", "", marks=needs_yosys)])
def test_fusesoc(directory, tmp_path, target, word):
    simulator = Verilator.find()
    (tmp_path / "verilator").write_text(f'#!/bin/sh\nexec "{simulator.executable}" "$@"\n')
    (tmp_path / "verilator").chmod(0o755)
    path = os.pathsep.join((str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        [sys.executable, "-m", "fusesoc.main", "--cores-root", ".", "run", f"--target={target}",
         f"--build-root={tmp_path / 'build'}", load_manifest(directory).top], cwd=directory, text=True,
        env={**os.environ, **simulator.variables, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-2000:]
    assert word in done.stdout
