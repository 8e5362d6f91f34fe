"""The two-state model of a junction against the stochastic Landau-Lifshitz-Gilbert equation; nothing is fitted.

The model (`spinsc.sim.junctions.smtj`) gets its dwell times without bias, and its bias from the current, from closed
forms of the macrospin (`spinsc.sim.junctions.llg`); P(1), dwell times, their distribution and the autocorrelation must
then be the simulated ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.files import write_atomically
from spinsc.sim.junctions.llg import Macrospin, telegraph
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

BARRIERS_KT = (3.0, 4.0, 5.0, 6.0)
BARRIER_KT = 5.0  # of the curve over the current, the distribution and the autocorrelation
BIASES_KT = (-1.5, -1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0, 1.5)
DWELLS = 400  # a simulation lasts as long as so many mean dwells in both states
INTERVAL_S = 2e-11
SURVIVAL_POINTS = 25  # every quarter of a mean dwell time
LAGS, LAG_S = 40, 5e-9


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None) -> str:
    """Simulate what ``out`` lacks, write ``llg.md`` and ``llg.png``, and return the table."""
    results = Results(out / RESULTS)
    points = sorted({(barrier, 0.0) for barrier in BARRIERS_KT} | {(BARRIER_KT, bias) for bias in BIASES_KT})
    cells = {point: [Cell(f"{__name__}:simulate", {"barrier_kt": point[0], "bias_kt": point[1], "dwells": DWELLS,
                                                   "seed": seed}) for seed in range(seeds)] for point in points}
    chosen = [cell for group in cells.values() for cell in group]
    run_cells(chosen, results, jobs=jobs, scheduler=scheduler)
    found = {point: [results[cell] for cell in group] for point, group in cells.items()}
    text = table(found)
    write_atomically(out / "llg.md", f"{text}\n".encode())
    draw(found, out / "llg.png")
    effort = f"{len(cells)} simulations of {seeds} seeds, {duration(sum(map(results.seconds, chosen)))} of one core"
    return f"{text}\n\n{effort}\n\nWritten to {out}: {RESULTS}, llg.md, llg.png"


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
