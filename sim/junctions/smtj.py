"""Behavioral model of superparamagnetic tunnel junctions (s-MTJs): a telegraph signal, sampled at a fixed interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.junctions.model import (
    SMALLEST_SWITCHING_PROBABILITY,
    JunctionModel,
    check_positive,
    device_stream,
    normal_deviates,
    tuned_probabilities,
)

LARGEST_BIAS_KT = 50.0
LARGEST_BARRIER_KT = 200.0
REFERENCE_TEMPERATURE_K = 300.0
HIGHEST_TEMPERATURE_K = 1000.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SMTJ(JunctionModel):
    """A kind of superparamagnetic tunnel junction, and how it is sampled.

    The junction is a two-state continuous-time Markov chain with exponential dwell times. In the junction's state 0
    (1) the mean dwell time follows the Neel-Arrhenius law with the barrier tilted by a bias b, energies in kT at
    300 K::

        tau_0 = attempt_time_s * exp((barrier_0 + g - b) * 300 K / temperature_k)
        tau_1 = attempt_time_s * exp((barrier_1 + g + b) * 300 K / temperature_k)

    where barrier = ln(dwell_time / attempt_time_s) (see `from_barrier`) and g is this device's departure from the
    nominal barrier; at 300 K, tau_0 = dwell_time_0_s * exp(g - b). A current (spin-transfer torque) or a field along
    the easy axis sets b; to first order b = barrier * I / I_c. Then::

        P(1) = tau_1 / (tau_0 + tau_1),     which for equal dwell times is (1 + tanh(b * 300 K / temperature_k)) / 2
        autocorrelation at lag k = r^k,     r = exp(-sampling_interval_s * (1/tau_0 + 1/tau_1))

    The sampled signal is a two-state Markov chain in discrete time, and `simulate` draws exactly that chain (with
    probabilities rounded to 2^-32), not a time-stepped approximation.

    *Drift*: with ``drift_kt``, b wanders slowly about its mean as an Ornstein-Uhlenbeck process, held for 256 samples
    at a time; it has that standard deviation and an autocorrelation of exp(-t / drift_time_s). Over times far shorter
    than that it is a random walk, of variance 2 drift_kt^2 t / drift_time_s.

    *Read-out*: with ``flip_probability`` f, the read bit is inverted while a second two-state chain is in its bad
    state, in which it is a share f of the time, with an autocorrelation of q^k, q = exp(-sampling_interval_s /
    flip_time_s). With m = 2 P(1) - 1 of the junction and e = 1 - 2 f, the read bits have::

        P(1) = (1 + m e) / 2
        autocorrelation at lag k = ((m^2 + (1 - m^2) r^k) (e^2 + (1 - e^2) q^k) - m^2 e^2) / (1 - m^2 e^2)

    The default is a fast junction of the kind reported by Schnitzspan et al. (arXiv 2301.05694, dwell times below
    10 ns) and Soumah et al. (arXiv 2402.03452, down to 2.7 ns), read every fourth mean dwell time: beyond two,
    samples count as independent (Daniels et al., arXiv 1911.11204); here the correlation is exp(-8) = 0.03 %. The
    default spreads stand for junctions whose 1:0 ratio was tuned one by one (Shao et al., LMAG.2021.3071084): 0.5 %
    in P(1) and 10 % in dwell time. They are assumptions; no paper states them.

    Attributes
    ----------
    dwell_time_0_s, dwell_time_1_s : float
        Nominal mean dwell times of states 0 and 1 at zero bias and 300 K, in seconds.
    bias_kt : float
        Bias b, in kT at 300 K; a positive one favours state 1.
    barrier_spread_kt : float
        Standard deviation of g over devices, in kT at 300 K; dwell times are then lognormal.
    bias_spread_kt : float
        Standard deviation of b over devices, in kT at 300 K.
    sampling_interval_s : float
        Time between samples, in seconds.
    seed : int
        Decides every device's spread and samples.
    temperature_k : float
        In kelvin. The barrier itself is taken as the same at all temperatures.
    attempt_time_s : float
        Attempt time, in seconds; matters at other temperatures than 300 K only. See `from_barrier`.
    drift_kt, drift_time_s : float
        Standard deviation of b over time, in kT at 300 K, and its correlation time in seconds; the latter at least
        1,024 sampling intervals.
    flip_probability, flip_time_s : float
        Share of samples that are read inverted, at most 1/2, and the correlation time of that, in seconds; 0 for
        samples inverted independently.

    References
    ----------
    Neel-Arrhenius law: W. F. Brown, Phys. Rev. 130, 1677 (1963). Bias as a tilt of the barrier: Z. Li, S. Zhang,
    Phys. Rev. B 69, 134416 (2004); measured by W. Rippard et al., arXiv 1107.5007. P(1) as a tanh: K. Camsari et al.,
    Phys. Rev. X 7, 031014 (2017).
    """

    device: ClassVar[str] = "superparamagnetic tunnel junction, two-state Markov model"
    source: ClassVar[str] = "spinsc s-MTJ model (spinsc.sim.junctions.smtj)"

    dwell_time_0_s: float = 5e-9
    dwell_time_1_s: float = 5e-9
    bias_kt: float = 0.0
    barrier_spread_kt: float = 0.1
    bias_spread_kt: float = 0.01
    sampling_interval_s: float = 20e-9
    seed: int = 0
    temperature_k: float = REFERENCE_TEMPERATURE_K
    attempt_time_s: float = 1e-9
    drift_kt: float = 0.0
    drift_time_s: float = 1e-3
    flip_probability: float = 0.0
    flip_time_s: float = 0.0

    def __post_init__(self) -> None:
        for name in ("dwell_time_0_s", "dwell_time_1_s", "sampling_interval_s", "attempt_time_s", "drift_time_s"):
            check_positive(name, getattr(self, name))
        for name, low, high in (("bias_kt", -LARGEST_BIAS_KT, LARGEST_BIAS_KT),
                                ("barrier_spread_kt", 0.0, LARGEST_BIAS_KT),
                                ("bias_spread_kt", 0.0, LARGEST_BIAS_KT),
                                ("drift_kt", 0.0, LARGEST_BIAS_KT)):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} must be from {low:g} to {high:g} kT, not {getattr(self, name)}")
        if not 1 <= self.temperature_k <= HIGHEST_TEMPERATURE_K:
            raise InputError(f"temperature_k must be from 1 to {HIGHEST_TEMPERATURE_K:g} K, not {self.temperature_k}")
        shortest = min(self.dwell_time_0_s, self.dwell_time_1_s)
        if self.temperature_k != REFERENCE_TEMPERATURE_K and shortest < self.attempt_time_s:
            raise InputError(f"a dwell time of {shortest:g} s is shorter than the attempt time of "
                             f"{self.attempt_time_s:g} s, so there is no barrier for a temperature of "
                             f"{self.temperature_k:g} K to act on; give a shorter attempt time")
        self._check_reading()
        if not (self.flip_time_s >= 0 and math.isfinite(self.flip_time_s)):
            raise InputError(f"flip_time_s must be a time in seconds from 0, not {self.flip_time_s}")
        if 0 < self.flip_probability * (1 - self._flip_memory) < SMALLEST_SWITCHING_PROBABILITY:
            raise InputError(f"a flip_probability of {self.flip_probability:g} with a flip_time_s of "
                             f"{self.flip_time_s:g} begins at a sample with a probability below "
                             f"{SMALLEST_SWITCHING_PROBABILITY:.1e}; raise the one or shorten the other")

    @classmethod
    def from_barrier(cls, barrier_kt: float, *, attempt_time_s: float = 1e-9, **others: Any) -> SMTJ:
        """A junction with dwell times ``attempt_time_s * exp(barrier_kt)`` in both states (Neel-Arrhenius law).

        Parameters
        ----------
        barrier_kt : float
            Energy barrier at zero bias, in kT at 300 K.
        attempt_time_s : float
            Attempt time (inverse attempt frequency), in seconds. 1 ns is the customary value; in perpendicular
            junctions it can be far shorter (Soumah et al., arXiv 2402.03452).
        **others
            The remaining attributes.
        """
        if not 0 <= barrier_kt <= LARGEST_BARRIER_KT:
            raise InputError(f"barrier_kt must be from 0 to {LARGEST_BARRIER_KT:g} kT, not {barrier_kt}")
        check_positive("attempt_time_s", attempt_time_s)
        dwell_time_s = attempt_time_s * math.exp(barrier_kt)
        return cls(dwell_time_0_s=dwell_time_s, dwell_time_1_s=dwell_time_s, attempt_time_s=attempt_time_s, **others)

    def dwell_times(self, devices: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """Mean dwell times of states 0 and 1 of each device, in seconds, shape (devices, 2).

        Spread, bias and temperature are included; of a drifting bias it is the mean.
        """
        drives = self._drives(devices, probabilities)
        return np.array([self._dwell_times(normal_deviates(device_stream(self.seed, device)), drives[device], 0.0)
                         for device in range(devices)])

    def _drives(self, devices: int, probabilities: npt.ArrayLike | None) -> Floats:
        """Bias in kT that gives each device its nominal P(1) at 300 K, without ``bias_kt``."""
        if probabilities is None:
            return np.zeros(devices)
        p = tuned_probabilities(devices, probabilities)
        ratio = self.dwell_time_0_s / self.dwell_time_1_s
        biases = np.array([math.log(target / (1 - target) * ratio) / 2 for target in p.tolist()])
        if np.abs(biases).max() > LARGEST_BIAS_KT:
            device = int(np.abs(biases).argmax())
            raise InputError(f"P(1) = {p[device]} of device {device} takes a bias of {biases[device]:.3g} kT, "
                             f"more than {LARGEST_BIAS_KT:g} kT")
        return biases

    @property
    def _deviation(self) -> float:
        return self.drift_kt

    @property
    def _flip_memory(self) -> float:
        return math.exp(-self.sampling_interval_s / self.flip_time_s) if self.flip_time_s else 0.0

    def _dwell_times(self, deviates: Sequence[float], drive: float, drift: float) -> tuple[float, float]:
        """Mean dwell times in seconds."""
        g = self.barrier_spread_kt * deviates[0]
        b = drive + self.bias_kt + self.bias_spread_kt * deviates[1] + drift
        colder = REFERENCE_TEMPERATURE_K / self.temperature_k
        dwell_0, dwell_1 = (dwell * (dwell / self.attempt_time_s) ** (colder - 1)
                            for dwell in (self.dwell_time_0_s, self.dwell_time_1_s))
        return dwell_0 * math.exp((g - b) * colder), dwell_1 * math.exp((g + b) * colder)

    def _chain(self, deviates: Sequence[float], drive: float, drift: float) -> tuple[float, float]:
        tau_0, tau_1 = self._dwell_times(deviates, drive, drift)
        return tau_1 / (tau_0 + tau_1), -math.expm1(-self.sampling_interval_s * (1 / tau_0 + 1 / tau_1))

    def _frozen(self, device: int, deviates: Sequence[float], drive: float, drift: float, least: float) -> str:
        tau_0, tau_1 = self._dwell_times(deviates, drive, drift)
        return (f"device {device}, with dwell times of {tau_0:.3g} and {tau_1:.3g} s, changes state with a probability "
                f"of only {least:.1e} between samples; lengthen the sampling interval "
                f"({self.sampling_interval_s:g} s) or lower the barrier, the bias or their spread")
