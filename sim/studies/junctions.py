"""How many junctions a network needs: accuracy against the number of junctions and flip-flops for each RNG plan.

A layer of S lanes takes S random numbers per side in each step. Fewer junctions do if fewer lanes work at a time
(time folding), or if lanes share junctions: at the same time, which correlates the products of one sum, or after
delays of different lengths, which costs flip-flops.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.files import write_atomically
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.evaluation import digest_of, percent_right, recorded, shipped
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

NETWORKS = ("mlp1-k5", "mlp3-k5")
GROUPS = (1, 2, 4, 8, 16, 32)
ALL = 784


@dataclass(frozen=True)
class Series:
    """Plans of one kind, a line of the figure.

    Attributes
    ----------
    name : str
    plans : tuple of str
        As ``--plan`` takes them; empty for the default.
    colour : int
        Of the kind, whatever the lanes.
    lanes : tuple of int
        S of each plan, 0 for the network's own.
    """

    name: str
    plans: tuple[str, ...]
    colour: int
    lanes: tuple[int, ...] = ()

    @property
    def points(self) -> list[tuple[str, int]]:
        """Plan and lanes of each point."""
        return list(zip(self.plans, self.lanes or [0] * len(self.plans), strict=True))


def _delayed(groups: int) -> str:
    return f"groups={groups},activation.delay=1,weight.delay=2"


def _crossed(groups: int, others: int) -> str:
    return f"activation.groups={groups},weight.groups={others},weight.assignment=blocks"


#: Lanes of the usual folding are 61; with 784, all inputs are worked on at a time.
SERIES = (
    Series("own junctions, fewer lanes", ("",) * 7, 0, (1, 4, 7, 14, 28, 49, 0)),
    Series("the same, all layers on the same junctions", ("layers=shared",) * 7, 1, (1, 4, 7, 14, 28, 49, 0)),
    Series("61 lanes share junctions", tuple(f"groups={groups}" for groups in GROUPS), 2),
    Series("61 lanes share junctions, delayed", tuple(map(_delayed, GROUPS)), 3),
    Series("61 lanes share junctions, crossed", tuple(_crossed(groups, 64 // groups) for groups in (4, 8, 16, 32)), 4),
    Series("784 lanes, own junctions", ("",), 0, (ALL,)),
    Series("784 lanes share junctions", tuple(f"groups={groups}" for groups in (1, 8, 49, 196)), 2, (ALL,) * 4),
    Series("784 lanes share junctions, delayed", tuple(map(_delayed, (1, 8, 49))), 3, (ALL,) * 3),
    Series("784 lanes share junctions, crossed", (_crossed(28, 28),), 4, (ALL,)),
    Series("tuned junctions, no comparators", ("source=tuned",), 5),
)


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None) -> str:
    """Measure what ``out`` lacks, write ``results.json``, a table and a figure, and return the table."""
    results = Results(out / RESULTS)
    digests = {network: digest_of(network) for network in NETWORKS}
    cells = {(network, series.name, position, seed): Cell(
        f"{__name__}:measure", {"network": network, "plan": plan, "lanes": lanes, "seed": seed,
                                "digest": digests[network]})
        for network in NETWORKS for series in SERIES for position, (plan, lanes) in enumerate(series.points)
        for seed in range(seeds)}
    distinct = {cell.key: cell for cell in cells.values()}
    run_cells(list(distinct.values()), results, jobs=jobs, scheduler=scheduler)
    found = {(network, series.name): [[results[cells[network, series.name, position, seed]] for seed in range(seeds)]
                                      for position in range(len(series.plans))]
             for network in NETWORKS for series in SERIES}
    draw(found, out / "junctions.png")
    text = "\n\n".join(f"{network}\n\n{table(found, network)}" for network in NETWORKS)
    write_atomically(out / "junctions.md", f"{text}\n".encode())
    effort = f"{len(distinct)} cells, {duration(sum(map(results.seconds, distinct.values())))} of one core"
    return "\n\n".join([text, effort, f"Written to {out}: {RESULTS}, junctions.md, junctions.png"])


def measure(network: str, plan: str, lanes: int, seed: int, digest: str = "") -> dict[str, Any]:
    """Cell: accuracy of a shipped network under a plan, and what the plan costs; for ``digest`` see `shipped`."""
    chosen = shipped(network, digest).with_folding(lanes or None, None)
    if plan:
        chosen = chosen.with_plan(plan)
    return {"accuracy": percent_right(chosen, recorded(chosen, seed)), "junctions": chosen.devices,
            "flip_flops": chosen.delay_flip_flops, "lanes": chosen.layers[0].folding.lanes}


Found = dict[tuple[str, str], list[list[dict[str, Any]]]]


def table(found: Found, network: str) -> str:
    """Markdown: a row for each plan of a network."""
    rows = []
    for series in SERIES:
        for plan, entries in zip(series.plans, found[network, series.name], strict=True):
            values = [entry["accuracy"] for entry in entries]
            rows.append([series.name, f"`{plan}`" if plan else "", str(entries[0]["lanes"]),
                         f"{entries[0]['junctions']:,}", f"{entries[0]['flip_flops']:,}",
                         f"{statistics.median(values):.2f}", f"{min(values):.2f} to {max(values):.2f}"])
    return markdown(["plan", "--plan", "lanes", "junctions", "flip-flops", "accuracy, %",
                     f"of {len(values)} seeds"], rows)


def draw(found: Found, path: Path) -> None:
    """Accuracy over junctions, and below what delay lines bring to lanes that share; a column for each network."""
    figure, panels = new_figure(10.4, 8.8, rows=2, columns=len(NETWORKS))
    for column, network in enumerate(NETWORKS):
        over_junctions, delayed = panels[:, column]
        for series in SERIES:
            _plot(over_junctions, series, found[network, series.name], "junctions")
        over_junctions.set_xscale("log")
        over_junctions.set_xlabel("junctions in the network")
        over_junctions.set_title(network, fontsize=11)
        _plot_delays(delayed, {series.name: found[network, series.name] for series in SERIES})
        for axes in (over_junctions, delayed):
            axes.set_yscale("function", functions=(_stretched, _squeezed))
            axes.set_yticks([10, 50, 80, 90, 95, 97, 98, 99, 99.5])
            axes.set_ylim(8, 99.5)
    for axes in panels[:, 0]:
        axes.set_ylabel("test accuracy, % (10,000 images, exact bits)")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    save_figure(figure, path)


def _plot_delays(axes: Any, found: Mapping[str, list[list[dict[str, Any]]]]) -> None:
    """An arrow for each sharing, from the accuracy without delay lines to that with them, and their flip-flops."""
    ticks: list[tuple[float, str]] = []
    for lanes in ("61", "784"):
        names = f"{lanes} lanes share junctions", f"{lanes} lanes share junctions, delayed"
        plans = next(series.plans for series in SERIES if series.name == names[0])
        for plan, without, with_delays in zip(plans, *(found[name] for name in names), strict=False):
            place = len(ticks) + (0 if lanes == "61" else 0.6)
            low, high = (statistics.median(_accuracies(seeds)) for seeds in (without, with_delays))
            axes.annotate("", (place, high), (place, low), arrowprops={"arrowstyle": "->", "color": "0.4"})
            axes.plot(place, low, "^", color=COLOURS[2], markersize=7, markerfacecolor="white")
            axes.plot(place, high, "v", color=COLOURS[3], markersize=7)
            axes.annotate(f"{with_delays[0]['flip_flops']:,}", (place, max(low, high)), (0, 7),
                          textcoords="offset points", ha="center", fontsize=8)
            ticks.append((place, plan.removeprefix("groups=")))
    axes.set_xticks([place for place, _ in ticks], [groups for _, groups in ticks])
    axes.set_xlabel("groups that share: of 61 lanes (left), of all 784 (right)")
    axes.plot([], [], "^", color=COLOURS[2], markerfacecolor="white", label="without delay lines")
    axes.plot([], [], "v", color=COLOURS[3], label="with them (number: their flip-flops)")
    axes.legend(loc="lower center", frameon=False, fontsize=9)


def _plot(axes: Any, series: Series, found: list[list[dict[str, Any]]], quantity: str) -> None:
    points = sorted((of_seeds[0][quantity], _accuracies(of_seeds)) for of_seeds in found)
    full = ALL not in series.lanes
    plot_seeds(axes, [x for x, _ in points], [values for _, values in points],
               color=COLOURS[series.colour], marker="os^vD*"[series.colour], markersize=5, linewidth=1.3, capsize=2,
               markerfacecolor=COLOURS[series.colour] if full else "white", linestyle="-" if full else "--",
               label=series.name)


def _stretched(percent: Any) -> Any:
    """Room for what is near 100 %."""
    return -np.log10(100.3 - np.minimum(percent, 100))


def _squeezed(stretched: Any) -> Any:
    return 100.3 - 10.0**-stretched


def _accuracies(entries: Sequence[dict[str, Any]]) -> list[float]:
    return [entry["accuracy"] for entry in entries]
