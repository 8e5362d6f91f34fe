"""Population count."""

from __future__ import annotations

from amaranth.hdl import Instance, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.integers import ceil_div

#: Bits that one stage of a pipelined popcount counts, and counts that a later stage adds: what ECP5 does in 8 ns.
STAGE_BITS, STAGE_COUNTS = 8, 4


def popcount_stages(width: int) -> int:
    """Registers that a `PipelinedPopcount` of ``width`` bits has one after another."""
    stages, parts = 1, ceil_div(width, STAGE_BITS)
    while parts > 1:
        stages, parts = stages + 1, ceil_div(parts, STAGE_COUNTS)
    return stages


def adder_stages(values: int) -> int:
    """Registers one after another in a tree of adders of so many values, at least one."""
    stages = 1
    while values > STAGE_COUNTS:
        stages, values = stages + 1, ceil_div(values, STAGE_COUNTS)
    return stages


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


class PipelinedPopcount(wiring.Component):
    """Number of ones in a vector: parts of it are counted, then added up in a tree with registers at every node.

    Latency: :func:`popcount_stages` of the width in cycles with ``enable``; a vector in each of them.

    Parameters
    ----------
    width : int

    Members
    -------
    bits : In(width)
    enable : In(1)
        All registers move on.
    count : Out(bits_for(width))
    """

    def __init__(self, width: int) -> None:
        self.width, self.latency = width, popcount_stages(width)
        super().__init__({"bits": In(width), "enable": In(1), "count": Out(bits_for(width))})

    def model(self, bits: int) -> int:
        return bits.bit_count()

    def elaborate(self, platform: object) -> Module:
        m = Module()
        values: list[tuple[Value, int]] = []  # and the largest that each can be
        for first in range(0, self.width, STAGE_BITS):
            part = self.bits[first:first + STAGE_BITS]
            m.submodules[f"part_{first // STAGE_BITS}"] = popcount = Popcount(len(part))
            m.d.comb += popcount.bits.eq(part)
            values.append((popcount.count, len(part)))
        for stage in range(self.latency):
            registers: list[tuple[Value, int]] = []
            for number, (value, largest) in enumerate(values):
                register = Signal(bits_for(largest), name=f"count_{stage}_{number}", reset_less=True)
                with m.If(self.enable):
                    m.d.sync += register.eq(value)
                registers.append((register, largest))
            groups = [registers[at:at + STAGE_COUNTS] for at in range(0, len(registers), STAGE_COUNTS)]
            values = [(sum((value for value, _ in group[1:]), start=group[0][0]), sum(largest for _, largest in group))
                      for group in groups]
        m.d.comb += self.count.eq(values[0][0])
        return m
