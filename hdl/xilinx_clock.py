"""A slower clock from the board's, by the clock manager of AMD's 7 series."""

from __future__ import annotations

from amaranth.hdl import Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class XilinxClock(wiring.Component):
    """``pin`` times ``multiply / divide``, by an MMCME2_BASE whose oscillator must run at 600 to 1,200 MHz (UG472).

    Parameters
    ----------
    period_ns : float
        Of ``pin``.
    multiply, divide : int

    Members
    -------
    pin : In(1)
    clk : Out(1)
    locked : Out(1)
        The clock is what it should be.
    """

    def __init__(self, period_ns: float, multiply: int, divide: int) -> None:
        if not 600 <= 1000 / period_ns * multiply <= 1200:
            raise ValueError(f"multiply must give 600 to 1,200 MHz, not {1000 / period_ns * multiply:g}")
        self.period_ns, self.multiply, self.divide = period_ns, multiply, divide
        super().__init__({"pin": In(1), "clk": Out(1), "locked": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        feedback, divided = Signal(), Signal()
        m.submodules.manager = Instance(
            "MMCME2_BASE", p_CLKIN1_PERIOD=self.period_ns, p_CLKFBOUT_MULT_F=float(self.multiply),
            p_CLKOUT0_DIVIDE_F=float(self.divide), i_CLKIN1=self.pin, i_CLKFBIN=feedback, i_RST=0, i_PWRDWN=0,
            o_CLKFBOUT=feedback, o_CLKOUT0=divided, o_LOCKED=self.locked)
        m.submodules.buffer = Instance("BUFG", i_I=divided, o_O=self.clk)
        return m
