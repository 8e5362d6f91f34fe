"""Designs, which of them are on the front of accuracy against a cost, and their table and figure."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.gen.targets.part import Part
from spinsc.sim.report.cost import nano
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.report import COLOURS, new_figure, save_figure

#: What is drawn and compared: field of a design, and what it is called.
COSTS = {"luts": "look-up tables", "cycles": "cycles per image", "latency": "latency, cycles",
         "work": "look-up tables times cycles per image", "random_bits": "random bits per image"}
#: The same of those designs whose energy is estimated.
ENERGIES = {"energy_nj": "energy", "energy_junctions_nj": "energy with junctions"}
#: Of how many designs the energy is estimated, the most accurate first, and of how large ones at most, in look-up
#: tables: an estimate takes 5 seconds of a core for the smallest and a minute and a half for 80,000 look-up tables.
MOST_ESTIMATES, LARGEST_ESTIMATE = 40, 100_000
#: Accuracies further than this below the best are beyond the figure.
SHOWN = 8.0
ARITHMETICS = {"stochastic": "stochastic", "binary": "binary, the same states"}


@dataclass(frozen=True)
class Design:
    """A network, folded, with its accuracy and what it takes.

    Attributes
    ----------
    network : str
    sizes : tuple of int
    states : int
        K.
    arithmetic : str
    length, lanes, units, unroll : int
        L; S, P and B of the first layer.
    accuracy : float
        Per cent.
    luts : float or None
        Of the target; None where that is not known.
    cycles, latency : int
        Between two images, and from the first beat of an image to its class.
    junctions : int
        Random bits per step.
    random_bits : int
        Per image, of all layers.
    energy_nj, energy_junctions_nj : float or None
        Of an image in standard cells, with LFSRs and with junctions in their place; None where not estimated.
    """

    network: str
    sizes: tuple[int, ...]
    states: int
    arithmetic: str
    length: int
    lanes: int
    units: int
    unroll: int
    accuracy: float
    luts: float | None
    cycles: int
    latency: int
    junctions: int
    random_bits: int
    energy_nj: float | None = None
    energy_junctions_nj: float | None = None

    @property
    def work(self) -> float | None:
        """Look-up tables times cycles per image: what of a part an image occupies, and for how long."""
        return None if self.luts is None else self.luts * self.cycles

    def cost(self, name: str) -> float | None:
        """One of `COSTS` or `ENERGIES`."""
        value: float | None = getattr(self, name)
        return value


def front(designs: Sequence[Design], cost: str) -> list[Design]:
    """Those than which none is cheaper and as good, or better and as cheap; the cheapest first."""
    known = [(value, design) for design in designs if (value := design.cost(cost)) is not None]
    found: list[Design] = []
    for _, design in sorted(known, key=lambda each: (each[0], -each[1].accuracy)):
        if not found or design.accuracy > found[-1].accuracy:
            found.append(design)
    return found


def worth_an_estimate(designs: Sequence[Design]) -> list[Design]:
    """Those on a front of their arithmetic that are in the figure and within the limits; the most accurate first."""
    least = max(design.accuracy for design in designs) - SHOWN
    chosen = {design for arithmetic in ARITHMETICS for cost in COSTS
              for design in front([each for each in designs if each.arithmetic == arithmetic], cost)
              if design.accuracy >= least and design.luts is not None and design.luts <= LARGEST_ESTIMATE}
    return sorted(chosen, key=lambda each: (-each.accuracy, each.network, each.luts, each.cycles))[:MOST_ESTIMATES]


def table(designs: Sequence[Design], part: Part) -> str:
    """The designs on a front, of both arithmetics together, with the fronts that they are on; and all estimated."""
    on: dict[Design, list[str]] = {design: [] for design in designs if design.energy_nj is not None}
    energies = bool(on)
    for cost, title in (COSTS | ENERGIES).items():
        for design in front(designs, cost):
            on.setdefault(design, []).append(title.partition(",")[0])
    rows = [["-".join(map(str, design.sizes)), design.arithmetic, str(design.states),
             str(design.length) if design.arithmetic == "stochastic" else "-", str(design.lanes), str(design.units),
             str(design.unroll), f"{design.accuracy:.2f}", "-" if design.luts is None else f"{design.luts:,.0f}",
             f"{design.cycles:,}", f"{design.latency:,}", f"{design.junctions:,}", f"{design.random_bits:,}",
             *(_energies(design) if energies else ()), "; ".join(names)]
            for design, names in sorted(on.items(), key=lambda each: each[0].accuracy)]
    header = ["network", "arithmetic", "K", "L", "S", "P", "B", "accuracy, %", f"LUTs ({part.name})",
              "cycles per image", "latency, cycles", "junctions", "random bits per image",
              *(("nJ an image", "nJ with junctions for LFSRs") if energies else ()), "on the front of"]
    return markdown(header, rows, range(2, len(header) - 1))


def _energies(design: Design) -> list[str]:
    if design.energy_nj is None or design.energy_junctions_nj is None:
        return ["-", "-"]
    return [nano(1e-9 * design.energy_nj),
            nano(1e-9 * design.energy_junctions_nj) if design.junctions else "none needed"]


def list_all(designs: Sequence[Design]) -> str:
    """All designs as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in dataclasses.fields(Design)])
    for design in designs:
        writer.writerow(["-".join(map(str, design.sizes)) if field.name == "sizes" else getattr(design, field.name)
                         for field in dataclasses.fields(Design)])
    return text.getvalue()


def draw(designs: Sequence[Design], part: Part, path: Path) -> None:
    """Accuracy over each cost: all designs, coloured by K, and the front of each arithmetic as a line."""
    panels = {cost: f"{title} (estimated for {part.name})" if "look-up" in title else title
              for cost, title in COSTS.items()}
    if energies := any(design.energy_nj is not None for design in designs):
        panels["energy_nj"] = "energy, nJ (OSU 0.18 um)"
    figure, grid = new_figure(15.5, 9.4 if energies else 8.4, 2, 3)
    colours = dict(zip(sorted({design.states for design in designs}), COLOURS, strict=False))
    best = max(design.accuracy for design in designs)
    handles: dict[str, object] = {}
    for axes, (cost, title) in zip(grid.flat, panels.items(), strict=False):
        for arithmetic, marker, style in (("stochastic", "o", "-"), ("binary", "s", "--")):
            chosen = [each for each in designs if each.arithmetic == arithmetic]
            _draw_series(axes, chosen, cost, colours, ARITHMETICS[arithmetic], style, marker=marker)
        if cost == "energy_nj":
            chosen = [each for each in designs if each.junctions]
            _draw_series(axes, chosen, "energy_junctions_nj", colours, "stochastic, junctions for LFSRs", ":",
                         marker="^", mfc="none")
        axes.set_xscale("log")
        axes.set_xlabel(title)
        axes.set_ylabel("test accuracy, %")
        axes.set_ylim(best - SHOWN, best + 0.05 * SHOWN)
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if energies:
        figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=4, frameon=False)
    else:
        grid.flat[-1].set_axis_off()
        grid.flat[-1].legend(list(handles.values()), list(handles), loc="center", fontsize=10, frameon=False)
    save_figure(figure, path)


def _draw_series(axes: Any, designs: Sequence[Design], cost: str, colours: Mapping[int, str], name: str, style: str,
                 **marker: Any) -> None:
    """Designs as points, and their front as a line; ``marker`` is matplotlib's."""
    for states, colour in colours.items():
        chosen = [(value, design.accuracy) for design in designs
                  if design.states == states and (value := design.cost(cost))]
        if chosen:
            axes.plot(*zip(*chosen, strict=True), ms=4, color=colour, alpha=0.45, lw=0, label=f"{name}, K = {states}",
                      **marker)
    line = [(value, design.accuracy) for design in front(designs, cost) if (value := design.cost(cost))]
    if line:
        axes.plot(*zip(*line, strict=True), style, color="0.2", lw=1.2, drawstyle="steps-post", label=f"front, {name}")
