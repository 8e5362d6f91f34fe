"""`docs/bit-contract.md` in plain NumPy and Python integers.

Written from that page alone, in its letters and its order, and slow on purpose: one formula of the page, one function
here. What spinsc calculates with shared code (its hardware's memories and the values they are compared with) is held
against this, so nothing in this file may import spinsc.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """The activations of a layer, or its weights, with their plan; all defaults are the contract's."""

    states: int  # K
    width: int | None = None  # m of a comparator, where the network sets it
    groups: int | None = None  # G, where it is not the number of lanes
    blocks: bool = False
    delay: int = 0
    tuned: bool = False
    calibrated: Sequence[Sequence[int]] | None = None  # T[0..K-1] of each group

    @property
    def m(self) -> int:
        if self.tuned:
            return self.states - 2
        if self.width is not None:
            return self.width
        exact = [m for m in range(8) if 2**m == self.states - 1]
        return exact[0] if exact else 8

    def group_count(self, lanes: int) -> int:
        """G, cut to what the lanes use."""
        return len(set(self.group_of_lanes(lanes)))

    def group_of_lanes(self, lanes: int) -> list[int]:
        if self.groups is None or self.groups >= lanes or self.m == 0:
            return list(range(lanes))
        if self.blocks:
            return [lane // ceil_div(lanes, self.groups) for lane in range(lanes)]
        return [lane % self.groups for lane in range(lanes)]

    def delay_of_lanes(self, lanes: int) -> list[int]:
        """e of every lane: d for each lane of its group before it."""
        group = self.group_of_lanes(lanes)
        return [group[:lane].count(group[lane]) * self.delay for lane in range(lanes)]

    def thresholds(self, lanes: int) -> Integers:
        """T[g, k] of a comparator."""
        if self.calibrated is not None:
            return np.array(self.calibrated, np.int64).reshape(self.group_count(lanes), self.states)
        intervals = self.states - 1
        row = [(2 * 2**self.m * k + intervals) // (2 * intervals) for k in range(self.states)]
        return np.array([row] * self.group_count(lanes), np.int64)

    def bits(self, numbers: Integers, states: Integers, groups: Integers, lanes: int) -> NDArray[np.bool_]:
        """The bit of each state from the random number of its lane, which is in a group."""
        if not self.tuned:
            return np.less(numbers, self.thresholds(lanes)[groups, states])
        inner = (states > 0) & (states < self.states - 1)
        own = (numbers >> np.where(inner, states - 1, 0)) & 1
        return np.where(inner, own == 1, states == self.states - 1)

    def probabilities(self, lanes: int) -> list[Fraction]:
        """P(1) of the side's devices, in their order."""
        each = [Fraction(b + 1, self.states - 1) if self.tuned else Fraction(1, 2) for b in range(self.m)]
        return [p for p in each for _ in range(self.group_count(lanes))]


@dataclass(frozen=True)
class Layer:
    """N neurons of I inputs, and their folding; a hidden layer has z thresholds (N, K_out - 1), the last z biases."""

    weights: Integers  # states, (N, I)
    activation_side: Side
    weight_side: Side
    S: int
    P: int
    z_thresholds: Reals | None = None
    z_biases: Reals | None = None

    @property
    def N(self) -> int:
        return int(self.weights.shape[0])

    @property
    def I(self) -> int:  # noqa: E743
        return int(self.weights.shape[1])

    @property
    def C(self) -> int:
        return ceil_div(self.I, self.S)

    @property
    def Q(self) -> int:
        return ceil_div(self.N, self.P)

    @property
    def F(self) -> int:
        """Steps in which delay lines fill."""
        return max(self.activation_side.delay_of_lanes(self.S) + self.weight_side.delay_of_lanes(self.S))

    def steps(self, length: int) -> int:
        """Steps of an image, those that fill delay lines among them."""
        return self.F + self.Q * self.C * length

    @property
    def G_a(self) -> int:
        return self.activation_side.group_count(self.S)

    @property
    def G_w(self) -> int:
        return self.weight_side.group_count(self.S)

    @property
    def D(self) -> int:
        """Devices, that is random bits per step."""
        return self.G_a * self.activation_side.m + self.G_w * self.weight_side.m

    def integer_thresholds(self, length: int) -> Integers:
        """(N, K_out - 1)"""
        assert self.z_thresholds is not None
        real = np.ceil(length * (self.I + self.z_thresholds) / 2)
        return np.clip(real, 0, self.I * length + 1).astype(np.int64)

    def integer_biases(self, length: int) -> Integers:
        """(N,); halves go to the even neighbour, as IEEE's rint does"""
        assert self.z_biases is not None
        real = np.rint(length * self.z_biases / 2)
        return np.clip(real, -self.I * length, self.I * length).astype(np.int64)


def batch_normalised(weights: Integers, weight_states: int, gamma: Reals, beta: Reals, states: int,
                     ) -> tuple[Integers, Reals]:
    """Weight states (N, I) and z thresholds (N, states - 1) of neurons whose sums pass y = gamma*z + beta (N,)."""
    flipped = np.where((gamma < 0)[:, None], weight_states - 1 - weights, weights)
    z = np.empty((len(gamma), states - 1))
    for j, k in np.ndindex(z.shape):
        above = (2 * (k + 1) - 1) / (states - 1) - 1 - float(beta[j])
        quotient = above / abs(float(gamma[j])) if gamma[j] else math.inf
        far = 1e12 if above > 0 else -1e12
        z[j, k] = quotient if abs(quotient) < 1e12 else far
    return flipped, z


@dataclass(frozen=True)
class Network:
    """Thresholds of the pixels, layers, stream length, and whether the layers share their devices."""

    theta: Sequence[int]
    layers: Sequence[Layer]
    L: int
    shared: bool = False

    @property
    def first_devices(self) -> list[int]:
        """The network's number of device 0 of every layer."""
        if self.shared:
            return [0 for _ in self.layers]
        return [sum(layer.D for layer in self.layers[:number]) for number in range(len(self.layers))]

    @property
    def devices(self) -> int:
        return max(first + layer.D for first, layer in zip(self.first_devices, self.layers, strict=True))

    @property
    def probabilities(self) -> list[Fraction]:
        """P(1) of every device; ValueError where layers that share want two of one device."""
        found: dict[int, Fraction] = {}
        for first, layer in zip(self.first_devices, self.layers, strict=True):
            own = layer.activation_side.probabilities(layer.S) + layer.weight_side.probabilities(layer.S)
            for device, probability in enumerate(own, first):
                if found.setdefault(device, probability) != probability:
                    raise ValueError(f"device {device} of probabilities {found[device]} and {probability}")
        return [found[device] for device in range(self.devices)]

    def period(self, samples: int) -> int:
        """R of a recording."""
        period = samples // max(layer.steps(self.L) for layer in self.layers)
        if period < 1:
            raise ValueError(f"{samples} samples are too few for one image")
        return period


Source = Callable[[Network, int, int], tuple[Integers, Integers]]
"""Of a network, the number of a layer and that of an image: r_a (steps, G_a) and r_w (steps, G_w) of the groups."""


def recorded(recording: NDArray[np.uint8], period: int | None = None) -> Source:
    """Random numbers from the bits (devices, samples) of a recording; `period`: R' of a replay memory."""

    def numbers(network: Network, number: int, image: int) -> tuple[Integers, Integers]:
        layer, steps = network.layers[number], network.layers[number].steps(network.L)
        start = image % (period or network.period(recording.shape[1])) * steps
        first = network.first_devices[number]
        m_a, m_w = layer.activation_side.m, layer.weight_side.m

        def device(index: int) -> Integers:
            return recording[first + index, start : start + steps].astype(np.int64)

        r_a, r_w = np.zeros((steps, layer.G_a), np.int64), np.zeros((steps, layer.G_w), np.int64)
        for g in range(layer.G_a):
            for b in range(m_a):
                r_a[:, g] += 2**b * device(b * layer.G_a + g)
        for g in range(layer.G_w):
            for b in range(m_w):
                r_w[:, g] += 2**b * device(m_a * layer.G_a + b * layer.G_w + g)
        return r_a, r_w

    return numbers


def mix(x: int) -> int:
    """The 32-bit finalizer that makes seeds."""
    x ^= x >> 16
    x = x * 0x85EBCA6B % 2**32
    x ^= x >> 13
    x = x * 0xC2B2AE35 % 2**32
    return x ^ x >> 16


def lfsr_seeds(network: Network, number: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Seeds of the activation groups and of the weight groups of a layer."""
    layer = network.layers[number]
    g = 2 * sum(before.S for before in network.layers[:number])
    return tuple(mix(g + 2 * s + 1) for s in range(layer.G_a)), tuple(mix(g + 2 * s + 2) for s in range(layer.G_w))


@lru_cache
def lfsr_numbers(seeds: tuple[int, ...], m: int, steps: int) -> Integers:
    """(steps, LFSRs): bits m-1..0 of each state, then m shifts."""
    q = np.array(seeds, np.int64)
    numbers = np.zeros((steps, len(seeds)), np.int64)
    for step in range(steps):
        numbers[step] = q % 2**m
        for _ in range(m):
            q = (q << 1) % 2**32 | (q >> 31 ^ q >> 21 ^ q >> 1 ^ q) & 1
    return numbers


def lfsr(network: Network, number: int, image: int) -> tuple[Integers, Integers]:
    """Random numbers from LFSRs: a Source; the same in every image."""
    layer, steps = network.layers[number], network.layers[number].steps(network.L)
    if network.shared or any(side.tuned and side.m for side in (layer.activation_side, layer.weight_side)):
        raise ValueError("LFSRs cannot be shared, nor stand for tuned sources")
    seeds_a, seeds_w = lfsr_seeds(network, number)
    m_a, m_w = layer.activation_side.m, layer.weight_side.m
    return lfsr_numbers(seeds_a, m_a, steps), lfsr_numbers(seeds_w, m_w, steps)


def lane_numbers(layer: Layer, r_a: Integers, r_w: Integers) -> tuple[Integers, Integers]:
    """r_a[n, s] and r_w[n, s] of every lane at the compute steps, (Q*C*L, S), from those of the groups."""
    compute = np.arange(len(r_a) - layer.F)
    lanes = []
    for side, groups in ((layer.activation_side, r_a), (layer.weight_side, r_w)):
        group, e = side.group_of_lanes(layer.S), side.delay_of_lanes(layer.S)
        lanes.append(np.stack([groups[layer.F + compute - e[s], group[s]] for s in range(layer.S)], axis=1))
    return lanes[0], lanes[1]


def accumulators(layer: Layer, length: int, x: Integers, lane_a: Integers, lane_w: Integers) -> Integers:
    """acc_j of every neuron, from the states of the inputs and the random numbers of the lanes."""
    i = np.arange(layer.I)[:, None]
    t = np.arange(length)[None, :]
    s = i % layer.S + 0 * t
    group_a = np.array(layer.activation_side.group_of_lanes(layer.S))[s]
    group_w = np.array(layer.weight_side.group_of_lanes(layer.S))[s]
    acc = []
    for j in range(layer.N):
        n = ((j // layer.P) * layer.C + i // layer.S) * length + t
        a = layer.activation_side.bits(lane_a[n, s], x[i + 0 * t], group_a, layer.S)
        w = layer.weight_side.bits(lane_w[n, s], layer.weights[j][i + 0 * t], group_w, layer.S)
        acc.append(np.count_nonzero(a == w))
    return np.array(acc, np.int64)


@dataclass(frozen=True)
class ImageResult:
    """Every integer of one image; lists have one entry per layer."""

    input_states: Integers
    lanes: list[tuple[Integers, Integers]]  # r_a[n, s] and r_w[n, s] at the compute steps
    accumulators: list[Integers]
    states: list[Integers]  # of the hidden layers
    scores: Integers
    digit: int


def input_states(theta: Sequence[int], pixels: NDArray[np.uint8]) -> Integers:
    """Number of thresholds that each pixel reaches."""
    return np.array([sum(int(pixel) >= level for level in theta) for pixel in pixels.ravel()], np.int64)


def evaluate(network: Network, pixels: NDArray[np.uint8], image: int, source: Source) -> ImageResult:
    """The image numbered `image`, of `pixels` in row-major order."""
    entered = x = input_states(network.theta, pixels)
    lanes, accs, states = [], [], []
    for number, layer in enumerate(network.layers):
        lanes.append(lane_numbers(layer, *source(network, number, image)))
        acc = accumulators(layer, network.L, x, *lanes[-1])
        accs.append(acc)
        if layer.z_biases is None:
            x = np.sum(acc[:, None] >= layer.integer_thresholds(network.L), axis=1)
            states.append(x)
    scores = accs[-1] + network.layers[-1].integer_biases(network.L)
    digit = min(range(len(scores)), key=lambda j: (-scores[j], j))
    return ImageResult(entered, lanes, accs, states, scores, digit)


def ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
