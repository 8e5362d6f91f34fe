"""From the layers of a network to what decides their hardware."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spinsc.gen.memories import packed
from spinsc.hdl.activation import ActivationOutcome
from spinsc.hdl.argmax import ArgmaxOutcome
from spinsc.hdl.network import LayerDesign
from spinsc.hdl.outcome import Outcome
from spinsc.hdl.shapes import BinaryNeuronShape, LayerShape, NeuronShape, SideShape
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side

#: The hardware of each kind of outcome, made from the network's.
OUTCOME_HARDWARE: dict[type[Any], Callable[[Any], Outcome]] = {
    Thresholds: lambda outcome: ActivationOutcome(outcome.states),
    Scores: lambda outcome: ArgmaxOutcome(),
}


def layer_shape(layer: Layer, length: int, pipeline: bool = False, arithmetic: str = "stochastic") -> LayerShape:
    """What decides the hardware of a layer, up to its outcome.

    A product of binary arithmetic is one cycle that counts as many units as a stream of ``length`` steps has.
    """
    folding, binary = layer.folding, arithmetic == "binary"
    return LayerShape(layer.inputs, layer.neurons, folding.lanes, folding.units, length, _side_shape(layer.activation),
                      _side_shape(layer.weight), length if binary else folding.unroll, pipeline, binary=binary)


def layer_shapes(network: Network, pipeline: bool = False) -> list[LayerShape]:
    """`layer_shape` of every layer."""
    return [layer_shape(layer, length, pipeline, network.arithmetic)
            for layer, length in zip(network.layers, network.lengths, strict=True)]


def _side_shape(side: Side) -> SideShape:
    plan = side.plan
    return SideShape(side.states, side.bits, plan.groups, plan.assignment == "blocks", plan.delay, side.tuned,
                     plan.thresholds)


def layer_designs(network: Network, pipeline: bool = False, pack: tuple[int, int] | None = None) -> list[LayerDesign]:
    """Every layer with the names of its modules; layers with the same neuron share its module.

    Parameters
    ----------
    network : Network
    pipeline : bool
    pack : pair of int, optional
        Pixels per beat and bits of a block: the weights of a layer lie in one memory of such blocks where that is
        smaller.
    """
    modules: dict[NeuronShape | BinaryNeuronShape, str] = {}
    designs = []
    for number, (layer, shape) in enumerate(zip(network.layers, layer_shapes(network, pipeline), strict=True)):
        if pack is not None:
            shape = packed(shape, 1 if number else pack[0], pack[1])
        module = modules.setdefault(shape.neuron, f"spinsc_neuron{len(modules)}")
        designs.append(LayerDesign(number, shape, OUTCOME_HARDWARE[type(layer.outcome)](layer.outcome), module))
    return designs
