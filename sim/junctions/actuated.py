"""Behavioral model of actuated junctions: stable ones that are reset and driven by a write pulse for each bit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.junctions.model import JunctionModel, check_positive, tuned_probabilities

#: Largest logarithm of P(1) / P(0) that a pulse, a spread or a memory may make.
LARGEST_LOGIT = 100.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Actuated(JunctionModel):
    """A kind of actuated junction, and how it is driven: a reset into state 0 and a write pulse give one bit.

    The pulse switches the junction to state 1 with a probability that is a sigmoid of its voltage V. With s(x) =
    1 / (1 + exp(-x)) and b the bit before, 1 or 0::

        P(1 | b) = s((V - midpoint + (b - 1/2) * memory_v - V * x(t)) / width)
        midpoint = midpoint_v + midpoint_spread_v * N,     width = width_v * exp(width_spread * N')

    with a standard normal number N and another one N' of each device. *Drift*: x(t) is the relative change of the
    junction's resistance, by which its pulse drives less current, to the first order. It wanders as an
    Ornstein-Uhlenbeck process of standard deviation ``resistance_drift`` and autocorrelation exp(-t / drift_time_s),
    held for 256 pulses at a time. *Memory*: what a reset and the time since the last pulse leave behind, as a shift of
    the midpoint; positive where a 1 makes the next 1 likelier (an incomplete reset), negative where less likely.

    The bits are a two-state Markov chain, of which with a = P(1 | 0) and c = P(1 | 1), at a given x::

        P(1) = a / (1 - c + a),     autocorrelation at lag k = (c - a)^k

    and `probability` and `autocorrelation` average over x. *Read-out*: a share ``flip_probability`` f of the samples,
    each on its own, is read inverted, which makes of P(1) f + (1 - 2 f) P(1).

    A device that is tuned to a probability gets the voltage at which a nominal junction has it, memory included.

    The sigmoid is the one that measured curves are fitted by (A. Dubovskiy et al., arXiv 2404.14307; a change of P(1)
    with the resistance: A. Sidi El Valli et al., Appl. Phys. Lett. 2025, doi 10.1063/5.0259366, at 104 MHz). Defaults:
    10 Mbit/s and pulses of 0.75 ns as published; voltages, resistance and reset are assumptions of the usual size for
    junctions of 40 to 50 nm, and the spread is that of junctions whose pulses were tuned one by one: 0.5 % in P(1).

    Attributes
    ----------
    midpoint_v : float
        Voltage of the pulse at which P(1) is 1/2.
    width_v : float
        Width of the sigmoid: from P(1) = 1/2 to 0.73.
    voltage_v : float or None
        Voltage of the pulse, where devices are not tuned each; by default the midpoint.
    midpoint_spread_v, width_spread : float
        Standard deviations over devices, of the midpoint in volts and of the width's logarithm.
    sampling_interval_s : float
        Time from bit to bit, in seconds.
    seed : int
        Decides every device's spread and samples.
    memory_v : float
        Shift of the midpoint from a 0 to a 1 as the bit before, in volts.
    resistance_drift, drift_time_s : float
        Relative standard deviation of the resistance over time, and its correlation time in seconds; the latter at
        least 1,024 sampling intervals.
    flip_probability : float
        Share of samples that are read inverted, at most 1/2.
    pulse_s, resistance_ohm, reset_v, reset_s : float
        Duration of the pulse, resistance while it lasts, and voltage and duration of the reset. They matter for
        `energy_j` only.
    """

    device: ClassVar[str] = "actuated tunnel junction, pulsed, two-state Markov model"
    source: ClassVar[str] = "spinsc model of actuated junctions (spinsc.sim.junctions.actuated)"

    midpoint_v: float = 0.5
    width_v: float = 0.02
    voltage_v: float | None = None
    midpoint_spread_v: float = 4e-4
    width_spread: float = 0.05
    sampling_interval_s: float = 1e-7
    seed: int = 0
    memory_v: float = 0.0
    resistance_drift: float = 0.0
    drift_time_s: float = 1e-2
    flip_probability: float = 0.0
    pulse_s: float = 0.75e-9
    resistance_ohm: float = 3000.0
    reset_v: float = 0.8
    reset_s: float = 5e-9

    def __post_init__(self) -> None:
        for name in ("sampling_interval_s", "drift_time_s", "pulse_s"):
            check_positive(name, getattr(self, name))
        for name in ("midpoint_v", "width_v"):
            check_positive(name, getattr(self, name), "voltage in volts")
        check_positive("resistance_ohm", self.resistance_ohm, "resistance in ohms")
        for name, most in (("midpoint_spread_v", LARGEST_LOGIT * self.width_v), ("width_spread", 2.0),
                           ("resistance_drift", 0.5), ("reset_v", math.inf), ("reset_s", math.inf)):
            if not 0 <= getattr(self, name) <= most or not math.isfinite(getattr(self, name)):
                raise InputError(f"{name} must be from 0 to {most:g}, not {getattr(self, name)}")
        for name, value in (("memory_v", self.memory_v), ("voltage_v", self.voltage - self.midpoint_v)):
            if not abs(value) <= LARGEST_LOGIT * self.width_v:
                raise InputError(f"{name} must be within {LARGEST_LOGIT:g} widths of the sigmoid of "
                                 f"{'0' if name == 'memory_v' else 'its midpoint'}, not {getattr(self, name)}")
        self._check_reading()

    @property
    def voltage(self) -> float:
        """Voltage of the pulse of junctions that are not tuned each."""
        return self.midpoint_v if self.voltage_v is None else self.voltage_v

    @property
    def energy_j(self) -> float:
        """Energy of a bit in joule: of the pulse and of the reset before it."""
        return (pulse_energy(self.voltage, self.resistance_ohm, self.pulse_s)
                + pulse_energy(self.reset_v, self.resistance_ohm, self.reset_s))

    def _drives(self, devices: int, probabilities: npt.ArrayLike | None) -> Floats:
        """Voltage of each device's pulse."""
        offset = self.voltage - self.midpoint_v
        if probabilities is None:
            return np.full(devices, self.voltage)
        odds = tuned_probabilities(devices, probabilities)
        odds = odds / (1 - odds)
        # With y = exp((V - midpoint) / width) and c = exp(memory / 2 width), P(1) / P(0) = (1 + c y) / (1 + c / y)
        c = math.exp(self.memory_v / self.width_v / 2)
        y = (odds - 1 + np.sqrt((odds - 1) ** 2 + 4 * odds * c**2)) / (2 * c)
        return np.asarray(self.midpoint_v + offset + self.width_v * np.log(y))

    @property
    def _deviation(self) -> float:
        return self.resistance_drift

    def _chain(self, deviates: Sequence[float], drive: float, drift: float) -> tuple[float, float]:
        midpoint = self.midpoint_v + self.midpoint_spread_v * deviates[0]
        width = self.width_v * math.exp(self.width_spread * deviates[1])
        driven, memory = (drive * (1 - drift) - midpoint) / width, self.memory_v / width / 2
        to_one, to_zero = _sigmoid(driven - memory), _sigmoid(-driven - memory)
        return to_one / (to_one + to_zero), to_one + to_zero

    def _frozen(self, device: int, deviates: Sequence[float], drive: float, drift: float, least: float) -> str:
        return (f"device {device}, pulsed with {drive:.4g} V, changes state with a probability of only {least:.1e} "
                f"from bit to bit; set the pulse nearer to the midpoint ({self.midpoint_v:g} V), or lower the spread, "
                "the memory or the drift")


def pulse_energy(voltage_v: float, resistance_ohm: float, duration_s: float) -> float:
    """Energy of a rectangular pulse, V^2 t / R, in joule.

    Raises
    ------
    InputError
        If the resistance is not positive, or the duration negative.
    """
    check_positive("resistance_ohm", resistance_ohm, "resistance in ohms")
    if not 0 <= duration_s < math.inf:
        raise InputError(f"duration_s must be a time in seconds from 0, not {duration_s}")
    return voltage_v**2 * duration_s / resistance_ohm


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -LARGEST_LOGIT * 5 else 0.0
