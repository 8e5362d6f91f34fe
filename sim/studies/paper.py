"""The paper's grid on bit-exact streams, and the cells beyond it.

The paper (Sabyasachi et al., Nanotechnology 36 (27), 2025, doi 10.1088/1361-6528/ade243) reports networks of 5 and 11
states with 1 and 3 hidden layers, bitstreams of 100 to 500 bits, trained with stochastic computing in the loop and
without. It states neither widths nor the tables behind its figures; the published points are in `PUBLISHED`.

For each seed, K and depth, one base network is trained with the streams' noise at `BASE_LENGTH` and one without. From
the former, a short further training for each stream length begins; the latter is trained on without noise for as long,
and evaluated at every length.
"""

from __future__ import annotations

import itertools
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.files import write_atomically
from spinsc.gen.emit import emit
from spinsc.models.artifact import load_artifact
from spinsc.models.training.checkpoint import state_path
from spinsc.models.training.config import TrainingConfig, fine_tuning
from spinsc.models.training.trainer import train_on
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.evaluation import images, percent_right, recorded
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

STATES = (5, 11)
LENGTHS = (100, 200, 300, 400, 500)
ONE, THREE, SMALLEST = (256,), (512, 512, 512), (100,)
#: Length of the noise that the base networks are trained with.
BASE_LENGTH = 100
#: Epochs of the base networks by hidden layers, and of the training from there on.
BASE_EPOCHS, FURTHER_EPOCHS = {1: 20, 3: 60}, 8


@dataclass(frozen=True)
class Point:
    """A network of the study, apart from its seed."""

    hidden: tuple[int, ...]
    states: int
    length: int
    sc: bool = True


GRID = tuple(Point(hidden, states, length, sc) for hidden, states, sc, length
             in itertools.product((ONE, THREE), STATES, (True, False), LENGTHS))
BEYOND = (Point(THREE, 5, 16), Point(THREE, 5, 8), Point(SMALLEST, 5, 100))
#: Bits by which the curves of the figure stand beside each other.
BESIDE = 6
#: Accuracies in the paper, in per cent, by hidden layers and bits; it does not say for which number of states.
PUBLISHED = {(1, 100): 92.0, (3, 100): 96.0, (3, 400): 96.82}


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None, data: str | None = None, rtl: bool = False) -> str:
    """Train and evaluate what ``out`` lacks, write the tables and the figure, and return the tables.

    Parameters
    ----------
    out : Path
        Gets ``results.json``, ``grid.md``, ``claims.md``, ``grid.png`` and, in ``networks``, the trained networks.
    seeds : int
        Of training and of the junctions' bits, from 0.
    jobs, scheduler
        See `cells.run_cells`.
    data : str, optional
        Folder of IDX files, otherwise MNIST is found.
    rtl : bool
        Run the networks of the claims through the RTL, all test images, and say so in ``claims.md``.
    """
    folder = str((out / "networks").resolve())
    where = {"folder": folder, "data": data}
    results = Results(out / RESULTS)
    points = {(point, seed): _cell(point, seed, where) for point in (*GRID, *BEYOND) for seed in range(seeds)}
    waiting = {cell.key: cell for cell in points.values() if cell not in results}
    bases = {cell.key: cell for cell in (_base(chosen, where) for chosen in points.values())}
    needed = {base.key: base for base in (_base(chosen, where) for chosen in waiting.values())}
    for base in needed.values():
        if not _base_state(folder, **base.parameters).exists():
            results.forget(base)
    run_cells(list(needed.values()), results, jobs=jobs, scheduler=scheduler)
    run_cells(list(waiting.values()), results, jobs=jobs, scheduler=scheduler)
    accuracy = {point: [results[points[point, seed]]["accuracy"][str(point.length)] for seed in range(seeds)]
                for point in (*GRID, *BEYOND)}
    checks = None
    if rtl:
        chosen_seeds = {point: _median_seed(accuracy[point]) for *_, point in claims(accuracy)}
        cells = {point: Cell(f"{__name__}:simulate_rtl", dict(points[point, seed].parameters), where)
                 for point, seed in chosen_seeds.items()}
        run_cells(list(cells.values()), results, jobs=jobs, scheduler=scheduler)
        checks = {point: results[cell] for point, cell in cells.items()}
    draw(accuracy, out / "grid.png")
    distinct = {cell.key: cell for cell in points.values()}
    seconds = sum(results.seconds(cell) for cell in [*distinct.values(), *bases.values()] if cell in results)
    effort = f"{len(bases)} base networks and {len(distinct)} cells, {duration(seconds)} of one core"
    texts = {"claims.md": claims_table(accuracy, checks), "grid.md": grid_table(accuracy)}
    for name, text in texts.items():
        write_atomically(out / name, f"{text}\n".encode())
    return "\n\n".join([*texts.values(), effort, f"Written to {out}: {RESULTS}, {', '.join(texts)}, grid.png"])


def _cell(point: Point, seed: int, where: Mapping[str, Any]) -> Cell:
    return Cell(f"{__name__}:train_and_evaluate", {
        "hidden": list(point.hidden), "states": point.states, "length": point.length if point.sc else None,
        "seed": seed, "epochs": [BASE_EPOCHS[len(point.hidden)], FURTHER_EPOCHS]}, where)


def _base(cell: Cell, where: Mapping[str, Any]) -> Cell:
    """The base network that a cell begins with."""
    parameters = dict(cell.parameters)
    parameters["sc"] = parameters.pop("length") is not None
    return Cell(f"{__name__}:train_base", parameters | {"epochs": parameters["epochs"][0]}, where)


def _median_seed(values: Sequence[float]) -> int:
    return sorted(range(len(values)), key=lambda seed: values[seed])[(len(values) - 1) // 2]


def _config(hidden: Sequence[int], states: int, sc: bool, seed: int, epochs: int) -> TrainingConfig:
    return TrainingConfig(tuple(hidden), states, BASE_LENGTH, sc=sc, seed=seed, epochs=epochs)


def _file(folder: str, kind: str, hidden: Sequence[int], states: int, sc: bool, seed: int) -> Path:
    return Path(folder) / f"{'x'.join(map(str, hidden))}-k{states}-{kind}{'' if sc else '-no-sc'}-seed{seed}.npz"


def _base_state(folder: str, hidden: Sequence[int], states: int, sc: bool, seed: int, epochs: int) -> Path:
    return state_path(_file(folder, f"base{epochs}", hidden, states, sc, seed))


def train_base(hidden: Sequence[int], states: int, sc: bool, seed: int, epochs: int, folder: str,
               data: str | None = None) -> dict[str, Any]:
    """Cell: train a base network and keep its state."""
    network = train_on(_config(hidden, states, sc, seed, epochs), images("train", data), images("test", data),
                       _file(folder, f"base{epochs}", hidden, states, sc, seed), keep_state=True, progress=False)
    return {"validation": network.provenance["validation_accuracy_percent"]}


def train_and_evaluate(hidden: Sequence[int], states: int, length: int | None, seed: int, epochs: Sequence[int],
                       folder: str, data: str | None = None) -> dict[str, Any]:
    """Cell: train a base network on for streams of ``length`` bits, then measure it with bits of simulated junctions.

    Without a length it is trained without noise, and measured at all lengths of the grid.
    """
    sc = length is not None
    config = fine_tuning(_config(hidden, states, sc, seed, epochs[0]), length or BASE_LENGTH,
                         _base_state(folder, hidden, states, sc, seed, epochs[0]), epochs=epochs[1])
    network = train_on(config, images("train", data), images("test", data),
                       _file(folder, f"l{length}" if sc else "all", hidden, states, sc, seed), progress=False)
    accuracy = {}
    for bits in (length,) if length is not None else LENGTHS:
        chosen = network.with_length(bits)
        accuracy[str(bits)] = percent_right(chosen, recorded(chosen, seed), data)
    return {"accuracy": accuracy, "validation": network.provenance["validation_accuracy_percent"]}


def simulate_rtl(hidden: Sequence[int], states: int, length: int, seed: int, epochs: Sequence[int], folder: str,
                 data: str | None = None) -> dict[str, Any]:
    """Cell: emit a trained network, simulate all test images, and compare every word with the golden model's."""
    network = load_artifact(_file(folder, f"l{length}", hidden, states, True, seed))
    test = images("test", data)
    with tempfile.TemporaryDirectory(prefix="spinsc-") as parent:
        directory = Path(parent) / "rtl"
        emit(network, directory)
        report = cosimulate(directory, test.images, test.labels, recorded(network, seed))
    found = report.comparison
    return {"images": found.images, "words": found.words, "mismatches": found.mismatches, "passed": report.passed,
            "accuracy": round(100 * found.correct / found.images, 3)}


def claims(accuracy: dict[Point, list[float]]) -> list[tuple[str, str, float, Point]]:
    """Rows of the README's claims: what, the paper's figure, the target, and the point of the study."""
    peak = max((point for point in GRID if point.sc), key=lambda point: statistics.median(accuracy[point]))
    return [("1 hidden layer, 100 bits, 5 states", "92", 98.4, Point(ONE, 5, 100)),
            ("3 hidden layers, 100 bits, 5 states", "over 96", 99.1, Point(THREE, 5, 100)),
            ("peak over the grid", "96.82", 99.3, peak),
            ("3 hidden layers, 16 bits, 5 states", "-", 98.8, Point(THREE, 5, 16)),
            ("3 hidden layers, 8 bits, 5 states", "-", 98.3, Point(THREE, 5, 8)),
            ("784-100-10, 100 bits, 5 states", "-", 97.3, Point(SMALLEST, 5, 100))]


def claims_table(accuracy: dict[Point, list[float]], checks: Mapping[Point, Mapping[str, Any]] | None = None) -> str:
    """The claims as Markdown; with a column of those that were run through the RTL."""
    rows = []
    for what, paper, target, point in claims(accuracy):
        values = accuracy[point]
        sizes = "-".join(map(str, (784, *point.hidden, 10)))
        exact = f"{sizes}, K = {point.states}, L = {point.length}"
        rows.append([what, paper, f"{target:g}", f"**{statistics.median(values):.2f}**",
                     f"{min(values):.2f} to {max(values):.2f}", exact])
        if checks:
            check = checks[point]
            rows[-1].append(f"{check['accuracy']:.2f} %, {check['mismatches']:,} of {check['words']:,} words differ")
    header = ["cell", "paper, %", "target, %", "median, %", f"{len(values)} seeds, %", "network"]
    return markdown([*header, "median seed in Verilog"] if checks else header, rows)


def grid_table(accuracy: dict[Point, list[float]]) -> str:
    rows = [[f"{'-'.join(map(str, (784, *hidden, 10)))}", str(states), "with" if sc else "without",
             *(_spread(accuracy[Point(hidden, states, length, sc)]) for length in LENGTHS)]
            for hidden, states, sc in itertools.product((ONE, THREE), STATES, (True, False))]
    return markdown(["network", "K", "SC in training", *(f"{length} bits" for length in LENGTHS)], rows)


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ± {(max(values) - min(values)) / 2:.2f}"


def draw(accuracy: dict[Point, list[float]], path: Path) -> None:
    """Accuracy over length, a panel for each depth; the paper's points, which lie far below, at the lower edge."""
    figure, panels = new_figure(10.4, 4.8, columns=2)
    for axes, hidden in zip(panels, (ONE, THREE), strict=True):
        for number, (states, sc) in enumerate(itertools.product(STATES, (True, False))):
            colour, style = COLOURS[number // 2], "-" if sc else "--"
            beside = [length + BESIDE * (number - 1.5) for length in LENGTHS]
            plot_seeds(axes, beside, [accuracy[Point(hidden, states, length, sc)] for length in LENGTHS],
                       color=colour, linestyle=style, marker="o", markersize=4, capsize=3, linewidth=1.5,
                       markerfacecolor=colour if sc else "white",
                       label=f"{states} states, {'with' if sc else 'without'} SC in training")
        low, high = axes.get_ylim()
        bottom = low - 0.2 * (high - low)
        axes.set_ylim(bottom, high)
        for (layers, length), value in PUBLISHED.items():
            if layers != len(hidden):
                continue
            over = "over " if (layers, length) == (3, 100) else ""
            axes.annotate(f"published: {over}{value:g} %", (length, bottom), (-12, 22), textcoords="offset points",
                          fontsize=9, arrowprops={"arrowstyle": "->"})
        axes.set_title(f"{len(hidden)} hidden layer{'s' if len(hidden) > 1 else ''} of {hidden[0]}", fontsize=11)
        axes.set_xlabel("bits in a stream, L")
        axes.set_xticks(LENGTHS)
        axes.set_xlim(80, 530)
    panels[0].set_ylabel("test accuracy, % (10,000 images, exact bits)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    save_figure(figure, path)
