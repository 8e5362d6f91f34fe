"""Behavioral model of superparamagnetic tunnel junctions (s-MTJs): a telegraph signal, sampled at a fixed interval."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.network import Network
from spinsc.sim.junctions.chain import STRETCH, Levels, scaled, simulate_chains
from spinsc.sim.recordings.metadata import Metadata
from spinsc.sim.recordings.recording import Recording

MAX_SAMPLES = 1 << 36
# A switching probability this small still has a relative rounding error below 0.2 %.
SMALLEST_SWITCHING_PROBABILITY = 2.0**-24
LARGEST_BIAS_KT = 50.0
LARGEST_BARRIER_KT = 200.0
REFERENCE_TEMPERATURE_K = 300.0
HIGHEST_TEMPERATURE_K = 1000.0
QUADRATURE_NODES = 32
_GROUP_BYTES = 1 << 26

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SMTJ:
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
            _check_positive(name, getattr(self, name))
        for name, low, high in (("bias_kt", -LARGEST_BIAS_KT, LARGEST_BIAS_KT),
                                ("barrier_spread_kt", 0.0, LARGEST_BIAS_KT),
                                ("bias_spread_kt", 0.0, LARGEST_BIAS_KT),
                                ("drift_kt", 0.0, LARGEST_BIAS_KT)):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} must be from {low:g} to {high:g} kT, not {getattr(self, name)}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer) or self.seed < 0:
            raise InputError(f"seed must be a whole number from 0, not {self.seed!r}")
        if not 1 <= self.temperature_k <= HIGHEST_TEMPERATURE_K:
            raise InputError(f"temperature_k must be from 1 to {HIGHEST_TEMPERATURE_K:g} K, not {self.temperature_k}")
        shortest = min(self.dwell_time_0_s, self.dwell_time_1_s)
        if self.temperature_k != REFERENCE_TEMPERATURE_K and shortest < self.attempt_time_s:
            raise InputError(f"a dwell time of {shortest:g} s is shorter than the attempt time of "
                             f"{self.attempt_time_s:g} s, so there is no barrier for a temperature of "
                             f"{self.temperature_k:g} K to act on; give a shorter attempt time")
        if self.drift_kt and self.drift_time_s < 4 * STRETCH * self.sampling_interval_s:
            raise InputError(f"drift_time_s must be at least {4 * STRETCH} sampling intervals "
                             f"({4 * STRETCH * self.sampling_interval_s:g} s), not {self.drift_time_s:g}; what is "
                             f"faster is no drift")
        if not 0 <= self.flip_probability <= 0.5:
            raise InputError(f"flip_probability must be from 0 to 0.5, not {self.flip_probability}")
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
        _check_positive("attempt_time_s", attempt_time_s)
        dwell_time_s = attempt_time_s * math.exp(barrier_kt)
        return cls(dwell_time_0_s=dwell_time_s, dwell_time_1_s=dwell_time_s, attempt_time_s=attempt_time_s, **others)

    def dwell_times(self, devices: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """Mean dwell times of states 0 and 1 of each device, in seconds, shape (devices, 2).

        Spread, bias and temperature are included; of a drifting bias it is the mean.
        """
        return self._drifting_dwell_times(devices, probabilities, [0.0])[:, 0]

    def probability(self, devices: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """P(1) of each device as it is read, closed form (averaged over the drift), shape (devices,)."""
        p1, weights = self._drifting_chain(devices, probabilities)[::2]
        return 0.5 + (p1 @ weights - 0.5) * (1 - 2 * self.flip_probability)

    def autocorrelation(self, devices: int, lags: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """Autocorrelation of each device at lags 1..``lags`` as it is read, shape (devices, lags).

        Closed form; with a drift, to the first order of its effect on P(1).
        """
        p1, rates, weights = self._drifting_chain(devices, probabilities)
        times = self.sampling_interval_s * np.arange(1, lags + 1)
        mean = 2 * (p1 @ weights) - 1
        own = np.einsum("dwl,w->dl", (4 * p1 * (1 - p1))[:, :, None] * np.exp(-times * rates[:, :, None]), weights)
        wandering = ((2 * p1 - 1) ** 2) @ weights - mean**2
        product = own + wandering[:, None] * np.exp(-times / self.drift_time_s) + (mean**2)[:, None]
        kept = (1 - 2 * self.flip_probability) ** 2
        read = product * (kept + (1 - kept) * self._flip_memory ** np.arange(1, lags + 1))
        square = (mean**2 * kept)[:, None]
        return np.asarray((read - square) / (1 - square))

    def simulate(self, devices: int, steps: int, *, probabilities: npt.ArrayLike | None = None) -> Recording:
        """Record ``steps`` samples of each of ``devices`` junctions, in the steady state.

        Every device has a random stream of its own, so a recording of more devices or more steps begins with exactly
        the samples of a smaller one.

        Parameters
        ----------
        devices, steps : int
            At least 1 each.
        probabilities : float array, shape (devices,), optional
            P(1) that each device's own bias current is set for, between 0 and 1. It is the P(1) of a nominal junction
            at 300 K without ``bias_kt``: that bias, common to all, and the spread stay on top.

        Returns
        -------
        Recording
            Its metadata hold all parameters.

        Raises
        ------
        InputError
            If a device switches with a probability below 2^-24 between samples: sampled too often, or as good as stuck.
        """
        _check_count("devices", devices)
        _check_count("steps", steps)
        devices, steps = int(devices), int(steps)
        if devices * steps > MAX_SAMPLES:
            raise InputError(f"{devices} devices x {steps} steps are more than {MAX_SAMPLES} samples; simulate fewer")
        tuned = self._tuned_biases(devices, probabilities)
        row_bytes = ceil_div(steps, 8)
        packed = np.empty((devices, row_bytes), np.uint8)
        group = max(1, _GROUP_BYTES // (row_bytes + 8))
        for first in range(0, devices, group):
            last = min(first + group, devices)
            self._simulate_group(first, packed[first:last], steps, tuned)
        if steps % 8:
            packed[:, -1] &= (1 << steps % 8) - 1
        return Recording(packed, steps, Metadata(
            kind="simulated",
            device="superparamagnetic tunnel junction, two-state Markov model",
            sampling_interval_s=float(self.sampling_interval_s),
            source="spinsc s-MTJ model (spinsc.sim.junctions.smtj)",
            parameters=dataclasses.asdict(self) | {"seed": int(self.seed)},
            probabilities=None if probabilities is None else np.asarray(probabilities, np.float64).tolist(),
            spinsc_version=importlib.metadata.version("spinsc"),
        ), allow_constant=steps < 64)  # a few samples may be equal by chance; a junction that never switches is refused

    def _tuned_biases(self, devices: int, probabilities: npt.ArrayLike | None) -> Floats:
        """Bias in kT that gives each device its nominal P(1), shape (devices,); zeros without probabilities."""
        if probabilities is None:
            return np.zeros(devices)
        p = np.asarray(probabilities)
        if p.shape != (devices,) or p.dtype.kind != "f":
            raise InputError(f"probabilities must be real numbers of shape ({devices},), not {p.dtype} {p.shape}")
        bad = np.flatnonzero(~((p > 0) & (p < 1)))
        if len(bad):
            raise InputError(f"P(1) of a junction must be between 0 and 1, but device {bad[0]} has {p[bad[0]]}")
        ratio = self.dwell_time_0_s / self.dwell_time_1_s
        biases = np.array([math.log(target / (1 - target) * ratio) / 2 for target in p.tolist()])
        if np.abs(biases).max() > LARGEST_BIAS_KT:
            device = int(np.abs(biases).argmax())
            raise InputError(f"P(1) = {p[device]} of device {device} takes a bias of {biases[device]:.3g} kT, "
                             f"more than {LARGEST_BIAS_KT:g} kT")
        return biases

    @property
    def _flip_memory(self) -> float:
        """Autocorrelation of the read-out's bad state at lag 1."""
        return math.exp(-self.sampling_interval_s / self.flip_time_s) if self.flip_time_s else 0.0

    def _energies(self, generator: np.random.SFC64, tuned_kt: float) -> tuple[float, float]:
        """Take the first two numbers of a device's stream for its spread; g and b in kT."""
        # The bit generator's own bits are the same in every NumPy; those of Generator.normal need not be.
        barrier, bias = (NormalDist().inv_cdf(_uniform(int(raw))) for raw in generator.random_raw(2))
        return self.barrier_spread_kt * barrier, tuned_kt + self.bias_kt + self.bias_spread_kt * bias

    def _dwell_times(self, g: float, b: float) -> tuple[float, float]:
        """Mean dwell times in seconds."""
        colder = REFERENCE_TEMPERATURE_K / self.temperature_k
        dwell_0, dwell_1 = (dwell * (dwell / self.attempt_time_s) ** (colder - 1)
                            for dwell in (self.dwell_time_0_s, self.dwell_time_1_s))
        return dwell_0 * math.exp((g - b) * colder), dwell_1 * math.exp((g + b) * colder)

    def _drifting_dwell_times(self, devices: int, probabilities: npt.ArrayLike | None,
                              drifts_kt: Sequence[float]) -> Floats:
        """Dwell times of each device at some departures of b, shape (devices, departures, 2)."""
        _check_count("devices", devices)
        tuned = self._tuned_biases(devices, probabilities)
        energies = (self._energies(_generator(self.seed, device), tuned[device]) for device in range(devices))
        return np.array([[self._dwell_times(g, b + drift) for drift in drifts_kt] for g, b in energies])

    def _drifting_chain(self, devices: int, probabilities: npt.ArrayLike | None) -> tuple[Floats, Floats, Floats]:
        """P(1) and 1/tau_0 + 1/tau_1 of the junctions over the drift, (devices, nodes), and weights of the nodes."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES if self.drift_kt else 1)
        tau = self._drifting_dwell_times(devices, probabilities, (self.drift_kt * nodes).tolist())
        return tau[..., 1] / tau.sum(axis=2), (1 / tau).sum(axis=2), weights / weights.sum()

    def _drift(self, device: int, stretches: int) -> list[float]:
        """Departures of b from its mean in kT, one for each stretch of STRETCH samples."""
        if not self.drift_kt:
            return [0.0]
        raw = _generator(self.seed, device, 1).random_raw(stretches)
        # The sum of 64 fair bits, standardized: the process forgets that its increments are not quite Gaussian.
        increments = (np.bitwise_count(raw[1:]).astype(np.float64) - 32) / 4
        kept = math.exp(-STRETCH * self.sampling_interval_s / self.drift_time_s)
        fresh = self.drift_kt * math.sqrt(1 - kept**2)
        start = self.drift_kt * NormalDist().inv_cdf(_uniform(int(raw[0])))
        return list(itertools.accumulate(increments.tolist(), lambda b, step: kept * b + fresh * step, initial=start))

    def _levels(self, device: int, tau_0: float, tau_1: float) -> Levels:
        """A junction's chain with these dwell times."""
        one = tau_1 / (tau_0 + tau_1)
        change = -math.expm1(-self.sampling_interval_s * (1 / tau_0 + 1 / tau_1))
        to_one, to_zero = one * change, (1 - one) * change
        if min(to_one, to_zero) < SMALLEST_SWITCHING_PROBABILITY:
            raise InputError(
                f"device {device}, with dwell times of {tau_0:.3g} and {tau_1:.3g} s, changes state with a probability "
                f"of only {min(to_one, to_zero):.1e} between samples; lengthen the sampling interval "
                f"({self.sampling_interval_s:g} s) or lower the barrier, the bias or their spread")
        return scaled(to_one, 1 - to_zero, one)

    def _simulate_group(self, first: int, packed: npt.NDArray[np.uint8], steps: int, tuned_kt: Floats) -> None:
        def junction(device: int) -> tuple[np.random.SFC64, list[Levels]]:
            generator = _generator(self.seed, device)
            g, b = self._energies(generator, tuned_kt[device])
            return generator, [self._levels(device, *self._dwell_times(g, b + drift))
                               for drift in self._drift(device, ceil_div(steps, STRETCH))]

        devices = range(first, first + len(packed))
        packed[:] = simulate_chains([junction(device) for device in devices], steps)[:, :packed.shape[1]]
        if self.flip_probability:
            f, fresh = self.flip_probability, 1 - self._flip_memory
            levels = scaled(f * fresh, 1 - (1 - f) * fresh, f)
            packed ^= simulate_chains([(_generator(self.seed, device, 2), [levels]) for device in devices],
                              steps)[:, :packed.shape[1]]


def simulate(model: SMTJ, network: Network, steps: int) -> Recording:
    """Record the junctions of a network, each tuned to the probability that its plan says."""
    # A network of two-state quantities needs no random bit at all, but a recording has at least one device.
    return model.simulate(max(1, network.devices), steps,
                          probabilities=network.device_probabilities if network.tuned else None)


def expected_autocorrelation(recording: Recording, lags: int) -> Floats | None:
    """Closed form of a simulated recording's mean autocorrelation at lags 1..``lags``, shape (lags,).

    None if the metadata do not name the model, or the devices are no longer the model's.
    """
    facts = recording.metadata
    if facts.kind != "simulated" or facts.split is not None or facts.made_by:
        return None
    try:
        model = SMTJ(**facts.parameters)
    except (TypeError, InputError):
        return None
    of_devices = model.autocorrelation(recording.devices, lags, probabilities=facts.probabilities)
    return np.asarray(of_devices.mean(axis=0))


def _generator(seed: int, *path: int) -> np.random.SFC64:
    """The stream of a device, or another of the same device: 1 for its drift, 2 for its read-out."""
    return np.random.SFC64(np.random.SeedSequence(int(seed), spawn_key=path))


def _uniform(raw: int) -> float:
    return ((raw >> 12) + 0.5) / 2.0**52


def _check_positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise InputError(f"{name} must be a positive time in seconds, not {value}")


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{name} must be a whole number from 1, not {value!r}")
