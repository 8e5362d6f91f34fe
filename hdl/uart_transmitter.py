"""Serial transmitter: bytes to a line, 8 data bits, no parity, one stop bit."""

from __future__ import annotations

import operator

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from spinsc.hdl.uart_receiver import frame_bits


class UartTransmitter(wiring.Component):
    """Puts a start bit, a byte, its lowest bit first, and a stop bit on a line.

    A byte is taken every ``10 * divisor + 1`` cycles at most; its start bit begins in the cycle after.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit, at least 2.

    Members
    -------
    input : In(Signature(8))
    tx : Out(1)
        The line, 1 when idle.
    """

    def __init__(self, divisor: int) -> None:
        self.divisor = operator.index(divisor)
        if self.divisor < 2:
            raise ValueError(f"divisor must be at least 2, not {divisor}")
        super().__init__({"input": In(stream.Signature(8)), "tx": Out(1, init=1)})

    def model(self, byte: int) -> list[int]:
        """Levels of the line, one a cycle, after a byte is taken."""
        return [level for level in frame_bits(byte) for _ in range(self.divisor)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        waiting = Signal(10)  # a one above the bits that are still to come, the present one lowest
        remaining = Signal(range(self.divisor))
        m.d.comb += self.input.ready.eq(waiting == 0)
        with m.If(self.input.ready & self.input.valid):
            m.d.sync += [waiting.eq(Cat(self.input.payload, Const(0b11, 2))), self.tx.eq(0),
                         remaining.eq(self.divisor - 1)]
        with m.Elif(remaining != 0):
            m.d.sync += remaining.eq(remaining - 1)
        with m.Elif(waiting != 0):
            m.d.sync += [self.tx.eq(waiting[0]), waiting.eq(waiting >> 1), remaining.eq(self.divisor - 1)]
        return m
