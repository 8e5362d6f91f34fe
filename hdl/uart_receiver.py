"""Serial receiver: bytes from a line, 8 data bits, no parity, one stop bit."""

from __future__ import annotations

import operator

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for


def frame_bits(byte: int) -> list[int]:
    """Levels of the line, a bit time each, that carry a byte: start bit, the byte's lowest bit first, stop bit."""
    return [0, *(byte >> n & 1 for n in range(8)), 1]


class UartReceiver(wiring.Component):
    """Samples a line in the middle of each bit, after two registers that take it into the clock's domain.

    A level that does not last for half a bit begins nothing. A byte must be taken before the next is complete, some
    10 bit times later; otherwise that one takes its place.

    Parameters
    ----------
    divisor : int
        Clock cycles per bit, at least 4.

    Members
    -------
    rx : In(1)
        The line, 1 when idle; may change at any time.
    output : Out(Signature(8))
        Bytes, from the middle of their stop bit on.
    lost : Out(1)
        In the cycle in which a byte takes the place of one that has not been taken.
    broken : Out(1)
        The line was 0 where a stop bit is due, and still is: a break, by which the other end can say anything that is
        no byte.
    """

    def __init__(self, divisor: int) -> None:
        self.divisor = operator.index(divisor)
        if self.divisor < 4:
            raise ValueError(f"divisor must be at least 4, not {divisor}")
        super().__init__({"rx": In(1, init=1), "output": Out(stream.Signature(8)), "lost": Out(1), "broken": Out(1)})

    def model(self, byte: int) -> list[int]:
        """Levels of the line, one a cycle, that carry a byte."""
        return [level for level in frame_bits(byte) for _ in range(self.divisor)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        line = Signal(init=1)
        m.submodules.synchronizer = FFSynchronizer(self.rx, line, init=1)
        remaining = Signal(range(self.divisor))  # cycles until the middle of the next bit
        bits = Signal(bits_for(9))  # bits that are behind us
        receiving, complete = Signal(), Signal()
        received = Signal(8)
        m.d.comb += complete.eq(receiving & (remaining == 0) & (bits == 9) & line)
        with m.If(~receiving):
            m.d.sync += [remaining.eq(self.divisor // 2 - 1), bits.eq(0), receiving.eq(~line)]
        with m.Elif(self.broken):
            m.d.sync += [self.broken.eq(~line), receiving.eq(~line)]
        with m.Elif(remaining != 0):
            m.d.sync += remaining.eq(remaining - 1)
        with m.Else():
            m.d.sync += [remaining.eq(self.divisor - 1), bits.eq(bits + 1), received.eq(Cat(received[1:], line))]
            with m.If((bits == 0) & line):
                m.d.sync += receiving.eq(0)
            with m.If(bits == 9):
                m.d.sync += [receiving.eq(~line), self.broken.eq(~line)]
        with m.If(self.output.ready):
            m.d.sync += self.output.valid.eq(0)
        with m.If(complete):
            m.d.sync += [self.output.valid.eq(1), self.output.payload.eq(received)]
        m.d.comb += self.lost.eq(complete & self.output.valid & ~self.output.ready)
        return m
