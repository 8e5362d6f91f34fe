"""The page of measured switching probabilities: the points and the sigmoids, and what networks do on such junctions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spinsc.sim.pages.facts import provenance
from spinsc.sim.pages.figures import COLOURS, add_legend, new_figure, svg
from spinsc.sim.pages.junctions import ranking_section
from spinsc.sim.pages.page import Figure, Page, Pairs, Section
from spinsc.sim.report.junctions import conclusion

if TYPE_CHECKING:
    from spinsc.sim.junctions.curve_fit import CurveFamily
    from spinsc.sim.junctions.ranking import Way

#: Curves that a figure draws one by one at most.
MOST_CURVES = len(COLOURS)


def curves_page(kinds: Sequence[CurveFamily], ways: Sequence[Way], rows: Sequence[tuple[str, str]], command: str,
                data: Mapping[str, Any]) -> Page:
    """Everything about some curves; ``rows`` are the fitted sigmoids, ``data`` what ``--json`` prints."""
    fits = [fit.fits for kind in kinds for fit in kind.fits]
    verdict = conclusion(ways) if ways else f"A sigmoid fits {sum(fits)} of {len(fits)} measured curves"
    figures = [figure for number, kind in enumerate(kinds)
               for figure in (_sigmoids(kind, number), _residuals(kind, number), _devices(kind, number))]
    sections = [Section("The junctions", [Pairs(rows)]), Section("Measured against fitted", figures),
                *ranking_section(ways), provenance(command, [], [])]
    return Page("spinsc junctions", verdict, ways[0].good if ways else None, sections, data)


def _title(kind: CurveFamily, text: str) -> str:
    return f"{text}, {kind.direction}" if kind.direction else text


def _sigmoids(kind: CurveFamily, number: int) -> Figure:
    figure, axes = new_figure()
    for place, fit in enumerate(kind.fits[:MOST_CURVES]):
        curve = fit.curve
        axes.errorbar(curve.voltages, curve.probabilities, yerr=curve.errors, fmt="o", ms=3, lw=0, elinewidth=0.8,
                      color=COLOURS[place], label=curve.device)
        voltages = np.linspace(curve.voltages[0], curve.voltages[-1], 300)
        axes.plot(voltages, fit.probability(voltages), color=COLOURS[place], lw=1.3)
    axes.set(title=_title(kind, "switching probability"), xlabel="voltage of the pulse in V", ylabel="P(1)",
             ylim=(-0.03, 1.03))
    add_legend(axes)
    more = f" The first {MOST_CURVES} of {len(kind.fits)} junctions." if len(kind.fits) > MOST_CURVES else ""
    return Figure(svg(figure, f"sigmoids{number}"), f"Points as measured, with binomial errors; lines: fitted.{more}")


def _residuals(kind: CurveFamily, number: int) -> Figure:
    figure, axes = new_figure()
    axes.axhspan(-2, 2, color="0.5", alpha=0.25, lw=0, label="95 % of points on the sigmoid")
    farthest = 4.0
    for place, fit in enumerate(kind.fits):
        curve = fit.curve
        expected = fit.probability(curve.voltages)
        error = np.sqrt(np.maximum(expected * (1 - expected), 1e-12) / curve.cycles)
        told = curve.cycles * expected * (1 - expected) > 3  # the error of almost none or all is not Gaussian
        away = ((curve.probabilities - expected) / error)[told]
        farthest = max(farthest, *np.abs(away).tolist())
        axes.plot((curve.voltages[told] - fit.midpoint) / abs(fit.width), away, ".", ms=5,
                  color=COLOURS[place % len(COLOURS)])
    axes.set(title=_title(kind, "distance from the sigmoid"), xlabel="(voltage - midpoint) / width",
             ylabel="in standard errors", ylim=(-1.3 * farthest, 1.3 * farthest))
    add_legend(axes, loc="upper right")
    return Figure(svg(figure, f"residuals{number}"), "All junctions, each in its own units. A pattern common to them "
                  "says that the curve is no sigmoid.")


def _devices(kind: CurveFamily, number: int) -> Figure:
    figure, axes = new_figure()
    for place, fit in enumerate(kind.fits):
        axes.errorbar(fit.midpoint, 1e3 * abs(fit.width), xerr=fit.midpoint_error, yerr=1e3 * fit.width_error, fmt="o",
                      ms=4, color=COLOURS[place % len(COLOURS)], capsize=2)
    axes.axvline(kind.midpoint.value, color="0.5", lw=0.9, ls=":")
    axes.axhline(1e3 * kind.width, color="0.5", lw=0.9, ls=":")
    axes.set(title=_title(kind, "each junction"), xlabel="midpoint in V", ylabel="width in mV")
    return Figure(svg(figure, f"devices{number}"), "With standard errors; dotted: means.")
