"""Output unit: biases, scores and the class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.packing import Bits, integer_bits
from spinsc.hdl.rom import address_width, rom
from spinsc.hdl.shapes import LayerShape


def bias_width(full_scale: int) -> int:
    """Bits of a bias, -I*L to I*L in two's complement."""
    return bits_for(full_scale) + 1


class Argmax(wiring.Component):
    """Adds each neuron's bias to its accumulator and finds the largest score; ties go to the lowest index.

    One neuron per cycle, in order; the result is there in the cycle after the last one and stays until it is taken.

    Parameters
    ----------
    neurons, full_scale : int
        N and I*L; ``|bias| <= I*L``.
    file : str
        Name of its memory image, see :meth:`image`.

    Members
    -------
    input : In(Signature(bits of I*L))
    output : Out(Signature(class: unsigned, scores: array of N signed of :attr:`score_width` bits))
    index : Out(bits of N-1)
        Neuron of the present transfer.
    """

    def __init__(self, neurons: int, full_scale: int, file: str) -> None:
        self.neurons, self.full_scale, self.file = neurons, full_scale, file
        self.score_width = bits_for(2 * full_scale) + 1
        self.layout = data.StructLayout({
            "class": bits_for(neurons - 1), "scores": data.ArrayLayout(signed(self.score_width), neurons)})
        super().__init__({
            "input": In(stream.Signature(bits_for(full_scale))), "output": Out(stream.Signature(self.layout)),
            "index": Out(bits_for(neurons - 1))})

    def model(self, accumulators: Sequence[int], biases: Sequence[int]) -> tuple[int, list[int]]:
        """Class and scores."""
        scores = [a + b for a, b in zip(accumulators, biases, strict=True)]
        return scores.index(max(scores)), scores

    def image(self, values: npt.NDArray[np.int64]) -> Bits:
        """A word per neuron: its bias, two's complement, :func:`bias_width` bits.

        Parameters
        ----------
        values : int64, shape (N,)
            Biases.
        """
        return integer_bits(values, bias_width(self.full_scale))

    @property
    def traced(self) -> Mapping[str, Value]:
        return {}

    def elaborate(self, platform: object) -> Module:
        m = Module()
        address = Signal(address_width(self.neurons))
        read = Signal(signed(bias_width(self.full_scale)))
        m.submodules.biases = rom(self.file, self.neurons, address, read)
        transfer, last = Signal(), Signal()
        following = Signal.like(self.index)
        bias = Signal.like(read, reset_less=True)
        m.d.comb += [
            last.eq(self.index == self.neurons - 1),
            transfer.eq(self.input.valid & self.input.ready),
            following.eq(Mux(transfer, Mux(last, 0, self.index + 1), self.index)),
            address.eq(following)]
        m.d.sync += [self.index.eq(following), bias.eq(read)]

        score = Signal(signed(self.score_width))
        best = Signal.like(score, reset_less=True)
        best_index = Signal.like(self.index, reset_less=True)
        better = Signal()
        m.d.comb += [
            score.eq(self.input.payload + bias),
            better.eq((self.index == 0) | (score > best)),
            # A new image must not touch the scores while the old result waits.
            self.input.ready.eq(~self.output.valid | self.output.ready)]
        scores = self.output.payload.scores.as_value()
        with m.If(self.output.ready):
            m.d.sync += self.output.valid.eq(0)
        with m.If(transfer):
            m.d.sync += scores.eq(Cat(scores[self.score_width:], score))
            with m.If(better):
                m.d.sync += [best.eq(score), best_index.eq(self.index)]
            with m.If(last):
                m.d.sync += [self.output.valid.eq(1),
                             self.output.payload["class"].eq(Mux(better, self.index, best_index))]
        return m


@dataclass(frozen=True)
class ArgmaxOutcome:
    """Class and scores of the output layer, see :class:`~spinsc.hdl.outcome.Outcome`."""

    name: ClassVar[str] = "argmax"
    values: ClassVar[str] = "biases"
    output_states: ClassVar[None] = None

    def unit(self, layer: LayerShape, file: str) -> Argmax:
        return Argmax(layer.neurons, layer.full_scale, file)
