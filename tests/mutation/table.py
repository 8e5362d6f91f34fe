"""What a campaign found, as JSON and as the table of ``docs/verification.md``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.mutation.campaign import EQUIVALENT, KILLED, SURVIVED, Result
from tests.mutation.named import NAMED
from tests.mutation.named import SHAPE as NAMED_SHAPE
from tests.mutation.operators import OPERATORS
from tests.mutation.shapes import SHAPES

ROOT = Path(__file__).parents[2]
RECORD, PAGE = ROOT / "docs" / "verification" / "mutation.json", ROOT / "docs" / "verification.md"
#: Lines of the page between which the table stands.
BEGIN, END = "<!-- make mutation: table -->", "<!-- end of the table -->"


def summary(found: Mapping[str, Sequence[Result]]) -> dict[str, Any]:
    """Numbers of mutants by shape and operator, what noticed those that have a name, and every proof."""
    shapes = []
    for name, results in found.items():
        shape = SHAPES[name]
        shapes.append({
            "name": name, "source": shape.source, "sizes": shape.sizes, "states": shape.states, "length": shape.length,
            "foldings": [[folding.lanes, folding.units, folding.unroll] for folding in shape.foldings],
            "pixels_per_beat": shape.pixels_per_beat,
            "operators": {operator: _counts([result for result in results if result.operator == operator])
                          for operator in OPERATORS}})
    named = [{"name": fault.name, "mutant": result.name, "by": result.by, "detail": result.detail}
             for fault, result in zip(NAMED, found[NAMED_SHAPE], strict=False)]
    return {"shapes": shapes, "named": named, **{verdict: [
        {"shape": name, "mutant": result.name, "found": result.by} for name, results in found.items()
        for result in results if result.verdict == verdict] for verdict in (EQUIVALENT, SURVIVED)}}


def _counts(results: Sequence[Result]) -> dict[str, Any]:
    killed: dict[str, int] = {}
    for result in results:
        if result.verdict == KILLED:
            by = re.sub(r"^stress \d+", "stress", result.by)
            killed[by] = killed.get(by, 0) + 1
    return {"made": len(results), "killed": dict(sorted(killed.items())),
            "equivalent": sum(result.verdict == EQUIVALENT for result in results),
            "survived": sum(result.verdict == SURVIVED for result in results)}


def save(recorded: Mapping[str, Any]) -> None:
    """Write the record, and the table into the page."""
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(recorded, indent=1) + "\n")
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{markdown(recorded)}{END}{after}")


def markdown(recorded: Mapping[str, Any]) -> str:
    """A table of a row for each shape and operator, and for all of them; and one of the faults with names."""
    checks = sorted({by for shape in recorded["shapes"] for counts in shape["operators"].values()
                     for by in counts["killed"]})
    lines = [f"| network | faults | made | {' | '.join(checks)} | equivalent | survived |",
             f"|---|---|{'---|' * (len(checks) + 3)}"]
    every: list[Mapping[str, Any]] = []
    for shape in recorded["shapes"]:
        rows = list(shape["operators"].items())
        every += [counts for _, counts in rows]
        for operator, counts in rows:
            lines.append(_row(shape["name"], operator, checks, [counts]))
        lines.append(_row(shape["name"], "**all**", checks, [counts for _, counts in rows]))
    lines.append(_row("**all**", "**all**", checks, every))
    lines += ["", "| fault that only pauses, stalls or a second reset show | noticed by | as |", "|---|---|---|",
              *(f"| {fault['name']} | {fault['by']} | {fault['detail']} |" for fault in recorded["named"])]
    return "\n".join(lines) + "\n"


def _row(network: str, operator: str, checks: Sequence[str], parts: Sequence[Mapping[str, Any]]) -> str:
    numbers = [sum(part["made"] for part in parts),
               *(sum(part["killed"].get(check, 0) for part in parts) for check in checks),
               *(sum(part[verdict] for part in parts) for verdict in (EQUIVALENT, SURVIVED))]
    return f"| {network} | {operator} | {' | '.join(map(str, numbers))} |"
