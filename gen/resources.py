"""What the hardware of a network takes of an FPGA, estimated from its shape.

Look-up tables are sums of a few terms of the shape, for the neuron, the layer around its neurons, and the network
around its layers; flip-flops are counted, blocks of memory too. The terms' factors are fitted to synthesis runs of some
designs, which lie in ``targets`` and are remade by ``python -m benchmarks.resources``.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.utils import bits_for

from spinsc.errors import InputError
from spinsc.gen.memories import Memory, has_lut_ram, state_memory, weight_memory
from spinsc.gen.targets.part import RAM_BITS, Part
from spinsc.hdl.activation import threshold_width
from spinsc.hdl.argmax import bias_width
from spinsc.hdl.lfsr import WIDTH as LFSR_WIDTH
from spinsc.hdl.popcount import STAGE_BITS, STAGE_COUNTS, popcount_stages
from spinsc.hdl.shapes import LayerShape, NeuronShape, SideShape, state_width

#: Results of synthesis, see `measured`.
MEASURED = "measured.json"
#: What a design may take of a part: routing gets hard above.
MOST_USED = 0.85


@dataclass(frozen=True)
class Usage:
    """Look-up tables, flip-flops, and blocks of memory."""

    luts: float = 0
    flip_flops: float = 0
    rams: float = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.luts + other.luts, self.flip_flops + other.flip_flops, self.rams + other.rams)

    def __mul__(self, times: int) -> Usage:
        return Usage(self.luts * times, self.flip_flops * times, self.rams * times)

    def fits(self, part: Part) -> bool:
        """Whether it leaves a part's reserve."""
        return (self.luts <= MOST_USED * part.luts and self.flip_flops <= MOST_USED * part.flip_flops
                and self.rams <= MOST_USED * part.rams)


@dataclass(frozen=True)
class Terms:
    """What the look-up tables of a module are proportional to, and what is counted of it."""

    luts: tuple[float, ...]
    flip_flops: float
    rams: float = 0


def stochastic_neuron(shape: LayerShape) -> NeuronShape:
    """Of a layer whose arithmetic is not binary, which was not measured."""
    neuron = shape.neuron
    if not isinstance(neuron, NeuronShape):
        raise ValueError("a layer must be of stochastic arithmetic, not of binary")
    return neuron


def neuron_terms(shape: NeuronShape) -> Terms:
    """Of a pipelined neuron: comparisons or selections, products, and the sum."""
    vectors, width = shape.unroll * shape.lanes, bits_for(shape.full_scale)
    compared = vectors * shape.planes if shape.random_bits is not None else 0
    states = 0 if shape.packed else shape.weight_width * shape.lanes
    registers = states + vectors + _popcount_registers(vectors)
    return Terms((compared, vectors * shape.planes - compared, vectors, width, 1), registers + 2 * width)


def layer_terms(shape: LayerShape, ram_bits: int, per_beat: int) -> Terms:
    """Of a pipelined layer without its neurons: bits of activations, planes of weights, gathering, small memories."""
    vectors, width = shape.unroll * shape.lanes, state_width(shape.activation_codes)
    word, neuron = shape.state_word_width, stochastic_neuron(shape)
    of_activation = shape.activation.bits if shape.compares(shape.activation) else shape.activation.states - 2
    of_weight = 0 if neuron.random_bits is not None else neuron.planes
    registers = (1 + shape.activation.bits + of_activation + 2 * shape.weight.bits + neuron.planes) * vectors
    registers += width * (shape.lanes + per_beat - 1) + 2 * word
    weights, states = weight_memory(shape, 0), state_memory(shape, 0)
    memories = (weights, states)
    if shape.word_units is not None:
        registers += (2 * shape.units + shape.word_units) * neuron.weight_width * shape.lanes
    elif not weights.blocks(ram_bits):
        registers += weights.columns
    if not states.blocks(ram_bits):
        registers += word if has_lut_ram(ram_bits) else word + states.words * states.width
    small = sum(memory.multiplexers(ram_bits) if memory.blocks(ram_bits) else memory.luts for memory in memories)
    return Terms((vectors * of_activation, vectors * of_weight, word, small, per_beat - 1, 1), registers,
                 sum(memory.blocks(ram_bits) for memory in memories))


def network_terms(shapes: Sequence[LayerShape], ram_bits: int, per_beat: int, lfsr: bool) -> Terms:
    """Of the pipelined network without its layers: random numbers, thresholds or biases, and pixels."""
    generators = shifts = compared = registers = small = rams = 0
    for shape, following in zip(shapes, [*shapes[1:], None], strict=True):
        for side in shape.random_sides.values() if lfsr else ():
            generators += side.group_count(shape.lanes)
            shifts += side.random_width(shape.lanes) * shape.unroll
        values, width = 1, bias_width(shape.full_scale)
        if following is not None:
            values, width = following.activation.states - 1, threshold_width(shape.full_scale)
        memory = Memory("", 1, shape.neurons, values * width)
        blocks = memory.blocks(ram_bits)
        rams += blocks
        small += 0 if blocks else memory.luts
        compared += values * width
        word, passed = values * width, bits_for(shape.full_scale) + bits_for(shape.neurons - 1) + 1
        # What is fetched (by a block in its own register first), and what goes with it to the outcome.
        registers += word if blocks else 2 * memory.columns
        if following is None:
            registers += 4 * passed + word + (shape.neurons + 2) * (bits_for(2 * shape.full_scale) + 1)
        else:
            registers += values + _popcount_registers(values) + (3 + popcount_stages(values)) * passed
    values = shapes[0].activation.states - 1
    pixels = per_beat * values
    registers += per_beat * (values + _popcount_registers(values) + bits_for(values))
    return Terms((shifts, generators, compared, pixels, small, len(shapes)), registers + LFSR_WIDTH * generators, rams)


def _popcount_registers(width: int) -> int:
    """Flip-flops of a `~spinsc.hdl.popcount.PipelinedPopcount`."""
    parts = [min(STAGE_BITS, width - first) for first in range(0, width, STAGE_BITS)]
    found = 0
    while True:
        found += sum(int(bits_for(part)) for part in parts)
        if len(parts) == 1:
            return found
        parts = [sum(parts[at:at + STAGE_COUNTS]) for at in range(0, len(parts), STAGE_COUNTS)]


def measured() -> list[dict[str, Any]]:
    """Results of synthesis: ``family``, ``layers`` (`shape_fields` of each), ``pixels_per_beat``, and ``network``,
    ``layer`` and ``neuron`` with the look-up tables, flip-flops and blocks of each module (a list for the latter two).
    """
    found: list[dict[str, Any]] = json.loads(files(__package__).joinpath("targets", MEASURED).read_text())["designs"]
    return found


def shape_fields(shape: LayerShape) -> dict[str, Any]:
    """A shape without plans, to be written."""
    return {"inputs": shape.inputs, "neurons": shape.neurons, "lanes": shape.lanes, "units": shape.units,
            "length": shape.length, "activation": [shape.activation.states, shape.activation.bits],
            "weight": [shape.weight.states, shape.weight.bits], "unroll": shape.unroll, "word_units": shape.word_units}


def read_shape(fields: dict[str, Any]) -> LayerShape:
    """The pipelined shape that `shape_fields` wrote."""
    sides = {name: SideShape(*fields[name]) for name in ("activation", "weight")}
    return LayerShape(**(fields | sides), pipeline=True)


@dataclass(frozen=True)
class Model:
    """Fitted factors of a family.

    Attributes
    ----------
    ram_bits : int
        Of a block.
    factors : dict of arrays
        For ``neuron``, ``layer`` and ``network``: of the terms of look-up tables, and last that of flip-flops.
    """

    ram_bits: int
    factors: dict[str, npt.NDArray[np.float64]]

    def usage(self, kind: str, terms: Terms) -> Usage:
        """Of a module."""
        *luts, flip_flops = self.factors[kind]
        return Usage(float(np.dot(luts, terms.luts)), float(flip_flops * terms.flip_flops), terms.rams)

    def layer(self, shape: LayerShape, per_beat: int) -> Usage:
        """Of a layer with its neurons."""
        return (self.usage("layer", layer_terms(shape, self.ram_bits, per_beat))
                + self.usage("neuron", neuron_terms(stochastic_neuron(shape))) * shape.units)

    def layers(self, shapes: Sequence[LayerShape], per_beat: int) -> list[Usage]:
        """`layer` of each layer of a network."""
        return [self.layer(shape, 1 if number else per_beat) for number, shape in enumerate(shapes)]

    def around(self, shapes: Sequence[LayerShape], per_beat: int, lfsr: bool) -> Usage:
        """Of a network without its layers."""
        return self.usage("network", network_terms(shapes, self.ram_bits, per_beat, lfsr))

    def network(self, shapes: Sequence[LayerShape], per_beat: int, lfsr: bool = True) -> Usage:
        """Of a network with its layers."""
        return sum(self.layers(shapes, per_beat), start=self.around(shapes, per_beat, lfsr))


@functools.cache
def model(family: str) -> Model:
    """Factors for the parts of a family, fitted to what was measured of it."""
    return fit(family, [design for design in measured() if design["family"] == family])


def fit(family: str, designs: Sequence[dict[str, Any]]) -> Model:
    """Least squares of the relative errors, with factors that are not negative."""
    if not designs:
        raise InputError(f"no synthesis of the family {family} was measured; run python -m benchmarks.resources")
    ram_bits = RAM_BITS[family]
    rows: dict[str, list[tuple[Terms, list[float]]]] = {"neuron": [], "layer": [], "network": []}
    for design in designs:
        for kind, terms, found in _modules(design, ram_bits):
            rows[kind].append((terms, found))
    return Model(ram_bits, {kind: np.array([
        *_not_negative([terms.luts for terms, _ in found], [luts for _, (luts, _, _) in found]),
        *_not_negative([(terms.flip_flops,) for terms, _ in found], [registers for _, (_, registers, _) in found])])
        for kind, found in rows.items()})


def _modules(design: dict[str, Any], ram_bits: int) -> Iterator[tuple[str, Terms, list[float]]]:
    """Kind, terms and what was measured of each module of a design."""
    shapes, per_beat = [read_shape(fields) for fields in design["layers"]], design["pixels_per_beat"]
    yield "network", network_terms(shapes, ram_bits, per_beat, True), design["network"]
    for number, shape in enumerate(shapes):
        yield "layer", layer_terms(shape, ram_bits, 1 if number else per_beat), design["layer"][number]
        yield "neuron", neuron_terms(stochastic_neuron(shape)), design["neuron"][number]


def _not_negative(terms: Sequence[Sequence[float]], found: Sequence[float]) -> npt.NDArray[np.float64]:
    """Factors whose sums of terms are nearest to what was found, relative to it: terms of negative ones are left out.
    """
    scale = np.maximum(np.array(found), 1)
    matrix, wanted = np.array(terms) / scale[:, None], np.array(found) / scale
    kept = list(range(matrix.shape[1]))
    while True:
        factors = np.linalg.lstsq(matrix[:, kept], wanted, rcond=None)[0]
        if (factors >= 0).all():
            break
        kept.pop(int(np.argmin(factors)))
    whole = np.zeros(matrix.shape[1])
    whole[kept] = factors
    return whole
