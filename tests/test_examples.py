"""The examples, run as their readers run them: in a folder of their own, by pytest with nothing but spinsc's plugin."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from spinsc.sim.cli.configuration.reading import load_configuration
from spinsc.sim.cli.configuration.steps import plan_steps

ROOT = Path(__file__).parent.parent
PLUGIN = "spinsc.sim.pytest_plugin"


def run_pytest(folder, *arguments):
    """Run it with the plugin alone, as if spinsc were installed; exit code, and all that it says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", *arguments], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def regression(tmp_path_factory):
    """The example after its run: folder, exit code, output."""
    folder = tmp_path_factory.mktemp("examples") / "regression"
    shutil.copytree(ROOT / "examples" / "regression", folder, ignore=shutil.ignore_patterns("build"))
    return folder, *run_pytest(folder, "--junitxml=junit.xml", "--spinsc-reports=reports")


def test_the_example_passes(regression):
    folder, code, output = regression
    assert code == 0, output
    suite = ElementTree.parse(folder / "junit.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "0", "0")
    found = {case.get("name"): {entry.get("name"): entry.get("value") for entry in case.iter("property")}
             for case in suite}
    assert float(found["test_network"]["spinsc accuracy_verilog"]) > 0.8
    assert found["test_network"]["spinsc words"] == str(20 * (2 * 100 + 10 + 10 + 1))
    assert int(found["test_a_gate_that_is_wrong_is_caught"]["spinsc mismatches"]) > 0
    pages = sorted(path.name for path in (folder / "reports").iterdir())
    assert pages[0] == "test_network.py-test_network.html"
    assert len(pages) == 5


def test_a_failure_says_what_differs(regression):
    folder, _, _ = regression
    memory = folder / "build" / "mlp1" / "mem" / "layer1_biases.mem"
    first, *others = memory.read_text().splitlines()
    memory.write_text("\n".join([f"{int(first, 16) ^ 1:0{len(first)}x}", *others]) + "\n")
    (folder / "test_more.py").write_text(
        "import pytest\n"
        "def test_equal(spinsc_cosim):\n    spinsc_cosim('build/mlp1').assert_equal(images=2)\n"
        "def test_folder(spinsc_cosim):\n    spinsc_cosim('build/none').assert_equal()\n"
        "@pytest.mark.spinsc_cosim(image=2)\n"
        "def test_option(spinsc_cosim):\n    spinsc_cosim('build/mlp1').assert_equal()\n")
    code, output = run_pytest(folder, "test_more.py")
    assert code == 1
    assert "3 failed" in output
    assert "layer 1, neuron 0 score: expected" in output
    assert "mem/layer1_biases.mem" in output
    assert "FAILED: " in output
    assert "spinsc: build/none is not a directory written by 'spinsc emit'" in output.replace(f"{folder}/", "")
    assert "unexpected keyword argument 'image'" in output


def test_pytest_finds_the_plugin():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {"spinsc": PLUGIN}


def test_a_top_for_a_board(tmp_path, monkeypatch):
    """The hardware of the example; its checks, those of any hardware, take longer."""
    shutil.copy(ROOT / "examples" / "board" / "spinsc.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    hardware, checks = plan_steps(load_configuration(Path("spinsc.toml")), Path("spinsc.toml"), "spinsc run")
    for step in (hardware, checks):
        step.check()
    assert "ulx3s" in hardware.do().text
    assert {path.name for path in Path("build/hardware/board").iterdir()} == {"spinsc_ulx3s.v", "ulx3s.lpf", "files.f"}
    assert (checks.command.directory, checks.command.images) == (hardware.command.out, 3)


@pytest.mark.parametrize(("script", "words"), [
    ("train.py", ["Network(784-48-10, K=5/3, L=64", "of 200 images right"]),
    ("quantize.py", ["16 states, streams of"])])
def test_a_network_of_ones_own(script, words, tmp_path):
    done = subprocess.run([sys.executable, ROOT / "examples" / "own_network" / script], cwd=tmp_path, text=True,
                          capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    for part in words:
        assert part in done.stdout
    percent = [float(line.split(" %")[0].split()[-1].removeprefix("Evaluation(")) for line in done.stdout.splitlines()
               if " %" in line]
    assert max(percent[1:]) > percent[0] - 5  # with streams, not far from what was trained
    assert (tmp_path / "digits" / "manifest.json").exists() == (script == "train.py")
