"""Junctions that are not ideal: what correlated, biased, unequal, stuck and misread bits cost, and what helps.

Every cell is a shipped network on bit-exact streams of simulated junctions, all images of the MNIST test set unless
told otherwise. The figures' titles are the rules of thumb that they show.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.files import write_atomically
from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import train_on
from spinsc.sim.junctions import mitigation
from spinsc.sim.junctions.calibration import calibrate, widened
from spinsc.sim.junctions.devices import DEVICES
from spinsc.sim.junctions.model import JunctionModel, simulate
from spinsc.sim.recordings.recording import DEFAULT_PERIOD, Recording
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.device_figures import FINE, SMALL, TRAINED_LENGTHS, Figure, figures
from spinsc.sim.studies.evaluation import digest_of, percent_right, shipped
from spinsc.sim.studies.evaluation import images as digits
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

CALIBRATION_SAMPLES = 20_000
LENGTH = 100
EPOCHS = 20
#: Accuracies further than this below the best are beyond the figure.
SHOWN = 10.0
#: Raw samples that a treatment takes for each one it gives.
_SAMPLES_TAKEN = {"every 4th": 4.0, "von Neumann": 4.5}
_JUNCTIONS_TAKEN = {"XOR of 2": 2, "XOR of 3": 3}


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None, images: int | None = None) -> str:
    """Measure what ``out`` lacks, write its tables and figures, and return the tables.

    Parameters
    ----------
    out : Path
        Gets ``results.json``, and for each figure a .png and a .md.
    seeds : int
        Of the junctions, from 0.
    jobs, scheduler
        See `cells.run_cells`.
    images : int, optional
        First so many test images, by default all 10,000.
    """
    results = Results(out / RESULTS)
    cells = _cells(seeds, images)
    distinct = {cell.key: cell for group in cells.values() for cell in group}
    folder = str((out / "networks").resolve())
    missing = [(length, seed) for length in TRAINED_LENGTHS for seed in range(seeds)
               if any(cell not in results and cell.parameters.get("trained_length") == length
                      and cell.parameters["seed"] == seed for cell in distinct.values())
               and not _trained(folder, length, seed).exists()]
    trainings = {(length, seed): Cell(f"{__name__}:train", {"length": length, "seed": seed, "epochs": EPOCHS},
                                      {"folder": folder}) for length in TRAINED_LENGTHS for seed in range(seeds)}
    for key in missing:
        results.forget(trainings[key])
    run_cells([trainings[key] for key in missing], results, jobs=jobs, scheduler=scheduler)
    run_cells([dataclasses.replace(cell, where={"folder": folder}) for cell in distinct.values()], results, jobs=jobs,
              scheduler=scheduler)
    texts = []
    for figure in figures():
        found = {key[1:]: [results[cell]["accuracy"] for cell in group] for key, group in cells.items()
                 if key[0] == figure.name}
        text = table(figure, found)
        write_atomically(out / f"{figure.name}.md", f"{text}\n".encode())
        draw(figure, found, out / f"{figure.name}.png")
        texts.append(text)
    done = [*distinct.values(), *(cell for cell in trainings.values() if cell in results)]
    effort = f"{len(done):,} cells, {duration(sum(map(results.seconds, done)))} of one core"
    return "\n\n".join([*texts, effort, f"Written to {out}: {RESULTS}, and for each figure a .png and a .md"])


def _cells(seeds: int, images: int | None) -> dict[tuple[str, int, str, float], list[Cell]]:
    """Cells of each seed by figure, panel, curve and position."""
    digests = {name: digest_of(name) for name in (SMALL, FINE)}
    cells = {}
    for figure in figures():
        count = max(seeds, 6) if figure.name == "period" else seeds  # the scatter is what this one is about
        for panel, (_, lines) in enumerate(figure.panels):
            for line in lines:
                for x, parameters in line.points.items():
                    chosen = {"network": SMALL, "images": images, **parameters}
                    chosen["digest"] = digests.get(chosen["network"], "")
                    cells[figure.name, panel, line.label, x] = [
                        Cell(f"{__name__}:measure", {**chosen, "seed": seed}) for seed in range(count)]
    return cells


def measure(network: str, seed: int, images: int | None, way: str = "none", junction: Mapping[str, float] | None = None,
            device: str = "smtj", stuck: float = 0.0, length: int | None = None, period: int = DEFAULT_PERIOD,
            digest: str = "", trained_length: int = 0, folder: str = "") -> dict[str, Any]:
    """Cell: accuracy of a network on junctions of a kind, with one treatment of their bits.

    Parameters
    ----------
    way : str
        The treatment (results are kept under this name): ``none``, ``ideal`` (perfect bits), ``tuned`` (a plan),
        ``wide`` (8-bit numbers), ``recalibrated`` (and common thresholds from a recording), ``calibrated`` (and
        thresholds for each group of junctions), ``shuffled``, ``XOR of 2``, ``XOR of 3``, ``every 4th``,
        ``von Neumann``.
    junction, device : mapping, str
        Fields of the model of a family of junctions, and its name among `DEVICES`.
    stuck : float
        Share of devices that are stuck at 0 or 1.
    digest : str
        See `shipped`.
    trained_length, folder : int, str
        Instead of a shipped network, the one that `train` has left in the folder, at 100 bits.
    """
    if trained_length:
        chosen = load_artifact(_trained(folder, trained_length, seed)).with_length(LENGTH)
    else:
        chosen = shipped(network, digest)
    if length is not None:
        chosen = chosen.with_length(length)
    if way == "ideal":
        return {"accuracy": percent_right(chosen, IdealStreams(chosen, seed, period), count=images), "devices": None}
    if way in ("wide", "recalibrated", "calibrated"):
        chosen = widened(chosen)
    elif way == "tuned":
        chosen = chosen.with_plan("tuned")
    chosen, recording = _recorded(chosen, DEVICES[device](**junction or {}, seed=seed), way, stuck, period)
    return {"accuracy": percent_right(chosen, RecordedStreams(recording, chosen, period=period), count=images),
            "devices": chosen.devices * _JUNCTIONS_TAKEN.get(way, 1)}


def train(length: int, seed: int, epochs: int, folder: str) -> dict[str, Any]:
    """Cell: train a network of the size of ``mlp1-k5`` with the noise of streams of a length."""
    network = train_on(TrainingConfig((100,), 5, length, seed=seed, epochs=epochs), digits("train"), digits("test"),
                       _trained(folder, length, seed), progress=False)
    return {"validation": network.provenance["validation_accuracy_percent"]}


def _trained(folder: str, length: int, seed: int) -> Path:
    return Path(folder) / f"trained-l{length}-seed{seed}.npz"


def _recorded(network: Network, model: JunctionModel, treatment: str, stuck: float,
              period: int) -> tuple[Network, Recording]:
    """The network, perhaps calibrated, and bits for ``period`` images of it."""
    steps = max(network.samples) * period
    pairs = 1.0
    if treatment == "von Neumann":  # a pair of a chain is unequal with the probability 2 p (1 - p) (1 - r)
        p1, r = model.probability(network.devices), model.autocorrelation(network.devices, 1)[:, 0]
        pairs = float((4 * p1 * (1 - p1) * (1 - r)).min())
    before = CALIBRATION_SAMPLES if treatment in ("recalibrated", "calibrated") else 0
    raw = before + math.ceil(steps * _SAMPLES_TAKEN.get(treatment, 1.0) / pairs)
    junctions = _JUNCTIONS_TAKEN.get(treatment, 1)
    recording = simulate(model, network, raw) if junctions == 1 else model.simulate(network.devices * junctions, raw)
    if stuck:
        generator = np.random.default_rng(model.seed)
        broken = generator.permutation(recording.devices)[:round(stuck * recording.devices)]
        for value in (0, 1):
            recording = mitigation.stuck(recording, broken[value::2], value)
    if before:
        known = Recording(recording.packed[:, :before // 8], before, recording.metadata, allow_constant=True)
        network = calibrate(network, known, common=treatment == "recalibrated").network
        recording = Recording(recording.packed[:, before // 8:], raw - before, recording.metadata, allow_constant=True)
    if treatment == "shuffled":
        recording = mitigation.shuffle(recording, network)
    elif junctions > 1:
        recording = mitigation.xor(recording, junctions)
    elif treatment == "every 4th":
        recording = mitigation.every(recording, 4)
    elif treatment == "von Neumann":
        recording = mitigation.von_neumann(recording)
    return network, recording


_Found = Mapping[tuple[int, str, float], Sequence[float]]


def table(figure: Figure, found: _Found) -> str:
    """Accuracies of a figure, medians of the seeds with lowest and highest."""
    parts = [f"**{figure.rule}.**"]
    for panel, (axis, lines) in enumerate(figure.panels):
        positions = list(dict.fromkeys(x for line in lines for x in line.points))
        rows = [[line.label, *(_cell_text(found.get((panel, line.label, x))) for x in positions)] for line in lines]
        parts.append(markdown([axis, *(f"{x:g}" for x in positions)], rows))
    return "\n\n".join(parts)


def _cell_text(values: Sequence[float] | None) -> str:
    if values is None:
        return "-"
    return f"{statistics.median(values):.2f}" + (f" ({min(values):.1f}-{max(values):.1f})"
                                                 if max(values) - min(values) >= 0.5 else "")


def draw(figure: Figure, found: _Found, path: Path) -> None:
    """Accuracy over each panel's axis: median of the seeds, with bars from the lowest to the highest."""
    canvas, axes = new_figure((6.6 if len(figure.panels) < 3 else 5.4) * len(figure.panels), 4.6, 1, len(figure.panels))
    for panel, (axis, lines) in enumerate(figure.panels):
        place = axes[panel] if len(figure.panels) > 1 else axes
        for number, line in enumerate(lines):
            positions = list(line.points)
            values = [found[panel, line.label, x] for x in positions]
            ideal = "ideal" in line.label
            colour = "0.3" if ideal else COLOURS[number % len(COLOURS)]
            bars = 0 if ideal else 0.8
            plot_seeds(place, positions, values, label=line.label, color=colour,
                       marker="" if ideal else "osD^vP"[number % 6], ms=4.5, lw=1.5, ls="--" if ideal else "-",
                       elinewidth=bars, capsize=2 * (bars > 0))
        every = [value for line in lines for x in line.points for value in found[panel, line.label, x]]
        low, high = max(min(every), max(every) - SHOWN), max(every)
        room = high - low
        place.set(xlabel=axis, ylabel="accuracy in per cent", ylim=(low - 0.06 * room, high + 0.1 * room))
        if "interval" in axis or "images" in axis:
            place.set_xscale("log")
            place.set_xticks(list(lines[0].points), [f"{x:g}" for x in lines[0].points])
            place.minorticks_off()
        elif figure.name in ("bias", "stuck"):
            ticks = [x for x in lines[0].points if x]
            place.set_xscale("symlog", linthresh=ticks[0], linscale=0.4)
            place.set_xlim(-ticks[0] / 4, 1.2 * ticks[-1])
            place.set_xticks([0, *ticks], ["0", *(f"{x:g}" for x in ticks)])
            place.minorticks_off()
        place.legend(frameon=False, fontsize=8)
    canvas.suptitle(figure.rule, fontsize=10)
    save_figure(canvas, path)
