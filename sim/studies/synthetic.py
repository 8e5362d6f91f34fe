"""Recordings of many kinds, good and bad: what real measurements may look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from spinsc.models.network import Network
from spinsc.sim.junctions.mitigation import stuck, xor
from spinsc.sim.junctions.model import simulate
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording

#: Images that each recording holds.
IMAGES = 16
_DWELL_S, _INTERVAL_S = SMTJ().dwell_time_0_s, SMTJ().sampling_interval_s

Flags = npt.NDArray[np.bool_]


def make(kind: str, network: Network, strength: float, seed: int) -> Recording:
    """A recording of one of `KINDS`, for `IMAGES` images of a network."""
    return _MAKERS[kind](network, strength, seed)


def _steps(network: Network) -> int:
    return max(network.samples) * IMAGES


def _junctions(network: Network, seed: int, **fields: float) -> Recording:
    return simulate(SMTJ(seed=seed, **fields), network, _steps(network))


def _bits(network: Network, seed: int, p1: npt.ArrayLike = 0.5, devices: int | None = None) -> Flags:
    """Independent bits of these probabilities, shape (devices, samples)."""
    shape = network.devices if devices is None else devices, _steps(network)
    return np.asarray(np.random.default_rng(seed).random(shape, np.float32) < np.asarray(p1, np.float32))


def _recording(bits: npt.NDArray[np.generic]) -> Recording:
    return Recording.from_bits(bits, {"kind": "simulated", "source": __name__}, allow_constant=True)


def _in_time(shape: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> Callable[..., Recording]:
    """Devices whose P(1) is off 1/2 by the strength times a function of time, from 0 to 1."""
    def made(network: Network, strength: float, seed: int) -> Recording:
        time = np.linspace(0, 1, _steps(network), endpoint=False)
        return _recording(_bits(network, seed, 0.5 + strength * shape(time)))
    return made


def _hum(period: float, phases: bool = False) -> Callable[..., Recording]:
    """P(1) that swings by the strength, in all devices alike or in each with a phase of its own."""
    def made(network: Network, strength: float, seed: int) -> Recording:
        rng = np.random.default_rng(seed + 1000)
        turns = np.arange(_steps(network)) / period + (rng.random((network.devices, 1)) if phases else 0)
        return _recording(_bits(network, seed, 0.5 + strength * np.sin(2 * np.pi * turns)))
    return made


def _walks(network: Network, strength: float, seed: int) -> Recording:
    """P(1) that wanders in each device by itself."""
    rng = np.random.default_rng(seed + 1000)
    stretch = max(1, _steps(network) // 64)
    walk = np.cumsum(rng.normal(0, strength / 4, (network.devices, 65)), axis=1)
    return _recording(_bits(network, seed, 0.5 + np.repeat(walk, stretch, axis=1)[:, :_steps(network)]))


def _common(network: Network, strength: float, seed: int) -> Recording:
    """A share of the samples that is the same in all devices."""
    shared = _bits(network, seed + 1000, devices=1)
    return _recording(np.where(_bits(network, seed + 2000, strength), shared, _bits(network, seed)))


def _copies(network: Network, strength: float, seed: int) -> Recording:
    """Devices of which only a share is different, the others copies."""
    bits = _bits(network, seed)
    different = max(1, round((1 - strength) * network.devices))
    return _recording(bits[np.arange(network.devices) % different])


def _delayed(network: Network, strength: float, seed: int) -> Recording:
    """One device, read by the others some samples later each."""
    source = np.random.default_rng(seed).integers(0, 2, _steps(network) + int(strength) * network.devices, np.uint8)
    return _recording(np.stack([source[int(strength) * n:][:_steps(network)] for n in range(network.devices)]))


def _anticorrelated(network: Network, strength: float, seed: int) -> Recording:
    """A share of the samples that alternates."""
    steps = np.arange(_steps(network)) % 2
    starts = np.arange(network.devices)[:, None] % 2
    return _recording(np.where(_bits(network, seed + 1000, strength), (steps + starts) % 2 == 0, _bits(network, seed)))


def _stuck(network: Network, strength: float, seed: int) -> Recording:
    broken = np.random.default_rng(seed).permutation(network.devices)[:round(strength * network.devices)]
    recording = _junctions(network, seed)
    return stuck(stuck(recording, broken[::2], 0), broken[1::2], 1) if len(broken) else recording


def _pieces(network: Network, strength: float, seed: int) -> Recording:
    """Pieces of the recordings of a few junctions."""
    junctions = max(1, int(strength))
    pieces = -(-network.devices // junctions)
    model = SMTJ(seed=seed, bias_spread_kt=0.04, sampling_interval_s=_DWELL_S)
    return model.simulate(junctions, pieces * _steps(network)).split(network.devices)


def _exclusive(network: Network, strength: float, seed: int) -> Recording:
    """XOR of two biased junctions."""
    model = SMTJ(seed=seed, bias_kt=float(np.arctanh(2 * strength)))
    return xor(model.simulate(2 * network.devices, _steps(network)), 2)


_MAKERS: Mapping[str, Callable[[Network, float, int], Recording]] = {
    "fine": lambda network, strength, seed: _junctions(network, seed),
    "correlated": lambda network, strength, seed: _junctions(network, seed, sampling_interval_s=strength * _DWELL_S),
    "biased": lambda network, strength, seed: _junctions(network, seed, bias_kt=float(np.arctanh(2 * strength))),
    "spread": lambda network, strength, seed: _junctions(network, seed, bias_spread_kt=2 * strength),
    "drifting": lambda network, strength, seed: _junctions(
        network, seed, drift_kt=2 * strength, drift_time_s=5000 * _INTERVAL_S),
    "wandering": _walks,
    "two halves": _in_time(lambda time: np.sign(time - 0.5)),
    "a tenth is off": _in_time(lambda time: (time > 0.9).astype(np.float64)),
    "ramp": _in_time(lambda time: 2 * time - 1),
    "slow hum": _in_time(lambda time: np.sin(2 * np.pi * 5 * time)),
    "hum, 50 samples": _hum(50), "hum, 3.1 samples": _hum(3.1), "hum, 700 samples": _hum(700),
    "hum, own phases": _hum(50, phases=True),
    "common noise": _common, "copies": _copies, "delayed": _delayed, "alternating": _anticorrelated,
    "misread": lambda network, strength, seed: _junctions(
        network, seed, flip_probability=strength, flip_time_s=20 * _INTERVAL_S),
    "stuck": _stuck, "pieces": _pieces, "XOR of biased": _exclusive,
}
#: Strengths of each kind, from harmless to bad.
KINDS: Mapping[str, Sequence[float]] = {
    "fine": (0.0, 1.0, 2.0, 3.0), "correlated": (2.0, 1.0, 0.5, 0.3, 0.15), "biased": (0.001, 0.003, 0.006, 0.02),
    "spread": (0.02, 0.06, 0.1, 0.2), "drifting": (0.01, 0.04, 0.1), "wandering": (0.01, 0.05, 0.2),
    "two halves": (0.002, 0.005, 0.01, 0.1), "a tenth is off": (0.005, 0.02, 0.1), "ramp": (0.004, 0.01, 0.03),
    "slow hum": (0.004, 0.01, 0.05), "hum, 50 samples": (0.01, 0.03, 0.1), "hum, 3.1 samples": (0.02, 0.1, 0.3),
    "hum, 700 samples": (0.01, 0.03, 0.1), "hum, own phases": (0.05, 0.2, 0.4), "common noise": (0.003, 0.02, 0.1),
    "copies": (0.02, 0.2, 0.5, 0.9, 1.0), "delayed": (1.0, 7.0, 61.0), "alternating": (0.05, 0.3, 0.8),
    "misread": (0.02, 0.2), "stuck": (0.004, 0.01, 0.03, 0.1), "pieces": (92.0, 23.0, 6.0),
    "XOR of biased": (0.02, 0.06)}
