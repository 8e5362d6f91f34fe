"""Layout of tables: aligned text, pairs of names and values, Markdown.

No library lays these out: rich draws for the width of a terminal, so that output in a pipe or a log is cut or wrapped,
and tabulate pads Markdown, which would make every line of a study's table differ when one number grows a digit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] | None = None) -> str:
    """Rows, the first of which is the header, in aligned columns two blanks apart.

    ``right`` are the columns set to the right, by default those of numbers.
    """
    columns = range(len(rows[0]))
    if right is None:
        right = {n for n in columns if any(row[n] for row in rows[1:])
                 and all(row[n] in ("", "-") or row[n][0].isdigit() for row in rows[1:])}
    widths = [max(len(row[n]) for row in rows) for n in columns]
    return "\n".join("  ".join(f"{row[n]:{'>' if n in right else '<'}{widths[n]}}" for n in columns).rstrip()
                     for row in rows)


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """A name and a value in each line, the values one below the other."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] | None = None) -> str:
    """A table of Markdown; ``right`` are the columns set to the right, by default all but the first."""
    right = range(1, len(header)) if right is None else right
    lines = [header, ["---:" if n in right else "---" for n in range(len(header))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
