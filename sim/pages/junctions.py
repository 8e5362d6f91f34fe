"""The page of measured junctions: what the fitted model is, how well it fits, and what networks do on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spinsc.sim.pages.facts import provenance
from spinsc.sim.pages.figures import COLOURS, add_legend, new_figure, svg
from spinsc.sim.pages.page import Figure, Page, Pairs, Section, Table, Text
from spinsc.sim.recordings.verdict import TOLERATED_LOSS
from spinsc.sim.report.junctions import NUMBERS, RANKING_HEADER, conclusion, ranking_rows
from spinsc.sim.report.recordings import statistics_table

if TYPE_CHECKING:
    from spinsc.sim.junctions.family import Family
    from spinsc.sim.junctions.ranking import Way
    from spinsc.sim.recordings.recording import Recording
    from spinsc.sim.recordings.statistics import Statistics

#: Devices that the table of statistics lists.
ROWS = 16


def junctions_page(recording: Recording, statistics: Statistics, kind: Family, ways: Sequence[Way],
                   rows: Sequence[tuple[str, str]], command: str, data: Mapping[str, Any]) -> Page:
    """Everything about some junctions; ``rows`` are the fitted model, ``data`` what ``--json`` prints."""
    fits = all(fit.fits for fit in kind.fits)
    verdict = conclusion(ways) if ways else (
        "The two-state model fits these junctions" if fits else "The two-state model does not fit these junctions")
    sections = [
        Section("The junctions", [Pairs(rows)]),
        Section("Measured against fitted", [_dwells(kind), _autocorrelation(statistics, kind), _biases(kind),
                                            _drift(kind)])]
    sections += ranking_section(ways)
    sections += [Section("Statistics", [Text(str(statistics_table(statistics, ROWS)), lines=True)]),
                 provenance(command, [("random bits, sha256", recording.hash)], [])]
    return Page("spinsc junctions", verdict, ways[0].good if ways else None, sections, data)


def ranking_section(ways: Sequence[Way]) -> list[Section]:
    """What networks do on the junctions, if any were tried."""
    if not ways:
        return []
    bad = [row for row, way in enumerate(ways) if not way.good]
    return [Section("Networks on junctions like these", [
        Table(RANKING_HEADER, ranking_rows(ways), right=NUMBERS, bad=bad),
        Text("Accuracy is found on exact bits of as many simulated junctions as a network needs; those in colour "
             f"lose more than {TOLERATED_LOSS} points against ideal bits.")])]


def _dwells(kind: Family) -> Figure:
    figure, axes = new_figure()
    longest = max(fit.dwells.shape[1] for fit in kind.fits)
    for state in (0, 1):
        measured, expected = (sum(np.pad(np.asarray(array[state], np.float64), (0, longest - array.shape[1]))
                                  for array in arrays) for arrays in
                              ([fit.dwells for fit in kind.fits], [fit.expected for fit in kind.fits]))
        lasting, model = (np.cumsum(np.asarray(part)[::-1])[::-1] for part in (measured, expected))
        n = np.arange(1, longest + 1)
        seen = lasting > 0
        axes.step(n[seen], lasting[seen] / lasting[0], where="mid", color=COLOURS[state], lw=2.6, alpha=0.5,
                  label=f"state {state}, measured")
        axes.plot(n[seen], np.maximum(model[seen], 1e-12) / model[0], color=COLOURS[state], lw=1.2, ls="--",
                  label="fitted")
    axes.set_yscale("log")
    axes.set(title="dwells", xlabel="samples", ylabel="share at least as long", ylim=(1e-6, 2))
    add_legend(axes)
    return Figure(svg(figure, "dwells"), "All fitted devices together; dashed: the model, with its read-out noise and "
                  "drift.")


def _autocorrelation(statistics: Statistics, kind: Family) -> Figure:
    figure, axes = new_figure()
    measured = statistics.autocorrelation[:len(kind.fits)]
    lags = np.arange(1, measured.shape[1] + 1)
    axes.plot(lags, np.nanmean(measured, axis=0), "o", ms=4, color=COLOURS[0], label="measured, mean of the devices")
    closed = kind.model(barrier_spread_kt=0.0, bias_spread_kt=0.0).autocorrelation(1, len(lags))[0]
    axes.plot(lags, closed, color=COLOURS[1], lw=1.4, label="closed form of the fitted model")
    chance = 1.96 / math.sqrt(statistics.steps * len(measured))
    axes.axhspan(-chance, chance, color="0.5", alpha=0.25, lw=0, label="95 % of independent samples")
    axes.set(title="autocorrelation", xlabel="lag in samples")
    axes.xaxis.get_major_locator().set_params(integer=True)
    add_legend(axes)
    return Figure(svg(figure, "autocorrelation"), "The model was fitted to the samples and not to these points.")


def _biases(kind: Family) -> Figure:
    figure, axes = new_figure()
    for number, fit in enumerate(kind.fits):
        axes.errorbar(number, fit.bias, yerr=fit.bias_error, fmt="o", ms=4, color=COLOURS[0], capsize=2)
    axes.axhline(kind.bias.value, color=COLOURS[1], lw=1.2, label="mean")
    axes.axhline(0, color="0.5", lw=0.8, ls=":")
    axes.set(title="bias of each device", xlabel="device", ylabel="kT")
    axes.xaxis.get_major_locator().set_params(integer=True)
    add_legend(axes)
    return Figure(svg(figure, "biases"), "With standard errors.")


def _drift(kind: Family) -> Figure:
    figure, axes = new_figure()
    worst = max(kind.fits, key=lambda fit: fit.drift.deviation)
    number = kind.fits.index(worst)
    axes.plot(np.linspace(0, 1, len(worst.parts)), worst.parts, ".", ms=3.5, color=COLOURS[0], label="each part")
    for away in (-1, 0, 1):
        axes.axhline(worst.bias + away * worst.drift.deviation, color=COLOURS[1], lw=1.2, ls="--" if away else "-",
                     label=None if away else "mean, ± the drift")
    axes.set(title=f"bias over the recording, device {number}", xlabel="part of the recording", ylabel="kT")
    add_legend(axes)
    return Figure(svg(figure, "drift"), "The device that drifts most." if worst.drift.found else "No drift was found.")
