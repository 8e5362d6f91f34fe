"""``spinsc run`` on the example: everything once, then only what is not up to date, and nothing that would be lost."""

import json
import os
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from spinsc.sim.cli import main as cli

EXAMPLE = Path(__file__).parents[4] / "examples" / "configuration"
ALL = ("network", "recording", "hardware", "checks")


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """The example after its first run, in a folder that is not the current one."""
    folder = tmp_path_factory.mktemp("run") / "configuration"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("build"))
    assert cli.main(["run", str(folder / "spinsc.toml")]) == 0
    return folder


@pytest.fixture
def example(first, tmp_path):
    """A copy of it that a test may change."""
    return Path(shutil.copytree(first, tmp_path / "configuration"))


@pytest.fixture
def run(capsys):
    def call(folder, *options):
        before = os.getcwd()
        code = cli.main(["run", str(folder / "spinsc.toml"), *options])
        assert os.getcwd() == before
        found = capsys.readouterr()
        return code, found.out, found.err
    return call


def edit(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def states(output):
    """Which steps were up to date, by name."""
    return {step["name"]: step["up_to_date"] for step in json.loads(output)["steps"]}


def test_the_example_makes_everything_in_its_own_folder(first):
    made = {path.name for path in (first / "build").iterdir()}
    assert made == {"network.npz", "folded.npz", "recording.npz", "hardware", "checks.html", "checks.xml", "run.json"}
    assert ElementTree.parse(first / "build" / "checks.xml").find("testsuite").get("failures") == "0"
    assert "spinsc run" in (first / "build" / "checks.html").read_text()


def test_what_is_up_to_date_is_not_made_again(example, run):
    def times():
        return {path: path.stat().st_mtime_ns for path in example.rglob("*")
                if path.is_file() and path.name != "folded.npz"}

    before = times()
    code, output, errors = run(example)
    assert (code, errors) == (0, "")
    assert output.count("up to date") == 2 * len(ALL)
    assert "PASSED: every accumulator" in output
    assert states(run(example, "--json")[1]) == dict.fromkeys(ALL, True)
    assert times() == before


def test_a_changed_key_makes_what_follows_from_it(example, run):
    edit(example / "spinsc.toml", "bias-spread = 0.05", "bias-spread = 0.06")
    code, output, _ = run(example, "--json")
    assert code == 0
    assert states(output) == {"network": True, "recording": False, "hardware": True, "checks": False}
    found = {step["name"]: step["found"] for step in json.loads(output)["steps"]}
    assert found["checks"]["passed"]
    assert found["checks"]["random_bits"]["recording_hash"] == found["recording"]["hash"]


def test_an_edit_of_the_hardware_is_checked_and_not_lost(example, run):
    word = example / "build" / "hardware" / "mem" / "layer1_biases.mem"
    first, *others = word.read_text().splitlines()
    word.write_text("\n".join([f"{int(first, 16) ^ 1:0{len(first)}x}", *others]) + "\n")
    edited = word.read_text()
    for _ in range(2):  # what failed is not up to date
        code, output, _ = run(example)
        assert code == 1
        assert "FAILED: " in output
        assert "mem/layer1_biases.mem" in output
    edit(example / "spinsc.toml", "lanes = 4", "lanes = 2")
    code, output, errors = run(example)
    assert code == 2
    assert errors.endswith("hardware: build/hardware/mem/layer1_biases.mem is not as 'spinsc run' made it, and would "
                           "be lost; move it away, or name another folder by out\n")
    assert word.read_text() == edited


def test_a_file_of_someone_else_is_not_replaced(example, run):
    page = example / "build" / "checks.html"
    page.write_text("mine")
    (example / "build" / "network.npz").unlink()
    code, output, errors = run(example)
    assert (code, output) == (2, "")  # before any work, although a network would have to be trained
    assert "checks: build/checks.html is not as 'spinsc run' made it" in errors
    assert page.read_text() == "mine"
    page.unlink()
    (example / "build" / "network.npz").write_text("mine")
    assert "network: build/network.npz is not as 'spinsc run' made it" in run(example)[2]
    assert (example / "build" / "network.npz").read_text() == "mine"


def test_errors_of_a_step_name_the_key(example, run):
    edit(example / "spinsc.toml", "lanes = 4", "lanes = 9")
    code, _, errors = run(example)
    assert code == 2
    assert errors == (f"spinsc: error: {example}/spinsc.toml: hardware.lanes: must be at most 8, the inputs of the "
                      "widest layer, not 9\n")
