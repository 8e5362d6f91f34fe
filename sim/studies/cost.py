"""What stochastic computing costs: few states against many, and against binary arithmetic and a binarized network.

All networks are 784-100-10 on MNIST, emitted with `LANES` lanes, `NEURONS` neurons at a time and LFSRs, and estimated
by `spinsc.sim.costs`. Those of 5 and 11 states are shipped, and evaluated at several lengths without training for them;
so is one of 256 states, which is trained here. That of 2 states is trained as for the study of flips. Others, of few
bits or few neurons, are trained for what they are compared by: the energy of an image at an accuracy.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spinsc.files import write_atomically
from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import train_on
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.cost_designs import LANES, NEURONS, designs
from spinsc.sim.studies.cost_tables import (
    baseline_table,
    break_even,
    check_table,
    claim_table,
    draw,
    equal_table,
    length_table,
    parts_table,
)
from spinsc.sim.studies.evaluation import digest_of, images, percent_right, shipped, streams
from spinsc.sim.studies.flips import BINARIZED
from spinsc.sim.studies.standard_cells import estimate_network

SHIPPED = {5: "mlp1-k5", 11: "mlp1-k11"}
#: What networks of other numbers of states are trained by.
TRAINED = {2: BINARIZED, 256: TrainingConfig((100,), states=256, length=16, augmentation=0.3)}
#: Stream lengths that accuracy is measured at.
LENGTHS = (4, 8, 16, 32, 100)
#: Networks trained for few bits, or few neurons for binary arithmetic, for which long streams stand.
FEW = {**{f"SC, K = 5, L = B = {length}, trained for it": TrainingConfig(
           (100,), states=5, length=length, noise="shared", augmentation=0.3) for length in (4, 8)},
       **{f"binary arithmetic, K = 5, {neurons} hidden neurons": TrainingConfig(
           (neurons,), states=5, length=1000, augmentation=0.3) for neurons in (30, 50)}}


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
    where = {"folder": str((out / "networks").resolve()), "data": data}

    def found(cells: Mapping[Any, Cell]) -> dict[Any, dict[str, Any]]:
        run_cells(list(cells.values()), results, jobs=jobs, scheduler=scheduler)
        return {name: results[cell] for name, cell in cells.items()}

    rates = found({(states, length, seed): Cell(
        f"{__name__}:rate", {**_network(states), "length": length, "seed": seed}, where)
        for states in (*SHIPPED, 256) for length in LENGTHS for seed in range(seeds)})
    exact = found({states: Cell(f"{__name__}:rate_exact", _network(states), where) for states in (*SHIPPED, 2)})
    accuracies = {(states, length): statistics.median(rates[states, length, seed]["percent"] for seed in range(seeds))
                  for states in (*SHIPPED, 256) for length in LENGTHS}
    costs = found({design: Cell(f"{__name__}:cost", _network(design.states) | design._asdict(), where)
                   for design in designs()})
    trained = found({name: Cell(f"{__name__}:few", {"train": config.command}, where | {"name": name})
                     for name, config in FEW.items()})
    texts = {"claim.md": claim_table(accuracies, costs), "lengths.md": length_table(accuracies),
             "baseline.md": baseline_table(accuracies, exact, costs),
             "equal.md": equal_table(trained, costs, accuracies, exact), "parts.md": parts_table(costs),
             "checks.md": check_table(costs), "break-even.md": break_even(costs)}
    draw(costs, out / "cost.png")
    for name, text in texts.items():
        write_atomically(out / name, f"{text}\n".encode())
    return "\n\n".join([*texts.values(), f"Written to {out}: {RESULTS}, {', '.join(texts)}, cost.png"])


def _network(states: int) -> dict[str, Any]:
    """What names a network among the parameters of a cell."""
    return {"states": states, "network": digest_of(SHIPPED[states]) if states in SHIPPED
            else f"{TRAINED[states].epochs} epochs"}


def _load(states: int, network: str, folder: str, data: str | None) -> Network:
    """A network by what `_network` says of it."""
    if states in SHIPPED:
        return shipped(SHIPPED[states], network)
    return _trained(TRAINED[states], Path(folder) / f"784-100-10-k{states}.npz", data)


def _trained(config: TrainingConfig, path: Path, data: str | None) -> Network:
    """A network that is trained unless there it is."""
    return load_artifact(path) if path.is_file() else train_on(
        config, images("train", data), images("test", data), path, progress=False)


def rate(states: int, network: str, length: int, seed: int, folder: str, data: str | None = None) -> dict[str, Any]:
    """Cell: accuracy with bits of simulated junctions."""
    chosen = _load(states, network, folder, data).with_folding(LANES, NEURONS).with_length(length)
    return {"percent": percent_right(chosen, streams(chosen, seed), data)}


def rate_exact(states: int, network: str, folder: str, data: str | None = None) -> dict[str, Any]:
    """Cell: accuracy of binary arithmetic."""
    chosen = _load(states, network, folder, data).with_binary_arithmetic()
    return {"percent": percent_right(chosen, streams(chosen, 0), data)}


def cost(states: int, network: str, length: int, unroll: int, neurons: int, arithmetic: str, noise: bool,
         pipeline: bool, folder: str, data: str | None = None) -> dict[str, Any]:
    """Cell: emit a network and estimate it, with test images or with random pixels."""
    chosen = _load(states, network, folder, data)
    if arithmetic == "binary":
        chosen = chosen.with_folding(LANES, neurons).with_binary_arithmetic()
    else:
        chosen = chosen.with_length(length).with_folding(LANES, neurons, unroll)
    return estimate_network(chosen, data, noise=noise, pipeline=pipeline)


def few(train: str, name: str, folder: str, data: str | None = None) -> dict[str, Any]:
    """Cell: train a network of `FEW`; its accuracy and what it costs."""
    config = FEW[name]
    path = Path(folder) / f"784-{config.hidden[0]}-10-k{config.states}-l{config.length}.npz"
    chosen = _trained(config, path, data)
    if name.startswith("SC"):
        chosen = chosen.with_folding(LANES, NEURONS, config.length)
    else:
        chosen = chosen.with_folding(LANES, NEURONS).with_binary_arithmetic()
    return {"percent": percent_right(chosen, streams(chosen, 0), data),
            "cost": estimate_network(chosen, data)}
