"""A command line in this process, and files for it."""

import shlex

import pytest

from spinsc.sim.cli import main as cli
from spinsc.sim.junctions.smtj import SMTJ
from tests.sim.cli.samples import SMALL


@pytest.fixture
def run(capsys):
    """Run a command line in this process: exit code, standard output, standard error."""
    def call(line):
        try:
            code = cli.main(shlex.split(line))
        except SystemExit as exit_:
            code = exit_.code
        output = capsys.readouterr()
        return code, output.out, output.err
    return call


@pytest.fixture
def refuses(run, tmp_path, monkeypatch):
    """Check that a command line is refused with one line that has these words, and changes no file."""
    def check(line, *words):
        monkeypatch.chdir(tmp_path)
        before = sorted(tmp_path.rglob("*"))
        code, _, errors = run(line)
        assert code == 2, errors
        assert errors.startswith("spinsc: error: ")
        assert errors.count("\n") == 1
        assert errors.endswith("\n")
        for word in words:
            assert word in errors
        assert sorted(tmp_path.rglob("*")) == before
        return errors
    return check


@pytest.fixture
def files(tmp_path):
    """A small network and recordings of it: long enough for 4 images, for half an image, and of too few devices."""
    SMALL.save(tmp_path / "small.npz")
    SMTJ().simulate(SMALL.devices, 4 * max(SMALL.steps)).save(tmp_path / "four.npz")
    SMTJ().simulate(SMALL.devices, max(SMALL.steps) // 2).save(tmp_path / "half.npz")
    SMTJ().simulate(7, 100_000).save(tmp_path / "seven.npz")
    return tmp_path


@pytest.fixture(scope="session")
def emitted(tmp_path_factory):
    """A folder with the small network's Verilog; its simulation is built once, by the test that first needs it."""
    folder = tmp_path_factory.mktemp("emitted")
    SMALL.save(folder / "small.npz")
    assert cli.main(["emit", str(folder / "small.npz"), "-o", str(folder / "dir")]) == 0
    return folder / "dir"
