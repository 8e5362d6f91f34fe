"""Blocks of a report on a terminal, by rich: as wide as it is, in its colours (``NO_COLOR``), with its characters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from spinsc.sim.report.table import Pairs, Table

#: Words that decide, and how they look.
_VERDICTS = ((r"^(PASSED|ok\b|every word of every layer is equal)", "bold green"),
             (r"^(FAILED|MISSING|MISMATCHES)", "bold red"))


def draw(blocks: Sequence[str | Table | Pairs]) -> None:
    """Print blocks, an empty line apart."""
    console = Console(highlight=False, markup=False, emoji=False)
    for number, block in enumerate(blocks):
        if number:
            console.print()
        console.print(_laid_out(block), soft_wrap=isinstance(block, str))


def _laid_out(block: str | Table | Pairs) -> RenderableType:
    if isinstance(block, str):
        return _text(block)
    if isinstance(block, Pairs):
        grid = RichTable.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in block.rows:
            grid.add_row(name, _text(value))
        return grid
    header, *rows = block.rows
    table = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for number, name in enumerate(header):
        table.add_column(name, justify="right" if number in block.numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def _text(words: str) -> Text:
    text = Text(words)
    for pattern, style in _VERDICTS:
        text.highlight_regex(re.compile(pattern, re.MULTILINE), style)
    return text
