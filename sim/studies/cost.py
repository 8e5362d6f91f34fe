"""What stochastic computing costs: few states against many, and against binary arithmetic and a binarized network.

All networks are 784-100-10 on MNIST, emitted with `LANES` lanes, `NEURONS` neurons at a time and LFSRs, and estimated
by `spinsc.sim.costs`. Streams are not trained for their length: each network is evaluated with shorter and longer ones,
and takes the shortest that reach an accuracy. The networks of 256 and of 2 states are trained here, the others are
shipped.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.files import write_atomically
from spinsc.gen.emit import emit
from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import train_on
from spinsc.sim.costs.activity import images_in_flight
from spinsc.sim.costs.cost import estimate
from spinsc.sim.report.cost import cost_data
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.cost_designs import LANES, NEURONS, OVER_LENGTH, UNROLLED, Design, binary, stochastic
from spinsc.sim.studies.cost_tables import baseline_table, break_even, check_table, claim_table, draw, parts_table
from spinsc.sim.studies.evaluation import digest_of, images, percent_right, shipped, streams
from spinsc.sim.studies.flips import BINARIZED

SHIPPED = {5: "mlp1-k5", 11: "mlp1-k11"}
#: How the others are trained; a binarized network has streams of one bit, which are exact.
TRAINED = {256: TrainingConfig((100,), states=256, length=256, epochs=15, augmentation=0.3), 2: BINARIZED}
#: Stream lengths of which the shortest is sought.
LENGTHS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100)
#: Accuracies, in per cent, that streams have to be long enough for.
TARGETS = (95.0, 97.0)
#: Test images that lengths are chosen by.
IMAGES = 1000


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None, data: str | None = None) -> str:
    """Compute what ``out`` lacks, write the tables and the figure, and return the tables.

    Parameters
    ----------
    out : Path
        Gets ``results.json``, the tables, ``cost.png`` and, in ``networks``, the trained networks.
    seeds : int
        Of the junctions' bits, from 0.
    jobs, scheduler
        See `cells.run_cells`.
    data : str, optional
        Folder of IDX files, otherwise MNIST is found.
    """
    results = Results(out / RESULTS)
    folder = str((out / "networks").resolve())
    where = {"folder": folder, "data": data}

    def found(cells: Mapping[Any, Cell]) -> dict[Any, dict[str, Any]]:
        run_cells(list(cells.values()), results, jobs=jobs, scheduler=scheduler)
        return {name: results[cell] for name, cell in cells.items()}

    trained = {states: Cell(f"{__name__}:train", {"states": states, "command": config.command}, where)
               for states, config in TRAINED.items()}
    for states, cell in trained.items():
        if not _file(folder, states).is_file():
            results.forget(cell)
    found(trained)
    rates = found({(states, length, seed): Cell(
        f"{__name__}:rate", {**_network(states), "length": length, "seed": seed, "count": IMAGES}, where)
        for states in (*SHIPPED, 256) for length in LENGTHS for seed in range(seeds)})
    exact = found({states: Cell(f"{__name__}:rate_exact", _network(states), where) for states in (*SHIPPED, 256, 2)})
    accuracies = {(states, length): statistics.median(rates[states, length, seed]["percent"] for seed in range(seeds))
                  for states in (*SHIPPED, 256) for length in LENGTHS}
    chosen = {(target, states): next((length for length in LENGTHS if accuracies[states, length] >= target), None)
              for target in TARGETS for states in (*SHIPPED, 256)}
    costs = found({design: Cell(f"{__name__}:cost", _network(design.states) | design._asdict(), where)
                   for design in _designs(chosen)})
    texts = {"claim.md": claim_table(TARGETS, chosen, costs), "baseline.md": baseline_table(accuracies, exact, costs),
             "parts.md": parts_table(costs), "checks.md": check_table(costs), "break-even.md": break_even(costs)}
    draw(costs, out / "cost.png")
    for name, text in texts.items():
        write_atomically(out / name, f"{text}\n".encode())
    return "\n\n".join([*texts.values(), f"Written to {out}: {RESULTS}, {', '.join(texts)}, cost.png"])


def _designs(chosen: Mapping[tuple[float, int], int | None]) -> list[Design]:
    """All that are emitted, each once."""
    keys = [stochastic(states, length) for (_, states), length in chosen.items() if length is not None]
    keys += [stochastic(5, length) for length in OVER_LENGTH]
    keys += [stochastic(5, steps, steps) for steps in UNROLLED]
    keys += [stochastic(2, 1), binary(5), binary(11), binary(256)]
    keys += [stochastic(5, 8, neurons=2), stochastic(5, 8, noise=True), binary(5, noise=True)]
    return list(dict.fromkeys(keys))


def _network(states: int) -> dict[str, Any]:
    """What names a network among the parameters of a cell."""
    return {"states": states, "network": digest_of(SHIPPED[states]) if states in SHIPPED
            else f"{TRAINED[states].epochs} epochs"}


def _file(folder: str, states: int) -> Path:
    return Path(folder) / f"784-100-10-k{states}.npz"


def _load(states: int, network: str, folder: str) -> Network:
    return shipped(SHIPPED[states], network) if states in SHIPPED else load_artifact(_file(folder, states))


def train(states: int, command: str, folder: str, data: str | None = None) -> dict[str, Any]:
    """Cell: train a network, unless its file is there; ``command`` says how."""
    path = _file(folder, states)
    if not path.is_file():
        train_on(TRAINED[states], images("train", data), images("test", data), path, progress=False)
    return {"validation": load_artifact(path).provenance["validation_accuracy_percent"]}


def rate(states: int, network: str, length: int, seed: int, count: int, folder: str,
         data: str | None = None) -> dict[str, Any]:
    """Cell: accuracy with bits of simulated junctions on the first test images."""
    chosen = _load(states, network, folder).with_folding(LANES, NEURONS).with_length(length)
    return {"percent": percent_right(chosen, streams(chosen, seed), data, count)}


def rate_exact(states: int, network: str, folder: str, data: str | None = None) -> dict[str, Any]:
    """Cell: accuracy of binary arithmetic on all test images."""
    chosen = _load(states, network, folder).with_binary_arithmetic()
    return {"percent": percent_right(chosen, streams(chosen, 0), data)}


def cost(states: int, network: str, length: int, unroll: int, neurons: int, arithmetic: str, noise: bool, folder: str,
         data: str | None = None) -> dict[str, Any]:
    """Cell: emit a network and estimate it, with test images or with random pixels."""
    chosen = _load(states, network, folder)
    if arithmetic == "binary":
        chosen = chosen.with_folding(LANES, neurons).with_binary_arithmetic()
    else:
        chosen = chosen.with_length(length).with_folding(LANES, neurons, unroll)
    with tempfile.TemporaryDirectory(prefix="spinsc-") as parent:
        directory = Path(parent) / "hw"
        manifest = emit(chosen, directory, source="lfsr")
        pixels = images("test", data).images[:1 + images_in_flight(manifest)]
        if noise:
            pixels = np.random.default_rng(0).integers(0, 256, pixels.shape, np.uint8)
        found = estimate(directory, pixels, progress=lambda stage: None)
        values = cost_data(found, "hw", (180, 45, 28, 7))
    return {name: value for name, value in values.items() if name not in ("directory", "tools")}
