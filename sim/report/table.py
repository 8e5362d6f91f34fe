"""Layout of tables: aligned text, pairs of names and values, Markdown.

Plain text is laid out here and not by a library: rich draws for the width of a terminal, so that output in a pipe or a
log is cut or wrapped, and tabulate pads Markdown, which would make every line of a study's table differ when one number
grows a digit. On a terminal, `spinsc.sim.report.terminal` draws the same by rich.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows, the first of which is the header; as text, in aligned columns two blanks apart.

    Attributes
    ----------
    rows : sequence of rows
    right : collection of int, optional
        Columns set to the right, by default those of numbers.
    """

    rows: Sequence[Sequence[str]]
    right: Collection[int] | None = None

    @property
    def numbers(self) -> Collection[int]:
        """Columns that are set to the right."""
        if self.right is not None:
            return self.right
        return {n for n in range(len(self.rows[0])) if any(row[n] for row in self.rows[1:])
                and all(row[n] in ("", "-") or row[n][0].isdigit() for row in self.rows[1:])}

    def __str__(self) -> str:
        right, columns = self.numbers, range(len(self.rows[0]))
        widths = [max(len(row[n]) for row in self.rows) for n in columns]
        return "\n".join("  ".join(f"{row[n]:{'>' if n in right else '<'}{widths[n]}}" for n in columns).rstrip()
                         for row in self.rows)


@dataclass(frozen=True)
class Pairs:
    """Names and values; as text, a line each, the values one below the other."""

    rows: Sequence[tuple[str, str]]

    def __str__(self) -> str:
        width = max(len(name) for name, _ in self.rows)
        return "\n".join(f"{name:{width}}  {value}" for name, value in self.rows)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] | None = None) -> str:
    """A table of Markdown; ``right`` are the columns set to the right, by default all but the first."""
    right = range(1, len(header)) if right is None else right
    lines = [header, ["---:" if n in right else "---" for n in range(len(header))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
