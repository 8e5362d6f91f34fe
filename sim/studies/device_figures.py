"""Figures of the study of junctions that are not ideal: what is measured at each point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spinsc.sim.junctions.actuated import Actuated
from spinsc.sim.junctions.smtj import SMTJ

SMALL, FINE = "mlp1-k5", "mlp1-k11"
TRAINED_LENGTHS = (100, 20, 5)
_DWELL_S = SMTJ().dwell_time_0_s
_INTERVAL_S = SMTJ().sampling_interval_s
_INTERVALS = (0.1, 0.2, 0.35, 0.5, 1, 2, 4)
_SPREADS = (0, 0.02, 0.05, 0.1, 0.15, 0.2)
#: Treatments of the bits, see `device.measure`, by the label of their curve.
_PLAIN, _WIDE = {"as they are": "none"}, {"8-bit numbers": "wide"}
_SOURCES = {"comparator": "none", "tuned": "tuned"}

Parameters = Callable[[float], Mapping[str, Any]]


@dataclass(frozen=True)
class Line:
    """A curve: parameters of `device.measure` at each position."""

    label: str
    points: Mapping[float, Mapping[str, Any]]


@dataclass(frozen=True)
class Figure:
    """A figure of one or more panels: its file, its rule of thumb, and for each panel its axis and curves."""

    name: str
    rule: str
    panels: Sequence[tuple[str, Sequence[Line]]]


def figures() -> list[Figure]:
    """All figures of the study."""
    return [_correlation(), *_shifted_probabilities(), _stuck(), _misread(), _tuned(), _drift(), _period(), _training(),
            _actuated()]


def _lines(positions: Sequence[float], treatments: Mapping[str, str], parameters: Parameters) -> list[Line]:
    return [Line(label, {x: {"way": treatment, **parameters(x)} for x in positions})
            for label, treatment in treatments.items()]


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _junction(**fields: float) -> dict[str, Any]:
    return {"junction": fields}


def _unequal(p: float) -> dict[str, Any]:
    return _junction(bias_spread_kt=2 * p)


def _interval(x: float) -> dict[str, Any]:
    return _junction(sampling_interval_s=x * _DWELL_S)


def _correlation() -> Figure:
    def effective(x: float) -> dict[str, Any]:
        r = math.exp(-2 * x)
        return {"way": "ideal", "length": max(1, round(100 * (1 - r) / (1 + r)))}

    treatments = _PLAIN | _same("shuffled", "XOR of 2", "every 4th", "von Neumann")
    return Figure(
        "correlation", "A mean dwell time between samples suffices; half of it with shuffled lanes or an XOR", [
            ("sampling interval / mean dwell time",
             [*_lines(_INTERVALS, treatments, _interval),
              Line("ideal bits, L(1-r)/(1+r)", {x: effective(x) for x in _INTERVALS})])])


def _shifted_probabilities() -> list[Figure]:
    biases = (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
    return [
        Figure("bias", "A common bias of 0.002 in P(1) is harmless, 0.01 is not; XOR or calibration helps", [
            ("P(1) - 1/2 of all junctions", _lines(
                biases, _PLAIN | _same("XOR of 2", "von Neumann") | _WIDE | {"8-bit, recalibrated": "recalibrated"},
                lambda p: _junction(bias_kt=math.atanh(2 * p))))]),
        Figure("spread", "A spread of P(1) of 0.05 costs little; with an XOR 0.15, with calibrated devices any", [
            ("standard deviation of P(1) over the junctions", _lines(
                _SPREADS, _PLAIN | _same("shuffled", "XOR of 2") | _WIDE
                | {"8-bit, recalibrated": "recalibrated", "8-bit, each device": "calibrated"}, _unequal))])]


def _stuck() -> Figure:
    return Figure("stuck", "One junction in a hundred may be stuck; with an XOR or calibrated devices, one in ten", [
        ("share of stuck junctions", _lines(
            (0, 0.004, 0.01, 0.02, 0.05, 0.1),
            _PLAIN | _same("shuffled", "XOR of 2") | _WIDE | {"8-bit, each device": "calibrated"},
            lambda share: {"stuck": share}))])


def _misread() -> Figure:
    return Figure("flips", "Misread bits are harmless to unbiased junctions, and pull tuned ones to 1/2", [
        ("share of misread samples", [
            Line(f"{label}, {how}", {x: {"way": treatment, **_junction(flip_probability=x, flip_time_s=time)}
                                     for x in (0, 0.01, 0.02, 0.05, 0.1, 0.2)})
            for label, treatment in _SOURCES.items()
            for how, time in (("one by one", 0.0), ("20 samples long", 20 * _INTERVAL_S))])])


def _tuned() -> Figure:
    both = [(network, label, treatment) for network in (SMALL, FINE) for label, treatment in _SOURCES.items()]
    return Figure("tuned", "Tuned junctions stand a spread somewhat better than comparators, and correlation alike", [
        (axis, [Line(f"{network}, {label}", {x: {"network": network, "way": treatment, **parameters(x)}
                                             for x in positions}) for network, label, treatment in both])
        for axis, positions, parameters in (
            ("standard deviation of P(1) (at 1/2) over the junctions", _SPREADS, _unequal),
            ("sampling interval / mean dwell time", _INTERVALS, _interval))])


def _drift() -> Figure:
    return Figure("drift", "Drift spoils what was calibrated before; 25 K shift tuned junctions harmlessly", [
        ("standard deviation of the drifting bias in kT", _lines(
            (0, 0.05, 0.1, 0.2, 0.4), _SOURCES | {"shuffled": "shuffled", "8-bit, each device": "calibrated"},
            lambda kt: _junction(drift_kt=kt, drift_time_s=1e-3))),
        ("temperature in K", _lines(
            (250, 275, 300, 325, 350), _SOURCES, lambda kelvin: _junction(temperature_k=kelvin)))])


def _period() -> Figure:
    return Figure("period", "The bits of one image tell the accuracy within 0.3 points, those of eight within 0.2", [
        ("images until the bits repeat", [
            Line(network, {period: {"network": network, "period": period} for period in (1, 2, 4, 8, 16, 32)})
            for network in (SMALL, FINE)])])


def _training() -> Figure:
    return Figure("training", "Training with the noise of L(1-r)/(1+r) bits wins back half of what correlation costs", [
        ("sampling interval / mean dwell time", [
            Line(f"trained with the noise of {length} bits", {
                x: {"network": "trained", "trained_length": length, **_interval(x)}
                for x in (0.05, 0.1, 0.2, 0.35, 0.5, 1)}) for length in TRAINED_LENGTHS])])


def _actuated() -> Figure:
    width, midpoint = Actuated().width_v, Actuated().midpoint_v

    def pulsed(**fields: float) -> dict[str, Any]:
        return {"device": "actuated"} | _junction(**fields)

    def ideal(r: float) -> dict[str, Any]:
        return {"way": "ideal", "length": max(1, round(100 * (1 - r) / (1 + r)))}

    memories = (-0.4, -0.2, 0, 0.2, 0.4, 0.6)
    return Figure("actuated", "Pulsed junctions obey the same rules: P(1) may wander or differ by 0.05", [
        ("P(1)'s deviation over time, as the resistance wanders", _lines(
            (0, 0.02, 0.05, 0.1), _SOURCES | {"shuffled": "shuffled"},
            lambda p: pulsed(resistance_drift=4 * p * width / midpoint, drift_time_s=1e-3))),
        ("autocorrelation from pulse to pulse, by memory", [
            *_lines(memories, _SOURCES | {"shuffled": "shuffled"},
                    lambda r: pulsed(memory_v=4 * width * math.atanh(r))),
            Line("ideal bits, L(1-r)/(1+r)", {r: ideal(r) for r in memories})]),
        ("P(1)'s deviation over junctions, one pulse for all", _lines(
            (0, 0.05, 0.1, 0.2), _SOURCES | {"XOR of 2": "XOR of 2", "8-bit, each device": "calibrated"},
            lambda p: pulsed(midpoint_spread_v=4 * p * width)))])
