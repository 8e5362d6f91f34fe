"""Counters of a layer: steps that fill delay lines, then pass over neurons, chunk of inputs, group of time steps."""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.integers import ceil_div


class Sequencer(wiring.Component):
    """Numbers the cycles of an image in the order pass, chunk, t, where a cycle takes B time steps.

    The last cycle of a chunk takes the rest, ``length - (cycles_per_chunk - 1) * unroll`` steps.

    Parameters
    ----------
    passes, chunks, length : int
        Q, C and L, each at least 1.
    unroll : int
        B, 1..L. An image takes ``fill + passes * chunks * ceil(length / unroll)`` cycles.
    fill : int
        Cycles before the first compute step of each image.

    Members
    -------
    go : In(1)
        An image is there; compute steps follow in every cycle while it is asserted.
    hold : In(1)
        The last cycle of a pass must wait.
    step : Out(1)
        Compute steps happen in this cycle.
    filling : Out(1), only if fill > 0
        This cycle is one of those before the first compute step.
    first_of_chunk, last_of_chunk, first_of_pass, last_of_pass, last_of_image : Out(1)
        Which cycle it is; meaningful with ``step``.
    chunk : Out, word : Out
        Number of the chunk, and ``pass*chunks + chunk``.
    """

    def __init__(self, passes: int, chunks: int, length: int, unroll: int = 1, fill: int = 0) -> None:
        self.passes, self.chunks, self.length, self.unroll, self.fill = passes, chunks, length, unroll, fill
        self.cycles_per_chunk = ceil_div(length, unroll)
        members = {
            "go": In(1), "hold": In(1), "step": Out(1),
            "first_of_chunk": Out(1), "last_of_chunk": Out(1), "first_of_pass": Out(1), "last_of_pass": Out(1),
            "last_of_image": Out(1),
            "chunk": Out(bits_for(chunks - 1)), "word": Out(bits_for(passes * chunks - 1))}
        if fill:
            members["filling"] = Out(1)
        super().__init__(members)

    def model(self) -> list[tuple[int, int, int]]:
        """(word, chunk, first t) of each cycle of an image, after those that fill."""
        return [(q * self.chunks + c, c, t)
                for q in range(self.passes) for c in range(self.chunks) for t in range(0, self.length, self.unroll)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cycle = Signal(bits_for(self.cycles_per_chunk - 1))
        go: Value = self.go
        if self.fill:
            filled = Signal(bits_for(self.fill))
            m.d.comb += self.filling.eq(self.go & (filled != self.fill))
            go = self.go & (filled == self.fill)
            with m.If(self.filling):
                m.d.sync += filled.eq(filled + 1)
            with m.If(self.step & self.last_of_image):
                m.d.sync += filled.eq(0)
        m.d.comb += [
            self.first_of_chunk.eq(cycle == 0),
            self.first_of_pass.eq(self.first_of_chunk & (self.chunk == 0)),
            self.last_of_chunk.eq(cycle == self.cycles_per_chunk - 1),
            self.last_of_pass.eq(self.last_of_chunk & (self.chunk == self.chunks - 1)),
            self.last_of_image.eq(self.last_of_chunk & (self.word == self.passes * self.chunks - 1)),
            self.step.eq(go & ~(self.hold & self.last_of_pass))]
        with m.If(self.step):
            m.d.sync += cycle.eq(cycle + 1)
            with m.If(self.last_of_chunk):
                m.d.sync += [cycle.eq(0), self.chunk.eq(self.chunk + 1), self.word.eq(self.word + 1)]
            with m.If(self.last_of_pass):
                m.d.sync += self.chunk.eq(0)
            with m.If(self.last_of_image):
                m.d.sync += self.word.eq(0)
        return m
