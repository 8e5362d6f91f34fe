"""Parameters put into synthetic junctions, and what `spinsc.sim.junctions.fit` recovers of them within its errors.

Every device has dwell times, bias, read-out noise and drift of its own, drawn at random; a recording of it is simulated
(by code that shares nothing with the fit but the formulas of `SMTJ`) and fitted. So are as many curves of switching
probabilities, each with midpoint, width and misread cycles of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.files import write_atomically
from spinsc.sim.junctions.curve_fit import fit_curve
from spinsc.sim.junctions.fit import fit_device
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.importing.curves import Curve
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.report import COLOURS, duration, new_figure, save_figure

DEVICES = 200
#: Number of the first; it decides parameters and samples. The fit was developed on others, below 30,000.
FIRST_DEVICE = 40_000
SAMPLES = 1 << 16
#: Of the quantities whose logarithm is fitted, for figures.
_UNITS = {"dwell time (logarithm)": ", samples", "correlation time of the drift (logarithm)": ", samples"}
_SHARES = ("within 1 error, %", "within 2, %", "within 3, %", "median pull")
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
             for device in range(FIRST_DEVICE, FIRST_DEVICE + devices) for seed in range(seeds)]
    run_cells(cells, results, jobs=jobs, scheduler=scheduler)
    found = [results[cell] for cell in cells]
    curves = Cell(f"{__name__}:measure_curves", {"curves": devices, "seed": FIRST_DEVICE})
    run_cells([curves], results, progress=False)
    text = f"{table(found)}\n\n{curves_table(results[curves])}"
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


def measure_curves(curves: int, seed: int) -> dict[str, Any]:
    """Cell: midpoints and widths of curves that are found, less those put in, in stated errors; which are misread."""
    rng = np.random.default_rng([seed, 13])
    voltages, cycles = np.linspace(0.4, 0.6, 31), np.full(31, 100.0)
    found: dict[str, list[float]] = {"midpoint": [], "width": [], "misread": [], "told": [], "chance": []}
    for number in range(curves):
        midpoint, width = 0.5 + 0.02 * rng.normal(), 0.02 * math.exp(0.2 * rng.normal())
        misread = 0.03 if number % 3 == 0 else 0.0
        p = misread + (1 - 2 * misread) / (1 + np.exp((midpoint - voltages) / width))
        fit = fit_curve(Curve("", "", voltages, rng.binomial(100, p).astype(np.float64), cycles))
        for name, value in (("midpoint", (fit.midpoint - midpoint) / fit.midpoint_error),
                            ("width", (fit.width - width) / fit.width_error), ("misread", misread),
                            ("told", fit.flips), ("chance", fit.chance)):
            found[name].append(float(value))
    return found


def curves_table(found: Mapping[str, Sequence[float]]) -> str:
    """The same as `table` of curves."""
    rows = [shares(f"{name} of the sigmoid", np.array(found[name])) for name in ("midpoint", "width")]
    told, misread = np.array(found["told"]) > 0, np.array(found["misread"]) > 0
    return "\n\n".join([
        f"{len(told)} curves of switching probabilities: 31 voltages, 100 cycles each, 3 % misread in a third of them.",
        markdown(["quantity", "curves", *_SHARES], rows),
        f"Misread cycles are told in {(told & misread).sum()} of {misread.sum()} curves that have them, and in "
        f"{(told & ~misread).sum()} of {(~misread).sum()} that have none. The points of "
        f"{sum(chance < 1e-3 for chance in found['chance'])} curves are said not to be on a sigmoid."])


def shares(name: str, z: np.ndarray[Any, np.dtype[np.float64]]) -> list[str]:
    """A row of the tables: how often the truth lies within one, two and three standard errors, and the median pull."""
    return [name, str(len(z)), f"{100 * (abs(z) <= 1).mean():.0f}", f"{100 * (abs(z) <= 2).mean():.0f}",
            f"{100 * (abs(z) <= 3).mean():.1f}", f"{np.median(z):+.2f}"]


def pulls(found: Sequence[dict[str, Any]], quantity: Quantity) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Estimate less truth, in standard errors, of the devices for which both are known."""
    known = [values for cell in found if (values := quantity(cell)) is not None and values[2] > 0]
    return np.array([(estimate - true) / error for true, estimate, error in known])


def table(found: Sequence[dict[str, Any]]) -> str:
    """For each quantity how often the truth lies within one and two standard errors."""
    rows = [shares(name, pulls(found, quantity)) for name, quantity in QUANTITIES.items()]
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
    return "\n\n".join([markdown(["quantity", "devices", *_SHARES], rows),
                        "Of errors that are Gaussian, 68, 95 and 99.7 % are within 1, 2 and 3.", " ".join(sentences)])


def _told(found: Sequence[dict[str, Any]]) -> int:
    return sum(cell["flips"] > 2 * cell["flips_error"] for cell in found)


def draw(found: Sequence[dict[str, Any]], path: Path) -> None:
    """Estimate over truth with error bars, and the pulls of all quantities against a Gaussian."""
    figure, panels = new_figure(12.0, 7.2, 2, 3)
    for number, (axes, (name, quantity)) in enumerate(zip(panels.flat, QUANTITIES.items(), strict=False)):
        known = np.array([values for cell in found if (values := quantity(cell)) is not None])
        _draw_quantity(axes, name, known, COLOURS[number])
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


def _draw_quantity(axes: Any, name: str, known: np.ndarray[Any, np.dtype[np.float64]], colour: str) -> None:
    """Estimates over what was put in; where that has few values, side by side in the devices' order."""
    true, estimate, low, high = known[:, 0], known[:, 1], known[:, 1] - known[:, 2], known[:, 1] + known[:, 2]
    if logarithmic := "logarithm" in name:
        true, estimate, low, high = map(np.exp, (true, estimate, low, high))
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_major_locator().set_params(subs=(1.0, 2.0, 5.0))
            axis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    values = np.unique(true.round(6))
    if len(values) < 4:
        away = np.linspace(-0.25, 0.25, len(true))
        true = true * np.exp(away) if logarithmic else true + values[-1] / 5 * away
        axes.set_xticks(values, [f"{value:g}" for value in values])
        for value in values:
            width = value / 4 if logarithmic else values[-1] / 20
            axes.plot([value - width, value + width], [value, value], color="0.4", lw=0.8)
    else:
        if name.startswith("correlation"):
            axes.set_xticks([1000, 2000, 4000], ["1000", "2000", "4000"])
        axes.plot(true[[true.argmin(), true.argmax()]], true[[true.argmin(), true.argmax()]], color="0.4", lw=0.8)
    axes.errorbar(true, estimate, yerr=[estimate - low, high - estimate], fmt="o", ms=2.5, lw=0, elinewidth=0.6,
                  color=colour)
    axes.set(title=name.replace(" (logarithm)", _UNITS.get(name, "")), xlabel="put in (lines: the same found)",
             ylabel="found")
