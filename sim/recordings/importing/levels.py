"""The two voltage levels of a telegraph signal: where they are, and what speaks against there being two."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError

THRESHOLD_METHODS = ("midpoint", "otsu")
# The two halves of one Gaussian are 2.6 of their standard deviations apart, those of a uniform distribution 3.5.
SMALLEST_LEVEL_SEPARATION = 3.6
#: More of it over the number of values: one in a thousand sets of Gaussian values is cut further apart.
SEPARATION_OF_FEW = 60
#: Share of the samples up to which what lies beyond the levels is an accident.
OUTLIERS = 1e-3
#: Samples of a level that make it one, and visits to it; fewer may be glitches.
FEWEST_SAMPLES, FEWEST_VISITS = 5, 3
#: Samples of levels that tell that one ends before the other begins.
SOME_SAMPLES = 8
#: Share of samples between the levels up to which they are taken for transitions.
TRANSITIONS = 0.2
#: Distance of levels, in distances of the two main ones, below which they count as one.
SAME_LEVEL = 0.25
#: Share of misread samples from which on the noise is named.
MISREAD = 1e-3
_HISTOGRAM_BINS = 1024
_DEEPEST = 6
_SPLITTABLE = 8
_LOOKED_AT = 1 << 18
_BLOCKS = 64
_BLOCK_SAMPLES = 64
_REMEDY = "give --threshold V or --levels LOW HIGH"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """Values in two classes.

    Attributes
    ----------
    threshold : float
        Otsu's; values from here on are of the high class.
    low, high : float
        Means of the classes.
    noise : float
        Standard deviation about them, pooled.
    count : int
        Of the values.
    """

    threshold: float
    low: float
    high: float
    noise: float
    count: int

    @property
    def clear(self) -> bool:
        """Whether these are two levels and not one distribution cut in two, which of few values may be far apart."""
        return self.high - self.low >= (SMALLEST_LEVEL_SEPARATION + SEPARATION_OF_FEW / self.count) * self.noise


@dataclass(frozen=True)
class Levels:
    """The levels of a device.

    Attributes
    ----------
    threshold : float
        Voltages from here on are 1.
    low, high : float
        Mean voltages of the two states.
    notes : tuple of str
        What the user should know of them, without the name of the file.
    """

    threshold: float
    low: float
    high: float
    notes: tuple[str, ...] = ()


def otsu(values: npt.NDArray[Any]) -> Split:
    """Classes of largest between-class variance (N. Otsu, IEEE Trans. SMC 9, 62 (1979)) of values not all equal."""
    counts, edges = np.histogram(values, bins=_HISTOGRAM_BINS)
    centres = (edges[:-1] + edges[1:]) / 2
    weight = np.cumsum(counts)[:-1] / len(values)
    first = np.cumsum(counts * centres)[:-1] / len(values)
    total = float((counts * centres).sum() / len(values))
    between = (total * weight - first) ** 2 / (weight * (1 - weight))
    # Between well separated levels lie empty bins, over which the variance stays the same.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    threshold = float((edges[1:-1][best[0]] + edges[1:-1][best[-1]]) / 2)
    high = values >= threshold
    noise = np.sqrt((values[~high].var() * (~high).mean()) + (values[high].var() * high.mean()))
    return Split(threshold, float(values[~high].mean()), float(values[high].mean()), float(noise), len(values))


def find_levels(values: npt.NDArray[Any], method: str = "midpoint", name: str = "the table", *, stride: int = 1,
                place: str = "row") -> Levels:
    """The two levels of a telegraph signal, and the threshold between them.

    Parameters
    ----------
    values : shape (samples,)
        Finite voltages in the order of time.
    method : {"midpoint", "otsu"}
        Whether the threshold is half-way between the mean voltages of the states, which does not depend on how long
        the device stays in each, or Otsu's.
    name : str
        Of the file or device, for errors.
    stride : int
        Rows of the file from a value to the next.
    place : str
        What a sample is called.

    Raises
    ------
    InputError
        If the voltages are constant, do not lie about two levels, or the levels change.
    """
    found = _Finder(values, name, stride, place)
    inliers = found.inliers()
    split = otsu(inliers)
    notes = found.notes
    if not split.clear:
        found.refuse_moving(inliers)
        raise InputError(f"the voltages of {name} do not lie about two levels ({split.low:g} and {split.high:g} with a "
                         f"noise of {split.noise:g}); {_REMEDY}")
    found.check_moving(inliers, split)
    misread = math.erfc((split.high - split.low) / 2 / max(split.noise, 1e-300) / math.sqrt(2)) / 2
    if misread > MISREAD:
        notes.append(f"about {100 * misread:.1f} % of the samples are misread: the noise of {split.noise:.3g} is not "
                     f"small against levels of {split.low:.4g} and {split.high:.4g} (--hysteresis may help)")
    visits = 1 + int(np.count_nonzero(np.diff(inliers >= split.threshold)))
    if visits <= 2 * FEWEST_VISITS:
        notes.append(f"the level changes only {visits - 1} times: was it the device that switched?")
    notes += [text for text in (_clipped(inliers, split, end) for end in (0, 1)) if text]
    threshold = split.threshold if method == "otsu" else (split.low + split.high) / 2
    return Levels(threshold, split.low, split.high, tuple(notes))


class _Finder:
    """What is looked at on the way to the levels of one device."""

    def __init__(self, values: npt.NDArray[Any], name: str, stride: int, place: str) -> None:
        self.values, self.name, self.stride, self.place = values, name, stride, place
        self.notes: list[str] = []
        if values.min() == values.max():
            raise InputError(f"all voltages of {name} are {values[0]:g}; the device does not switch, or the column is "
                             "another")

    def row(self, number: int) -> int:
        """Row of the file, from 1, of a value."""
        return int(number) * self.stride + 1

    def inliers(self) -> npt.NDArray[Any]:
        """The values but for accidents beyond the levels; `InputError` if they have more than two levels."""
        step = max(1, len(self.values) // _LOOKED_AT)
        clusters = _clusters(np.sort(self.values[::step]))
        if len(clusters) < 3:
            self._refuse_glitches(clusters, step)
            return self._without_outliers(clusters)
        many = [cluster for cluster in clusters if cluster.count > max(2, OUTLIERS * len(self.values) / step)]
        if len(many) < 2:
            many = sorted(sorted(clusters, key=lambda cluster: cluster.count)[-2:], key=lambda cluster: cluster.mean)
        many = self._without_transitions(many)
        cut = _widest_gap(many)
        groups = _joined(many[:cut]), _joined(many[cut:])
        self._refuse_range_change(many, cut, step)
        larger = many[:cut] if groups[0].count > groups[1].count else many[cut:]
        rest = sum(cluster.count for cluster in many) - max(group.count for group in groups)
        if sum(cluster.count > rest for cluster in larger) > 1:  # two levels, and another that is rarer than both
            raise self._too_many([cluster.mean for cluster in many])
        levels = _merged(many, SAME_LEVEL * (groups[1].mean - groups[0].mean))
        if len(levels) > 2:
            raise self._too_many(levels)
        return self._without_outliers(groups)

    def _without_transitions(self, clusters: list[_Cluster]) -> list[_Cluster]:
        """The clusters without samples on their way from level to level, if these are few."""
        main = sorted(clusters, key=lambda cluster: cluster.count)[-2:]
        between = [cluster for cluster in clusters[1:-1] if cluster.flat and cluster not in main]
        share = sum(cluster.count for cluster in between) / sum(cluster.count for cluster in clusters)
        if not between or share > TRANSITIONS:
            return clusters
        self.notes.append(f"{100 * share:.0f} % of the samples lie between the levels: the read-out is slow against "
                          "the device")
        return [cluster for cluster in clusters if cluster not in between]

    def _refuse_glitches(self, clusters: Sequence[_Cluster], step: int) -> None:
        rare = min(clusters, key=lambda cluster: cluster.count)
        if len(clusters) == 2 and step == 1 and rare.count < FEWEST_SAMPLES <= len(self.values) - 2 * FEWEST_SAMPLES:
            inside = np.flatnonzero((self.values >= rare.low) & (self.values <= rare.high))
            other = clusters[0] if rare is clusters[1] else clusters[1]
            raise InputError(
                f"only {rare.count} of {len(self.values)} samples of {self.name} do not lie about {other.mean:g}, the "
                f"first in {self.place} {self.row(inside[0])} ({self.values[inside[0]]:g}): a glitch, or a state? "
                f"{_REMEDY}")

    def _without_outliers(self, levels: Sequence[_Cluster]) -> npt.NDArray[Any]:
        """The values that lie no further beyond the levels than these are apart; others are named."""
        if len(levels) < 2:
            return self.values
        distance = levels[1].mean - levels[0].mean
        low = levels[0].mean - max(distance, 8 * levels[0].deviation)
        high = levels[1].mean + max(distance, 8 * levels[1].deviation)
        outside = np.flatnonzero((self.values < low) | (self.values > high))
        if not len(outside):
            return self.values
        if len(outside) > max(2, OUTLIERS * len(self.values)):
            raise InputError(f"{len(outside)} of {len(self.values)} samples of {self.name} lie far from the levels "
                             f"{levels[0].mean:g} and {levels[1].mean:g}, the first in {self.place} "
                             f"{self.row(outside[0])} ({self.values[outside[0]]:g}); {_REMEDY}")
        more = f" (and {len(outside) - 1} more)" if len(outside) > 1 else ""
        self.notes.append(f"{self.place} {self.row(outside[0])}{more} is an outlier: {self.values[outside[0]]:g}, "
                          f"where the levels are {levels[0].mean:.4g} and {levels[1].mean:.4g}; its bit means nothing")
        return np.delete(self.values, outside)

    def _refuse_range_change(self, clusters: Sequence[_Cluster], cut: int, step: int) -> None:
        """Refuse clusters that come in two groups, before and after ``cut``, of which one follows the other."""
        if len(clusters) < 3:
            return
        values = self.values[::step]
        upper = values >= (clusters[cut - 1].high + clusters[cut].low) / 2
        changes = np.flatnonzero(upper[1:] != upper[:-1])
        inner = [_middle(clusters[:cut]), _middle(clusters[cut:])]
        within = sum(int((np.diff(values[side] >= middle) != 0).sum()) for side, middle in zip(
            (~upper, upper), inner, strict=True) if middle is not None)
        spans = [np.flatnonzero((values >= cluster.low) & (values <= cluster.high))[[0, -1]] for cluster in clusters
                 if cluster.count >= SOME_SAMPLES]
        apart = any(a[1] < b[0] or b[1] < a[0] for a, b in itertools.combinations(spans, 2))
        if (0 < len(changes) <= 3 and within >= 8 * len(changes)) or (apart and len(changes)):
            groups = [", ".join(f"{cluster.mean:.4g}" for cluster in part)
                      for part in (clusters[:cut], clusters[cut:])]
            first, second = groups if not upper[0] else groups[::-1]
            raise InputError(
                f"the levels of {self.name} change from {first} to {second} at about {self.place} "
                f"{self.row(int(changes[0] + 1) * step)}: was the range or the offset changed? import the parts by "
                "themselves (--rows)")

    def _too_many(self, levels: Sequence[float]) -> InputError:
        shown = ", ".join(f"{level:.4g}" for level in levels[:6]) + (", ..." if len(levels) > 6 else "")
        return InputError(f"the voltages of {self.name} lie about {len(levels)} levels ({shown}), not two; check the "
                          f"measurement, or {_REMEDY}")

    def refuse_moving(self, values: npt.NDArray[Any]) -> None:
        """Refuse two levels that are there in every part of the signal, but move."""
        parts = _parts(values)
        clear = [part for part in parts if part.clear]
        if len(clear) >= max(3, len(parts) // 2):
            raise self._moves(clear)

    def check_moving(self, values: npt.NDArray[Any], split: Split) -> None:
        """Name levels that move, and refuse those that come near the threshold."""
        distance = split.high - split.low
        every = _parts(values)
        parts = [part for part in every if part.clear]
        if len(parts) < max(3, len(every) // 2):  # levels as far apart as those of the whole signal
            parts = [part for part in parts if part.high - part.low > distance / 2]
        if len(parts) < 3:
            return
        distance = float(np.median([part.high - part.low for part in parts]))
        middle = (split.low + split.high) / 2
        off = max(abs((part.low + part.high) / 2 - middle) for part in parts)
        if off > 0.3 * distance:
            raise self._moves(parts)
        if off > 0.15 * distance:
            self.notes.append(f"the base line moves by {off:.3g}, {100 * off / distance:.0f} % of the distance of the "
                              "levels (--moving-threshold N follows it)")

    def _moves(self, parts: Sequence[Split]) -> InputError:
        middles = [(part.low + part.high) / 2 for part in parts]
        return InputError(f"the base line of {self.name} moves: the middle between the levels goes from "
                          f"{min(middles):.4g} to {max(middles):.4g}, and they are only "
                          f"{np.median([part.high - part.low for part in parts]):.3g} apart; follow them "
                          "(--moving-threshold N, in samples)")


@dataclass(frozen=True)
class _Cluster:
    """Neighbouring values that are about one level."""

    mean: float
    low: float
    high: float
    count: int
    deviation: float

    @property
    def flat(self) -> bool:
        """Whether the values are spread evenly, as those between two levels are when the read-out is slow."""
        return self.count >= 100 and 0 < self.high - self.low < 4.2 * self.deviation


def _clusters(ordered: npt.NDArray[Any], depth: int = 0) -> list[_Cluster]:
    """Ascending values in clusters, each of which is one distribution."""
    if depth < _DEEPEST and ordered[0] != ordered[-1] and (len(ordered) >= _SPLITTABLE or not depth):
        split = otsu(ordered)
        if split.clear:
            border = int(np.searchsorted(ordered, split.threshold))
            return _clusters(ordered[:border], depth + 1) + _clusters(ordered[border:], depth + 1)
    return [_Cluster(float(ordered.mean()), float(ordered[0]), float(ordered[-1]), len(ordered),
                     float(ordered.std()))]


def _merged(clusters: Sequence[_Cluster], distance: float) -> list[float]:
    """Means of clusters, those nearer than a distance taken together."""
    levels: list[list[_Cluster]] = []
    for cluster in clusters:
        if levels and cluster.mean - levels[-1][-1].mean < distance:
            levels[-1].append(cluster)
        else:
            levels.append([cluster])
    return [_joined(level).mean for level in levels]


def _middle(clusters: Sequence[_Cluster]) -> float | None:
    """Voltage in the widest gap between clusters."""
    if len(clusters) < 2:
        return None
    cut = _widest_gap(clusters)
    return (clusters[cut - 1].high + clusters[cut].low) / 2


def _widest_gap(clusters: Sequence[_Cluster]) -> int:
    """Number of the cluster, from 1, before which the gap is widest."""
    return 1 + int(np.argmax([after.low - before.high for before, after in itertools.pairwise(clusters)]))


def _joined(clusters: Sequence[_Cluster]) -> _Cluster:
    """Clusters as one."""
    counts = [cluster.count for cluster in clusters]
    mean = float(np.average([cluster.mean for cluster in clusters], weights=counts))
    variance = np.average([cluster.deviation**2 + (cluster.mean - mean) ** 2 for cluster in clusters], weights=counts)
    return _Cluster(mean, clusters[0].low, clusters[-1].high, sum(counts), math.sqrt(variance))


def _parts(values: npt.NDArray[Any]) -> list[Split]:
    """Classes in successive parts of a signal."""
    count = min(_BLOCKS, len(values) // _BLOCK_SAMPLES)
    return [otsu(part) for part in np.array_split(values, count) if part.min() != part.max()] if count >= 3 else []


def _clipped(values: npt.NDArray[Any], split: Split, end: int) -> str | None:
    """A word on a level that is cut off at the least (0) or greatest (1) voltage."""
    of_level = values[(values >= split.threshold) == bool(end)]
    extreme = of_level.max() if end else of_level.min()
    share = float((of_level == extreme).mean())
    if share < 0.2 or len(of_level) < _BLOCK_SAMPLES or len(np.unique(of_level[:10_000])) < 5:
        return None
    return (f"the {'high' if end else 'low'} level is clipped: {100 * share:.0f} % of its samples are exactly "
            f"{extreme:g}")
