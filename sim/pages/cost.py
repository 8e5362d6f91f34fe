"""The page of what a network costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spinsc.sim.pages.facts import provenance
from spinsc.sim.pages.figures import COLOURS, add_legend, new_figure, svg
from spinsc.sim.pages.page import Figure, Page, Pairs, Section, Table
from spinsc.sim.report.cost import PART_HEADER, nano, part_rows

if TYPE_CHECKING:
    from spinsc.sim.costs.cost import Cost
    from spinsc.sim.report.report import Report


def cost_page(cost: Cost, name: str, report: Report, command: str) -> Page:
    """Everything of an estimate; ``command`` as a shell takes it."""
    low, high = cost.bounds
    sections = [
        Section("Summary", [Pairs(report.rows)]),
        Section("Parts", [Table(PART_HEADER, part_rows(cost), right=range(1, len(PART_HEADER))),
                          Figure(svg(_bars(cost), "parts"), "Energy for an image: gates with their glitches, the "
                                 "clock at flip-flops, and memories by their model")]),
        provenance(command, [], list(cost.versions.items()))]
    verdict = (f"{nano(cost.joules)} nJ an image ({nano(low)} to {nano(high)}), {cost.latency.images_per_s:,.0f} "
               f"images/s, {1e-6 * cost.area_um2:.3g} mm2 in 0.18 um")
    return Page(f"spinsc cost: {name}", verdict, None, sections, report.plain)


def _bars(cost: Cost) -> Any:
    """A bar for each part."""
    figure, axes = new_figure(height=3.6)
    parts = [part for part in cost.parts if part.joules > 0]
    names = [part.part.name + ("" if part.part.layer is None else f", layer {part.part.layer}") for part in parts]
    left = [0.0] * len(parts)
    for colour, title, values in zip(COLOURS, ("gates", "clock", "memories"), (
            [part.gates_j for part in parts], [part.energy.clock for part in parts],
            [part.memory_j for part in parts]), strict=False):
        axes.barh(names, [1e9 * value for value in values], left=[1e9 * value for value in left], color=colour,
                  label=title)
        left = [a + b for a, b in zip(left, values, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("nJ an image")
    add_legend(axes)
    return figure
