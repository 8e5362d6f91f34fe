"""Comparator thresholds from measured bits: T chosen so that each state has its probability on these junctions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.contract import default_comparator_thresholds
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.side import Side
from spinsc.sim.recordings.recording import Recording

DEFAULT_RANDOM_BITS = 8

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """A calibrated network, and how well its states meet their probabilities on the junctions of the recording.

    Attributes
    ----------
    network : Network
    before, after : float
        Largest difference between the probability of a state and k/(K-1), over groups, sides and layers, with the
        thresholds of the contract's formula and with the calibrated ones.
    """

    network: Network
    before: float
    after: float


def widened(network: Network, random_bits: int = DEFAULT_RANDOM_BITS) -> Network:
    """The network with random numbers of at least ``random_bits`` bits wherever a comparator has a choice."""
    def wide(side: Side) -> Side:
        bits = max(side.bits, random_bits) if side.states > 2 and not side.tuned else side.bits
        return dataclasses.replace(side, bits=bits, plan=side.plan.calibrated(None))

    return dataclasses.replace(network, layers=tuple(
        dataclasses.replace(layer, activation=wide(layer.activation), weight=wide(layer.weight))
        for layer in network.layers))


def calibrate(network: Network, recording: Recording, *, random_bits: int = DEFAULT_RANDOM_BITS,
              common: bool = False) -> Calibration:
    """Choose the thresholds of a network for the junctions of a recording.

    For each group of junctions, T[k] is the number whose distribution function, that of independent bits of the
    measured P(1), is nearest to k/(K-1). Wider random numbers give a finer choice, and let the bits below a stuck one
    take its place; they take more junctions (`widened`).

    Parameters
    ----------
    network : Network
    recording : Recording
        Of at least `Network.devices` devices of the widened network, in the order of its device map.
    random_bits : int
        m, the width of the random numbers where it is smaller.
    common : bool
        The same thresholds for all junctions, from their mean P(1).

    Raises
    ------
    InputError
        If the recording has too few devices, or no comparator has a choice.
    """
    wide = widened(network, random_bits)
    sides = [side for layer in wide.layers for side in layer.sides]
    if not any(side.states > 2 and not side.tuned for side in sides):
        raise InputError("no layer has a comparator to calibrate: its sources are tuned, or have two states")
    if recording.devices < wide.devices:
        raise InputError(f"the network with random numbers of {random_bits} bits needs {wide.devices} devices, but the "
                         f"recording has {recording.devices}; record more, or choose fewer bits (--random-bits)")
    p1 = np.bitwise_count(recording.packed[:wide.devices]).sum(axis=1, dtype=np.int64) / recording.steps
    if common:
        p1[:] = p1.mean()
    errors: list[tuple[float, float]] = []
    thresholds = [(_choose(layer, layer.activation, p1[base:], errors),
                   _choose(layer, layer.weight, p1[base + layer.activation.devices:], errors))
                  for base, layer in zip(wide.device_bases, wide.layers, strict=True)]
    before, after = np.array(errors).max(axis=0).tolist()
    return Calibration(wide.with_calibrated_thresholds(thresholds), before, after)


def distribution(p1: Floats) -> Floats:
    """P(r < T) for T = 0..2^m, shape (groups, 2^m + 1), from P(1) of independent bits, shape (m, groups)."""
    mass = np.ones((p1.shape[1], 1))
    for of_bit in p1[::-1]:
        mass = np.stack([mass * (1 - of_bit)[:, None], mass * of_bit[:, None]], axis=2).reshape(len(mass), -1)
    return np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)


def _choose(layer: Layer, side: Side, p1: Floats, errors: list[tuple[float, float]]) -> npt.NDArray[np.int64] | None:
    """Thresholds of a side's groups, or None where there is no choice; errors before and after are added."""
    if side.tuned or side.states == 2:
        return None
    below = distribution(p1[:side.devices].reshape(side.bits, side.groups))
    wanted = np.arange(side.states) / (side.states - 1)
    chosen = np.stack([np.abs(row[:, None] - wanted).argmin(axis=0) for row in below])
    chosen[:, 0], chosen[:, -1] = 0, 1 << side.bits
    errors.append((float(np.abs(below[:, default_comparator_thresholds(side.states, side.bits)] - wanted).max()),
                   float(np.abs(np.take_along_axis(below, chosen, axis=1) - wanted).max())))
    return chosen
