"""Population count."""

from amaranth.hdl import Instance, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for


class Popcount(wiring.Component):
    """Number of ones in a vector. Combinational.

    The sum is SystemVerilog's ``$countones`` in ``spinsc_popcount.sv``: as adds of single bits it would be hundreds of
    times slower to simulate and no better to synthesize.

    Members
    -------
    bits : In(width)
    count : Out(bits_for(width))
    """

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__({"bits": In(width), "count": Out(bits_for(width))})

    def model(self, bits: int) -> int:
        return bits.bit_count()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.adders = Instance(
            "spinsc_popcount", p_WIDTH=self.width, p_COUNT_WIDTH=bits_for(self.width),
            i_bits=self.bits, o_count=self.count)
        return m
