"""Input quantizer: from raw pixels to states."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from spinsc.hdl.packing import Bits, joined_bits
from spinsc.hdl.popcount import PipelinedPopcount, Popcount, popcount_stages
from spinsc.hdl.rom import rom
from spinsc.hdl.shapes import state_width
from spinsc.hdl.skid import SkidBuffer

#: Bits of a pixel threshold: 0 to 256, where 256 is never reached.
PIXEL_THRESHOLD_WIDTH = 9


def quantizer_latency(states: int) -> int:
    """Cycles that a pipelined quantizer with so many states takes: compare and count."""
    return 1 + popcount_stages(states - 1)


class InputQuantizer(wiring.Component):
    """State of a pixel = number of thresholds that it reaches.

    Combinational; with a pipeline, :func:`quantizer_latency` cycles while ``output`` is ready, and both streams have
    their ``ready`` from a register.

    Parameters
    ----------
    states, per_beat : int
        K, and the pixels in a beat.
    file : str
        Name of its memory image, see :meth:`image`.
    pipeline : bool
        With registers behind the comparisons and in the count.

    Members
    -------
    input : In(Signature(8 * per_beat))
        First pixel in the lowest byte.
    output : Out(Signature(w * per_beat))
        First state in the lowest w bits.
    mark : In(1), output_mark : Out(1), only with a pipeline
        What goes with a beat.
    """

    def __init__(self, states: int, per_beat: int, file: str, pipeline: bool = False) -> None:
        self.states, self.per_beat, self.file, self.pipeline = states, per_beat, file, pipeline
        members = {"input": In(stream.Signature(8 * per_beat)),
                   "output": Out(stream.Signature(state_width(states) * per_beat))}
        if pipeline:
            members |= {"mark": In(1), "output_mark": Out(1)}
        super().__init__(members)

    def model(self, pixel: int, thresholds: Sequence[int]) -> int:
        return sum(pixel >= threshold for threshold in thresholds)

    def image(self, thresholds: npt.NDArray[np.int64]) -> Bits:
        """One word: threshold k (from 1) in bits (k-1)*9 to k*9 - 1; ``thresholds`` of shape (K-1,)."""
        return joined_bits(thresholds[None], PIXEL_THRESHOLD_WIDTH)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        thresholds = Signal(PIXEL_THRESHOLD_WIDTH * (self.states - 1))
        m.submodules.thresholds = rom(self.file, 1, Const(0, 1), thresholds)
        width = state_width(self.states)
        if self.pipeline:
            self._pipelined(m, thresholds)
            return m
        for e in range(self.per_beat):
            m.submodules[f"popcount_{e}"] = popcount = Popcount(self.states - 1)
            pixel = self.input.payload[8 * e:8 * (e + 1)]
            for k in range(self.states - 1):
                threshold = thresholds[k * PIXEL_THRESHOLD_WIDTH:(k + 1) * PIXEL_THRESHOLD_WIDTH]
                m.d.comb += popcount.bits[k].eq(pixel >= threshold)
            m.d.comb += self.output.payload[width * e:width * (e + 1)].eq(popcount.count)
        m.d.comb += [self.output.valid.eq(self.input.valid), self.input.ready.eq(self.output.ready)]
        return m

    def _pipelined(self, m: Module, thresholds: Signal) -> None:
        """Compare, count, and hand on; all of it stands still while a beat is set aside."""
        m.submodules.skid = skid = SkidBuffer(len(self.output.payload) + 1)
        enable = skid.input.ready
        states = []
        for e in range(self.per_beat):
            m.submodules[f"popcount_{e}"] = popcount = PipelinedPopcount(self.states - 1)
            reached = Signal(self.states - 1, name=f"reached_{e}", reset_less=True)
            pixel = self.input.payload[8 * e:8 * (e + 1)]
            with m.If(enable):
                m.d.sync += reached.eq(Cat(
                    pixel >= thresholds[k * PIXEL_THRESHOLD_WIDTH:(k + 1) * PIXEL_THRESHOLD_WIDTH]
                    for k in range(self.states - 1)))
            m.d.comb += [popcount.bits.eq(reached), popcount.enable.eq(enable)]
            states.append(popcount.count)
        passed: Value = Cat(self.input.valid, self.mark)
        for stage in range(quantizer_latency(self.states)):
            register = Signal(2, name=f"passed_{stage}")
            with m.If(enable):
                m.d.sync += register.eq(passed)
            passed = register
        m.d.comb += [
            skid.input.payload.eq(Cat(*states, passed[1])), skid.input.valid.eq(passed[0]),
            self.input.ready.eq(enable), Cat(self.output.payload, self.output_mark).eq(skid.output.payload),
            self.output.valid.eq(skid.output.valid), skid.output.ready.eq(self.output.ready)]
