"""Threshold coverage in a report: how many thresholds the images told from their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spinsc.sim.coverage.collector import summary
from spinsc.sim.coverage.told import share

if TYPE_CHECKING:
    from spinsc.sim.coverage.directed import Directed
    from spinsc.sim.coverage.told import Told

_NAMES = {"activation": "activation thresholds", "pixel": "pixel thresholds", "argmax": "argmax, pairs of classes"}


def coverage_rows(told: Sequence[list[Told]], directed: Directed | None) -> list[tuple[str, str]]:
    """A row of the directed images, and one of each kind of threshold; comparators of all layers in one."""
    rows = []
    if directed is not None:
        origin = "found again in" if directed.found_again else "kept in"
        rows.append(("directed images", f"{len(directed.images):,} more, {origin} {directed.path}"))
    before, after = (_joined(summary(of_run)) for of_run in (told[0], told[-1]))
    for name, counts in after.items():
        was = f", {percent(share(before[name]))} without directed images" if len(told) > 1 else ""
        rows.append((name, f"{percent(share(counts))} told from neighbours{was} ({words(counts)})"))
    return rows


def coverage_data(told: Sequence[list[Told]], directed: Directed | None) -> dict[str, Any]:
    """The same in values of JSON."""
    return {"coverage": _with_share(told[-1]), "directed": None if directed is None else {
        "images": len(directed.images), "file": directed.path, "found_again": directed.found_again,
        "coverage_without": _with_share(told[0])}}


def percent(part: float) -> str:
    """A share; 100 % only where nothing is missing, and 0 % where nothing is there."""
    rounded = f"{100 * part:.1f}"
    return ("99.9" if part < 1 and rounded == "100.0" else "0.1" if part > 0 and rounded == "0.0" else rounded) + " %"


def words(counts: dict[str, Any]) -> str:
    """Thresholds by how many neighbours they were told from."""
    parts = [f"{counts['both']:,} of {counts['thresholds']:,} from both", f"{counts['one']:,} from one",
             f"{counts['never']:,} from none"]
    same = [f"{count:,} neighbour{'s' if count > 1 else ''} the same: {reason}"
            for reason, count in counts["same"].items()]
    return "; ".join([", ".join(parts), *same])


def _joined(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Counts by the names of their rows."""
    rows: dict[str, dict[str, Any]] = {}
    for item in items:
        name = "comparator levels" if "comparator" in item["kind"] else _NAMES[item["kind"]]
        name += f", layer {item['layer']}" if item["kind"] == "activation" else ""
        known = rows.setdefault(name, {"same": {}})
        for key, value in item.items():
            if isinstance(value, int) and key != "layer":
                known[key] = known.get(key, 0) + value
        for reason, count in item["same"].items():
            known["same"][reason] = known["same"].get(reason, 0) + count
    return rows


def _with_share(told: list[Told]) -> list[dict[str, Any]]:
    return [counts | {"share": share(counts)} for counts in summary(told)]
