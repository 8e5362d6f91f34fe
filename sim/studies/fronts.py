"""Designs, which of them are on the front of accuracy against a cost, and their table and figure."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spinsc.gen.targets.part import Part
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.report import COLOURS, new_figure, save_figure

#: What is drawn and compared: field of a design, and what it is called.
COSTS = {"luts": "look-up tables", "cycles": "cycles per image", "latency": "latency, cycles",
         "work": "look-up tables times cycles per image", "random_bits": "random bits per image"}
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

    @property
    def work(self) -> float | None:
        """Look-up tables times cycles per image: what of a part an image occupies, and for how long."""
        return None if self.luts is None else self.luts * self.cycles

    def cost(self, name: str) -> float | None:
        """One of `COSTS`."""
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


def table(designs: Sequence[Design], part: Part) -> str:
    """The designs on a front, of both arithmetics together, with the fronts that they are on."""
    on: dict[Design, list[str]] = {}
    for cost, title in COSTS.items():
        for design in front(designs, cost):
            on.setdefault(design, []).append(title.partition(",")[0])
    rows = [["-".join(map(str, design.sizes)), design.arithmetic, str(design.states),
             str(design.length) if design.arithmetic == "stochastic" else "-", str(design.lanes), str(design.units),
             str(design.unroll), f"{design.accuracy:.2f}", "-" if design.luts is None else f"{design.luts:,.0f}",
             f"{design.cycles:,}", f"{design.latency:,}", f"{design.junctions:,}", f"{design.random_bits:,}",
             "; ".join(names)] for design, names in sorted(on.items(), key=lambda each: each[0].accuracy)]
    return markdown(["network", "arithmetic", "K", "L", "S", "P", "B", "accuracy, %", f"LUTs ({part.name})",
                     "cycles per image", "latency, cycles", "junctions", "random bits per image", "on the front of"],
                    rows, range(2, 13))


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
    figure, panels = new_figure(15.5, 8.4, 2, 3)
    colours = dict(zip(sorted({design.states for design in designs}), COLOURS, strict=False))
    best = max(design.accuracy for design in designs)
    *panels, last = panels.flat
    for axes, (cost, title) in zip(panels, COSTS.items(), strict=True):
        for arithmetic, marker, style in (("stochastic", "o", "-"), ("binary", "s", "--")):
            for states, colour in colours.items():
                chosen = [(design.cost(cost), design.accuracy) for design in designs
                          if (design.arithmetic, design.states) == (arithmetic, states) and design.cost(cost)]
                if chosen:
                    axes.plot(*zip(*chosen, strict=True), marker, ms=4, color=colour, alpha=0.45, lw=0,
                              label=f"{ARITHMETICS[arithmetic]}, K = {states}")
            line = [design for design in front([each for each in designs if each.arithmetic == arithmetic], cost)
                    if design.cost(cost)]
            if line:
                axes.plot([design.cost(cost) for design in line], [design.accuracy for design in line], style,
                          color="0.2", lw=1.2, drawstyle="steps-post", label=f"front, {ARITHMETICS[arithmetic]}")
        axes.set_xscale("log")
        axes.set_xlabel(f"{title} (estimated for {part.name})" if "look-up" in title else title)
        axes.set_ylabel("test accuracy, %")
        axes.set_ylim(best - SHOWN, best + 0.05 * SHOWN)
    handles: dict[str, object] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    last.set_axis_off()
    last.legend(list(handles.values()), list(handles), loc="center", fontsize=10, frameon=False)
    save_figure(figure, path)
