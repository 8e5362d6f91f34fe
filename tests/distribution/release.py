"""``make release VERSION=x.y.z``: version, changelog, commit and tag. Nothing is pushed, so all of it can be undone."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from spinsc.errors import InputError

ROOT = Path(__file__).parents[2]
UNRELEASED = "## [Unreleased]\n"


def release(root: Path, version: str, date: datetime.date) -> str:
    """Release what is committed in a checkout.

    Returns
    -------
    str
        The notes: the changelog's section.

    Raises
    ------
    InputError
        Before anything is changed.
    """
    project, changelog = root / "pyproject.toml", root / "CHANGELOG.md"
    before = re.search(r'^version = "(.*)"$', project.read_text(), re.MULTILINE)
    assert before is not None
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or _numbers(version) <= _numbers(before[1]):
        raise InputError(f"VERSION must be three numbers above {before[1]}, not {version!r}")
    if changed := _git(root, "status", "--porcelain"):
        raise InputError(f"there are changes that are not committed ({changed.split()[-1]}); commit or stash them")
    if _git(root, "tag", "--list", f"v{version}"):
        raise InputError(f"the tag v{version} is there already")
    head, found, rest = changelog.read_text().partition(UNRELEASED)
    notes, _, older = rest.partition("\n## [")
    if not found or not notes.strip():
        raise InputError("CHANGELOG.md has nothing under [Unreleased]; there is nothing to release")
    changelog.write_text(f"{head}{UNRELEASED}\n## [{version}] - {date}\n{notes}\n## [{older}")
    project.write_text(project.read_text().replace(before[0], f'version = "{version}"', 1))
    _git(root, "commit", "--quiet", "-m", f"release: {version}", "--", "pyproject.toml", "CHANGELOG.md")
    _git(root, "tag", "--annotate", "--cleanup=verbatim", f"v{version}", "-m", f"spinsc {version}\n\n{notes.strip()}\n")
    return notes.strip()


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"git {arguments[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Release a version; 2 if that is not possible."""
    try:
        version = arguments[0] if arguments else ""
        notes = release(root, version, datetime.datetime.now(datetime.UTC).date())
    except InputError as error:
        print(f"release: error: {error}", file=sys.stderr)
        return 2
    print(f"{notes}\n\ncommitted and tagged v{version}, not pushed; 'git push --follow-tags' does that, and\n"
          f"'git tag -d v{version} && git reset --hard HEAD~1' undoes it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
