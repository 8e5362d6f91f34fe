"""Bad input, a table of it: every line ends in one line of error and exit code 2, and leaves every file as it was."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from spinsc.sim.cli import main as cli
from tests.sim.cli.inputs import make_inputs

TABLE = [line for line in (Path(__file__).parent / "bad_lines.txt").read_text().splitlines() if line[:1] != "#"]
ROWS = [(line, part.strip()) for line, part in zip(TABLE[::2], TABLE[1::2], strict=True)]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    make_inputs(folder)
    return folder


def state(folder: Path) -> Iterator[tuple[Path, int, int]]:
    for path in sorted(folder.rglob("*")):
        found = path.stat()
        yield path, found.st_size, found.st_mtime_ns


def test_the_table_is_long_and_says_nothing_twice():
    assert len(ROWS) >= 200
    assert len({line for line, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("line", "part"), ROWS, ids=[line.replace("/", "|") for line, _ in ROWS])
def test_one_line_and_nothing_written(line: str, part: str, inputs: Path, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(inputs)
    before = list(state(inputs))
    code = cli.main(shlex.split(line))
    output, errors = capsys.readouterr()
    assert (code, output) == (2, ""), errors
    assert errors.startswith("spinsc: error: ")
    assert errors.endswith("\n")
    assert errors.count("\n") == 1
    assert part in errors
    assert list(state(inputs)) == before
