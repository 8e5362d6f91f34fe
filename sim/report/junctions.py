"""Report on measured junctions: the fitted model, and what networks do on such junctions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spinsc.sim.junctions.ranking import cheapest
from spinsc.sim.recordings.statistics import time_unit
from spinsc.sim.recordings.verdict import INTERFERENCE, describe
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
    from spinsc.sim.junctions.family import Estimate, Family
    from spinsc.sim.junctions.ranking import Way
    from spinsc.sim.recordings.recording import Recording
    from spinsc.sim.recordings.structure import Structure

RANKING_HEADER = ["network", "plan", "junctions used", "price", "accuracy", "loss", "junctions", "samples/image",
                  "time/image"]
#: Columns of it that are set to the right.
NUMBERS = range(4, 9)


def junctions_report(recording: Recording, structure: Structure, kind: Family, ways: Sequence[Way]) -> Report:
    """What was measured and fitted, and the ranking, if there is one."""
    return Report((Pairs(fitted_rows(recording, structure, kind)), *ranking_blocks(ways)), {
        "devices": recording.devices, "steps": recording.steps, "hash": recording.hash,
        "sampling_interval_s": recording.sampling_interval_s, "fits_model": all(fit.fits for fit in kind.fits),
        "dwell_times_told": kind.resolved, "dwell_times_samples": list(kind.dwell_times),
        "dwell_times_error": kind.dwell_error,
        **{name: {"value": estimate.value, "error": estimate.error} for name, estimate in (
            ("bias_kt", kind.bias), ("flip_probability", kind.flips), ("drift_kt", kind.drift),
            ("barrier_spread_kt", kind.barrier_spread), ("bias_spread_kt", kind.bias_spread))},
        "drift_time_samples": kind.drift_time, **ranking_data(ways)})


def ranking_blocks(ways: Sequence[Way]) -> tuple[Table | str, ...]:
    """The ranking as a table, and what to do; nothing if there is none."""
    return (Table([RANKING_HEADER, *ranking_rows(ways)], right=NUMBERS), conclusion(ways)) if ways else ()


def ranking_data(ways: Sequence[Way]) -> dict[str, Any]:
    """The ranking in values of JSON."""
    return {
        "ranking": [{"network": way.network, "plan": way.plan, "way": way.way, "price": way.price,
                     "accuracy": way.accuracy / 100, "accuracy_error": way.error / 100, "loss": way.loss / 100,
                     "good": way.good, "junctions": way.junctions, "samples_per_image": way.samples,
                     "seconds_per_image": way.seconds} for way in ways],
        "conclusion": conclusion(ways) if ways else None}


def fitted_rows(recording: Recording, structure: Structure, kind: Family) -> list[tuple[str, str]]:
    """The recording and the fitted model, as names and values."""
    interval = recording.sampling_interval_s
    sampled = "at an unknown interval" if interval is None else f"every {_time(interval)}"
    fitted = f", {len(kind.fits):,} of them fitted" if len(kind.fits) < recording.devices else ""
    rows = [("junctions", f"{recording.devices:,}{fitted}, {recording.steps:,} samples each, {sampled}")]
    p1 = 0.5 * (1 + math.tanh(kind.bias.value))
    if kind.resolved:
        rows += [(f"dwell time, state {state}", f"{_times(tau, interval)} ± {100 * kind.dwell_error:.2g} %")
                 for state, tau in enumerate(kind.dwell_times)]
    else:
        longest = max(math.exp(fit.log_dwell) for fit in kind.fits)
        rows.append(("dwell times", "not told: samples repeat no more than by chance, so below "
                     f"{_times(longest, interval)}"))
    rows.append(("bias", f"{kind.bias.value:+.4f} ± {kind.bias.error:.4f} kT, that is P(1) = {p1:.4f}"))
    if len(kind.fits) > 1:
        rows.append(("spread over devices", f"dwell times {_spread(kind.barrier_spread)}, bias "
                                            f"{_spread(kind.bias_spread)}"))
    else:
        rows.append(("spread over devices", "not known from one junction; for more like it, the model's "
                     f"{kind.barrier_spread.value:g} and {kind.bias_spread.value:g} kT are assumed"))
    rows += [("drift", _drift(kind, interval)), ("read-out noise", _flips(kind))]
    if structure.interference.found:
        rows.append((INTERFERENCE, describe(recording, structure)[INTERFERENCE]))
    return [*rows, ("fit of the dwells", _goodness(kind))]


def ranking_rows(ways: Sequence[Way]) -> list[list[str]]:
    """A row under `RANKING_HEADER` for each way."""
    return [[way.network, way.plan or "own", way.way, way.price, f"{way.accuracy:.2f} ± {way.error:.2f} %",
             f"{max(0.0, way.loss):.2f}", f"{way.junctions:,}", f"{way.samples:,}",
             "-" if way.seconds is None else _time(way.seconds)] for way in ways]


def conclusion(ways: Sequence[Way]) -> str:
    """What to do, in a sentence or two."""
    best = cheapest(ways)
    time = "" if best.seconds is None else f", {_time(best.seconds)} an image"
    plan = f", plan {best.plan}" if best.plan else ""
    use = (f"{best.network}{plan}, {best.way}: {best.accuracy:.2f} % with {best.junctions:,} junctions, "
           f"{best.samples:,} samples of each{time}")
    plain = next((way for way in ways if way.network == best.network and not way.plan
                  and way.way == "as they are"), None)
    if not best.good:
        return (f"Nothing that spinsc can do makes these junctions good enough; best is {use}, {best.loss:.1f} points "
                "less than with ideal bits.")
    if plain is not None and plain.good:
        return f"Good enough as they are. Take {use}."
    loss = f"cost {plain.loss:.1f} points of {best.network}" if plain is not None else "change too seldom to be of use"
    return (f"As they are, these junctions {loss}. What helps: {use}. "
            f"The price: {best.price}.")


def _time(seconds: float) -> str:
    unit, scale = time_unit(seconds)
    return f"{seconds / scale:.4g} {unit}"


def _times(samples: float, interval_s: float | None) -> str:
    return f"{samples:.4g} samples" + ("" if interval_s is None else f", {_time(samples * interval_s)}")


def _spread(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ± {estimate.error:.3f} kT"


def _drift(kind: Family, interval_s: float | None) -> str:
    if not kind.drift.value:
        return f"none found (below {kind.drift.error:.2g} kT)"
    return (f"{kind.drift.value:.3f} ± {kind.drift.error:.3f} kT, correlation time "
            f"{_times(kind.drift_time, interval_s)}")


def _flips(kind: Family) -> str:
    if not kind.resolved:
        return "not told from a smaller bias, as samples are independent"
    if kind.flips.value < 2 * kind.flips.error:
        most = kind.flips.value + 2 * kind.flips.error
        return f"none found (below {100 * most:.2g} % of the samples)"
    return f"{100 * kind.flips.value:.3g} ± {100 * kind.flips.error:.2g} % of the samples are read inverted"


def _goodness(kind: Family) -> str:
    misfits = [number for number, fit in enumerate(kind.fits) if not fit.fits]
    lowest = min(fit.chance for fit in kind.fits)
    if not misfits:
        return f"they are the model's as far as can be told (probability {lowest:.2g} or more)"
    return (f"NOT the model's in {len(misfits)} of {len(kind.fits)} devices (first: {misfits[0]}; probability "
            f"{lowest:.1g}): what follows is of junctions of the same mean dwell times")

