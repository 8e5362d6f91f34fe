"""Report on measured switching probabilities: the fitted sigmoids, and what networks do on such junctions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spinsc.sim.junctions.ranking import cheapest
from spinsc.sim.recordings.statistics import time_unit
from spinsc.sim.report.junctions import ranking_blocks, ranking_data
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs

if TYPE_CHECKING:
    from spinsc.sim.junctions.curve_fit import CurveFamily
    from spinsc.sim.junctions.ranking import Way

_JOULES = ((1e-6, "uJ"), (1e-9, "nJ"), (1e-12, "pJ"), (1e-15, "fJ"))


def curves_report(kinds: Sequence[CurveFamily], ways: Sequence[Way]) -> Report:
    """What was measured and fitted of each direction, and the ranking of the first, if there is one."""
    rows = curve_rows(kinds)
    energy = kinds[0].energy_j
    of_image = None
    if energy is not None and ways:
        best = cheapest(ways)
        of_image = energy * best.junctions * best.samples
        rows.append(("energy of an image", f"{joules(of_image)} for {best.junctions * best.samples:,} bits, as advised "
                     "below"))
    return Report((Pairs(rows), *ranking_blocks(ways)), {
        "directions": [{
            "direction": kind.direction, "devices": len(kind.fits), "fits_model": all(fit.fits for fit in kind.fits),
            "rising": kind.rising, "energy_j": kind.energy_j, "probability_spread": kind.scatter,
            **{name: {"value": estimate.value, "error": estimate.error} for name, estimate in (
                ("midpoint_v", kind.midpoint), ("midpoint_spread_v", kind.midpoint_spread),
                ("width_spread", kind.width_spread), ("flip_probability", kind.flips))},
            "width_v": {"value": kind.width, "error": kind.width * kind.log_width.error},
            "curves": [{"device": fit.curve.device, "midpoint_v": fit.midpoint, "midpoint_error_v": fit.midpoint_error,
                        "width_v": fit.width, "width_error_v": fit.width_error, "flip_probability": fit.flips,
                        "flip_probability_error": fit.flips_error, "chance": fit.chance} for fit in kind.fits],
        } for kind in kinds], "energy_per_image_j": of_image, **ranking_data(ways)})


def curve_rows(kinds: Sequence[CurveFamily]) -> list[tuple[str, str]]:
    """The fitted sigmoids of each direction, as names and values."""
    rows = []
    for kind in kinds:
        curves = [fit.curve for fit in kind.fits]
        points, cycles = (sorted(int(of) for of in counts) for counts in (
            [len(curve.voltages) for curve in curves], [of for curve in curves for of in curve.cycles]))
        rows.append((f"direction {kind.direction}" if kind.direction else "junctions",
                     f"{len(curves):,} junction{'s' * (len(curves) > 1)}, {_range(points)} voltages, "
                     f"{_range(cycles)} cycles each"))
        rows.append(("P(1) = 1/2 at", f"{kind.midpoint.value:.4f} ± {kind.midpoint.error:.2g} V, where it "
                     f"{'rises' if kind.rising else 'falls'} with the voltage"))
        rows.append(("width", f"{1e3 * kind.width:.3g} ± {1e3 * kind.width * kind.log_width.error:.2g} mV, from 1/2 to "
                     f"{0.73 if kind.rising else 0.27}"))
        rows.append(("spread over devices", _spread(kind)))
        rows.append(("read errors", _flips(kind)))
        rows.append(("fit of the sigmoid", _goodness(kind)))
    rows.append(("energy of a bit", energy_text(kinds[0])))
    if len(kinds) > 1:
        rows.append(("used below", f"direction {kinds[0].direction}, whose P(1) differs less from device to device"))
    return rows


def energy_text(kind: CurveFamily) -> str:
    """The energy of a pulse at the midpoint and of a reset, E = V^2 t / R."""
    if kind.energy_j is None:
        return "not known; give --resistance and --pulse-time (and --reset-voltage and --reset-time)"
    model = kind.model()
    time, scale = time_unit(model.pulse_s)
    reset = f"and a reset of {model.reset_v:g} V" if model.reset_v * model.reset_s else "without a reset"
    return (f"{joules(kind.energy_j)}: a pulse of {model.voltage:.3g} V for {model.pulse_s / scale:.3g} {time} at "
            f"{model.resistance_ohm:g} ohm, {reset}")


def joules(energy_j: float) -> str:
    """An energy as people say it."""
    scale, unit = next(((scale, unit) for scale, unit in _JOULES if energy_j >= scale), _JOULES[-1])
    return f"{energy_j / scale:.3g} {unit}"


def _range(values: Sequence[int]) -> str:
    return f"{values[0]:,}" if values[0] == values[-1] else f"{values[0]:,} to {values[-1]:,}"


def _spread(kind: CurveFamily) -> str:
    if len(kind.fits) < 2:
        return (f"not known from one junction; for more like it, {1e3 * kind.midpoint_spread.value:.2g} mV and "
                f"{100 * kind.width_spread.value:.2g} % are assumed")
    return (f"midpoint {1e3 * kind.midpoint_spread.value:.2g} ± {1e3 * kind.midpoint_spread.error:.2g} mV ("
            f"{kind.scatter:.3f} in P(1) if all get the same pulse), width {100 * kind.width_spread.value:.2g} ± "
            f"{100 * kind.width_spread.error:.2g} %")


def _flips(kind: CurveFamily) -> str:
    if kind.flips.value < 2 * kind.flips.error:
        return f"none found (below {100 * (kind.flips.value + 2 * kind.flips.error):.2g} % of the cycles)"
    return f"{100 * kind.flips.value:.3g} ± {100 * kind.flips.error:.2g} % of the cycles are read wrong"


def _goodness(kind: CurveFamily) -> str:
    misfits = [fit for fit in kind.fits if not fit.fits]
    lowest = min(fit.chance for fit in kind.fits)
    if not misfits:
        return f"the points are on it as far as can be told (probability {lowest:.2g} or more)"
    return (f"NOT a sigmoid in {len(misfits)} of {len(kind.fits)} junctions (first: {misfits[0].curve.device}; "
            f"probability {lowest:.1g}); their errors are widened by as much")
