"""Other numbers of states for a network that has some: its states are taken for real numbers and quantized again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.contract import MAX_STATES, PIXEL_LEVELS, check_range
from spinsc.models.importing.calibrate import quantize
from spinsc.models.importing.folding import byte_inputs, fold, merged
from spinsc.models.importing.steps import Affine, Linear, Monotone, Quantizer, Step, TrainedNetwork
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Activation

#: What bytes stand for here: themselves.
_BYTES = (0.0, float(PIXEL_LEVELS - 1))


def with_states(network: Network, states: int, pixels: npt.NDArray[np.uint8]) -> Network:
    """The network with K states of weights and hidden activations, chosen by post-training quantization.

    The input keeps its states, and so does a network that has K already. A hidden neuron becomes the straight line
    through its first and last threshold, cut to -1..1, and that is rounded to K even steps.

    Parameters
    ----------
    network : Network
    states : int
        K.
    pixels : uint8, shape (n, inputs)
        Images to calibrate with, at least 2; labels are not needed.

    Raises
    ------
    InputError
        If the thresholds of a neuron leave no slope, as two states do.
    """
    check_range("states", states, 2, MAX_STATES)
    if all(layer.weight.states == states for layer in network.layers) and all(
            layer.activation.states == states for layer in network.layers[1:]):
        return network
    found = quantize(_chain(network), states, pixels.astype(np.float64))
    steps = merged(found.steps)
    return fold(TrainedNetwork(found.features, tuple(steps), found.source), network.length,
                byte_inputs(steps, found.features, *_BYTES), {**network.provenance, "requantized_states": states})


def _chain(network: Network) -> TrainedNetwork:
    """The network on bytes, with real weights and activations."""
    edges = network.input_thresholds.astype(np.float64)
    steps: list[Step] = [Quantizer("the input", -1.0, 2 / len(edges), edges, np.ones(len(edges), bool))]
    for number, layer in enumerate(network.layers):
        name = f"layer {number}"
        steps.append(Linear(name, 2.0 * layer.weights / (layer.weight.states - 1) - 1))
        if isinstance(layer.outcome, Activation):
            slope, middle = _line(layer, name)
            steps += [Affine(name, slope, -slope * middle), Monotone(name, "clip", -1.0, 1.0)]
        else:
            steps.append(Affine(name, np.ones(()), layer.outcome.z))
    return TrainedNetwork(network.inputs, tuple(steps), "the network")


def _line(layer: Layer, name: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Slope and zero of each neuron's activation from -1 to 1; K - 1 thresholds lie K - 2 steps of 2/(K-1) apart."""
    thresholds = layer.outcome.z
    width = np.ptp(thresholds, axis=1)
    if not (np.isfinite(width) & (width > 0)).all():
        bad = int(np.flatnonzero(~(np.isfinite(width) & (width > 0)))[0])
        raise InputError(f"{name}, neuron {bad}: from its {thresholds.shape[1] + 1} states no others can be made, as "
                         "its thresholds have no distance; leave --states out, or train with the states you want")
    count = thresholds.shape[1]
    return 2 * (count - 1) / (count * width), (thresholds[:, 0] + thresholds[:, -1]) / 2
