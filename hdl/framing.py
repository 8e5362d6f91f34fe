"""Frames of a stream: whether each has the right number of beats."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for


class FrameCheck(wiring.Component):
    """Passes frames of the right length on, in the same cycle, and drops others.

    Of a frame that is too short, all beats are passed on, of one that is too long, the first ``beats``; the last of
    them is marked ``drop``. The rest of a frame that is too long is taken here. So the frame after is right, whatever
    the one before.

    Parameters
    ----------
    beats : int
        Of a frame.
    width : int
        Bits of a beat.

    Members
    -------
    input : In(Signature(width)), last : In(1)
        The stream, and ``last`` with the last beat of a frame.
    output : Out(Signature(width))
    drop : Out(1)
        With a transfer of ``output``: the frame ends here and is not one.
    error : Out(2)
        Since the reset, a frame has been too short (bit 0), too long (bit 1); from the cycle after the beat that shows
        it.
    """

    def __init__(self, beats: int, width: int) -> None:
        self.beats = beats
        super().__init__({"input": In(stream.Signature(width)), "last": In(1), "output": Out(stream.Signature(width)),
                          "drop": Out(1), "error": Out(2)})

    def model(self, last: Sequence[int]) -> list[tuple[bool, bool]]:
        """Whether each beat of a stream is passed on, and whether it is marked ``drop``."""
        found, beat = [], 0
        for ends in last:
            found.append((beat < self.beats, beat < self.beats and bool(ends) != (beat == self.beats - 1)))
            beat = 0 if ends else beat + 1
        return found

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat = Signal(bits_for(self.beats - 1))
        complete, surplus = Signal(), Signal()
        m.d.comb += [
            complete.eq(beat == self.beats - 1), self.drop.eq(self.last ^ complete),
            self.output.payload.eq(self.input.payload), self.output.valid.eq(self.input.valid & ~surplus),
            self.input.ready.eq(self.output.ready | surplus)]
        with m.If(self.input.valid & self.input.ready):
            m.d.sync += surplus.eq(~self.last & (complete | surplus))
            with m.If(self.last | complete):
                m.d.sync += beat.eq(0)
            with m.Elif(~surplus):
                m.d.sync += beat.eq(beat + 1)
        with m.If(self.output.valid & self.output.ready & self.drop):
            m.d.sync += [self.error[0].eq(self.error[0] | self.last), self.error[1].eq(self.error[1] | ~self.last)]
        return m
