"""The blocks of commands in the documents: which there are, and running them as a reader would.

A block that is indented and begins with a program is one of commands. A comment above it exempts it from being run
(``<!-- not run: reason -->``), or says with which exit code it ends (``<!-- exit code: 1 -->``). All blocks of a page
are run in one folder, in their order, with the files in it that the page takes as given (`tests.docs.inputs`).
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from tests.docs.inputs import INPUTS

ROOT = Path(__file__).parents[2]
PROGRAMS = {"spinsc", "python", "pip", "pytest", "make", "git", "iverilog", "yosys", "fusesoc", "cd", "cp", "sed",
            "eval"}
_MARK = re.compile(r"<!-- (not run|exit code): (\S.*?) -->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Commands that a page shows together.

    Attributes
    ----------
    page : Path
    line : int
        The first one's, from 1.
    commands : str
    reason : str
        Why they are not run; empty if they are.
    code : int
        With which they end.
    """

    page: Path
    line: int
    commands: str
    reason: str = ""
    code: int = 0

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Outcome:
    """What came of a block: exit code, all that it printed, and its seconds of CPU and on the clock."""

    block: Block
    code: int
    output: str
    cpu_s: float
    seconds: float


def pages() -> list[Path]:
    """README.md and all pages of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The blocks of commands of a page, in their order."""
    found = []
    marks: dict[str, str] = {}
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "html_block" and (mark := _MARK.fullmatch(token.content.strip())):
            marks[mark[1]] = " ".join(mark[2].split())
            continue
        if token.type == "code_block":
            first = next(line for line in token.content.splitlines() if not line.startswith("#"))
            if first.split()[0] in PROGRAMS:
                assert token.map is not None
                found.append(Block(page, token.map[0] + 1, token.content, marks.get("not run", ""),
                                   int(marks.get("exit code", 0))))
        marks = {}
    return found


def run(page: Path, folder: Path) -> Iterator[Outcome]:
    """Run the blocks of a page in a folder, which is made."""
    folder.mkdir(parents=True)
    INPUTS.get(page.relative_to(ROOT).as_posix(), lambda folder: None)(folder)
    paths = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    for block in blocks(page):
        if block.reason:
            continue
        began, before = time.monotonic(), _cpu_s()
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", block.commands], cwd=folder, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
            env={**os.environ, "PATH": paths, "PYTHONPATH": str(ROOT)})
        yield Outcome(block, done.returncode, done.stdout, _cpu_s() - before, time.monotonic() - began)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
