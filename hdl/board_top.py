"""Top of a board: a network behind a serial line, with few pins."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import ClockDomain, ClockSignal, DomainRenamer, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

from spinsc.hdl.external import external
from spinsc.hdl.network import NetworkHardware
from spinsc.hdl.uart_receiver import UartReceiver
from spinsc.hdl.uart_transmitter import UartTransmitter
from spinsc.hdl.xilinx_clock import XilinxClock

#: Cycles of the reset after power-up; block RAM of iCE40 gives nothing of its contents in the first few microseconds.
START_CYCLES = 256


@dataclass(frozen=True)
class Levels:
    """What the board's circuits make of a level.

    Attributes
    ----------
    leds, pressed
        Level of a LED that is lit, and of the reset button while it is pressed.
    """

    leds: int
    pressed: int


class BoardTop(wiring.Component):
    """Pixels come in by a serial line, a byte each, and the class of each image goes out as a byte.

    Everything begins again, with the first pixel of an image, after power-up, with the reset button, and after a break
    on the line. Bytes that come faster than the network can take images are lost, after which images are shifted until
    the next break: the last LED says so.

    Parameters
    ----------
    network : NetworkHardware
        With one pixel per beat, no ``tlast``, and at most 256 classes.
    module : str
        Its Verilog module.
    divisor : int
        Clock cycles per bit of the line.
    leds : int
    levels : Levels
    clock : XilinxClock or None
        What makes the clock from that of the pin; None if it is that.
    high : bool
        It has the member ``high``.

    Members
    -------
    clk : In(1), button : In(1), rx : In(1), tx : Out(1)
    led : Out(leds)
        The lowest bits of the last class; the last LED: bytes have been lost.
    high : Out(1)
        1, for a pin that other parts of the board need to be so.
    random{l}_* : as those of the network
        For junctions outside, where it has such ports.
    junction_clk : Out(1), only with these
        The clock by which they are taken.
    """

    def __init__(self, network: NetworkHardware, module: str, divisor: int, leds: int, levels: Levels,
                 clock: XilinxClock | None = None, high: bool = False) -> None:
        if network.pixels_per_beat != 1 or network.framed or len(network.m_axis_tdata) != 8:
            raise ValueError("network must have a pixel per beat, no tlast and at most 256 classes")
        self.network, self.module, self.divisor, self.levels, self.clock = network, module, divisor, levels, clock
        self.has_high = high
        self.junctions = {name: member for name, member in network.signature.members.items()
                          if name.startswith("random")}
        members = {"clk": In(1), "button": In(1), "rx": In(1, init=1), "tx": Out(1), "led": Out(leds)}
        if high:
            members["high"] = Out(1)
        if self.junctions:
            members |= {**self.junctions, "junction_clk": Out(1)}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # The receiver is not reset by the break that it sees.
        m.domains.line = line = ClockDomain(reset_less=True)
        m.domains.sync = sync = ClockDomain()
        clk, locked = self.clk, None
        if self.clock is not None:
            m.submodules.clock = self.clock
            m.d.comb += self.clock.pin.eq(self.clk)
            clk, locked = self.clock.clk, Signal()
            m.submodules.locked = FFSynchronizer(self.clock.locked, locked, o_domain="line")
        m.d.comb += [line.clk.eq(clk), sync.clk.eq(clk)]
        m.submodules.receiver = receiver = DomainRenamer("line")(UartReceiver(self.divisor))
        m.submodules.transmitter = transmitter = UartTransmitter(self.divisor)
        m.d.comb += [receiver.rx.eq(self.rx), self.tx.eq(transmitter.tx)]

        button = Signal()
        m.submodules.button = FFSynchronizer(self.button ^ (not self.levels.pressed), button, o_domain="line")
        left = Signal(range(START_CYCLES), init=START_CYCLES - 1)
        reset = Signal(init=1)
        m.d.line += reset.eq((left != 0) | button | receiver.broken)
        with m.If((left != 0) if locked is None else (left != 0) & locked):
            m.d.line += left.eq(left - 1)
        m.d.comb += sync.rst.eq(reset)

        m.submodules.network, network = external(self.module, self.network.signature)
        lost, shown = Signal(), Signal(8)
        m.d.comb += [
            network.s_axis_tdata.eq(receiver.output.payload), network.s_axis_tvalid.eq(receiver.output.valid),
            receiver.output.ready.eq(network.s_axis_tready | ResetSignal()),
            transmitter.input.payload.eq(network.m_axis_tdata), transmitter.input.valid.eq(network.m_axis_tvalid),
            network.m_axis_tready.eq(transmitter.input.ready)]
        with m.If(transmitter.input.valid & transmitter.input.ready):
            m.d.sync += shown.eq(transmitter.input.payload)
        with m.If(receiver.lost):
            m.d.sync += lost.eq(1)
        lit = Signal.like(self.led)
        m.d.comb += [lit.eq(shown), lit[-1].eq(lost), self.led.eq(lit if self.levels.leds else ~lit)]
        if self.has_high:
            m.d.comb += self.high.eq(1)
        for name, member in self.junctions.items():
            inner, pin = getattr(network, name), getattr(self, name)
            m.d.comb += inner.eq(pin) if member.flow == In else pin.eq(inner)
        if self.junctions:
            m.d.comb += self.junction_clk.eq(ClockSignal())
        return m
