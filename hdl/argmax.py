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

from spinsc.hdl.fetch import NeuronFetch
from spinsc.hdl.packing import Bits, integer_bits
from spinsc.hdl.rom import address_width, rom
from spinsc.hdl.shapes import LayerShape
from spinsc.hdl.skid import SkidBuffer


def bias_width(full_scale: int) -> int:
    """Bits of a bias, -I*L to I*L in two's complement."""
    return bits_for(full_scale) + 1


#: Cycles that a pipelined argmax takes more: to fetch the bias, and to add it.
PIPELINE_LATENCY = NeuronFetch.latency + 1


class Argmax(wiring.Component):
    """Adds each neuron's bias to its accumulator and finds the largest score; ties go to the lowest index.

    One neuron per cycle, in order; the result is there in the cycle after the last one, with a pipeline
    :data:`PIPELINE_LATENCY` cycles later, and stays until it is taken.

    Parameters
    ----------
    neurons, full_scale : int
        N and I*L; ``|bias| <= I*L``.
    file : str
        Name of its memory image, see :meth:`image`.
    pipeline : bool
        With registers in front of the sum and behind it.

    Members
    -------
    input : In(Signature(bits of I*L))
    output : Out(Signature(class: unsigned, scores: array of N signed of :attr:`score_width` bits))
    index : Out(bits of N-1)
        Neuron whose result is traced.
    """

    def __init__(self, neurons: int, full_scale: int, file: str, pipeline: bool = False) -> None:
        self.neurons, self.full_scale, self.file, self.pipeline = neurons, full_scale, file, pipeline
        self.score_width = bits_for(2 * full_scale) + 1
        self.layout = data.StructLayout({
            "class": bits_for(neurons - 1), "scores": data.ArrayLayout(signed(self.score_width), neurons)})
        super().__init__({
            "input": In(stream.Signature(bits_for(full_scale))), "output": Out(stream.Signature(self.layout)),
            "index": Out(bits_for(neurons - 1))})
        # What a testbench records comes with the score.
        self.recorded: Value = Signal() if pipeline else self.input.valid & self.input.ready
        self.accumulator: Value = Signal(bits_for(full_scale), reset_less=True) if pipeline else self.input.payload

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
        if self.pipeline:
            self._pipelined(m)
            return m
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
        m.d.comb += score.eq(self.input.payload + bias)
        self._choose(m, self.index == 0, score, transfer, last, self.input.ready)
        return m

    def _pipelined(self, m: Module) -> None:
        """Fetch the bias, add it, and choose; the fetch stands still while a neuron is set aside."""
        m.submodules.fetch = fetch = NeuronFetch(self.neurons, self.full_scale, self.file, bias_width(self.full_scale))
        m.submodules.skid = skid = SkidBuffer(len(fetch.accumulator) + len(fetch.index) + len(fetch.word))
        m.d.comb += [
            self.input.ready.eq(skid.input.ready), fetch.enable.eq(skid.input.ready), fetch.given.eq(self.input.valid),
            fetch.given_accumulator.eq(self.input.payload), skid.input.valid.eq(fetch.valid),
            skid.input.payload.eq(Cat(fetch.accumulator, fetch.index, fetch.word))]
        accumulator, index = Signal.like(self.accumulator), Signal.like(self.index)
        bias = Signal(signed(len(fetch.word)))
        valid, first, last, choosing = Signal(), Signal(), Signal(), Signal()
        score = Signal(signed(self.score_width), reset_less=True)
        m.d.comb += [Cat(accumulator, index, bias).eq(skid.output.payload),
                     skid.output.ready.eq(~valid | choosing), self.recorded.eq(valid & choosing)]
        with m.If(skid.output.ready):
            m.d.sync += [
                valid.eq(skid.output.valid), score.eq(accumulator + bias), self.accumulator.eq(accumulator),
                self.index.eq(index), first.eq(index == 0), last.eq(index == self.neurons - 1)]
        self._choose(m, first, score, self.recorded, last, choosing)

    def _choose(self, m: Module, first: Value, score: Signal, transfer: Value, last: Value, ready: Value) -> None:
        """Keep each score that is transferred and the best so far; ``ready`` says that one may be."""
        best = Signal.like(score, reset_less=True)
        best_index = Signal.like(self.index, reset_less=True)
        better = Signal()
        m.d.comb += [
            better.eq(first | (score > best)),
            # A new image must not touch the scores while the old result waits.
            ready.eq(~self.output.valid | self.output.ready)]
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


@dataclass(frozen=True)
class ArgmaxOutcome:
    """Class and scores of the output layer, see :class:`~spinsc.hdl.outcome.Outcome`."""

    name: ClassVar[str] = "argmax"
    values: ClassVar[str] = "biases"
    output_states: ClassVar[None] = None

    def unit(self, layer: LayerShape, file: str) -> Argmax:
        return Argmax(layer.neurons, layer.full_scale, file, layer.pipeline)

    def word_width(self, layer: LayerShape) -> int:
        return bias_width(layer.full_scale)
