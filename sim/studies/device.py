"""Junctions that are not ideal: what correlated, biased, unequal, stuck and misread bits cost, and what helps.

Every cell is a shipped network on bit-exact streams of simulated junctions, all images of the MNIST test set unless
told otherwise. The figures' titles are the rules of thumb that they show.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from spinsc.sim.junctions import mitigation as ways
from spinsc.sim.junctions.calibration import calibrate, widened
from spinsc.sim.junctions.smtj import SMTJ, simulate
from spinsc.sim.recordings.recording import DEFAULT_PERIOD, Recording
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.evaluation import digest_of, percent_right, shipped
from spinsc.sim.studies.evaluation import images as digits
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

SMALL, FINE = "mlp1-k5", "mlp1-k11"
CALIBRATION_SAMPLES = 20_000
LENGTH = 100
TRAINED_LENGTHS, EPOCHS = (100, 20, 5), 20
#: Accuracies further than this below the best are beyond the figure.
SHOWN = 10.0
_DWELL_S = SMTJ().dwell_time_0_s
_INTERVAL_S = SMTJ().sampling_interval_s
#: Raw samples that a way takes for each one it gives.
_SAMPLES_TAKEN = {"every 4th": 4.0, "von Neumann": 4.5}
_JUNCTIONS_TAKEN = {"XOR of 2": 2, "XOR of 3": 3}


@dataclass(frozen=True)
class Line:
    """A curve: parameters of `measure` at each position."""

    label: str
    points: Mapping[float, Mapping[str, Any]]


@dataclass(frozen=True)
class Figure:
    """A figure of one or more panels: its file, its rule of thumb, and for each panel its axis and curves."""

    name: str
    rule: str
    panels: Sequence[tuple[str, Sequence[Line]]]


def figures() -> list[Figure]:
    """All figures of the study."""
    def lines(positions: Sequence[float], ways_: Mapping[str, str], parameters: Callable[[float], Mapping[str, Any]],
              **others: Any) -> list[Line]:
        return [Line(label, {x: {**others, "way": way, **parameters(x)} for x in positions})
                for label, way in ways_.items()]

    def same(*names: str) -> dict[str, str]:
        return {name: name for name in names}

    def junction(**fields: float) -> dict[str, Any]:
        return {"junction": fields}

    def off(p: float) -> dict[str, Any]:
        return junction(bias_kt=math.atanh(2 * p))

    def unequal(p: float) -> dict[str, Any]:
        return junction(bias_spread_kt=2 * p)

    def interval(x: float) -> dict[str, Any]:
        return junction(sampling_interval_s=x * _DWELL_S)

    def effective(x: float) -> dict[str, Any]:
        r = math.exp(-2 * x)
        return {"way": "ideal", "length": max(1, round(100 * (1 - r) / (1 + r)))}

    intervals = (0.1, 0.2, 0.35, 0.5, 1, 2, 4)
    biases = (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
    spreads = (0, 0.02, 0.05, 0.1, 0.15, 0.2)
    shares = (0, 0.01, 0.02, 0.05, 0.1, 0.2)
    defects = (0, 0.004, 0.01, 0.02, 0.05, 0.1)
    plain = {"as they are": "none"}
    wide = {"8-bit numbers": "wide"}
    sources = {"comparator": "none", "tuned": "tuned"}
    both = [(network, label, way) for network in (SMALL, FINE) for label, way in sources.items()]
    return [
        Figure("correlation", "A mean dwell time between samples suffices; half of it with shuffled lanes or an XOR", [
            ("sampling interval / mean dwell time",
             [*lines(intervals, plain | same("shuffled", "XOR of 2", "every 4th", "von Neumann"), interval),
              Line("ideal bits, L(1-r)/(1+r)", {x: effective(x) for x in intervals})])]),
        Figure("bias", "A common bias of 0.002 in P(1) is harmless, 0.01 is not; XOR or calibration helps", [
               ("P(1) - 1/2 of all junctions", lines(
                   biases, plain | same("XOR of 2", "von Neumann") | wide | {"8-bit, recalibrated": "recalibrated"},
                   off))]),
        Figure("spread", "A spread of P(1) of 0.05 costs little; with an XOR 0.15, with calibrated devices any",
               [("standard deviation of P(1) over the junctions", lines(
                   spreads, plain | same("shuffled", "XOR of 2") | wide
                   | {"8-bit, recalibrated": "recalibrated", "8-bit, each device": "calibrated"}, unequal))]),
        Figure("stuck", "One junction in a hundred may be stuck; with an XOR or calibrated devices, one in ten",
               [("share of stuck junctions", lines(
                   defects, plain | same("shuffled", "XOR of 2") | wide | {"8-bit, each device": "calibrated"},
                   lambda share: {"stuck": share}))]),
        Figure("flips", "Misread bits are harmless to unbiased junctions, and pull tuned ones to 1/2",
               [("share of misread samples", [
                   Line(f"{label}, {how}", {x: {"way": way, **junction(flip_probability=x, flip_time_s=time)}
                                            for x in shares})
                   for label, way in sources.items() for how, time in (("one by one", 0.0),
                                                                       ("20 samples long", 20 * _INTERVAL_S))])]),
        Figure("tuned", "Tuned junctions stand a spread somewhat better than comparators, and correlation alike",
               [(axis, [Line(f"{network}, {label}", {x: {"network": network, "way": way, **parameters(x)}
                                                     for x in positions}) for network, label, way in both])
                for axis, positions, parameters in (
                    ("standard deviation of P(1) (at 1/2) over the junctions", spreads, unequal),
                    ("sampling interval / mean dwell time", intervals, interval))]),
        Figure("drift", "Drift spoils what was calibrated before; 25 K shift tuned junctions harmlessly",
               [("standard deviation of the drifting bias in kT", lines(
                   (0, 0.05, 0.1, 0.2, 0.4), sources | {"shuffled": "shuffled", "8-bit, each device": "calibrated"},
                   lambda kt: junction(drift_kt=kt, drift_time_s=1e-3))),
                ("temperature in K", lines((250, 275, 300, 325, 350), sources,
                                           lambda kelvin: junction(temperature_k=kelvin)))]),
        Figure("period", "The bits of one image tell the accuracy within 0.3 points, those of eight within 0.2", [
            ("images until the bits repeat", [
                Line(network, {period: {"network": network, "period": period} for period in (1, 2, 4, 8, 16, 32)})
                for network in (SMALL, FINE)])]),
        Figure("training", "Training with the noise of L(1-r)/(1+r) bits wins back half of what correlation costs", [
            ("sampling interval / mean dwell time", [
                Line(f"trained with the noise of {length} bits", {
                    x: {"network": "trained", "trained_length": length, **interval(x)}
                    for x in (0.05, 0.1, 0.2, 0.35, 0.5, 1)}) for length in TRAINED_LENGTHS])]),
    ]


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


def measure(network: str, seed: int, images: int | None, way: str = "none", junction: Mapping[str, float] | None = None,
            stuck: float = 0.0, length: int | None = None, period: int = DEFAULT_PERIOD, digest: str = "",
            trained_length: int = 0, folder: str = "") -> dict[str, Any]:
    """Cell: accuracy of a network on junctions of a kind, with one way to make the best of them.

    Parameters
    ----------
    way : str
        ``none``, ``ideal`` (perfect bits), ``tuned`` (a plan), ``wide`` (8-bit numbers), ``recalibrated`` (and common
        thresholds from a recording), ``calibrated`` (and thresholds for each group of junctions), ``shuffled``,
        ``XOR of 2``, ``XOR of 3``, ``every 4th``, ``von Neumann``.
    junction : mapping
        Fields of `SMTJ`.
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
    chosen, recording = _recorded(chosen, SMTJ(**junction or {}, seed=seed), way, stuck, period)
    return {"accuracy": percent_right(chosen, RecordedStreams(recording, chosen, period=period), count=images),
            "devices": chosen.devices * _JUNCTIONS_TAKEN.get(way, 1)}


def train(length: int, seed: int, epochs: int, folder: str) -> dict[str, Any]:
    """Cell: train a network of the size of ``mlp1-k5`` with the noise of streams of a length."""
    network = train_on(TrainingConfig((100,), 5, length, seed=seed, epochs=epochs), digits("train"), digits("test"),
                       _trained(folder, length, seed), progress=False)
    return {"validation": network.provenance["validation_accuracy_percent"]}


def _trained(folder: str, length: int, seed: int) -> Path:
    return Path(folder) / f"trained-l{length}-seed{seed}.npz"


def _recorded(network: Network, model: SMTJ, way: str, stuck: float, period: int) -> tuple[Network, Recording]:
    """The network, perhaps calibrated, and bits for ``period`` images of it."""
    steps = max(network.samples) * period
    pairs = 1.0
    if way == "von Neumann":  # a pair of a chain is unequal with the probability 2 p (1 - p) (1 - r)
        p1, r = model.probability(network.devices), model.autocorrelation(network.devices, 1)[:, 0]
        pairs = float((4 * p1 * (1 - p1) * (1 - r)).min())
    before = CALIBRATION_SAMPLES if way in ("recalibrated", "calibrated") else 0
    raw = before + math.ceil(steps * _SAMPLES_TAKEN.get(way, 1.0) / pairs)
    junctions = _JUNCTIONS_TAKEN.get(way, 1)
    recording = simulate(model, network, raw) if junctions == 1 else model.simulate(network.devices * junctions, raw)
    if stuck:
        generator = np.random.default_rng(model.seed)
        broken = generator.permutation(recording.devices)[:round(stuck * recording.devices)]
        for value in (0, 1):
            recording = ways.stuck(recording, broken[value::2], value)
    if before:
        known = Recording(recording.packed[:, :before // 8], before, recording.metadata, allow_constant=True)
        network = calibrate(network, known, common=way == "recalibrated").network
        recording = Recording(recording.packed[:, before // 8:], raw - before, recording.metadata, allow_constant=True)
    if way == "shuffled":
        recording = ways.shuffle(recording, network)
    elif junctions > 1:
        recording = ways.xor(recording, junctions)
    elif way == "every 4th":
        recording = ways.every(recording, 4)
    elif way == "von Neumann":
        recording = ways.von_neumann(recording)
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
    canvas, axes = new_figure(6.6 * len(figure.panels), 4.6, 1, len(figure.panels))
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
