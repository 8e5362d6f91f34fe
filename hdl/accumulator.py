"""Accumulator with a register to hand its result on."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class Accumulator(wiring.Component):
    """Adds counts over a pass, then passes the sum down a chain of accumulators while the next pass runs.

    On ``valid``, ``sum + count`` goes to the running sum, or, with ``last``, to ``held``, and the running sum
    starts again at 0. On ``shift``, ``held`` takes the held value of the neighbour. Latency: one cycle.

    Parameters
    ----------
    count_width, width : int
        Bits of a count and of the sum; the sum must hold the full scale, it does not saturate.

    Members
    -------
    count : In(count_width)
    valid, last : In(1)
    shift : In(1)
        Must not be asserted together with ``valid & last``.
    chain : In(width)
    held : Out(width)
    """

    def __init__(self, count_width: int, width: int) -> None:
        self.count_width, self.width = count_width, width
        super().__init__({"count": In(count_width), "valid": In(1), "last": In(1), "shift": In(1),
                          "chain": In(width), "held": Out(width)})

    def model(self, counts: list[int]) -> int:
        """Held value after a pass with these counts."""
        return sum(counts)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        running = Signal(self.width)
        total = Signal(self.width)
        m.d.comb += total.eq(running + self.count)
        with m.If(self.valid):
            m.d.sync += running.eq(total)
            with m.If(self.last):
                m.d.sync += [running.eq(0), self.held.eq(total)]
        with m.If(self.shift):
            m.d.sync += self.held.eq(self.chain)
        return m
