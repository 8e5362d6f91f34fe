"""What a network of binary arithmetic takes of an FPGA, estimated for comparisons with a stochastic one.

Its neurons are proportional to their lanes (within 8 %), and a lane takes what synthesis found for it; the rest is that
of a stochastic network without random numbers (`spinsc.gen.resources`), whose layers hand on states in place of bits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from spinsc.gen.resources import Terms, layer_terms, model
from spinsc.gen.targets.part import Part
from spinsc.hdl.shapes import LayerShape

#: Look-up tables of a lane in a neuron of 16 lanes, by family and by K of both sides, without multipliers of the part.
#: As ``python -m benchmarks.binary_neurons`` prints them, which also says what other numbers of lanes take.
LANE_LUTS = {"ecp5": {3: 21.4, 5: 43.0, 7: 47.6, 11: 103.2}}


def binary_luts(shapes: Sequence[LayerShape], pixels_per_beat: int, part: Part) -> float | None:
    """Look-up tables of a network of binary arithmetic with a pipeline; None where a lane was not measured."""
    known, total = LANE_LUTS.get(part.family, {}), 0.0
    factors = model(part.family)
    plain = [dataclasses.replace(shape, binary=False, unroll=1) for shape in shapes]
    for number, (shape, without) in enumerate(zip(shapes, plain, strict=True)):
        states = {side.states for side in shape.sides.values()}
        if len(states) > 1 or not states & set(known):
            return None
        terms = layer_terms(without, part.ram_bits, 1 if number else pixels_per_beat)
        # the first two are those of making bits
        total += factors.usage("layer", Terms((0.0, 0.0, *terms.luts[2:]), terms.flip_flops)).luts
        total += shape.units * shape.lanes * known[states.pop()]
    return total + factors.around(plain, pixels_per_beat, lfsr=False).luts
