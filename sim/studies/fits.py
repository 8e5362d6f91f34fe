"""Parameters put into synthetic junctions, and what `spinsc.sim.junctions.fit` recovers of them within its errors.

Every device has dwell times, bias, read-out noise and drift of its own, drawn at random; a recording of it is simulated
(by code that shares nothing with the fit but the formulas of `SMTJ`) and fitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.files import write_atomically
from spinsc.sim.junctions.fit import fit_device
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.report import COLOURS, duration, new_figure, save_figure

DEVICES = 200
SAMPLES = 1 << 16
#: Values put in, up to which devices that share one are drawn beside each other.
MOST_VALUES = 5
#: Each quantity: its name, and true value, estimate and standard error from a cell, None where it was not fitted.
Quantity = Callable[[dict[str, Any]], tuple[float, float, float] | None]
QUANTITIES: dict[str, Quantity] = {
    "dwell time (logarithm)": lambda cell: (cell["true"]["log_dwell"], cell["log_dwell"], cell["log_dwell_error"]),
    "bias, kT": lambda cell: (cell["true"]["bias"], cell["bias"], cell["bias_error"]),
    "samples read inverted": lambda cell: (cell["true"]["flips"], cell["flips"], cell["flips_error"]),
    "drift, kT (logarithm)": lambda cell: None if not cell["drift"] or not cell["true"]["drift"] else (
        math.log(cell["true"]["drift"]), math.log(cell["drift"]), cell["drift_error"] / cell["drift"]),
    "correlation time of the drift (logarithm)": lambda cell: None if not cell["drift"] or not cell["true"]["drift"]
    else (math.log(cell["true"]["drift_time"]), math.log(cell["drift_time"]), cell["drift_time_error"])}


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None, devices: int = DEVICES) -> str:
    """Fit what ``out`` lacks, write ``results.json``, a table and a figure, and return the table.

    Parameters
    ----------
    seeds : int
        Recordings of each device.
    devices : int
    """
    results = Results(out / RESULTS)
    cells = [Cell(f"{__name__}:measure", {"device": device, "seed": seed, "samples": SAMPLES})
             for device in range(devices) for seed in range(seeds)]
    run_cells(cells, results, jobs=jobs, scheduler=scheduler)
    found = [results[cell] for cell in cells]
    text = table(found)
    write_atomically(out / "fits.md", f"{text}\n".encode())
    draw(found, out / "fits.png")
    effort = f"{len(cells)} recordings, {duration(sum(map(results.seconds, cells)))} of one core"
    return f"{text}\n\n{effort}\n\nWritten to {out}: {RESULTS}, fits.md, fits.png"


def parameters(device: int, samples: int) -> dict[str, float]:
    """What is put into a device, times in sampling intervals; a third of the devices each have no flips, no drift."""
    rng = np.random.default_rng([device, 13])
    flips = [0.0, 0.01, 0.05][int(rng.integers(3))]
    drift = [0.0, 0.1, 0.3][int(rng.integers(3))]
    return {"log_dwell": math.log(rng.uniform(0.5, 12)), "bias": float(rng.normal(0, 0.3)), "flips": flips,
            "drift": drift, "drift_time": samples / float(rng.uniform(15, 60))}


def measure(device: int, seed: int, samples: int) -> dict[str, Any]:
    """Cell: a device's true parameters and those that are fitted, with their errors."""
    true = parameters(device, samples)
    tau = [math.exp(true["log_dwell"] - true["bias"]), math.exp(true["log_dwell"] + true["bias"])]
    model = SMTJ(dwell_time_0_s=tau[0], dwell_time_1_s=tau[1], sampling_interval_s=1.0, barrier_spread_kt=0.0,
                 bias_spread_kt=0.0, flip_probability=true["flips"], drift_kt=true["drift"],
                 drift_time_s=true["drift_time"], seed=1000 * seed + device)
    fit = fit_device(model.simulate(1, samples))
    drift = fit.drift
    return {"true": true, "log_dwell": fit.log_dwell, "log_dwell_error": fit.log_dwell_error, "bias": fit.bias,
            "bias_error": fit.bias_error, "flips": fit.flips, "flips_error": fit.flips_error,
            "drift": drift.deviation, "drift_error": drift.deviation_error,
            "drift_time": drift.time * fit.part if drift.found else None,
            "drift_time_error": drift.time_error if drift.found else None, "chance": fit.chance}


def pulls(found: Sequence[dict[str, Any]], quantity: Quantity) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Estimate less truth, in standard errors, of the devices for which both are known."""
    known = [values for cell in found if (values := quantity(cell)) is not None and values[2] > 0]
    return np.array([(estimate - true) / error for true, estimate, error in known])


def table(found: Sequence[dict[str, Any]]) -> str:
    """For each quantity how often the truth lies within one and two standard errors."""
    rows = []
    for name, quantity in QUANTITIES.items():
        z = pulls(found, quantity)
        rows.append([name, str(len(z)), f"{100 * (abs(z) <= 1).mean():.0f}", f"{100 * (abs(z) <= 2).mean():.0f}",
                     f"{100 * (abs(z) <= 3).mean():.1f}", f"{np.median(z):+.2f}"])
    drifting = [cell for cell in found if cell["true"]["drift"]]
    steady = [cell for cell in found if not cell["true"]["drift"]]
    flipped = [cell for cell in found if cell["true"]["flips"]]
    clean = [cell for cell in found if not cell["true"]["flips"]]
    sentences = [
        f"A drift is found in {sum(cell['drift'] > 0 for cell in drifting)} of {len(drifting)} devices that have one, "
        f"and in {sum(cell['drift'] > 0 for cell in steady)} of {len(steady)} that have none.",
        f"Inverted samples are told (by two errors) in {_told(flipped)} of {len(flipped)} devices that have them, and "
        f"in {_told(clean)} of {len(clean)} that have none.",
        f"The dwells of {sum(cell['chance'] < 1e-3 for cell in found)} of {len(found)} devices are said not to be the "
        "model's."]
    header = ["quantity", "devices", "within 1 error, %", "within 2, %", "within 3, %", "median pull"]
    return "\n\n".join([markdown(header, rows), "Of errors that are Gaussian, 68, 95 and 99.7 % are within 1, 2 and 3.",
                        " ".join(sentences)])


def _told(found: Sequence[dict[str, Any]]) -> int:
    return sum(cell["flips"] > 2 * cell["flips_error"] for cell in found)


def draw(found: Sequence[dict[str, Any]], path: Path) -> None:
    """Estimate over truth with error bars, and the pulls of all quantities against a Gaussian."""
    figure, panels = new_figure(12.0, 7.2, 2, 3)
    for number, (axes, (name, quantity)) in enumerate(zip(panels.flat, QUANTITIES.items(), strict=False)):
        known = np.array([values for cell in found if (values := quantity(cell)) is not None])
        ends = [known[:, 0].min(), known[:, 0].max()]
        axes.errorbar(_beside(known[:, 0]), known[:, 1], yerr=known[:, 2], fmt="o", ms=2.5, lw=0, elinewidth=0.6,
                      color=COLOURS[number])
        axes.plot(ends, ends, color="0.4", lw=0.8)
        axes.set(title=name, xlabel="put in", ylabel="found")
    last = panels.flat[-1]
    axis = np.linspace(-4, 4, 200)
    for number, (name, quantity) in enumerate(QUANTITIES.items()):
        z = np.sort(pulls(found, quantity))
        last.plot(z, (np.arange(len(z)) + 0.5) / len(z), color=COLOURS[number], lw=1.3,
                  label=name.partition(",")[0].partition(" (")[0])
    last.plot(axis, [0.5 * (1 + math.erf(z / math.sqrt(2))) for z in axis], color="0.2", lw=1, ls="--",
              label="Gaussian")
    last.set(title="errors in units of those stated", xlabel="(found - put in) / stated error", ylabel="share below",
             xlim=(-4, 9))
    last.legend(frameon=False, fontsize=8, loc="center right")
    save_figure(figure, path)


def _beside(put_in: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Where the devices are drawn: beside each other, where few values are put into many."""
    values, places = np.unique(put_in, return_inverse=True)
    if len(values) > MOST_VALUES:
        return put_in
    shifts = np.array([np.linspace(-0.5, 0.5, (places == place).sum())[(places[:n] == place).sum()]
                       for n, place in enumerate(places)])
    beside: np.ndarray[Any, np.dtype[np.float64]] = put_in + 0.2 * np.diff(values).min() * shifts
    return beside
