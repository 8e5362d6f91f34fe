"""Whether a recording is good enough for a network, and what limits it, from statistics of the devices that are used.

The sums of products are taken as Gaussian, with the means and variances that the measured P(1) and autocorrelation of
each device give them; the loss of accuracy is that of some test images in this model, against the same with ideal
bits. It knows no correlation between devices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinsc.models.network import Network
from spinsc.models.outcome import Activation
from spinsc.models.streams.recorded import RecordedBits, RecordedStreams
from spinsc.sim.recordings.metadata import Metadata
from spinsc.sim.recordings.moments import side_tables
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.statistics import SIGNIFICANT, measure

#: Loss of accuracy, in per cent of the images, up to which a recording counts as good enough.
TOLERATED_LOSS = 0.5
#: Images whose bits a recording should hold; with fewer, the accuracy depends on which bits they happen to be.
ENOUGH_IMAGES = 8
_RUNS = 2000  # images; fewer are taken several times, each time with noise of its own
_SAMPLES = 1 << 24  # of all devices together
_LAGS = 24

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What a recording is worth for a network.

    Attributes
    ----------
    loss, error : float
        Expected loss of accuracy against ideal bits, in per cent of the images, and its standard error.
    causes : dict
        The loss from each cause alone: stuck devices, bias, correlation.
    facts : dict
        Each cause's measured extent, in words.
    period : int
        Images after which the bits repeat.
    """

    loss: float
    error: float
    causes: dict[str, float]
    facts: dict[str, str]
    period: int

    @property
    def excessive(self) -> bool:
        """Whether the bits cost more accuracy than is tolerated, and it is no accident of the few images."""
        return self.loss > max(TOLERATED_LOSS, 2 * self.error)

    @property
    def good(self) -> bool:
        return not self.excessive and self.period >= ENOUGH_IMAGES

    @property
    def line(self) -> str:
        """The verdict in a line."""
        expected = "no loss of accuracy expected" if self.loss < 0.05 else \
            f"expected to lose {self.loss:.1f} ± {self.error:.1f} points of accuracy"
        worst = max(self.causes, key=lambda cause: self.causes[cause])
        limits = f"{worst} ({self.facts[worst]})"
        if self.excessive:
            return f"not good enough: {expected}, limited by {limits}"
        if self.period < ENOUGH_IMAGES:
            return (f"not good enough: too few samples, bits of only {self.period} image{'s' * (self.period > 1)} "
                    f"(take {ENOUGH_IMAGES} or more); {expected}")
        return f"good enough: {expected}" + (f", first by {limits}" if self.loss >= 0.05 else "")


def judge(streams: RecordedStreams, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer]) -> Verdict:
    """Judge a recording for the network that it is read by.

    Parameters
    ----------
    streams : RecordedStreams
    images, labels : uint8 (images, inputs), integers (images,)
        Only the first 2,000 are used.
    """
    network = streams.network
    recording = _excerpt(streams.recording, network.devices)
    statistics = measure(recording, 1)
    p1, r = statistics.p1, statistics.autocorrelation[:, 0]
    ideal = network.device_probabilities
    # One device's autocorrelation is noise where it does not stand out, but that of all together may.
    mean = float(np.nanmean(r)) if np.isfinite(r).any() else 0.0
    level = SIGNIFICANT / math.sqrt(recording.steps)
    r = np.where(np.abs(r) > level, r, mean if abs(mean) > level / math.sqrt(len(r)) else 0.0)
    r = np.clip(np.nan_to_num(r), -0.99, 0.9999)
    stuck = (p1 == 0) | (p1 == 1)
    none = np.zeros(len(p1))
    model = _Model(network, images, labels)
    best = model.right(ideal, none)
    causes = {"stuck devices": (np.where(stuck, p1, ideal), none), "bias": (np.where(stuck, ideal, p1), none),
              "correlation": (ideal, np.where(stuck, 0, r))}
    losses = {cause: _loss(best, model.right(*devices)) for cause, devices in causes.items()}
    bias = np.abs(p1 - ideal)[~stuck]
    facts = {"stuck devices": f"{int(stuck.sum()):,} of {len(p1):,}",
             "bias": f"P(1) is off by {_mean(bias):.3f} on average, {bias.max(initial=0):.3f} at most",
             "correlation": f"autocorrelation {_mean(r[~stuck]):.2f} from sample to sample"}
    right = model.right(p1, r)
    error = 100 * float(np.std(best.astype(np.int8) - right)) / math.sqrt(min(len(images), _RUNS))
    return Verdict(_loss(best, right), error, losses, facts, streams.period)


def _loss(best: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_]) -> float:
    return 100 * max(0.0, float(best.mean() - right.mean()))


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _excerpt(recording: RecordedBits, devices: int) -> Recording:
    """The first samples of the first devices, as many as are looked at."""
    devices = max(1, devices)
    octets = min(recording.packed.shape[1], max(64, _SAMPLES // devices // 8))
    steps = min(recording.steps, 8 * octets)
    return Recording(recording.packed[:devices, :octets], steps, Metadata.of({"kind": "measured"}), allow_constant=True)


class _Model:
    """A network on some images whose sums have Gaussian noise; the same noise in every case."""

    def __init__(self, network: Network, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer]) -> None:
        self.network = network
        chosen = np.arange(_RUNS) % len(images) if len(images) < _RUNS else slice(_RUNS)
        self.labels = labels[chosen]
        self.states = np.searchsorted(network.input_thresholds, images[chosen], side="right")

    def right(self, p1: Floats, r: Floats) -> npt.NDArray[np.bool_]:
        """Whether each image's class is its label if the devices have these P(1) and autocorrelations at lag 1."""
        network = self.network
        states: npt.NDArray[np.integer] = self.states
        noise = np.random.default_rng(0)
        for base, layer in zip(network.device_bases, network.layers, strict=True):
            length = network.length
            lags, weights = _lags(length, float(np.abs(r[base:base + layer.devices]).max(initial=0)))
            middle = base + layer.activation.devices
            of_a = side_tables(layer.activation, p1[base:], r[base:], lags)
            of_w = side_tables(layer.weight, p1[middle:], r[middle:], lags)
            lane = np.arange(layer.inputs) % layer.folding.lanes
            entry_a = lane * layer.activation.states + states
            entry_w = lane * layer.weight.states + layer.weights
            a, w = of_a[0].take(entry_a), of_w[0].take(entry_w).T
            z, square = a @ w, a**2 @ w**2
            variance = layer.inputs - square
            for moment_a, moment_w, weight in zip(of_a[1], of_w[1], weights.tolist(), strict=True):
                variance += 2 * weight * (moment_a.take(entry_a) @ moment_w.take(entry_w).T - square)
            z += np.sqrt(np.maximum(variance, 0) / length) * noise.standard_normal(z.shape, np.float32)
            if isinstance(layer.outcome, Activation):
                states = layer.outcome.states_of_z(z)
        return np.asarray((z + layer.outcome.z).argmax(axis=1) == self.labels)


def _lags(length: int, r: float) -> tuple[npt.NDArray[np.int64], Floats]:
    """Lags that matter at an autocorrelation r at lag 1, and weights that make a sum over them one over all lags.

    The weight of a lag has the share of pairs so far apart in a stream, 1 - lag/L, in it.
    """
    last = min(length - 1, math.ceil(math.log(0.01) / math.log(r))) if r > 0.01 else 0
    lags = np.unique(np.round(np.geomspace(1, max(last, 1), _LAGS)).astype(np.int64))[:last]
    if not len(lags):
        return lags, np.zeros(0)
    edges = np.concatenate([[0.5], (lags[1:] + lags[:-1]) / 2, [lags[-1] + 0.5]])
    return lags, np.diff(edges) * (1 - lags / length)
