"""Input quantizer: from raw pixels to states."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from spinsc.hdl.packing import Bits, joined_bits
from spinsc.hdl.popcount import Popcount
from spinsc.hdl.rom import rom
from spinsc.hdl.shapes import state_width

#: Bits of a pixel threshold: 0 to 256, where 256 is never reached.
PIXEL_THRESHOLD_WIDTH = 9


class InputQuantizer(wiring.Component):
    """State of a pixel = number of thresholds that it reaches. Combinational.

    Parameters
    ----------
    states, per_beat : int
        K, and the pixels in a beat.
    file : str
        Name of its memory image, see :meth:`image`.

    Members
    -------
    input : In(Signature(8 * per_beat))
        First pixel in the lowest byte.
    output : Out(Signature(w * per_beat))
        First state in the lowest w bits.
    """

    def __init__(self, states: int, per_beat: int, file: str) -> None:
        self.states, self.per_beat, self.file = states, per_beat, file
        super().__init__({"input": In(stream.Signature(8 * per_beat)),
                          "output": Out(stream.Signature(state_width(states) * per_beat))})

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
        for e in range(self.per_beat):
            m.submodules[f"popcount_{e}"] = popcount = Popcount(self.states - 1)
            pixel = self.input.payload[8 * e:8 * (e + 1)]
            for k in range(self.states - 1):
                threshold = thresholds[k * PIXEL_THRESHOLD_WIDTH:(k + 1) * PIXEL_THRESHOLD_WIDTH]
                m.d.comb += popcount.bits[k].eq(pixel >= threshold)
            m.d.comb += self.output.payload[width * e:width * (e + 1)].eq(popcount.count)
        m.d.comb += [self.output.valid.eq(self.input.valid), self.input.ready.eq(self.output.ready)]
        return m
