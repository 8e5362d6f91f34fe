"""Accuracy while bits of a datapath flip: stochastic and binary arithmetic of the same states, and a binarized network.

All have the same sizes. A flip hits each bit of each product with the same probability, that of an XNOR at each step or
each bit of a binary product's word; or each bit of the accumulators' words, once they are finished.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spinsc.files import write_atomically
from spinsc.models.artifact import load_artifact
from spinsc.models.golden.flips import WIRES, FlippedGolden, Flips
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import train_on
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.evaluation import digest_of, shipped, streams
from spinsc.sim.studies.evaluation import images as digits
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

NETWORK = "mlp1-k5"
RATES = (0.0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2)
#: Each datapath: its name, and parameters of `measure`.
DATAPATHS: dict[str, dict[str, Any]] = {
    "stochastic, 100 bits": {"arithmetic": "stochastic", "length": 100},
    "stochastic, 16 bits": {"arithmetic": "stochastic", "length": 16},
    "binary, the same states": {"arithmetic": "binary", "length": None},
    "binarized (K = 2, 1 bit)": {"arithmetic": "binarized", "length": None}}
#: What is trained for the last.
BINARIZED = TrainingConfig((100,), states=2, length=1, augmentation=0.3)
TITLES = {"products": "flips in products", "sums": "flips in finished sums"}

Found = Mapping[tuple[str, str], Sequence[Mapping[str, float]]]


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None, images: int | None = None,
        epochs: int = BINARIZED.epochs) -> str:
    """Measure what ``out`` lacks, write ``results.json``, ``flips.md`` and ``flips.png``, and return the table.

    Parameters
    ----------
    seeds : int
        Of the flips, and of the junctions' bits, from 0.
    jobs, scheduler
        See `cells.run_cells`.
    images : int, optional
        First so many test images, by default all 10,000.
    epochs : int
        Of the binarized network's training.
    """
    results = Results(out / RESULTS)
    where = {"folder": str((out / "networks").resolve())}
    training = Cell(f"{__name__}:train_binarized", {"epochs": epochs}, where)
    cells = measurements(seeds, images, epochs, where)
    measured = [cell for group in cells.values() for cell in group]
    if any(cell not in results for cell in measured) and not _trained(where["folder"], epochs).exists():
        results.forget(training)
    run_cells([training], results, jobs=jobs, scheduler=scheduler)
    run_cells(measured, results, jobs=jobs, scheduler=scheduler)
    found = {key: [results[cell]["accuracy"] for cell in group] for key, group in cells.items()}
    text = table(found)
    write_atomically(out / "flips.md", f"{text}\n".encode())
    draw(found, out / "flips.png")
    effort = f"{len(measured)} cells, {duration(sum(map(results.seconds, [training, *measured])))} of one core"
    return f"{text}\n\n{effort}\n\nWritten to {out}: {RESULTS}, flips.md, flips.png"


def measurements(seeds: int, images: int | None, epochs: int, where: Mapping[str, str],
                 ) -> dict[tuple[str, str], list[Cell]]:
    """Cells of each seed by what flips and the datapath."""
    digest = digest_of(NETWORK)
    return {(wires, name): [Cell(f"{__name__}:measure", {
        **parameters, "wires": wires, "rates": list(RATES), "seed": seed, "images": images,
        **({"epochs": epochs} if parameters["arithmetic"] == "binarized" else {"network": NETWORK, "digest": digest})},
        where) for seed in range(seeds)] for wires in WIRES for name, parameters in DATAPATHS.items()}


def _trained(folder: str, epochs: int) -> Path:
    return Path(folder) / f"binarized-{epochs}.npz"


def train_binarized(epochs: int, folder: str) -> dict[str, Any]:
    """Cell: train the binarized network."""
    network = train_on(dataclasses.replace(BINARIZED, epochs=epochs), digits("train"), digits("test"),
                       _trained(folder, epochs), progress=False)
    return {"validation": network.provenance["validation_accuracy_percent"]}


def measure(arithmetic: str, length: int | None, wires: str, rates: Sequence[float], seed: int, images: int | None,
            folder: str, network: str = "", digest: str = "", epochs: int = 0) -> dict[str, Any]:
    """Cell: accuracy of a datapath in per cent at each rate of flips.

    Parameters
    ----------
    arithmetic : {"stochastic", "binary", "binarized"}
        Of a shipped network, which ``digest`` tells apart (see `shipped`), or that which `train_binarized` left in the
        folder after so many epochs.
    length : int or None
        L, of stochastic arithmetic.
    """
    chosen = load_artifact(_trained(folder, epochs)) if arithmetic == "binarized" else shipped(network, digest)
    if arithmetic == "binary":
        chosen = chosen.with_binary_arithmetic()
    elif length is not None:
        chosen = chosen.with_length(length)
    test = digits("test")[:images]
    golden = FlippedGolden(chosen, streams(chosen, seed))
    return {"accuracy": {str(rate): round(100 * float((golden.classify(
        test.images, Flips(rate, wires, seed)) == test.labels).mean()), 3) for rate in rates}}


def table(found: Found) -> str:
    """Accuracy over the rate for each datapath, medians of the seeds."""
    parts = []
    for wires in WIRES:
        rows = [[name, *(f"{statistics.median(each[str(rate)] for each in found[wires, name]):.2f}" for rate in RATES)]
                for name in DATAPATHS]
        parts.append(markdown([f"{TITLES[wires]}, each bit with probability", *(f"{rate:g}" for rate in RATES)], rows))
    return "\n\n".join(parts)


def draw(found: Found, path: Path) -> None:
    """Accuracy over the rate, a panel for each place of the flips; without flips at the left edge."""
    figure, panels = new_figure(10.4, 4.6, columns=2)
    least = min(rate for rate in RATES if rate)
    for axes, wires in zip(panels, WIRES, strict=True):
        for number, name in enumerate(DATAPATHS):
            values = [[each[str(rate)] for each in found[wires, name]] for rate in RATES]
            plot_seeds(axes, RATES, values, label=name, color=COLOURS[number], marker="osD^"[number], ms=4.5, lw=1.5,
                       elinewidth=0.8, capsize=2)
        axes.set_xscale("symlog", linthresh=least, linscale=0.4)
        axes.set_xlim(-least / 5, 0.3)
        axes.set_xticks([0, *(10.0 ** -power for power in range(5, 0, -1))],
                        ["0", *(f"{10.0 ** -power:g}" for power in range(5, 0, -1))])
        axes.minorticks_off()
        axes.set(title=TITLES[wires], xlabel="probability that a bit flips", ylim=(0, 100))
    panels[0].set_ylabel("test accuracy, %")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    save_figure(figure, path)
