"""``make release`` in a clone: what it changes, and what it refuses."""

import datetime
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.distribution.release import UNRELEASED, main

ROOT = Path(__file__).parent.parent


def git(folder, *arguments):
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def clone(tmp_path):
    """A clone, with someone who commits."""
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--no-checkout", str(ROOT), str(folder))
    for name in ("pyproject.toml", "CHANGELOG.md"):
        (folder / name).write_text((ROOT / name).read_text())
    git(folder, "config", "user.name", "someone")
    git(folder, "config", "user.email", "someone@example.org")
    git(folder, "read-tree", "--empty")
    git(folder, "add", "pyproject.toml", "CHANGELOG.md")
    git(folder, "commit", "--quiet", "-m", "state of the working tree")
    return folder


def test_a_release(clone, capsys):
    before = (clone / "CHANGELOG.md").read_text()
    unreleased = before.partition(UNRELEASED)[2].partition("\n## [")[0]
    assert main(["99.0.1"], clone) == 0
    assert unreleased.strip() in capsys.readouterr().out
    after = (clone / "CHANGELOG.md").read_text()
    heading = f"## [99.0.1] - {datetime.datetime.now(datetime.UTC).date()}\n"
    assert after == before.replace(UNRELEASED, f"{UNRELEASED}\n{heading}")
    assert tomllib.loads((clone / "pyproject.toml").read_text())["project"]["version"] == "99.0.1"
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "-1", "--format=%s").strip() == "release: 99.0.1"
    assert git(clone, "show", "--name-only", "--format=", "HEAD").split() == ["CHANGELOG.md", "pyproject.toml"]
    assert git(clone, "describe", "--exact-match").strip() == "v99.0.1"
    notes = git(clone, "tag", "--list", "--format=%(contents)", "v99.0.1")
    assert notes.strip() == f"spinsc 99.0.1\n\n{unreleased.strip()}"


def test_what_cannot_be_released(clone, capsys):
    def refused(version, words):
        state = git(clone, "rev-parse", "HEAD"), git(clone, "tag"), (clone / "CHANGELOG.md").read_text()
        assert main([version] if version else [], clone) == 2
        assert re.search(words, capsys.readouterr().err)
        assert state == (git(clone, "rev-parse", "HEAD"), git(clone, "tag"), (clone / "CHANGELOG.md").read_text())

    refused("", "VERSION must be three numbers above")
    refused("0.0.1", "VERSION must be three numbers above .*, not '0.0.1'")
    refused("99.0", "not '99.0'")
    (clone / "stray").write_text("")
    refused("99.0.1", r"not committed \(stray\)")
    (clone / "stray").unlink()
    git(clone, "tag", "v99.0.1")
    refused("99.0.1", "the tag v99.0.1 is there already")
    assert main(["99.0.0"], clone) == 0
    refused("99.0.2", r"nothing under \[Unreleased\]")
