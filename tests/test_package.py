"""The wheel holds everything: installed outside the checkout, it emits, evaluates and simulates."""

import email
import os
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spinsc.sim.cli.parser import parse
from spinsc.sim.cli.registry import COMMANDS
from tests.distribution.lines import LINES

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of what git knows here, edited or not, built as ``pip install`` builds it."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_symlink() or (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_symlink():
                (source / name).symlink_to(os.readlink(ROOT / name))
            else:
                (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", built, source], check=True)
    return next(built.glob("spinsc-*.whl"))


def test_wheel_has_every_file_of_the_four_folders(wheel):
    there = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"spinsc/{path.relative_to(ROOT)}" for folder in ("hdl", "gen", "models", "sim")
              for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert wanted - there == set()
    assert {"spinsc/__init__.py", "spinsc/py.typed"} <= there
    assert {name.split("/")[0].split("-")[0] for name in there} == {"spinsc"}


def test_wheel_says_what_an_index_shows(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (folder,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        told = email.message_from_bytes(archive.read(f"{folder}/METADATA"))
        licences = {name.rsplit("/")[-1]: archive.read(name).decode() for name in archive.namelist()
                    if name.startswith(f"{folder}/licenses/")}
    assert told["License-Expression"] == "Apache-2.0 AND CC-BY-SA-3.0 AND MIT"
    assert set(licences) == {"LICENSE", "LICENSE.mnist.txt", "LICENSE.fashion-mnist.txt"}
    assert "creativecommons.org/licenses/by-sa/3.0" in licences["LICENSE.mnist.txt"]
    for name in (path.name for path in (ROOT / "models" / "images").glob("*.npz")):
        assert any(name in text for text in licences.values()), f"{name} is under no licence"
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_all("Project-URL")
    assert "Typing :: Typed" in told.get_all("Classifier")


def test_every_command_is_run_by_make_dist_test():
    commands = [parse(shlex.split(line)) for line in LINES]
    assert {type(command) for command in commands} == set(COMMANDS.values()), "see tests/distribution/lines.py"


def test_installed_wheel_works_outside_the_checkout(wheel, tmp_path):
    installed, work = tmp_path / "installed", tmp_path / "elsewhere"
    work.mkdir()
    zipfile.ZipFile(wheel).extractall(installed)

    def spinsc(*arguments):
        code = "import sys, spinsc; print(spinsc.__file__); from spinsc.sim.cli.main import main; sys.exit(main())"
        done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=work, capture_output=True, text=True,
                              check=False, env={**os.environ, "PYTHONPATH": str(installed)})
        assert done.returncode == 0, done.stderr
        first, _, rest = done.stdout.partition("\n")
        assert Path(first).is_relative_to(installed)
        return rest

    assert "accuracy" in spinsc("eval", "mlp1-k5", "--images", "50")
    spinsc("emit", "mlp1-k5", "-o", "hw", "--lanes", "49", "--neurons", "10")
    assert "PASSED" in spinsc("cosim", "hw", "--images", "3")
