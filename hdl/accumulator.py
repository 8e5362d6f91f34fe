"""Accumulator with a register to hand its result on."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Accumulator(wiring.Component):
    """Adds counts over a pass, then passes the sum down a chain of accumulators while the next pass runs.

    On ``valid``, the running sum becomes ``count`` with ``first`` and ``sum + count`` without; with ``last``, the new
    sum also goes to ``held``. On ``shift``, ``held`` takes the held value of the neighbour. Latency: one cycle. Nothing
    needs a reset: a pass begins with ``first``.

    Parameters
    ----------
    count_width, width : int
        Bits of a count and of the sum; the sum must hold the full scale, it does not saturate.

    Members
    -------
    count : In(count_width)
    valid, first, last : In(1)
    shift : In(1)
        Without effect together with ``valid & last``.
    chain : In(width)
    held : Out(width)
    """

    def __init__(self, count_width: int, width: int) -> None:
        self.count_width, self.width = count_width, width
        super().__init__({"count": In(count_width), "valid": In(1), "first": In(1), "last": In(1),
                          "shift": In(1), "chain": In(width), "held": Out(width)})

    def model(self, counts: list[int]) -> int:
        """Held value after a pass with these counts."""
        return sum(counts)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        running = Signal(self.width, reset_less=True)
        held = Signal(self.width, reset_less=True)
        total = Signal(self.width)
        m.d.comb += [total.eq(Mux(self.first, 0, running) + self.count), self.held.eq(held)]
        with m.If(self.valid):
            m.d.sync += running.eq(total)
        with m.If(self.valid & self.last):
            m.d.sync += held.eq(total)
        with m.Elif(self.shift):
            m.d.sync += held.eq(self.chain)
        return m
