"""Small networks of many shapes, and what they are given: every comparison is met from both sides, ends included."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.gen.emit import emit
from spinsc.gen.random_sources.replay import Replay
from spinsc.gen.random_sources.source import RecordedImage
from spinsc.models.builders import random_network
from spinsc.models.contract import default_comparator_thresholds
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording

#: Images whose random bits differ, where they come in at ports.
PERIOD = 24
#: Images that a network is given, those of them that are not chosen, and those that others are chosen from.
IMAGES, RANDOM_IMAGES, CANDIDATES = 384, 48, 24_000
SEED = 11


@dataclass(frozen=True)
class Shape:
    """A network, where its random numbers come from, and its port.

    Attributes
    ----------
    name : str
    source : str
        ``ports``, ``lfsr`` or ``replay``.
    sizes, states, length, foldings
        Of `random_network`; states of inputs, weights and activations.
    pixels_per_beat : int
    refine : callable
        Gives the network more: a plan, other numbers of random bits.
    """

    name: str
    source: str
    sizes: tuple[int, ...]
    states: tuple[int, int, int]
    length: int
    foldings: tuple[Folding, ...]
    pixels_per_beat: int
    refine: Callable[[Network], Network] = field(default=lambda network: network)

    def network(self) -> Network:
        """Weights at random, and thresholds and biases where the sums fall; some of all at both ends of what there is.
        """
        inputs, weights, activations = self.states
        network = random_network(self.sizes, input_states=inputs, weight_states=weights, activation_states=activations,
                                 length=self.length, seed=SEED, folding=self.foldings)
        layers = []
        for layer in network.layers:
            changed = layer.weights.copy()
            changed[0] = weights - 1
            if layer is not network.layers[-1]:
                changed[1] = 0
            layers.append(dataclasses.replace(layer, weights=changed))
        network = self.refine(dataclasses.replace(network, layers=tuple(layers)))
        images = np.random.default_rng(SEED).integers(0, 256, (PERIOD * 80, network.inputs)).astype(np.uint8)
        for number, layer in enumerate(network.layers):
            z = _levels(evaluate(network, images, self.streams(network)).accumulators[number], layer, network.length)
            lively = dataclasses.replace(layer, outcome=dataclasses.replace(layer.outcome, z=z))
            network = dataclasses.replace(network, layers=(
                *network.layers[:number], lively, *network.layers[number + 1:]))
        return network

    def emit(self, folder: Path) -> Network:
        """Write its hardware."""
        network = self.network()
        source: Any = self.source
        if source == "replay":
            bits = directed_bits(network, 1)
            source = Replay(RecordedImage({
                number: np.ascontiguousarray(bits[base:base + layer.devices, :samples].T)
                for number, (layer, base, samples) in enumerate(
                    zip(network.layers, network.device_bases, network.samples, strict=True))}, "chosen"))
        emit(network, folder, source=source, pixels_per_beat=self.pixels_per_beat)
        return network

    def streams(self, network: Network) -> Streams:
        """Its random numbers; see `directed_bits` of those that do not come from LFSRs."""
        if self.source == "lfsr":
            return LfsrStreams(network)
        bits = directed_bits(network, PERIOD if self.source == "ports" else 1)
        return RecordedStreams(Recording.from_bits(bits, {"kind": "simulated"}, allow_constant=True), network)

    def images(self, network: Network, streams: Streams) -> npt.NDArray[np.uint8]:
        """The first at random; then those that give most sums of a neuron, and pixels of an input, not given before.

        So thresholds are met from both sides wherever many images at random meet them.
        """
        rng = np.random.default_rng(SEED)
        theta = np.asarray(network.input_thresholds)
        sides = np.clip(np.concatenate([theta - 1, theta, [0, 255]]), 0, 255)
        count = CANDIDATES // streams.period * streams.period
        of_two = rng.choice(sides, (count, 1, 2))  # of any image, most pixels are one of two
        kind = rng.random((count, network.inputs))
        rate = rng.random((count, 1))
        candidates = np.where(kind < 0.1, rng.choice(sides, kind.shape),
                              np.where(rng.random(kind.shape) < rate, of_two[..., 0], of_two[..., 1])).astype(np.uint8)
        trace = evaluate(network, candidates, streams)
        sums = np.concatenate(trace.accumulators, axis=1)
        features = np.concatenate([sums, candidates], axis=1)
        known = np.zeros((features.shape[1], max(256, int(sums.max()) + 1)), bool)
        columns = np.arange(features.shape[1])
        chosen = list(range(RANDOM_IMAGES))
        for image in chosen:
            known[columns, features[image]] = True
        for position in range(RANDOM_IMAGES, IMAGES):
            of_slot = np.arange(position % streams.period, count, streams.period)
            new = (~known[columns, features[of_slot]]).sum(1)
            image = int(of_slot[(new + rng.random(len(new))).argmax()])
            known[columns, features[image]] = True
            chosen.append(image)
        return candidates[chosen]


def _levels(accumulators: npt.NDArray[np.int64], layer: Layer, length: int) -> npt.NDArray[np.float64]:
    """Thresholds, or biases, with which each state of a neuron, or each class, is about as frequent as another.

    Of neurons with more than one threshold, some have one at an end.

    Parameters
    ----------
    accumulators : int64, shape (images, neurons)
        Of the layer.
    layer : Layer
    length : int
    """
    sums = accumulators * 2 / length - layer.inputs
    if layer.outcome.z.ndim == 1:
        return -np.median(sums, axis=0)
    count = layer.outcome.z.shape[1]
    z = np.quantile(sums, np.arange(1, count + 1) / (count + 1), axis=0, method="higher").T
    if count > 1:
        z[0, -1] = layer.inputs  # reached by nothing less than all ones
        z[-1, 0], z[1, -1] = -np.inf, np.inf
    return z


def directed_bits(network: Network, images: int) -> npt.NDArray[np.uint8]:
    """A recording in which every second number lies on one side of a comparator's threshold or the other.

    Half of the images, if there are more than one, have mostly or only the smallest or largest number. Tuned junctions
    have their probabilities.

    Returns
    -------
    uint8, shape (devices, samples of all images)
    """
    rng = np.random.default_rng(SEED)
    samples = max(network.samples)
    bits = np.zeros((network.devices, images, samples), np.uint8)
    for layer, base in zip(network.layers, network.device_bases, strict=True):
        row = base
        for side in layer.sides:
            full, shape = 1 << side.bits, (side.groups, images, samples)
            if side.tuned:
                numbers = sum(((rng.random(shape) < (bit + 1) / (side.states - 1)).astype(np.int64) << bit
                               for bit in range(side.bits)), np.zeros(shape, np.int64))
            else:
                near = np.clip(np.array(default_comparator_thresholds(side.states, side.bits)), 1, full - 1)
                numbers = np.where(rng.random(shape) < 0.5, rng.integers(0, full, shape),
                                   rng.choice(near, shape) - rng.integers(0, 2, shape))
            for image in range(0 if images == 1 or side.tuned else images):
                if (kind := image % 8) < 4:
                    often = np.zeros_like(numbers[:, image]) if kind % 2 else np.full_like(numbers[:, image], full - 1)
                    numbers[:, image] = np.where(rng.random(often.shape) < (1 if kind < 2 else 0.7), often,
                                                 numbers[:, image])
            for bit in range(side.bits):
                bits[row + bit * side.groups:row + (bit + 1) * side.groups] = numbers >> bit & 1
            row += side.devices
    return bits.reshape(network.devices, -1)


def _planned(network: Network) -> Network:
    plans = "groups=2,delay=1,weight.source=tuned,activation.assignment=blocks", "weight.groups=2"
    return dataclasses.replace(network, layers=tuple(
        network.with_plan(plan).layers[number] for number, plan in enumerate(plans)))


SHAPES = {shape.name: shape for shape in (
    Shape("ports", "ports", (7, 4, 3), (3, 5, 3), 3, (Folding(3, 2), Folding(2, 2)), 2),
    Shape("ports-unrolled", "ports", (5, 4, 3, 2), (5, 3, 3), 5, (Folding(5, 3, 2), Folding(2, 2, 5), Folding(3, 1, 3)),
          1),
    Shape("ports-planned", "ports", (8, 4, 3), (3, 4, 3), 3, (Folding(4, 3), Folding(4, 1)), 2, _planned),
    Shape("lfsr", "lfsr", (7, 4, 3), (5, 3, 3), 5, (Folding(3, 3, 2), Folding(2, 2, 3)), 3),
    Shape("lfsr-single", "lfsr", (6, 4), (3, 5, 2), 4, (Folding(6, 4, 4),), 6),
    Shape("replay", "replay", (6, 4, 3), (4, 9, 2), 3, (Folding(3, 4, 2), Folding(2, 2, 2)), 2),
    Shape("replay-deep", "replay", (5, 4, 4, 3), (3, 3, 3), 4,
          (Folding(2, 2, 2), Folding(3, 2, 2), Folding(2, 2, 2)), 1),
)}
