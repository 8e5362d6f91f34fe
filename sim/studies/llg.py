"""The two-state model of a junction against the stochastic Landau-Lifshitz-Gilbert equation; nothing is fitted.

The model (`spinsc.sim.junctions.smtj`) gets its dwell times without bias, and its bias from the current, from closed
forms of the macrospin (`spinsc.sim.junctions.llg`); P(1), dwell times, their distribution and the autocorrelation must
then be the simulated ones. Then `spinsc.sim.junctions.fit` is given the sampled bits alone, and must find the dwell
times and the bias of those closed forms within the errors that it states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.files import write_atomically
from spinsc.sim.junctions.fit import fit_device
from spinsc.sim.junctions.llg import Macrospin, telegraph
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

BARRIERS_KT = (3.0, 4.0, 5.0, 6.0)
BARRIER_KT = 5.0  # of the curve over the current, the distribution and the autocorrelation
BIASES_KT = (-1.5, -1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0, 1.5)
#: Barrier and bias of the signals that the model is fitted to.
FITTED_KT = (*((height, 0.0) for height in BARRIERS_KT), *((BARRIER_KT, bias) for bias in (-1.0, -0.6, 0.6, 1.0)))
DWELLS = 400  # a simulation lasts as long as so many mean dwells in both states
INTERVAL_S = 2e-11
SURVIVAL_POINTS = 25  # every quarter of a mean dwell time
LAGS, LAG_S = 40, 5e-9


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None) -> str:
    """Simulate what ``out`` lacks, write tables and figures of the model and of its fit, and return the tables."""
    results = Results(out / RESULTS)
    points = sorted({(barrier, 0.0) for barrier in BARRIERS_KT} | {(BARRIER_KT, bias) for bias in BIASES_KT})
    cells = {point: [Cell(f"{__name__}:simulate", {"barrier_kt": point[0], "bias_kt": point[1], "dwells": DWELLS,
                                                   "seed": seed}) for seed in range(seeds)] for point in points}
    fitted = [Cell(f"{__name__}:recover", {"barrier_kt": barrier, "bias_kt": bias, "dwells": DWELLS, "seed": seed})
              for barrier, bias in FITTED_KT for seed in range(seeds)]
    chosen = [*(cell for group in cells.values() for cell in group), *fitted]
    run_cells(chosen, results, jobs=jobs, scheduler=scheduler)
    found = {point: [results[cell] for cell in group] for point, group in cells.items()}
    recovered = [results[cell] for cell in fitted]
    texts = {"llg": table(found), "llg-fits": fits_table(recovered)}
    for name, text in texts.items():
        write_atomically(out / f"{name}.md", f"{text}\n".encode())
    draw(found, out / "llg.png")
    draw_fits(recovered, out / "llg-fits.png")
    text = "\n\n".join(texts.values())
    effort = (f"{len(cells) + len(FITTED_KT)} simulations of {seeds} seeds, "
              f"{duration(sum(map(results.seconds, chosen)))} of one core")
    return f"{text}\n\n{effort}\n\nWritten to {out}: {RESULTS}, llg.md, llg.png, llg-fits.md, llg-fits.png"


def simulate(barrier_kt: float, bias_kt: float, dwells: int, seed: int) -> dict[str, Any]:
    """Cell: one simulation by cmtj, and what a two-state chain would be judged by."""
    spin = Macrospin(barrier_kt, bias_kt)
    m_z = spin.simulate(dwells * sum(spin.dwell_times()) / 2, interval_s=INTERVAL_S, seed=seed + 1)
    bits = m_z > 0
    lengths = [part * INTERVAL_S for part in telegraph(m_z)]
    mean = float(np.concatenate(lengths).mean())
    times = np.arange(SURVIVAL_POINTS) * mean / 4
    signal = bits - bits.mean()
    step = round(LAG_S / INTERVAL_S)
    return {
        "p1": float(bits.mean()),
        "dwell_times_s": [float(part.mean()) for part in lengths],
        "dwells": [len(part) for part in lengths],
        "variation": [float(part.std() / part.mean()) for part in lengths],
        "survival": [float((np.concatenate(lengths) > time).mean()) for time in times],
        "survival_times_s": times.tolist(),
        "autocorrelation": [float((signal[:-lag * step] * signal[lag * step:]).mean() / signal.var())
                            for lag in range(1, LAGS + 1)]}


def recover(barrier_kt: float, bias_kt: float, dwells: int, seed: int) -> dict[str, Any]:
    """Cell: the model fitted to the sampled bits of a simulation of its own, beside the macrospin's closed forms.

    Estimates come with their standard errors, as ``[true, found, error]``.
    """
    spin = Macrospin(barrier_kt, bias_kt)
    m_z = spin.simulate(dwells * sum(spin.dwell_times()) / 2, interval_s=INTERVAL_S, seed=1000 + seed)
    bits = (m_z > 0)[::round(LAG_S / INTERVAL_S)]
    fit = fit_device(Recording.from_bits(bits, {"kind": "simulated", "sampling_interval_s": LAG_S}))
    tau_0, tau_1 = spin.two_state_dwell_times()
    return {"barrier_kt": barrier_kt, "bias_kt": bias_kt, "samples": len(bits), "chance": fit.chance,
            "log_dwell": [math.log(math.sqrt(tau_0 * tau_1) / LAG_S), fit.log_dwell, fit.log_dwell_error],
            "bias": [math.log(tau_1 / tau_0) / 2, fit.bias, fit.bias_error],
            "flips": [fit.flips, fit.flips_error], "drift": fit.drift.found}


def chain(barrier_kt: float, bias_kt: float) -> SMTJ:
    """The two-state junction that stands for a macrospin: its dwell times without bias, and its bias."""
    return SMTJ(*Macrospin(barrier_kt).dwell_times(), bias_kt=bias_kt, barrier_spread_kt=0, bias_spread_kt=0,
                sampling_interval_s=LAG_S)


_Found = dict[tuple[float, float], list[dict[str, Any]]]


def table(found: _Found) -> str:
    """P(1), dwell times and their variation: cmtj, macrospin in closed form, two-state chain."""
    rows = []
    for (barrier, bias), cells in found.items():
        spin, model = Macrospin(barrier, bias), chain(barrier, bias)
        dwells = np.array([cell["dwell_times_s"] for cell in cells]) * 1e9
        p1 = np.array([cell["p1"] for cell in cells])
        rows.append([
            f"{barrier:g}", f"{bias:+g}", f"{spin.current_a * 1e6:+.2f}", _mean(p1, 3), f"{spin.probability():.3f}",
            f"{model.probability(1)[0]:.3f}",
            *(text for state in (0, 1) for text in (
                _mean(dwells[:, state], 1), f"{spin.dwell_times()[state] * 1e9:.1f}",
                f"{model.dwell_times(1)[0, state] * 1e9:.1f}")),
            f"{np.mean([cell['variation'] for cell in cells]):.2f}"])
    return markdown(
        ["barrier, kT", "bias, kT", "current, uA", "P(1): cmtj", "macrospin", "chain", "dwell 0, ns: cmtj",
         "macrospin", "chain", "dwell 1, ns: cmtj", "macrospin", "chain", "deviation/mean"], rows)


def fits_table(recovered: Sequence[dict[str, Any]]) -> str:
    """Dwell times and biases that are found against those of the closed forms, and how far off they are."""
    rows = []
    for place in dict.fromkeys((cell["barrier_kt"], cell["bias_kt"]) for cell in recovered):
        cells = [cell for cell in recovered if (cell["barrier_kt"], cell["bias_kt"]) == place]
        dwell, bias = (np.array([cell[name] for cell in cells]) for name in ("log_dwell", "bias"))
        rows.append([
            f"{place[0]:g}", f"{place[1]:+g}", f"{math.exp(dwell[0, 0]) * LAG_S * 1e9:.1f}",
            ", ".join(f"{math.exp(found) * LAG_S * 1e9:.1f} ± {100 * error:.0f} %" for _, found, error in dwell),
            f"{bias[0, 0]:+.3f}", ", ".join(f"{found:+.3f} ± {error:.3f}" for _, found, error in bias),
            ", ".join(f"{100 * cell['flips'][0]:.2f}" for cell in cells)])
    z = fit_pulls(recovered)
    shares = "; ".join(f"{name}: {(abs(z[name]) <= 1).sum()} of {len(z[name])} within one error, "
                       f"{(abs(z[name]) <= 2).sum()} within two, median {np.median(z[name]):+.2f}" for name in z)
    odd = sum(cell["chance"] < 1e-3 for cell in recovered)
    return "\n\n".join([markdown(
        ["barrier, kT", "bias, kT", "dwell time, ns: closed form", "fitted", "bias: closed form", "fitted",
         "read inverted, %"], rows),
        f"{shares}. The dwells of {odd} of {len(recovered)} signals are said not to be the model's."])


def fit_pulls(recovered: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Found less true in stated errors, of the dwell times (logarithm) and the biases."""
    arrays = {name: np.array([cell[key] for cell in recovered])
              for name, key in (("dwell times", "log_dwell"), ("biases", "bias"))}
    return {name: (values[:, 1] - values[:, 0]) / values[:, 2] for name, values in arrays.items()}


def draw_fits(recovered: Sequence[dict[str, Any]], path: Path) -> None:
    """Dwell times and biases found over those of the closed forms, and their errors in units of those stated."""
    figure, (dwell, bias, errors) = new_figure(13.0, 4.0, 1, 3)
    for axes, key in ((dwell, "log_dwell"), (bias, "bias")):
        true, found, error = np.array([cell[key] for cell in recovered]).T
        true, found, low, high = (LAG_S * 1e9 * np.exp(values) if axes is dwell else values
                                  for values in (true, found, found - error, found + error))
        axes.errorbar(true, found, yerr=[found - low, high - found], fmt="o", ms=4, lw=0, elinewidth=1,
                      color=COLOURS[0], label="fitted to the bits of cmtj")
        ends = np.array([true.min(), true.max()])
        axes.plot(ends, ends, color="0.4", lw=0.9, label="closed form of the macrospin")
    dwell.set(title="dwell time (geometric mean of both states)", xlabel="closed form, ns", ylabel="found, ns",
              xscale="log", yscale="log")
    for axis in (dwell.xaxis, dwell.yaxis):
        axis.set_ticks([30, 50, 100, 200], ["30", "50", "100", "200"])
        axis.set_ticks([], minor=True)
    bias.set(title="bias", xlabel="closed form, kT", ylabel="found, kT")
    dwell.legend(frameon=False, fontsize=8)
    for number, (name, z) in enumerate(fit_pulls(recovered).items()):
        errors.plot(np.sort(z), (np.arange(len(z)) + 0.5) / len(z), marker=".", color=COLOURS[number], lw=1.3,
                    label=name)
    axis = np.linspace(-3.5, 3.5, 200)
    errors.plot(axis, [0.5 * (1 + math.erf(z / math.sqrt(2))) for z in axis], color="0.2", lw=1, ls="--",
                label="Gaussian, as stated")
    errors.set(title="errors in units of those stated", xlabel="(found - closed form) / stated error",
               ylabel="share below")
    errors.legend(frameon=False, fontsize=8)
    save_figure(figure, path)


def _mean(values: Any, digits: int) -> str:
    error = f" ± {values.std(ddof=1) / np.sqrt(len(values)):.{digits}f}" if len(values) > 1 else ""
    return f"{values.mean():.{digits}f}{error}"


def draw(found: _Found, path: Path) -> None:
    """P(1) over the current, dwell times over the barrier, dwell distribution and autocorrelation."""
    figure, ((current, barrier), (survival, memory)) = new_figure(10.5, 7.6, 2, 2)
    simulated = {"color": COLOURS[0], "marker": "o", "ls": "", "ms": 4}
    two_state = {"color": COLOURS[1], "lw": 1.6}
    exact = {"color": COLOURS[2], "lw": 1.4, "ls": "--"}

    biases = np.linspace(min(BIASES_KT) - 0.1, max(BIASES_KT) + 0.1, 81)
    amperes = [Macrospin(BARRIER_KT, bias).current_a * 1e6 for bias in biases]
    for (height, bias), cells in found.items():
        if height == BARRIER_KT:
            current.plot([Macrospin(height, bias).current_a * 1e6] * len(cells), [cell["p1"] for cell in cells],
                         **simulated)
    current.plot(amperes, [chain(BARRIER_KT, bias).probability(1)[0] for bias in biases], **two_state)
    current.plot(amperes, [Macrospin(BARRIER_KT, bias).probability() for bias in biases], **exact)
    current.set(xlabel="current in uA", ylabel="P(1)", title=f"P(1), barrier {BARRIER_KT:g} kT", ylim=(0, 1))

    heights = np.linspace(min(BARRIERS_KT) - 0.3, max(BARRIERS_KT) + 0.3, 40)
    for (height, bias), cells in found.items():
        if bias == 0:
            barrier.plot([height] * len(cells), [np.mean(cell["dwell_times_s"]) * 1e9 for cell in cells], **simulated)
    base = Macrospin(BARRIER_KT).dwell_times()[0] * 1e9
    barrier.plot(heights, base * np.exp(heights - BARRIER_KT), **two_state)
    barrier.plot(heights, [Macrospin(height).dwell_times()[0] * 1e9 for height in heights], **exact)
    barrier.set(xlabel="barrier in kT", ylabel="mean dwell time in ns", yscale="log",
                title="Dwell time without current (chain: from 5 kT)")
    barrier.set_yticks([20, 50, 100, 200], ["20", "50", "100", "200"])
    barrier.minorticks_off()

    _draw_dynamics(survival, memory, found, simulated, two_state, exact)
    handles = [current.plot([], [], **style)[0] for style in (simulated, two_state, exact)]
    current.legend(handles, ["cmtj (stochastic LLG), each seed", "two-state chain", "macrospin, closed form"],
                   frameon=False, fontsize=9)
    save_figure(figure, path)


def _draw_dynamics(survival: Any, memory: Any, found: _Found, simulated: Mapping[str, Any],
                   two_state: Mapping[str, Any], exact: Mapping[str, Any]) -> None:
    """Distribution of the dwell times, and autocorrelation, at the usual barrier."""
    cells = found[BARRIER_KT, 0.0]
    mean = np.mean([cell["dwell_times_s"] for cell in cells])
    for cell in cells:
        survival.plot(np.array(cell["survival_times_s"]) * 1e9, cell["survival"], **simulated)
    times = np.linspace(0, 6 * mean, 100)
    survival.plot(times * 1e9, np.exp(-times / chain(BARRIER_KT, 0.0).dwell_times(1)[0, 0]), **two_state)
    survival.set(xlabel="dwell in ns", ylabel="share of dwells that last longer", yscale="log", ylim=(1e-3, 1.3),
                 title="Dwell times, no current")

    lags = np.arange(1, LAGS + 1) * LAG_S * 1e9
    for bias, filling, offset in ((0.0, COLOURS[0], (14, 14)), (1.0, "white", (-52, -34))):
        expected = chain(BARRIER_KT, bias).autocorrelation(1, LAGS)[0]
        seeds = np.array([cell["autocorrelation"] for cell in found[BARRIER_KT, bias]])
        rate = sum(1 / time for time in Macrospin(BARRIER_KT, bias).dwell_times())
        plot_seeds(memory, lags.tolist(), seeds.T.tolist(), **simulated, markerfacecolor=filling, elinewidth=0.8)
        memory.plot(lags, expected, **two_state)
        memory.plot(lags, np.exp(-lags * 1e-9 * rate), **exact)
        memory.annotate(f"bias {bias:g} kT", (lags[7], expected[7]), offset, textcoords="offset points", fontsize=9)
    memory.set(xlabel="lag in ns", ylabel="autocorrelation", title="Autocorrelation (range of the seeds)")
