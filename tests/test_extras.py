"""What needs an extra says so before any work, and the extras are those of pyproject.toml."""

import importlib.util
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from spinsc.extras import EXTRAS
from spinsc.sim.cli import main as cli

ROOT = Path(__file__).parent.parent
LINES = {
    "eval mlp1-k5 --report page.html": "report", "cosim nowhere --report page.html": "report",
    "junctions nothing.csv --report page.html": "report", "cosim nowhere --scheduler local": "cluster",
    "recording info nothing.npz --picture page.png": "plots", "import nothing.onnx -o net.npz": "onnx",
    "study llg": "llg", "study device --scheduler local": "cluster", "study device": "plots", "study fits": "plots",
    "study junctions": "plots", "study paper": "plots", "study verdict": "plots", "explore": "plots"}


@pytest.mark.parametrize("line", LINES)
def test_a_missing_extra_is_named_before_anything_is_read(line, monkeypatch, tmp_path, capsys):
    """The inputs of these command lines are not there, which would be the next thing to be said."""
    extra = LINES[line]
    missing = EXTRAS[extra][0]
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == missing else find(name, *rest))
    monkeypatch.chdir(tmp_path)
    assert cli.main(line.split()) == 2
    errors = capsys.readouterr().err
    told = rf"spinsc: error: .* needs {missing}; install it with: pip install 'spinsc\[{extra}\]'\n"
    assert re.fullmatch(told, errors)
    assert list(tmp_path.iterdir()) == []


def test_extras_are_those_of_the_package():
    written = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    modules = packages_distributions()
    assert set(EXTRAS) == set(written) - {"dev", "docs"}
    for extra, names in EXTRAS.items():
        wanted = {re.split(r"[<>=;\[]", line)[0].lower() for line in written[extra]}
        for name in names:
            found = {distribution.lower() for distribution in modules.get(name, [])}
            assert not found or found & wanted, f"{name} is not in the extra {extra}"
        assert len(names) == len(wanted)
