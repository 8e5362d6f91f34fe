"""What makes samples other than independent: memory, drift, periodic interference, devices that depend on each other.

Every figure has its uncertainty, or the probability that samples without such structure show as much.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.sim.recordings.recording import Bits, Recording

#: Probability of what is found in samples without structure, below which it counts as found.
UNLIKELY = 1e-4
#: Parts of a recording whose P(1) are compared, and their samples at least.
MOST_BLOCKS, FEWEST_SAMPLES = 64, 64
#: Window of the integrated correlation time, in correlation times (A. Sokal, in Functional Integration, 1997).
WINDOW = 6
#: Periods of an interference in the samples that are looked at, at least.
FEWEST_CYCLES = 20
#: Correlation times that a part must have for its P(1) to be compared.
FEWEST_TIMES = 8
_MEMORY_SAMPLES = 1 << 24  # of all devices together, from the start
_PAIR_PRODUCTS = 3e9
_SMOOTHED = 101
_GROUP_BYTES = 1 << 26

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Memory:
    """How long the samples of each device remember.

    Attributes
    ----------
    time : float64, shape (devices,)
        Integrated correlation time tau = 1 + 2 sum of the autocorrelations, in samples: N samples tell P(1) as well as
        N/tau independent ones. The sum goes to `WINDOW` tau. 1 for independent samples, NaN for a constant device.
    error : float64, shape (devices,)
        Its standard error, tau sqrt(2 (2 M + 1) / N) with M lags summed.
    of_products : float
        1 + 2 sum of the squared autocorrelations, on average: N samples tell the correlation of two devices as well as
        N over this.
    open : bool
        The sum reaches as far as was looked, so that tau is longer than stated in some device.
    """

    time: Floats
    error: Floats
    of_products: float
    open: bool


@dataclass(frozen=True, eq=False)
class Drift:
    """How P(1) changes from part to part of the recording.

    Attributes
    ----------
    p1 : float64, shape (devices, parts)
        P(1) in successive parts of equal length.
    deviation : float64, shape (devices,)
        Standard deviation of a device's P(1) over the parts, without what chance (given its memory) makes; 0 if none.
    chance : float64, shape (devices,)
        Probability that a device without drift has parts so different.
    common : float64, shape (parts,)
        Mean P(1) of all devices.
    common_deviation, common_chance : float
        The same for the mean.
    shared : bool
        The mean changes more than the devices do by themselves: it is samples that they share which come and go.
    """

    p1: Floats
    deviation: Floats
    chance: Floats
    common: Floats
    common_deviation: float
    common_chance: float
    shared: bool = False

    @property
    def found(self) -> bool:
        return min(float(self.chance.min(initial=1)) * len(self.chance), self.common_chance) < UNLIKELY


@dataclass(frozen=True)
class Interference:
    """The strongest oscillation of P(1), on average over the devices.

    Attributes
    ----------
    period : float
        In samples.
    amplitude : float
        Of P(1).
    chance : float
        Probability that noise without it has so strong a line, at most.
    """

    period: float
    amplitude: float
    chance: float

    @property
    def found(self) -> bool:
        return self.chance < UNLIKELY


@dataclass(frozen=True)
class Dependence:
    """How devices depend on each other.

    Attributes
    ----------
    mean, error : float
        Mean correlation of the samples of two devices at the same time, and its standard error for independent ones.
    largest : float
        The correlation of largest magnitude.
    pair : (int, int)
        The devices that have it.
    pair_chance : float
        Probability that it is as large by chance.
    copies : tuple of (int, int)
        Devices whose samples are those of an earlier one, or inverted, and that one.
    """

    mean: float
    error: float
    largest: float
    pair: tuple[int, int]
    pair_chance: float
    copies: tuple[tuple[int, int], ...]

    @property
    def found(self) -> bool:
        return bool(self.copies) or self.pair_chance < UNLIKELY or abs(self.mean) > 5 * self.error


@dataclass(frozen=True, eq=False)
class Structure:
    """All of it."""

    memory: Memory
    drift: Drift
    interference: Interference
    dependence: Dependence

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Fields of the parts by their names."""
        return {part.name: {item.name: getattr(getattr(self, part.name), item.name)
                            for item in fields(getattr(self, part.name))} for part in fields(self)}


def find_structure(recording: Recording) -> Structure:
    """Structure of a recording of at least two samples per device."""
    parts = _parts(recording)
    memory, interference = _spectra(recording, parts)
    dependence = _dependence(recording, memory)
    return Structure(memory, _drift(parts, recording, memory, dependence), interference, dependence)


def part_length(steps: int) -> int:
    """Samples of each part whose P(1) are compared: whole bytes, or all samples if they are few."""
    parts = min(MOST_BLOCKS, steps // FEWEST_SAMPLES)
    return steps if parts < 2 else steps // parts // 8 * 8


def _parts(recording: Recording) -> Floats:
    """P(1) of each device in successive parts, shape (devices, parts)."""
    length = part_length(recording.steps)
    if length == recording.steps:
        return np.asarray(np.bitwise_count(recording.packed).sum(axis=1, dtype=np.int64)[:, None] / length)
    count = recording.steps // length
    octets = recording.packed[:, :count * length // 8].reshape(recording.devices, count, length // 8)
    ones = np.bitwise_count(octets).sum(axis=2, dtype=np.int64)
    return np.asarray(ones / length, np.float64)


def _spectra(recording: Recording, parts: Floats) -> tuple[Memory, Interference]:
    """Memory and interference, from the devices' spectra over the first samples."""
    devices = recording.devices
    steps = min(recording.steps, max(1024, _MEMORY_SAMPLES // devices))
    size = 1 << (2 * steps - 1).bit_length()
    group = max(1, _GROUP_BYTES // (8 * size))
    power, varying = np.zeros(steps // 2), 0
    window = np.hanning(steps + 1)[:-1].astype(np.float32)  # against what drift leaks into other frequencies
    found = []
    for first in range(0, devices, group):
        bits = recording.bits(slice(first, first + group), slice(0, steps)).astype(np.float32)
        signal = bits - bits.mean(axis=1, keepdims=True)
        variance = signal.var(axis=1)
        varies = variance > 0
        periodogram = np.abs(np.fft.rfft(signal[varies] * window, axis=1)[:, 1:steps // 2 + 1]) ** 2
        power += (periodogram / (0.375 * steps * variance[varies, None])).sum(axis=0)
        varying += int(varies.sum())
        found.append(_times(bits, parts[first:first + group], part_length(recording.steps), size))
    of_products = np.concatenate([values[2] for values in found])
    known = of_products[np.isfinite(of_products)]
    memory = Memory(np.concatenate([values[0] for values in found]), np.concatenate([values[1] for values in found]),
                    float(known.mean()) if len(known) else 1.0, any(values[3] for values in found))
    return memory, _interference(power / max(1, varying), steps, recording)


def _times(bits: npt.NDArray[np.float32], parts: Floats, length: int, size: int) -> tuple[Floats, Floats, Floats, bool]:
    """Correlation times of some devices: their values, errors, those of products, and whether they are open."""
    steps = bits.shape[1]
    lags = max(1, steps // 4)
    whole = _autocorrelation(bits - bits.mean(axis=1, keepdims=True), lags, size)
    means = np.repeat(parts.astype(np.float32), length, axis=1)[:, :steps]
    apart = bits - bits.mean(axis=1, keepdims=True)
    apart[:, :means.shape[1]] = bits[:, :means.shape[1]] - means
    # Drift is told apart from memory by the parts' own means, which would take long memory away with it.
    without = _autocorrelation(apart, lags, size)
    time, last, _ = _summed(without)
    short = (time * 50 < length)[:, None]
    chosen = np.where(short, without, whole)
    time, last, is_open = _summed(chosen)
    # The mean that is taken out makes each autocorrelation too low by tau over the samples that it is of (U. Wolff,
    # Comput. Phys. Commun. 156, 143 (2004)).
    time = time * (1 + (2 * (last + 1) + 1) / np.where(short[:, 0], length, steps))
    error = np.abs(time) * np.sqrt(2 * (2 * (last + 1) + 1) / steps)
    squares = np.take_along_axis(np.cumsum(chosen**2, axis=1), last[:, None], axis=1)[:, 0] - (last + 1) / steps
    return time, error, 1 + 2 * np.maximum(0, squares), is_open


def _autocorrelation(signal: npt.NDArray[np.float32], lags: int, size: int) -> Floats:
    """Autocorrelation of signals of mean zero at lags 1 to ``lags``, NaN where a signal is constant."""
    spectrum = np.abs(np.fft.rfft(signal, size, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, size, axis=1)[:, :lags + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(covariance[:, :1] > 1e-6, covariance[:, 1:] / covariance[:, :1], np.nan))


def _summed(autocorrelation: Floats) -> tuple[Floats, npt.NDArray[np.intp], bool]:
    """Integrated correlation times, the last lag (from 0) in each sum, and whether one ends too early."""
    steps = 4 * autocorrelation.shape[1]
    lags = np.arange(1, autocorrelation.shape[1] + 1)
    times = 1 + 2 * np.cumsum(autocorrelation, axis=1)
    inside = lags >= WINDOW * np.maximum(times, 1 / WINDOW)
    last = np.where(inside.any(axis=1), inside.argmax(axis=1), autocorrelation.shape[1] - 1)
    time = np.maximum(np.take_along_axis(times, last[:, None], axis=1)[:, 0], 1 / steps)
    return time, last, bool((np.isfinite(time) & ~inside.any(axis=1)).any())


def _interference(power: Floats, steps: int, recording: Recording) -> Interference:
    """The strongest line of the mean spectrum (of samples of unit variance) above its neighbourhood."""
    if len(power) < 2 * _SMOOTHED or not power.any():
        return Interference(math.inf, 0.0, 1.0)
    padded = np.pad(power, _SMOOTHED // 2, mode="reflect")
    floor = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHED), axis=1)
    relative = power / np.maximum(floor, 1e-12)
    relative[:FEWEST_CYCLES] = 0  # slower, and it is drift
    place = int(relative.argmax())
    # The power about a line-free floor has a Gamma distribution, whose shape its own spread tells.
    usual = relative[FEWEST_CYCLES:]
    usual = usual[usual <= np.quantile(usual, 0.99)]
    shape = max(0.5, float(usual.mean() ** 2 / max(usual.var(), 1e-12)) * 0.8)
    excess = float(relative[place] / usual.mean())
    chance = min(1.0, math.exp(min(0.0, math.log(len(power)) - shape * (excess - 1 - math.log(excess)))))
    p1 = np.bitwise_count(recording.packed).sum(axis=1, dtype=np.int64) / recording.steps
    variance = float((p1 * (1 - p1)).mean())
    amplitude = math.sqrt(6 * max(0.0, power[place] - floor[place]) * variance / steps)  # of a Hann window's peak
    return Interference(steps / (place + 1), amplitude, chance)


def _drift(parts: Floats, recording: Recording, memory: Memory, dependence: Dependence) -> Drift:
    """How far the parts differ, and whether chance makes them."""
    devices, count = parts.shape
    if count < 2:
        ones = np.ones(devices)
        return Drift(parts, 0 * ones, ones, parts.mean(axis=0), 0.0, 1.0)
    mean = parts.mean(axis=1, keepdims=True)
    length = part_length(recording.steps)
    tau = np.clip(np.nan_to_num(memory.time, nan=1.0), 0.05, length)
    expected = (mean * (1 - mean))[:, 0] * tau / length
    found = ((parts - mean) ** 2).sum(axis=1) / (count - 1)
    excess = found - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((expected > 0) & (length >= FEWEST_TIMES * tau), found / expected, 1.0)
    common = parts.mean(axis=0)
    expected_common = float(expected.sum()) / devices**2 * (1 + (devices - 1) * max(0.0, dependence.mean))
    found_common = float(common.var(ddof=1))
    error = float(np.sqrt(2 / (count - 1) * (expected**2).sum())) / devices
    common_ratio = found_common / expected_common if expected_common else 1.0
    return Drift(parts, np.sqrt(np.maximum(0, excess)), chi_square_tail(ratio, count - 1), common,
                 math.sqrt(max(0.0, found_common - expected_common)),
                 float(chi_square_tail(np.array(common_ratio), count - 1)),
                 found_common - expected_common > float(excess.mean()) + 4 * error)


def chi_square_tail(ratio: Floats, freedom: int) -> Floats:
    """Probability that a chi-square variable is ``ratio`` times its mean or more (by Wilson and Hilferty)."""
    spread = 2 / (9 * freedom)
    z = (np.cbrt(ratio) - (1 - spread)) / math.sqrt(spread)
    tail = np.vectorize(lambda value: 0.5 * math.erfc(value / math.sqrt(2)), otypes=[np.float64])
    return np.asarray(tail(z))


def _dependence(recording: Recording, memory: Memory) -> Dependence:
    """Correlation between devices, at samples that are evenly spread over the recording."""
    copies = _copies(recording)
    devices = recording.devices
    count = min(recording.steps, max(1024, int(_PAIR_PRODUCTS / devices**2)))
    chosen = np.linspace(0, recording.steps - 1, count).astype(np.int64)
    bits = (recording.packed[:, chosen // 8] >> (chosen % 8).astype(np.uint8) & 1).astype(np.float32)
    bits -= bits.mean(axis=1, keepdims=True)
    size = np.sqrt((bits**2).sum(axis=1))
    bits = bits[size > 0] / size[size > 0, None]
    known = np.flatnonzero(size > 0)
    if len(known) < 2:
        return Dependence(0.0, 1.0, 0.0, (0, 0), 1.0, copies)
    table = bits @ bits.T
    np.fill_diagonal(table, 0)
    pairs = len(known) * (len(known) - 1) / 2
    independent = count / memory.of_products
    a, b = np.unravel_index(int(np.abs(table).argmax()), table.shape)
    largest = float(table[a, b])
    chance = min(1.0, pairs * math.erfc(abs(largest) * math.sqrt(independent / 2)))
    first, second = sorted((int(known[a]), int(known[b])))
    return Dependence(float(table.sum(dtype=np.float64)) / (2 * pairs), 1 / math.sqrt(independent * pairs), largest,
                      (first, second), chance, copies)


def _copies(recording: Recording) -> tuple[tuple[int, int], ...]:
    """Devices whose samples are those of an earlier one, or inverted."""
    if recording.steps < FEWEST_SAMPLES:
        return ()
    seen: dict[bytes, int] = {}
    found = []
    last = (1 << ((recording.steps - 1) % 8 + 1)) - 1
    for device, row in enumerate(recording.packed):
        inverted: Bits = ~row
        inverted[-1] &= last
        key = min(hashlib.sha256(row.tobytes()).digest(), hashlib.sha256(inverted.tobytes()).digest())
        first = seen.setdefault(key, device)
        if first != device and not _constant(row):
            found.append((device, first))
    return tuple(found)


def _constant(row: Bits) -> bool:
    return int(row[0]) in (0, 255) and bool((row[:-1] == row[0]).all())
