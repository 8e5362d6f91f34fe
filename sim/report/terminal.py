"""Blocks of a report on a terminal, by rich: as wide as it is, in its colours (``NO_COLOR``), with its characters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from spinsc.sim.report.table import Pairs, Table

#: Words that decide, and how they look.
_VERDICTS = ((r"^(PASSED|ok\b|every word of every layer is equal)", "bold green"),
             (r"^(FAILED|MISSING|MISMATCHES)", "bold red"))
#: A line below the header alone, as rich's `box.SIMPLE_HEAD`, of ASCII.
_ASCII = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
#: Words of more letters are paths.
_LONGEST_NAME = 30


def draw(blocks: Sequence[str | Table | Pairs]) -> None:
    """Print blocks, an empty line apart."""
    console = Console(highlight=False, markup=False, emoji=False)
    for number, block in enumerate(blocks):
        if number:
            console.print()
        if isinstance(block, str):
            console.print(_text(block), soft_wrap=True)
        elif isinstance(block, Pairs):
            console.print(_grid(block))
        else:
            table = _table(block)
            table.box = _ASCII if console.options.ascii_only else box.SIMPLE_HEAD
            least = sum(column.min_width or 0 for column in table.columns) + 2 * (len(table.columns) - 1)
            console.print(table, width=max(least, console.width), crop=False)


def _grid(block: Pairs) -> RichTable:
    """Names, and beside them values of as many lines as they need."""
    grid = RichTable.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in block.rows:
        grid.add_row(name, _text(value))
    return grid


def _table(block: Table) -> RichTable:
    """Columns of at least the longest word, so that no number and no name is broken; paths may be."""
    header, *rows = block.rows
    table = RichTable(padding=(0, 1), collapse_padding=True, pad_edge=False, show_edge=False)
    for number, name in enumerate(header):
        cells = [row[number] for row in block.rows]
        if number in block.numbers:
            least = max(map(len, (*name.split(), *cells[1:])), default=0)
        else:
            least = min(_LONGEST_NAME, max((len(word) for cell in cells for word in cell.split()), default=0))
        table.add_column(name, justify="right" if number in block.numbers else "left", min_width=least,
                         overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    return table


def _text(words: str) -> Text:
    text = Text(words)
    for pattern, style in _VERDICTS:
        text.highlight_regex(re.compile(pattern, re.MULTILINE), style)
    return text
