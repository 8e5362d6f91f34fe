"""What a pipelined outcome begins with: each neuron's accumulator meets the integers of that neuron."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.rom import address_width, rom


class NeuronFetch(wiring.Component):
    """Numbers the accumulators of neurons 0 to N-1, and again from 0, and reads a memory's word for each.

    Everything moves on in the cycles with ``enable`` and stands still in the others. Latency: :attr:`latency` of the
    former; throughput: a neuron in each.

    Parameters
    ----------
    neurons, full_scale : int
        N and I*L.
    file : str
        Name of the memory image, a word per neuron.
    word_width : int
        Bits of a word.

    Members
    -------
    enable : In(1)
    given : In(1), given_accumulator : In(bits of I*L)
        An accumulator that is taken with ``enable``.
    valid : Out(1), accumulator : Out(bits of I*L), index : Out(bits of N-1), word : Out(word_width)
    """

    #: Registers of the memory: of what it reads, and behind it.
    latency = 2

    def __init__(self, neurons: int, full_scale: int, file: str, word_width: int) -> None:
        self.neurons, self.file, self.word_width = neurons, file, word_width
        width = bits_for(full_scale)
        super().__init__({
            "enable": In(1), "given": In(1), "given_accumulator": In(width), "valid": Out(1),
            "accumulator": Out(width), "index": Out(bits_for(neurons - 1)), "word": Out(word_width)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        number = Signal.like(self.index)
        address = Signal(address_width(self.neurons))
        read = Signal(self.word_width)
        m.submodules.memory = rom(self.file, self.neurons, address, read)
        taken, taken_index = Signal(), Signal.like(self.index, reset_less=True)
        taken_accumulator = Signal.like(self.accumulator, reset_less=True)
        taken_word = Signal(self.word_width, reset_less=True)
        m.d.comb += address.eq(number)
        with m.If(self.enable):
            m.d.sync += [
                taken.eq(self.given), taken_accumulator.eq(self.given_accumulator), taken_index.eq(number),
                taken_word.eq(read), self.valid.eq(taken), self.accumulator.eq(taken_accumulator),
                self.index.eq(taken_index), self.word.eq(taken_word)]
            with m.If(self.given):
                m.d.sync += number.eq(Mux(number == self.neurons - 1, 0, number + 1))
        return m
