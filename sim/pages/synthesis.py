"""The page of a synthesized network: what each module takes of a part, and how fast it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spinsc.sim.pages.facts import provenance
from spinsc.sim.pages.figures import COLOURS, add_legend, new_figure, svg
from spinsc.sim.pages.page import Figure, Page, Pairs, Section, Table
from spinsc.sim.report.synthesis import module_rows, shares

if TYPE_CHECKING:
    from spinsc.sim.flows.synthesis import Synthesis
    from spinsc.sim.report.report import Report

#: What shares of a part are of, in their order.
RESOURCES = ("LUTs", "flip-flops", "blocks of memory", "multipliers")


def synthesis_page(found: Synthesis, report: Report, command: str) -> Page:
    """Everything of a synthesis; ``report`` is what is printed of it, ``command`` as a shell takes it."""
    sections = [Section("Summary", [Pairs(report.rows)])]
    if found.part is not None:
        figure, axes = new_figure(6.4, 0.9 + 0.5 * len(found.rows))
        draw_modules(axes, found)
        header, *rows = module_rows(found)
        sections.append(Section("Modules", [
            Table(header, rows, right=range(1, len(header))),
            Figure(svg(figure, "modules"), "All instances of a module together; neurons are counted apart from the "
                   "layer that they are in.")]))
    netlist = hashlib.sha256(found.netlist.read_bytes()).hexdigest()
    sections.append(provenance(command, [("netlist, sha256", netlist)], list(found.versions.items())))
    return Page("spinsc synth", _verdict(found, report.plain), _fits(found), sections, report.plain)


def draw_modules(axes: Any, found: Synthesis) -> None:
    """Share of the part that the modules of each row take, as a bar for each kind of resource."""
    assert found.part is not None, "standard cells are one module"
    names = [f"{row.name.partition(':')[0]}{f' ({row.instances})' if row.instances > 1 else ''}" for row in found.rows]
    taken = [shares(found.part, row.each, row.instances) for row in found.rows]
    for kind, (resource, colour) in enumerate(zip(RESOURCES, COLOURS, strict=False)):
        shown = [(row + 0.2 * (kind - 1), 100 * share[kind]) for row, share in enumerate(taken) if kind < len(share)]
        if shown:
            axes.barh(*zip(*shown, strict=True), 0.18, color=colour, label=resource)
    axes.set(yticks=range(len(names)), yticklabels=names, xlabel=f"% of {found.part.name}")
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    add_legend(axes)


def _fits(found: Synthesis) -> bool | None:
    return None if found.part is None else max(shares(found.part, found.total)) <= 1


def _verdict(found: Synthesis, data: Mapping[str, Any]) -> str:
    speed = "" if found.speed is None else f"; {data['clock_mhz']:.1f} MHz, {data['images_per_s']:,.0f} images/s"
    if found.cells is not None:
        return f"{found.cells.gates:,.0f} gate equivalents of {found.cells.area_um2:,.0f} um2{speed}"
    assert found.part is not None
    taken = ", ".join(f"{100 * share:.0f} % of its {resource}" for share, resource in zip(
        shares(found.part, found.total), RESOURCES, strict=False))
    return f"{'Fits' if _fits(found) else 'Does not fit'} {found.part.title}: {taken}{speed}"
