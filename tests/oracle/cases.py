"""Random networks in plain numbers, at the edges of the contract: ties, halves, infinite thresholds, every plan."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tests.oracle.contract import (
    ImageResult,
    Integers,
    Layer,
    Network,
    Reals,
    Side,
    Source,
    ceil_div,
    evaluate,
    lfsr,
    recorded,
)


@dataclass(frozen=True, eq=False)
class Case:
    """A network, images from number `first` on, and random bits: of LFSRs, or recorded ones."""

    network: Network
    pixels: NDArray[np.uint8]  # (images, inputs)
    first: int
    recording: NDArray[np.uint8] | None = None  # (devices, samples)
    period: int | None = None  # R' of a replay memory

    @property
    def source(self) -> Source:
        return lfsr if self.recording is None else recorded(self.recording, self.period)

    @cached_property
    def results(self) -> list[ImageResult]:
        return [evaluate(self.network, row, self.first + number, self.source) for number, row in enumerate(self.pixels)]


def parts(network: Network) -> set[str]:
    """What of a plan decides a bit of the network."""
    found = {"shared"} if network.shared else set()
    for layer in network.layers:
        for side in (layer.activation_side, layer.weight_side):
            grouped = side.group_count(layer.S) < layer.S
            dealt = replace(side, blocks=False).group_of_lanes(layer.S) != side.group_of_lanes(layer.S)
            found |= {name for name, occurs in (
                ("groups", grouped), ("blocks", dealt), ("delays", grouped and side.delay > 0),
                ("tuned", side.tuned and side.m > 0), ("calibrated", side.calibrated is not None),
                ("width", side.width is not None)) if occurs}
    return found


def draw_case(seed: int, *, lfsr: bool = False, sizes: Sequence[int] | None = None, shared: bool | None = None,
              period: int | None = None, images: int | None = None) -> Case:
    """A case with everything drawn that is not given."""
    rng = np.random.default_rng(seed)
    network = draw_network(rng, lfsr, sizes, rng.random() < 0.3 if shared is None else shared)
    pixels = draw_pixels(rng, network, images or int(rng.integers(1, 4)))
    first = int(rng.integers(0, 7))
    if lfsr:
        return Case(network, pixels, first)
    needed = max(layer.steps(network.L) for layer in network.layers)
    recorded_images = max(int(rng.integers(1, 5)), ceil_div(60, needed), period or 1)
    recording = draw_recording(rng, network, recorded_images * needed + int(rng.integers(0, needed)))
    if period is None and rng.random() < 0.5:
        period = int(rng.integers(1, recorded_images + 1))
    return Case(network, pixels, first, recording, period)


def draw_network(rng: np.random.Generator, lfsr: bool, sizes: Sequence[int] | None, shared: bool) -> Network:
    """Layers of few enough steps per image; with LFSRs even fewer, as they are shifted one by one."""
    if sizes is None:
        sizes = [int(rng.integers(1, rng.choice([4, 12, 41]))) for _ in range(rng.integers(2, 6))]
    L = int(rng.choice([1, 2, 3, 4, 5, 8, 8, 12]))
    most_steps = 150 if lfsr else 900
    input_states = states = int(rng.integers(2, 13))
    layers: list[Layer] = []
    for I, N in itertools.pairwise(sizes):  # noqa: E741
        S, P = int(rng.integers(1, I + 1)), int(rng.integers(1, N + 1))
        while ceil_div(I, S) * ceil_div(N, P) * L > most_steps and (S, P) != (I, N):
            S, P = min(I, 2 * S), min(N, 2 * P)
        weight_states = int(rng.integers(2, 13))
        activation_side, weight_side = (draw_side(rng, K, S, tuned=not lfsr) for K in (states, weight_states))
        weights = rng.integers(0, weight_states, (N, I))
        z_thresholds = z_biases = None
        if len(layers) == len(sizes) - 2:
            z_biases = draw_z_biases(rng, I, N, L)
            if rng.random() < 0.7:  # neurons of one pass with equal weights and biases have equal scores
                equal = rng.random(N) < 0.6
                weights[equal], z_biases[equal] = weights[equal][:1], z_biases[equal][:1]
        else:
            states = int(rng.integers(2, 13))
            z_thresholds = draw_z_thresholds(rng, I, N, L, states)
        layers.append(Layer(weights, activation_side, weight_side, S, P, z_thresholds, z_biases))
    theta = np.sort(rng.integers(0, 257, input_states - 1)).tolist()
    network = Network(theta, layers, L, shared and not lfsr)
    try:
        network.probabilities  # noqa: B018
    except ValueError:
        network = Network(theta, [untuned(layer) for layer in layers], L, shared)
    return network


def untuned(layer: Layer) -> Layer:
    """The layer with comparators, whose devices any layer can share."""
    return replace(layer, activation_side=replace(layer.activation_side, tuned=False),
                   weight_side=replace(layer.weight_side, tuned=False))


def draw_side(rng: np.random.Generator, states: int, S: int, *, tuned: bool) -> Side:
    if tuned and rng.random() < 0.25:
        side = Side(states, tuned=True)
    else:
        side = Side(states, width=int(rng.integers(0, 17)) if rng.random() < 0.25 else None)
    if rng.random() < 0.6:
        side = replace(side, groups=int(rng.integers(1, S + 3)), blocks=bool(rng.random() < 0.5),
                       delay=int(rng.integers(0, 4)))
    if not side.tuned and rng.random() < 0.25:
        inner = np.sort(rng.integers(0, 2**side.m + 1, (side.group_count(S), states - 2)), axis=1)
        side = replace(side, calibrated=[[0, *row, 2**side.m] for row in inner.tolist()])
    return side


def draw_z_thresholds(rng: np.random.Generator, I: int, N: int, L: int, states: int) -> Reals:  # noqa: E741
    """Where accumulators fall: whole ones, halves, the next floats to whole ones, any, equal, and beyond all sums."""
    shape = N, states - 1
    middle = rng.binomial(I * L, 0.5, shape)
    whole = 2 * middle / L - I
    kinds = [whole, 2 * (middle + 0.5) / L - I, np.nextafter(whole, np.inf), np.nextafter(whole, -np.inf),
             rng.normal(0, np.sqrt(I), shape), np.repeat(whole[:, :1], states - 1, axis=1),
             rng.choice([-np.inf, np.inf, -1e9, 1e9, -I, I], shape)]
    return np.sort(np.choose(rng.choice(7, shape, p=[0.25, 0.25, 0.1, 0.1, 0.15, 0.1, 0.05]), kinds), axis=1)


def draw_z_biases(rng: np.random.Generator, I: int, N: int, L: int) -> Reals:  # noqa: E741
    """Halves between two integers, whole ones, any, and beyond full scale."""
    small = rng.integers(-I * L // 4 - 2, I * L // 4 + 2, N)
    kinds = [2 * (small + 0.5) / L, 2 * small / L, rng.normal(0, np.sqrt(I) / 2, N), rng.choice([-1e9, 1e9], N)]
    return np.choose(rng.choice(4, N, p=[0.5, 0.2, 0.25, 0.05]), kinds)


def draw_pixels(rng: np.random.Generator, network: Network, images: int) -> NDArray[np.uint8]:
    """Images whose pixels are thresholds, just below them, or any."""
    shape = images, network.layers[0].I
    theta = rng.choice(network.theta, shape)
    pixels: Integers = np.choose(rng.integers(0, 3, shape), [theta, theta - 1, rng.integers(0, 256, shape)])
    return pixels.clip(0, 255).astype(np.uint8)


def draw_recording(rng: np.random.Generator, network: Network, samples: int) -> NDArray[np.uint8]:
    """Bits with as many ones as the devices' probabilities say, and two devices beyond those needed."""
    ones = [round(float(p) * samples) for p in network.probabilities] + [samples // 2] * 2
    return np.stack([rng.permutation(np.arange(samples) < count) for count in ones]).astype(np.uint8)
