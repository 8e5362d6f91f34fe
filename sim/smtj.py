"""Behavioral model of superparamagnetic tunnel junctions (s-MTJs): a telegraph signal, sampled at a fixed interval."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.models.errors import InputError

from .recording import MAX_SAMPLES, Recording

THRESHOLD_BITS = 32
# A switching probability this small still has a relative rounding error below 0.2 %.
SMALLEST_SWITCHING_PROBABILITY = 2.0**-24
LARGEST_BIAS_KT = 50.0
LARGEST_BARRIER_KT = 200.0
_BLOCK_STEPS = 1 << 16
_GROUP_BYTES = 1 << 26

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class SMTJ:
    """A kind of superparamagnetic tunnel junction, and how it is sampled.

    The junction is a two-state continuous-time Markov chain with exponential dwell times. In the junction's state 0
    (1) the mean dwell time follows the Neel-Arrhenius law with the barrier tilted by a bias b, in units of kT::

        tau_0 = dwell_time_0_s * exp(g - b)        tau_1 = dwell_time_1_s * exp(g + b)

    where ``dwell_time = attempt time * exp(barrier)`` (see `from_barrier`) and g is this device's departure from the
    nominal barrier. A current (spin-transfer torque) or a field along the easy axis sets b; to first order
    b = barrier * I / I_c. Then::

        P(1) = tau_1 / (tau_0 + tau_1),     which for equal dwell times is (1 + tanh b) / 2
        autocorrelation at lag k = exp(-k * sampling_interval_s * (1/tau_0 + 1/tau_1))

    The sampled signal is a two-state Markov chain in discrete time, and `simulate` draws exactly that chain (with
    probabilities rounded to 2^-32), not a time-stepped approximation.

    The default is a fast junction of the kind reported by Schnitzspan et al. (arXiv 2301.05694, dwell times below
    10 ns) and Soumah et al. (arXiv 2402.03452, down to 2.7 ns), read every fourth mean dwell time: beyond two,
    samples count as independent (Daniels et al., arXiv 1911.11204); here the correlation is exp(-8) = 0.03 %. The
    default spreads stand for junctions whose 1:0 ratio was tuned one by one (Shao et al., LMAG.2021.3071084): 0.5 %
    in P(1) and 10 % in dwell time. They are assumptions; no paper states them.

    Attributes
    ----------
    dwell_time_0_s, dwell_time_1_s : float
        Nominal mean dwell times of states 0 and 1 at zero bias, in seconds.
    bias_kt : float
        Bias b, in kT; a positive one favours state 1.
    barrier_spread_kt : float
        Standard deviation of g over devices, in kT; dwell times are then lognormal.
    bias_spread_kt : float
        Standard deviation of b over devices, in kT.
    sampling_interval_s : float
        Time between samples, in seconds.
    seed : int
        Decides every device's spread and samples.

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

    def __post_init__(self) -> None:
        for name in ("dwell_time_0_s", "dwell_time_1_s", "sampling_interval_s"):
            _check_positive(name, getattr(self, name))
        for name, low, high in (("bias_kt", -LARGEST_BIAS_KT, LARGEST_BIAS_KT),
                                ("barrier_spread_kt", 0.0, LARGEST_BIAS_KT),
                                ("bias_spread_kt", 0.0, LARGEST_BIAS_KT)):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} must be from {low:g} to {high:g} kT, not {getattr(self, name)}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer) or self.seed < 0:
            raise InputError(f"seed must be a whole number from 0, not {self.seed!r}")

    @classmethod
    def from_barrier(cls, barrier_kt: float, *, attempt_time_s: float = 1e-9, **others: Any) -> SMTJ:
        """A junction with dwell times ``attempt_time_s * exp(barrier_kt)`` in both states (Neel-Arrhenius law).

        Parameters
        ----------
        barrier_kt : float
            Energy barrier at zero bias, in kT.
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
        return cls(dwell_time_0_s=dwell_time_s, dwell_time_1_s=dwell_time_s, **others)

    def dwell_times(self, devices: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """Mean dwell times of states 0 and 1 of each device, spread and bias included: seconds, shape (devices, 2)."""
        _check_count("devices", devices)
        tuned = self._tuned_biases(devices, probabilities)
        return np.array([self._dwell_times(_generator(self.seed, device), tuned[device]) for device in range(devices)])

    def probability(self, devices: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """P(1) of each device, closed form, shape (devices,)."""
        tau = self.dwell_times(devices, probabilities=probabilities)
        return np.asarray(tau[:, 1] / tau.sum(axis=1))

    def autocorrelation(self, devices: int, lags: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """Autocorrelation of each device at lags 1..``lags``, closed form, shape (devices, lags)."""
        rates = (1 / self.dwell_times(devices, probabilities=probabilities)).sum(axis=1, keepdims=True)
        return np.asarray(np.exp(-self.sampling_interval_s * rates * np.arange(1, lags + 1)))

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
            without ``bias_kt``: that bias, common to all, and the spread stay on top.

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
        tuned = self._tuned_biases(devices, probabilities)
        if devices * steps > MAX_SAMPLES:
            raise InputError(f"{devices} devices x {steps} steps are more than {MAX_SAMPLES} samples; simulate fewer")
        row_bytes = -(-steps // 8)
        packed = np.empty((devices, row_bytes), np.uint8)
        group = max(1, _GROUP_BYTES // (row_bytes + 8))
        for first in range(0, devices, group):
            last = min(first + group, devices)
            self._simulate_group(first, packed[first:last], steps, tuned)
        if steps % 8:
            packed[:, -1] &= (1 << steps % 8) - 1
        return Recording(packed, steps, {
            "kind": "simulated",
            "device": "superparamagnetic tunnel junction, two-state Markov model",
            "sampling_interval_s": float(self.sampling_interval_s),
            "source": "spinsc s-MTJ model (spinsc.sim.smtj)",
            "parameters": dataclasses.asdict(self) | {"seed": int(self.seed)},
            **({} if probabilities is None else {"probabilities": np.asarray(probabilities, np.float64).tolist()}),
            "spinsc_version": importlib.metadata.version("spinsc"),
        }, allow_constant=steps < 64)  # a few samples may be equal by chance; a junction that never switches is refused

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

    def _dwell_times(self, generator: np.random.SFC64, tuned_kt: float) -> tuple[float, float]:
        """Take the first two numbers of a device's stream for its spread; mean dwell times in seconds."""
        # The bit generator's own bits are the same in every NumPy; those of Generator.normal need not be.
        uniform = ((generator.random_raw(2) >> np.uint64(12)).astype(np.float64) + 0.5) / 2.0**52
        barrier, bias = (NormalDist().inv_cdf(float(u)) for u in uniform)
        g = self.barrier_spread_kt * barrier
        b = tuned_kt + self.bias_kt + self.bias_spread_kt * bias
        return self.dwell_time_0_s * math.exp(g - b), self.dwell_time_1_s * math.exp(g + b)

    def _thresholds(self, device: int, generator: np.random.SFC64, tuned_kt: float) -> tuple[int, int, int]:
        """Integers (set, hold, one), in units of 2^-32: P(0 to 1), P(1 to 1) and P(1)."""
        tau_0, tau_1 = self._dwell_times(generator, tuned_kt)
        one = tau_1 / (tau_0 + tau_1)
        change = -math.expm1(-self.sampling_interval_s * (1 / tau_0 + 1 / tau_1))
        to_one, to_zero = one * change, (1 - one) * change
        if min(to_one, to_zero) < SMALLEST_SWITCHING_PROBABILITY:
            raise InputError(
                f"device {device}, with dwell times of {tau_0:.3g} and {tau_1:.3g} s, changes state with a probability "
                f"of only {min(to_one, to_zero):.1e} between samples; lengthen the sampling interval "
                f"({self.sampling_interval_s:g} s) or lower the barrier, the bias or their spread")
        scale = 2**THRESHOLD_BITS
        return round(to_one * scale), round((1 - to_zero) * scale), round(one * scale)

    def _simulate_group(self, first: int, packed: npt.NDArray[np.uint8], steps: int, tuned_kt: Floats) -> None:
        # A uniform number u puts a device in state 1 below P(0 to 1), in state 0 from P(1 to 1) on, and between the two
        # leaves it as it was: exactly the chain's transition probabilities, with one number a step.
        words = -(-steps // 64)
        ones = np.zeros((len(packed), 8 * words), np.uint8)
        held = np.zeros_like(ones)
        initial = np.zeros(len(packed), np.uint64)
        for row in range(len(packed)):
            generator = _generator(self.seed, first + row)
            to_one, stay_one, one = self._thresholds(first + row, generator, tuned_kt[first + row])
            initial[row] = int(generator.random_raw()) >> 32 < one
            for start in range(0, steps, _BLOCK_STEPS):
                count = min(_BLOCK_STEPS, steps - start)
                raw = generator.random_raw(-(-count // 2)).astype("<u8", copy=False).view("<u4")[:count]
                low = np.packbits(raw < to_one, bitorder="little")
                ones[row, start // 8:start // 8 + len(low)] = low
                if stay_one > to_one:
                    held[row, start // 8:start // 8 + len(low)] = np.packbits(raw < stay_one, bitorder="little") ^ low
        if held.any():
            resolved = _resolve_held(_as_words(ones), _as_words(held), initial)
            ones = resolved.astype("<u8", copy=False).view(np.uint8)
        packed[:] = ones[:, :packed.shape[1]]


def _resolve_held(ones: Words, held: Words, initial: Words) -> Words:
    """State at every step, where ``held`` steps repeat the one before: state[n] = ones[n] | held[n] & state[n-1].

    This is the carry chain of an adder (ones generate, held propagates), so it is solved like one: by a Kogge-Stone
    prefix inside each 64-bit word (step n is bit n mod 64), and by the same function across the words.

    Parameters
    ----------
    ones, held : uint64, shape (devices, words)
        Never both 1.
    initial : uint64, shape (devices,)
        State before step 0, 0 or 1.
    """
    ones, held = ones.copy(), held.copy()
    for distance in (1, 2, 4, 8, 16, 32):
        shift = np.uint64(distance)
        ones |= held & (ones << shift)
        held &= (held << shift) | ((np.uint64(1) << shift) - np.uint64(1))
    before = initial[:, None]
    if ones.shape[1] > 1:
        top = np.uint64(63)
        after = _unpack(_resolve_held(_pack(ones >> top), _pack(held >> top), initial), ones.shape[1])
        before = np.concatenate([before, after[:, :-1]], axis=1)
    return ones | (held & (np.uint64(0) - before))


def _as_words(packed: npt.NDArray[np.uint8]) -> Words:
    return packed.view("<u8").astype(np.uint64, copy=False)


def _pack(flags: Words) -> Words:
    padded = np.zeros((len(flags), -(-flags.shape[1] // 64) * 64), np.uint8)
    padded[:, :flags.shape[1]] = flags
    return _as_words(np.packbits(padded, axis=1, bitorder="little"))


def _unpack(words: Words, count: int) -> Words:
    packed = words.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(packed, axis=1, count=count, bitorder="little").astype(np.uint64)


def _generator(seed: int, device: int) -> np.random.SFC64:
    return np.random.SFC64(np.random.SeedSequence(int(seed), spawn_key=(device,)))


def _check_positive(name: str, value: float) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise InputError(f"{name} must be a positive time in seconds, not {value}")


def _check_count(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{name} must be a whole number from 1, not {value!r}")
