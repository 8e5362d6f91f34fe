"""What models of junctions have in common: two-state chains that wander and are misread, and their closed forms."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, ClassVar

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
QUADRATURE_NODES = 32
_GROUP_BYTES = 1 << 26

Floats = npt.NDArray[np.float64]


class JunctionModel(ABC):
    """A kind of junction, and how it is sampled; a subclass is a frozen dataclass of its parameters.

    From sample to sample each device is a two-state chain, whose probabilities may wander as an Ornstein-Uhlenbeck
    process that is held for 256 samples at a time, and whose samples may be read inverted. A subclass says what its
    parameters make of that: `_drives`, `_chain`, `_deviation` and `_frozen`.

    Attributes
    ----------
    device, source : str
        For the metadata of recordings; ``device`` also tells the families apart.
    sampling_interval_s : float
        Time between samples, in seconds.
    seed : int
        Decides every device's spread and samples.
    drift_time_s : float
        Correlation time of the wandering, in seconds.
    flip_probability : float
        Share of samples that are read inverted.
    """

    device: ClassVar[str]
    source: ClassVar[str]
    sampling_interval_s: float
    seed: int
    drift_time_s: float
    flip_probability: float

    if TYPE_CHECKING:
        def __init__(self, *, seed: int = 0, **fields: Any) -> None: ...

    @abstractmethod
    def _drives(self, devices: int, probabilities: npt.ArrayLike | None) -> Floats:
        """What each device is tuned by, in the family's unit, shape (devices,)."""

    @abstractmethod
    def _chain(self, deviates: Sequence[float], drive: float, drift: float) -> tuple[float, float]:
        """P(1) of a device, and 1 less its autocorrelation from sample to sample.

        Parameters
        ----------
        deviates : two numbers
            The device's departures from the nominal one, in standard deviations.
        drive : float
            Of `_drives`.
        drift : float
            What wanders, less its mean.
        """

    @property
    @abstractmethod
    def _deviation(self) -> float:
        """Standard deviation of what wanders, over time."""

    @abstractmethod
    def _frozen(self, device: int, deviates: Sequence[float], drive: float, drift: float, least: float) -> str:
        """What to say of a device that changes state with a probability of only ``least`` between samples."""

    @property
    def _flip_memory(self) -> float:
        """Autocorrelation of the read-out's bad state at lag 1."""
        return 0.0

    def probability(self, devices: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """P(1) of each device as it is read, closed form (averaged over the drift), shape (devices,)."""
        p1, _, weights = self._closed(devices, probabilities)
        return 0.5 + (p1 @ weights - 0.5) * (1 - 2 * self.flip_probability)

    def autocorrelation(self, devices: int, lags: int, *, probabilities: npt.ArrayLike | None = None) -> Floats:
        """Autocorrelation of each device at lags 1..``lags`` as it is read, shape (devices, lags).

        Closed form; with a drift, to the first order of its effect on P(1).
        """
        p1, r, weights = self._closed(devices, probabilities)
        steps = np.arange(1, lags + 1)
        mean = 2 * (p1 @ weights) - 1
        own = np.einsum("dwl,w->dl", (4 * p1 * (1 - p1))[:, :, None] * r[:, :, None] ** steps, weights)
        wandering = ((2 * p1 - 1) ** 2) @ weights - mean**2
        held = np.exp(-self.sampling_interval_s * steps / self.drift_time_s)
        product = own + wandering[:, None] * held + (mean**2)[:, None]
        kept = (1 - 2 * self.flip_probability) ** 2
        read = product * (kept + (1 - kept) * self._flip_memory ** steps)
        square = (mean**2 * kept)[:, None]
        return np.asarray((read - square) / (1 - square))

    def simulate(self, devices: int, steps: int, *, probabilities: npt.ArrayLike | None = None,
                 allow_constant: bool = False) -> Recording:
        """Record ``steps`` samples of each of ``devices`` junctions, in the steady state.

        Every device has a random stream of its own, so a recording of more devices or more steps begins with exactly
        the samples of a smaller one.

        Parameters
        ----------
        devices, steps : int
            At least 1 each.
        probabilities : float array, shape (devices,), optional
            P(1) that each device is tuned to on its own, between 0 and 1. It is the P(1) of a nominal junction: a bias
            that all have in common, and the spread, stay on top.
        allow_constant : bool
            Of 64 steps or more, also of devices that never change in them.

        Returns
        -------
        Recording
            Its metadata hold all parameters.

        Raises
        ------
        InputError
            If a device switches with a probability below 2^-24 between samples: sampled too often, or as good as stuck.
        """
        check_count("devices", devices)
        check_count("steps", steps)
        devices, steps = int(devices), int(steps)
        if devices * steps > MAX_SAMPLES:
            raise InputError(f"{devices} devices x {steps} steps are more than {MAX_SAMPLES} samples; simulate fewer")
        drives = self._drives(devices, probabilities)
        row_bytes = ceil_div(steps, 8)
        packed = np.empty((devices, row_bytes), np.uint8)
        group = max(1, _GROUP_BYTES // (row_bytes + 8))
        for first in range(0, devices, group):
            last = min(first + group, devices)
            self._simulate_group(first, packed[first:last], steps, drives)
        if steps % 8:
            packed[:, -1] &= (1 << steps % 8) - 1
        return Recording(packed, steps, Metadata(
            kind="simulated",
            device=self.device,
            sampling_interval_s=float(self.sampling_interval_s),
            source=self.source,
            parameters=self._parameters(),
            probabilities=None if probabilities is None else np.asarray(probabilities, np.float64).tolist(),
            spinsc_version=importlib.metadata.version("spinsc"),
        ), allow_constant=allow_constant or steps < 64)  # a few samples may be equal by chance

    def _parameters(self) -> dict[str, Any]:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]  # every subclass is a dataclass
        return {field.name: getattr(self, field.name) for field in fields} | {"seed": int(self.seed)}

    def _check_reading(self) -> None:
        """Refuse a seed, a drift or a share of misread samples that is none."""
        if isinstance(self.seed, bool) or not isinstance(self.seed, int | np.integer) or self.seed < 0:
            raise InputError(f"seed must be a whole number from 0, not {self.seed!r}")
        if self._deviation and self.drift_time_s < 4 * STRETCH * self.sampling_interval_s:
            raise InputError(f"drift_time_s must be at least {4 * STRETCH} sampling intervals "
                             f"({4 * STRETCH * self.sampling_interval_s:g} s), not {self.drift_time_s:g}; what is "
                             f"faster is no drift")
        if not 0 <= self.flip_probability <= 0.5:
            raise InputError(f"flip_probability must be from 0 to 0.5, not {self.flip_probability}")

    def _closed(self, devices: int, probabilities: npt.ArrayLike | None) -> tuple[Floats, Floats, Floats]:
        """P(1) and autocorrelation at lag 1 of the junctions over the drift, (devices, nodes); weights of the nodes."""
        check_count("devices", devices)
        nodes, weights = np.polynomial.hermite_e.hermegauss(QUADRATURE_NODES if self._deviation else 1)
        drives = self._drives(devices, probabilities)
        found = np.empty((2, devices, len(nodes)))
        for device in range(devices):
            deviates = normal_deviates(device_stream(self.seed, device))
            for n, node in enumerate(nodes.tolist()):
                p1, change = self._chain(deviates, drives[device], self._deviation * node)
                found[:, device, n] = p1, 1 - change
        return found[0], found[1], weights / weights.sum()

    def _drift(self, device: int, stretches: int) -> list[float]:
        """Departures of what wanders from its mean, one for each stretch of STRETCH samples."""
        if not self._deviation:
            return [0.0]
        raw = device_stream(self.seed, device, 1).random_raw(stretches)
        # The sum of 64 fair bits, standardized: the process forgets that its increments are not quite Gaussian.
        increments = (np.bitwise_count(raw[1:]).astype(np.float64) - 32) / 4
        kept = math.exp(-STRETCH * self.sampling_interval_s / self.drift_time_s)
        fresh = self._deviation * math.sqrt(1 - kept**2)
        start = self._deviation * NormalDist().inv_cdf(_uniform(int(raw[0])))
        return list(itertools.accumulate(increments.tolist(), lambda b, step: kept * b + fresh * step, initial=start))

    def _levels(self, device: int, deviates: Sequence[float], drive: float, drift: float) -> Levels:
        one, change = self._chain(deviates, drive, drift)
        to_one, to_zero = one * change, (1 - one) * change
        if min(to_one, to_zero) < SMALLEST_SWITCHING_PROBABILITY:
            raise InputError(self._frozen(device, deviates, drive, drift, min(to_one, to_zero)))
        return scaled(to_one, 1 - to_zero, one)

    def _simulate_group(self, first: int, packed: npt.NDArray[np.uint8], steps: int, drives: Floats) -> None:
        def junction(device: int) -> tuple[np.random.SFC64, list[Levels]]:
            generator = device_stream(self.seed, device)
            deviates = normal_deviates(generator)
            return generator, [self._levels(device, deviates, drives[device], drift)
                               for drift in self._drift(device, ceil_div(steps, STRETCH))]

        devices = range(first, first + len(packed))
        packed[:] = simulate_chains([junction(device) for device in devices], steps)[:, :packed.shape[1]]
        if self.flip_probability:
            f, fresh = self.flip_probability, 1 - self._flip_memory
            levels = scaled(f * fresh, 1 - (1 - f) * fresh, f)
            packed ^= simulate_chains([(device_stream(self.seed, device, 2), [levels]) for device in devices],
                                      steps)[:, :packed.shape[1]]


def simulate(model: JunctionModel, network: Network, steps: int, *, allow_constant: bool = False) -> Recording:
    """Record the junctions of a network, each tuned to the probability that its plan says."""
    # A network of two-state quantities needs no random bit at all, but a recording has at least one device.
    return model.simulate(max(1, network.devices), steps, allow_constant=allow_constant,
                          probabilities=network.device_probabilities if network.tuned else None)


def tuned_probabilities(devices: int, probabilities: npt.ArrayLike) -> Floats:
    """P(1) that devices are to be tuned to, shape (devices,); `InputError` if they cannot be."""
    p = np.asarray(probabilities)
    if p.shape != (devices,) or p.dtype.kind != "f":
        raise InputError(f"probabilities must be real numbers of shape ({devices},), not {p.dtype} {p.shape}")
    bad = np.flatnonzero(~((p > 0) & (p < 1)))
    if len(bad):
        raise InputError(f"P(1) of a junction must be between 0 and 1, but device {bad[0]} has {p[bad[0]]}")
    return p.astype(np.float64)


def device_stream(seed: int, *path: int) -> np.random.SFC64:
    """The stream of a device, or another of the same device: 1 for its drift, 2 for its read-out."""
    return np.random.SFC64(np.random.SeedSequence(int(seed), spawn_key=path))


def normal_deviates(generator: np.random.SFC64) -> tuple[float, float]:
    """Take the first two numbers of a device's stream for its spread."""
    # The bit generator's own bits are the same in every NumPy; those of Generator.normal need not be.
    first, second = (NormalDist().inv_cdf(_uniform(int(raw))) for raw in generator.random_raw(2))
    return first, second


def _uniform(raw: int) -> float:
    return ((raw >> 12) + 0.5) / 2.0**52


def check_positive(name: str, value: float, what: str = "time in seconds") -> None:
    """Refuse what is not above 0, or not finite."""
    if not (value > 0 and math.isfinite(value)):
        raise InputError(f"{name} must be a positive {what}, not {value}")


def check_count(name: str, value: int) -> None:
    """Refuse what is no whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{name} must be a whole number from 1, not {value!r}")
