"""The page of a study or a sweep: its tables and figures."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spinsc.sim.pages.facts import provenance
from spinsc.sim.pages.page import Block, Figure, Page, Section, Table, Text


def study_page(title: str, verdict: str, text: str, folder: Path, command: str, data: Mapping[str, Any]) -> Page:
    """Everything of a study.

    Parameters
    ----------
    title, verdict : str
        The command without its options, and what it is about.
    text : str
        What is printed: paragraphs, of which tables are in Markdown.
    folder : Path
        Where its figures (.png) lie.
    command : str
        As a shell takes it.
    data : mapping
        What ``--json`` prints, where the command has that.
    """
    sections = [Section(path.stem.capitalize(), [Figure(
        f'<img alt="{path.stem}" src="data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}">',
        path.name)]) for path in sorted(folder.glob("*.png"))]
    sections += [Section("Tables", [_block(paragraph) for paragraph in text.split("\n\n") if paragraph.strip()]),
                 provenance(command, [], [])]
    return Page(title, verdict, None, sections, data)


def _block(paragraph: str) -> Block:
    if not paragraph.startswith("| "):
        return Text(paragraph.replace("**", ""))
    header, rule, *rows = ([cell.strip() for cell in line.strip().strip("|").split("|")]
                           for line in paragraph.splitlines())
    return Table(header, [[cell.replace("**", "").replace("`", "") for cell in row] for row in rows],
                 right=[number for number, cell in enumerate(rule) if cell.endswith(":")])
