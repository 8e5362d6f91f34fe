"""The ten names: lazy, typed, short in print, and as documented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import spinsc
from spinsc.errors import InputError
from spinsc.models.data.catalogue import embedded_images
from spinsc.sim.cli.registry import COMMANDS

ROOT = Path(__file__).parent.parent
NAMES = {"load_network", "Network", "train", "evaluate", "emit", "cosim", "import_recording", "simulate_recording",
         "export", "studies"}


def test_the_names_are_these_and_each_is_there() -> None:
    assert set(spinsc.__all__) == NAMES | {"__version__"}
    assert set(spinsc.__all__) <= set(dir(spinsc))
    for name in spinsc.__all__:
        assert getattr(spinsc, name)
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", spinsc.__version__)
    with pytest.raises(AttributeError, match="trian"):
        spinsc.trian  # noqa: B018
    with pytest.raises(AttributeError, match="papers"):
        spinsc.studies.papers  # noqa: B018
    assert spinsc.studies.paper.STATES == (5, 11)
    commands = {name.removeprefix("study ") for name in COMMANDS if name.startswith("study ")}
    assert set(spinsc.studies.__all__) == commands


def imported(code: str, tmp_path: Path) -> set[str]:
    """Top-level modules that a new Python has after some code."""
    code = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path,
                          env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}, capture_output=True, text=True,
                          check=True)
    return set(done.stdout.split())


HEAVY = {"torch", "numba", "amaranth", "cocotb", "matplotlib", "scipy", "pandas"}


def test_imports_are_lazy(tmp_path: Path) -> None:
    for code in ("import spinsc", "from spinsc.sim.cli.parser import build_parser; build_parser()"):
        assert not imported(code, tmp_path) & (HEAVY | {"numpy"})
    assert not imported("import spinsc; n = spinsc.load_network('mlp1-k5'); repr(n); spinsc.studies; spinsc.train; "
                        "spinsc.simulate_recording(devices=2, steps=50)", tmp_path) & HEAVY


def test_static_tools_see_the_types(tmp_path: Path) -> None:
    """mypy knows what the names are, and finds what is wrong."""
    lines = ["import spinsc", "n: spinsc.Network = spinsc.load_network('x')",
             "reveal_type(spinsc.evaluate(n).accuracy)",
             "reveal_type(spinsc.emit(n, 'hw').cycles_per_image)", "spinsc.cosim('hw', count='3')", "spinsc.trian"]
    (tmp_path / "script.py").write_text("\n".join(lines) + "\n")
    done = subprocess.run([sys.executable, "-m", "mypy", tmp_path / "script.py"],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    assert 'Revealed type is "float"' in done.stdout or "builtins.float" in done.stdout, done.stdout
    assert "script.py:5: error: Argument \"count\"" in done.stdout
    assert "script.py:6: error: Module has no attribute \"trian\"" in done.stdout
    assert "Found 2 errors" in done.stdout


def test_short_in_print() -> None:
    network = spinsc.load_network("mlp3-k11").with_plan("groups=4")
    for thing in (network, *network.layers, embedded_images(), spinsc.simulate_recording(devices=2, steps=50)):
        assert len(repr(thing)) < 120
    assert repr(network) == "Network(784-512-512-512-10, K=11, L=100, 256 devices, plan groups=4)"
    assert repr(network.with_binary_arithmetic()) == "Network(784-512-512-512-10, K=11, binary arithmetic)"


def test_evaluation(tmp_path: Path) -> None:
    digits = embedded_images()[:60]
    found = spinsc.evaluate("mlp1-k5", (digits.images, digits.labels), rng="ideal", seed=3)
    assert found.accuracy == spinsc.evaluate("mlp1-k5", digits, rng="ideal", seed=3).accuracy
    assert found.correct == np.trace(found.confusion)
    assert found.confusion.sum() == 60
    assert np.array_equal(found.confusion.sum(1), np.bincount(digits.labels, minlength=10))
    part = spinsc.evaluate("mlp1-k5", digits, rng="lfsr", first=10, count=5)
    assert np.array_equal(part.classes, spinsc.evaluate("mlp1-k5", digits, rng="lfsr").classes[10:15])
    with pytest.raises(InputError, match="784"):
        spinsc.evaluate("mlp1-k5", (digits.images[:, :9], digits.labels))


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    digits = embedded_images()[:4]
    with pytest.raises(InputError, match="4 samples, too few"):
        spinsc.train(digits, hidden=(4,), states=3, length=8, out=tmp_path / "n.npz")
    with pytest.raises(InputError, match="devices=N and steps=N"):
        spinsc.simulate_recording()
    with pytest.raises(InputError, match="PyTorch"):
        spinsc.export("mlp1-k5", length=8)  # type: ignore[arg-type]


def python_examples(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("page", "number"), [("api.md", 4), ("own-networks.md", 3)])
def test_the_documented_examples_run(page: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                     capsys: pytest.CaptureFixture[str]) -> None:
    """All but the co-simulation, whose build is long; what a comment says is printed, is printed."""
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    examples = [code for code in python_examples(ROOT / "docs" / page) if "cosim(" not in code]
    assert len(examples) == number
    for code in examples:
        exec(compile(code, page, "exec"), scope)
    said = capsys.readouterr().out
    for code in examples:
        for line in re.findall(r"^ *print\(.*\) +# ([A-Z0-9].*)$", code, re.MULTILINE):
            assert line.removesuffix("...").rstrip() in said
