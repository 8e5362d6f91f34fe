"""Unit bench: components that contain black boxes, side by side under one top module, and their memory images."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path

from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import Component, Out

from spinsc import hdl
from spinsc.hdl.activation import QuantizedActivation, threshold_width
from spinsc.hdl.argmax import Argmax, bias_width
from spinsc.hdl.layer import LayerHardware
from spinsc.hdl.neuron import Neuron
from spinsc.hdl.popcount import Popcount
from spinsc.hdl.quantizer import PIXEL_THRESHOLD_WIDTH, InputQuantizer
from spinsc.hdl.replay import ReplayMemory
from spinsc.hdl.shapes import LayerShape, NeuronShape, SideShape
from spinsc.hdl.units import units_module, units_source, units_template, weight_files
from spinsc.hdl.verilog import verilog_text
from spinsc.sim.cosim.harness import design
from spinsc.sim.simulators.base import Design
from tests.planes import pack_planes

COMPONENT_TOP = "spinsc_tb_components"

POPCOUNT_WIDTHS = (*range(1, 71), 127, 128, 129)
#: K and pixels per beat.
QUANTIZERS = ((2, 1), (3, 4), (5, 3), (11, 2), (17, 1), (256, 1))
#: N, K and full scale.
ACTIVATIONS = ((1, 2, 1), (2, 3, 7), (7, 5, 40), (5, 11, 784), (3, 256, 300), (33, 4, 16))
#: N and full scale.
ARGMAXES = ((1, 5), (2, 1), (3, 8), (10, 100), (9, 2), (257, 3))
#: Width and depth.
REPLAYS = ((1, 1), (5, 2), (33, 7), (130, 16), (3, 100))
NEURONS = tuple(NeuronShape(*shape) for shape in (
    (1, 2, 4), (5, 3, 60), (7, 5, 7), (49, 11, 4900), (64, 5, 1000), (70, 17, 2100), (3, 256, 90), (7, 5, 280, 4, 3),
    (61, 2, 1000, 3, 3), (2, 4, 60, 7, 1)))
#: I, N, S, P, L, the sides (K and m first), and B.
LAYERS = tuple(LayerShape(*shape) for shape in (
    (13, 7, 5, 3, 4, SideShape(5, 2), SideShape(11, 8)),
    (1, 1, 1, 1, 1, SideShape(2, 0), SideShape(2, 0)),
    (9, 4, 9, 4, 1, SideShape(3, 1), SideShape(3, 5)),
    (6, 5, 1, 1, 3, SideShape(4, 3), SideShape(2, 0)),
    # Handing the results of a pass out takes longer than the next pass.
    (4, 10, 4, 8, 2, SideShape(5, 2), SideShape(3, 1)),
    # Several time steps per cycle: B that divides L, that does not, and all at once.
    (13, 7, 5, 3, 6, SideShape(5, 2), SideShape(5, 2), 3),
    (7, 5, 4, 2, 11, SideShape(3, 1), SideShape(6, 8), 4),
    (5, 3, 2, 3, 9, SideShape(5, 2), SideShape(2, 0), 9),
    # Groups of junctions with delays, in an image of one step and of many; tuned junctions; thresholds of each group.
    (2, 1, 2, 1, 1, SideShape(5, 2, 1, delay=2), SideShape(3, 1)),
    (13, 7, 6, 3, 4, SideShape(5, 3, 2, blocks=True, delay=1, tuned=True), SideShape(11, 8, 4, delay=5)),
    (9, 4, 4, 3, 5, SideShape(4, 3, 2, thresholds=((0, 0, 5, 8), (0, 3, 8, 8))), SideShape(6, 4, 2, tuned=True), 2),
    # So many states that lanes compare magnitudes.
    (9, 4, 4, 3, 5, SideShape(17, 4), SideShape(256, 8)),
    (5, 3, 3, 2, 4, SideShape(40, 8, 2, thresholds=((0,) * 20 + (77,) * 19 + (256,), (0, *range(9, 47), 256))),
     SideShape(18, 3, 2, thresholds=((0,) * 9 + (5,) * 8 + (8,), (0, *(3,) * 16, 8))), 3)))
LAYERS += tuple(dataclasses.replace(LAYERS[n], pipeline=True) for n in (0, 4, 5, 6, 8, 9, 10, 11))
# Weights in one memory of the layer, of 1, 2, 3 units a word, with and without a pipeline.
LAYERS += (dataclasses.replace(LAYERS[5], unroll=1, word_units=1),
           LayerShape(9, 11, 3, 4, 5, SideShape(5, 2), SideShape(3, 1), pipeline=True, word_units=2),
           LayerShape(9, 11, 3, 6, 12, SideShape(5, 2), SideShape(17, 4), unroll=2, pipeline=True, word_units=3))
# A popcount of three stages.
LAYERS += (LayerShape(80, 3, 40, 2, 2, SideShape(5, 2), SideShape(5, 2), pipeline=True),)


def seeded(*key: object) -> random.Random:
    """Generator for one purpose, the same in every run."""
    return random.Random("/".join(map(str, key)))


@cache
def quantizer_thresholds(states: int) -> list[int]:
    """Pixel thresholds, among them 0, equal ones, and 256."""
    draw = seeded("quantizer", states)
    values = sorted(draw.randint(0, 256) for _ in range(states - 1))
    return values if states == 2 else [0, *values[1:-1], 256]


@cache
def activation_thresholds(neurons: int, states: int, full_scale: int) -> list[list[int]]:
    """Thresholds of each neuron, among them 0 and the full scale plus 1."""
    draw = seeded("activation", neurons, states, full_scale)
    rows = [sorted(draw.randint(0, full_scale + 1) for _ in range(states - 1)) for _ in range(neurons)]
    rows[-1][0] = 0
    rows[0][-1] = full_scale + 1
    return rows


@cache
def argmax_biases(neurons: int, full_scale: int) -> list[int]:
    """Biases, among them both ends."""
    draw = seeded("argmax", neurons, full_scale)
    ends = [-full_scale, full_scale]
    return (ends + [draw.randint(-full_scale, full_scale) for _ in range(neurons)])[:neurons]


@cache
def replay_words(width: int, depth: int) -> list[int]:
    draw = seeded("replay", width, depth)
    return [draw.getrandbits(width) for _ in range(depth)]


@cache
def layer_weights(shape: LayerShape) -> list[list[int]]:
    """Weight states of each neuron."""
    draw = seeded("layer", shape)
    return [[draw.randrange(shape.weight.states) for _ in range(shape.inputs)] for _ in range(shape.neurons)]


@cache
def components() -> Mapping[str, Component]:
    """Every device under test by name."""
    found: dict[str, Component] = {f"popcount{width}": Popcount(width) for width in POPCOUNT_WIDTHS}
    for n, (states, per_beat) in enumerate(QUANTIZERS):
        found[f"quantizer{n}"] = InputQuantizer(states, per_beat, f"quantizer{n}.mem")
    for n, activation in enumerate(ACTIVATIONS):
        found[f"activation{n}"] = QuantizedActivation(*activation, f"activation{n}.mem")
    for n, argmax in enumerate(ARGMAXES):
        found[f"argmax{n}"] = Argmax(*argmax, f"argmax{n}.mem")
    for n, replay in enumerate(REPLAYS):
        found[f"replay{n}"] = ReplayMemory(*replay, f"replay{n}.mem")
    for n, neuron in enumerate(NEURONS):
        found[f"neuron{n}"] = Neuron(neuron)
    for n, shape in enumerate(LAYERS):
        found[f"layer{n}"] = LayerHardware(shape, f"layer{n}_neuron", f"layer{n}")
    return found


def memory_images() -> dict[str, str]:
    """Text of each memory image by file name."""
    words = {f"quantizer{n}.mem": [_joined(quantizer_thresholds(states), PIXEL_THRESHOLD_WIDTH)]
             for n, (states, _) in enumerate(QUANTIZERS)}
    for n, activation in enumerate(ACTIVATIONS):
        width = threshold_width(activation[2])
        words[f"activation{n}.mem"] = [_joined(row, width) for row in activation_thresholds(*activation)]
    for n, argmax in enumerate(ARGMAXES):
        modulus = 1 << bias_width(argmax[1])
        words[f"argmax{n}.mem"] = [bias % modulus for bias in argmax_biases(*argmax)]
    for n, replay in enumerate(REPLAYS):
        words[f"replay{n}.mem"] = replay_words(*replay)
    for n, shape in enumerate(LAYERS):
        of_units = [_unit_words(shape, p) for p in range(shape.units)]
        if shape.word_units is not None:
            # Words of as many units side by side, those of all units of a chunk after one another.
            width, side = shape.weight_memories[2] // shape.word_units, range(0, shape.units, shape.word_units)
            of_units = [[_joined([of_units[first + n][word] for n in range(shape.word_units)], width)
                         for word in range(shape.passes * shape.chunks) for first in side]]
        words |= dict(zip(weight_files(f"layer{n}", shape), of_units, strict=True))
    return {name: "".join(f"{word:x}\n" for word in image) for name, image in words.items()}


def _joined(values: list[int], width: int) -> int:
    return sum(value << n * width for n, value in enumerate(values))


def _unit_words(shape: LayerShape, unit: int) -> list[int]:
    """Words of one unit's weight memory; lanes and neurons that do not exist hold state K-1.

    Where random numbers are compared with them, the thresholds of these states.
    """
    weights, side = layer_weights(shape), shape.weight
    width = (side.states - 1).bit_length()
    rows = [list(range(side.states))] * shape.lanes
    if shape.compares(side):
        width = side.bits + 1
        uniform = [math.floor(Fraction(k << side.bits, side.states - 1) + Fraction(1, 2)) for k in range(side.states)]
        rows = [list(row) for row in side.lane_thresholds(shape.lanes) or [uniform] * shape.lanes]
    absent = shape.weight.states - 1
    words = []
    for neuron in range(unit, shape.passes * shape.units, shape.units):
        row = weights[neuron] if neuron < shape.neurons else [absent] * shape.inputs
        padded = row + [absent] * (shape.chunks * shape.lanes - shape.inputs)
        values = [rows[i % shape.lanes][state] for i, state in enumerate(padded)]
        words += [pack_planes(values[c * shape.lanes:(c + 1) * shape.lanes], width) for c in range(shape.chunks)]
    return words


class ComponentTop(wiring.Component):
    """Every member of every component as a port ``component_member``."""

    def __init__(self) -> None:
        self.wires: dict[str, tuple[wiring.Flow, Value]] = {}
        for name, component in components().items():
            for path, member, value in component.signature.flatten(component):
                self.wires["_".join((name, *map(str, path)))] = member.flow, Value.cast(value)
        super().__init__({name: flow(len(value)) for name, (flow, value) in self.wires.items()})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name, component in components().items():
            m.submodules[name] = component
        for name, (flow, value) in self.wires.items():
            port = getattr(self, name)
            m.d.comb += port.eq(value) if flow is Out else value.eq(port)
        return m


def component_design(folder: Path) -> Design:
    """The simulation of the bench, whose Verilog is written into ``folder``."""
    texts = {primitive: files(hdl).joinpath(primitive).read_text() for primitive in hdl.PRIMITIVES}
    for n, shape in enumerate(LAYERS):
        name = f"layer{n}_neuron"
        texts[f"{name}.v"] = verilog_text(Neuron(shape.neuron), name)
        texts[f"{units_module(name)}.sv"] = units_source(
            files(hdl).joinpath(units_template(shape.neuron)).read_text(), name)
    for name, text in texts.items():
        (folder / name).write_text(text)
    top = ComponentTop()
    return design(top, COMPONENT_TOP, ["clk", "rst", *top.wires], [folder / name for name in texts], folder)
