"""Predicted timing of an emitted network."""

from __future__ import annotations

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


def result_cycles(shapes: Sequence[LayerShape], pixels_per_beat: int, images: int) -> list[int]:
    """Cycles in which the classes of successive images come out, input and output never waiting.

    Cycle 0 is that of the first beat. Layers work on successive images and hold each other up, so what the slowest of
    them takes alone is not all: this follows every layer's handshakes, event by event.
    """
    layers = [_LayerTiming(shape, 1 if number else pixels_per_beat) for number, shape in enumerate(shapes)]
    results = []
    for _ in range(images):
        given = layers[0].first_beat() + layers[0].input_beats - 1
        for layer, following in zip(layers, [*layers[1:], None], strict=True):
            given = layer.image(given, following)
        results.append(given + 1)
    return results


class _LayerTiming:
    """Events of a layer's last images, as numbers of cycles.

    Attributes
    ----------
    input_beats : int
        Beats of an image; after them, the layer pads its last chunk by itself.
    """

    def __init__(self, shape: LayerShape, per_beat: int) -> None:
        self.shape = shape
        per_beat = min(per_beat, shape.lanes)
        self.input_beats = ceil_div(shape.inputs, per_beat)
        self.padding = gather_cycles(shape, per_beat) - self.input_beats
        self.gathered = -1  # last beat of the newest image, padding included
        self.released = (-1, -1)  # last compute steps of the two images before, which give their banks back
        self.handed_on = -1  # last result of the newest pass

    def first_beat(self) -> int:
        """First cycle in which the next image can be taken: the one before has left the gatherer, and a bank is free.
        """
        return max(self.gathered, self.released[0]) + 1

    def image(self, last_beat: int, following: _LayerTiming | None) -> int:
        """Take an image whose last beat is in this cycle; the cycle in which its last result is handed on."""
        shape = self.shape
        self.gathered = last_beat + self.padding
        ready = max(self.gathered, self.released[1]) + 1 + shape.fill
        last_step = 0
        for number in range(shape.passes):
            # the last step of a pass waits until the results of the pass before are handed on
            last_step = max(ready + shape.chunks * shape.cycles_per_chunk - 1, self.handed_on + 1)
            ready = last_step + 1
            first_result = last_step + LayerHardware.latency
            if number == 0 and following is not None:
                # what follows takes an image without a pause once it has begun to
                first_result = max(first_result, following.first_beat())
            results = min(shape.units, shape.neurons - number * shape.units)
            self.handed_on = max(first_result, self.handed_on + 1) + results - 1
        self.released = (self.released[1], last_step)
        return self.handed_on


def network_latency(shapes: Sequence[LayerShape], pixels_per_beat: int) -> int:
    """Cycles from the first beat of an image to its class, in an idle network whose input and output never wait."""
    return result_cycles(shapes, pixels_per_beat, 1)[0]


def network_cycles(shapes: Sequence[LayerShape], pixels_per_beat: int) -> int:
    """Cycles between the classes of two images, input and output never waiting: the same from the first two on."""
    first, second = result_cycles(shapes, pixels_per_beat, 2)
    return second - first
