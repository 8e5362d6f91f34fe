"""Predicted timing of an emitted network."""

from __future__ import annotations

from collections.abc import Sequence

from spinsc.hdl.activation import activation_latency
from spinsc.hdl.argmax import PIPELINE_LATENCY
from spinsc.hdl.quantizer import quantizer_latency
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
    return ((shape.passes - 1) * max(compute, shape.units + shape.latency)
            + max(shape.fill + compute, in_last_pass + shape.latency))


def gather_cycles(shape: LayerShape, per_beat: int) -> int:
    """Cycles in which a layer's inputs are gathered, ``per_beat`` (at most the lanes) in each."""
    return ceil_div(shape.chunks * shape.lanes, min(per_beat, shape.lanes))


def result_cycles(shapes: Sequence[LayerShape], pixels_per_beat: int, images: int) -> list[int]:
    """Cycles in which the classes of successive images come out, input and output never waiting.

    Cycle 0 is that of the first beat. Layers work on successive images and hold each other up, so what the slowest of
    them takes alone is not all: this follows every layer's handshakes, event by event.
    """
    layers = [_LayerTiming(shape, 1 if number else pixels_per_beat) for number, shape in enumerate(shapes)]
    ways = [_Way(0)] * len(layers)
    if shapes[0].pipeline:
        layers[0].gathered += quantizer_latency(shapes[0].activation.states)
        ways = [*(_Way(activation_latency(shape.activation.states)) for shape in shapes[1:]), _Way(PIPELINE_LATENCY)]
    results = []
    for _ in range(images):
        given = layers[0].first_beat() + layers[0].input_beats - 1
        for layer, way, following in zip(layers, ways, [*layers[1:], None], strict=True):
            given = layer.image(given, way, following)
        results.append(given + 1)
    return results


class _Way:
    """What lies between a layer and that which takes its results, as the times at which they pass.

    With a pipeline, a result takes ``length`` cycles from the layer to the end of it, which hands it on as soon as what
    follows is ready. A result that has to wait is set aside, and behind it everything stands still until the cycle
    after that in which it has been taken. Without, a result has no way to go, and waits in the layer.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self.stalls: list[tuple[int, int]] = []  # first cycles in which all stands still, and moves again; ascending

    def moving(self, cycle: int) -> int:
        """The first cycle from this one on in which everything moves."""
        for start, end in self.stalls:
            if start <= cycle < end:
                cycle = end
        return cycle

    def later(self, cycle: int, moves: int) -> int:
        """The cycle after so many in which everything moves, counted from one of them."""
        later = cycle + moves
        for start, end in self.stalls:
            if cycle < start < later:
                later += end - start
        return later

    def wait(self, arrived: int, taken: int) -> None:
        """A result that has come to the end is taken in a later cycle."""
        if self.length and taken > arrived:
            self.stalls = [*self.stalls[-3:], (arrived + 1, taken + 1)]


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

    def image(self, last_beat: int, way: _Way, following: _LayerTiming | None) -> int:
        """Take an image whose last beat is in this cycle; the cycle in which what follows takes its last result."""
        shape = self.shape
        self.gathered = last_beat + self.padding
        ready = max(self.gathered, self.released[1]) + 1 + shape.fill
        last_step = taken = 0
        for number in range(shape.passes):
            # the last step of a pass waits until the results of the pass before are handed on
            last_step = max(ready + shape.chunks * shape.cycles_per_chunk - 1, self.handed_on + 1)
            ready = last_step + 1
            first_result = way.moving(max(last_step + shape.latency, self.handed_on + 1))
            taken = way.moving(way.later(first_result, way.length))
            if number == 0 and following is not None:
                # what follows takes an image without a pause once it has begun to
                begin = following.first_beat()
                way.wait(taken, begin)
                taken = max(taken, begin)
                if not way.length:
                    first_result = taken
            more = min(shape.units, shape.neurons - number * shape.units) - 1
            self.handed_on = way.moving(way.later(first_result, more))
            if more:
                taken = way.moving(way.later(self.handed_on, way.length))
        self.released = (self.released[1], last_step)
        return taken


def network_latency(shapes: Sequence[LayerShape], pixels_per_beat: int) -> int:
    """Cycles from the first beat of an image to its class, in an idle network whose input and output never wait."""
    return result_cycles(shapes, pixels_per_beat, 1)[0]


def network_cycles(shapes: Sequence[LayerShape], pixels_per_beat: int) -> int:
    """Cycles between the classes of two images, input and output never waiting: the same from the first two on."""
    first, second = result_cycles(shapes, pixels_per_beat, 2)
    return second - first
