"""What a page consists of, and how it becomes one HTML file that loads nothing from anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from spinsc.files import write_atomically

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Pairs:
    """Names and values, one below the other."""

    kind: ClassVar[str] = "pairs"
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Rows under a header; ``right`` are the columns set to the right, ``bad`` the rows that stand out."""

    kind: ClassVar[str] = "table"
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    bad: Sequence[int] = ()


@dataclass(frozen=True)
class Matrix:
    """Counts by row and column, the larger the darker; those off the diagonal in another colour."""

    kind: ClassVar[str] = "matrix"
    corner: str
    rows: Sequence[str]
    columns: Sequence[str]
    counts: Sequence[Sequence[int]]

    @property
    def shades(self) -> list[list[int]]:
        """Per cent of the row that each count is."""
        return [[round(100 * count / max(1, sum(row))) for count in row] for row in self.counts]


@dataclass(frozen=True)
class Figure:
    """A figure (inline SVG, see `spinsc.sim.pages.figures`) and what there is to see in it."""

    kind: ClassVar[str] = "figure"
    svg: str
    caption: str


@dataclass(frozen=True)
class Text:
    """A paragraph, or lines as a terminal prints them."""

    kind: ClassVar[str] = "text"
    text: str
    lines: bool = False


@dataclass(frozen=True)
class Card:
    """One image and what is to be said of it; ``picture`` is a data URI."""

    picture: str
    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Cards:
    """Images side by side."""

    kind: ClassVar[str] = "cards"
    cards: Sequence[Card]


Block = Pairs | Table | Matrix | Figure | Text | Cards


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; figures that follow each other stand side by side where there is room."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes
    ----------
    title : str
        For the window.
    verdict : str
        The first line.
    passed : bool or None
        Whether the verdict is good; None where nothing passes or fails.
    sections : sequence of Section
    data : mapping
        What ``--json`` prints, as plain values; it lies in the page, for programs.
    """

    title: str
    verdict: str
    passed: bool | None
    sections: Sequence[Section]
    data: Mapping[str, Any] = field(default_factory=dict)


def render(page: Page) -> str:
    """The page as HTML."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True,
                                     lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    # "<" in a string of the data could end the script that holds it
    data = json.dumps(dict(page.data), indent=1, allow_nan=False).replace("<", "\\u003c")
    return environment.get_template("page.html.j2").render(page=page, data=data)


def write_page(page: Page, path: str | Path) -> None:
    """Write the page, whole or not at all."""
    write_atomically(Path(path), render(page).encode())
