"""Counters of a layer: pass over neurons, chunk of inputs, time step."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for


class Sequencer(wiring.Component):
    """Numbers the compute steps of an image in the order pass, chunk, t.

    Parameters
    ----------
    passes, chunks, length : int
        Q, C and L, each at least 1. An image takes ``passes * chunks * length`` steps.

    Members
    -------
    go : In(1)
        An image is there; steps follow one a cycle while it is asserted.
    hold : In(1)
        The last step of a pass must wait.
    step : Out(1)
        A compute step happens in this cycle.
    first_of_chunk, first_of_pass, last_of_pass, last_of_image : Out(1)
        Which step it is; meaningful with ``step``.
    chunk : Out, word : Out
        Number of the chunk, and ``pass*chunks + chunk``.
    """

    def __init__(self, passes: int, chunks: int, length: int) -> None:
        self.passes, self.chunks, self.length = passes, chunks, length
        super().__init__({
            "go": In(1), "hold": In(1), "step": Out(1),
            "first_of_chunk": Out(1), "first_of_pass": Out(1), "last_of_pass": Out(1), "last_of_image": Out(1),
            "chunk": Out(bits_for(chunks - 1)), "word": Out(bits_for(passes * chunks - 1))})

    def model(self) -> list[tuple[int, int, int]]:
        """(word, chunk, t) of each step of an image."""
        return [(q * self.chunks + c, c, t)
                for q in range(self.passes) for c in range(self.chunks) for t in range(self.length)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        t = Signal(bits_for(self.length - 1))
        last_of_chunk = Signal()
        m.d.comb += [
            self.first_of_chunk.eq(t == 0),
            self.first_of_pass.eq(self.first_of_chunk & (self.chunk == 0)),
            last_of_chunk.eq(t == self.length - 1),
            self.last_of_pass.eq(last_of_chunk & (self.chunk == self.chunks - 1)),
            self.last_of_image.eq(last_of_chunk & (self.word == self.passes * self.chunks - 1)),
            self.step.eq(self.go & ~(self.hold & self.last_of_pass))]
        with m.If(self.step):
            m.d.sync += t.eq(t + 1)
            with m.If(last_of_chunk):
                m.d.sync += [t.eq(0), self.chunk.eq(self.chunk + 1), self.word.eq(self.word + 1)]
            with m.If(self.last_of_pass):
                m.d.sync += self.chunk.eq(0)
            with m.If(self.last_of_image):
                m.d.sync += self.word.eq(0)
        return m
