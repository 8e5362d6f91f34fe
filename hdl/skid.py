"""Skid buffer: cuts the path of a stream's ready."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class SkidBuffer(wiring.Component):
    """Passes a stream on in the same cycle, with a ready that comes from a register.

    A transfer that the output does not take is set aside, after which the input waits until it has been taken.
    Throughput: one transfer per cycle; latency: none while the output is ready.

    Parameters
    ----------
    width : int
        Bits of a transfer.

    Members
    -------
    input : In(Signature(width))
    output : Out(Signature(width))
    """

    def __init__(self, width: int) -> None:
        super().__init__({"input": In(stream.Signature(width)), "output": Out(stream.Signature(width))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        aside = Signal()
        kept = Signal.like(self.input.payload, reset_less=True)
        m.d.comb += [
            self.input.ready.eq(~aside), self.output.valid.eq(aside | self.input.valid),
            self.output.payload.eq(Mux(aside, kept, self.input.payload))]
        with m.If(~aside):
            m.d.sync += kept.eq(self.input.payload)
        m.d.sync += aside.eq(self.output.valid & ~self.output.ready)
        return m
