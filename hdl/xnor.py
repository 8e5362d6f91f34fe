"""Bipolar stochastic multiplier."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


class XnorMultiplier(wiring.Component):
    """Product of two bipolar bitstreams in each lane: ``product = ~(a ^ b)``. Combinational.

    P(product = 1) = (v_a*v_b + 1)/2 for independent streams of values v_a and v_b (Gaines 1969).

    Members
    -------
    a, b : In(lanes)
    product : Out(lanes)
    """

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__({"a": In(lanes), "b": In(lanes), "product": Out(lanes)})

    def model(self, a: int, b: int) -> int:
        return ~(a ^ b) & ((1 << self.lanes) - 1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.product.eq(~(self.a ^ self.b))
        return m
