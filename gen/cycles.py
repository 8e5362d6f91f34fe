"""Predicted timing of an emitted network."""

from collections.abc import Sequence

from spinsc.hdl.layer import LayerHardware
from spinsc.hdl.shapes import LayerShape
from spinsc.integers import ceil_div


def layer_cycles(shape: LayerShape) -> int:
    """Cycles between two images of a layer that never waits for its neighbours.

    A pass takes C*ceil(L/B) cycles, the first of an image also those that fill delay lines, but the last of them waits
    until the results of the pass before have been handed on, which takes a cycle per neuron after the latency of the
    pipeline.
    """
    in_last_pass = shape.neurons - (shape.passes - 1) * shape.units
    compute = shape.chunks * shape.cycles_per_chunk
    return ((shape.passes - 1) * max(compute, shape.units + LayerHardware.latency)
            + max(shape.fill + compute, in_last_pass + LayerHardware.latency))


def gather_cycles(shape: LayerShape, per_beat: int) -> int:
    """Cycles in which a layer's inputs are gathered, ``per_beat`` (at most the lanes) in each."""
    return ceil_div(shape.chunks * shape.lanes, min(per_beat, shape.lanes))


def network_cycles(shapes: Sequence[LayerShape], pixels_per_beat: int) -> int:
    """Cycles per image in the steady state, input and output never waiting: those of the slowest part."""
    return max(max(layer_cycles(shape), gather_cycles(shape, 1 if number else pixels_per_beat))
               for number, shape in enumerate(shapes))


def network_latency(shapes: Sequence[LayerShape], pixels_per_beat: int) -> int:
    """Cycles from the first beat of an image to its class, in an idle network whose input and output never wait.

    The sum over the layers: gather the inputs, fill the delay lines, compute all passes but the last at the pace of
    :func:`layer_cycles` and then the last one, pass the pipeline, and hand on all results of the last pass; the next
    layer has gathered what it was handed, up to the padding of its last chunk.
    """
    cycle = 0
    for number, shape in enumerate(shapes):
        gathered = shape.inputs if number else 0
        cycle += gather_cycles(shape, 1 if number else pixels_per_beat) - gathered
        compute = shape.chunks * shape.cycles_per_chunk
        in_last_pass = shape.neurons - (shape.passes - 1) * shape.units
        cycle += shape.fill + compute + (shape.passes - 1) * max(compute, shape.units + LayerHardware.latency)
        cycle += LayerHardware.latency - 1 + in_last_pass
    return cycle
