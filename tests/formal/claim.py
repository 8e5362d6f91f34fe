"""Claims: hardware with an output that says that something is wrong, and what surrounds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from amaranth.hdl import Cat, ClockDomain, ClockSignal, Module, Mux, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spinsc import hdl
from spinsc.hdl.verilog import verilog_text

#: The top module of a claim, and in it the component that the claim is about.
TOP, DUT = "claim", "dut"
#: Register of the top that is zero in the first cycle; all others may hold anything then.
STARTED = "started"
#: Hand-written modules of the components.
PRIMITIVES = tuple(Path(hdl.__file__).parent / name for name in hdl.PRIMITIVES)


class Claim(wiring.Component):
    """Something that always holds, from the cycle after a reset on.

    A subclass is a component with an output ``bad``, one where the claim does not hold, and inputs that may be
    anything in every cycle. What it assumes of them goes through :meth:`assume`.

    Attributes
    ----------
    sources : sequence of Path
        Verilog of what the claim instantiates.
    memories : Path
        Folder of memory images.
    contents : str
        Signal of the claim that holds the words of its ROM, where that is one whose contents may be anything.
    bound : int or None
        Cycles for which it is decided, where it is not for all times.
    """

    sources: Sequence[Path] = PRIMITIVES
    memories: Path = Path("none")
    contents: str = ""
    bound: int | None = None

    def __init__(self, **inputs: int) -> None:
        super().__init__({"bad": Out(1), **{name: In(width) for name, width in inputs.items()}})

    def fixed(self, m: Module, name: str) -> Signal:
        """The value that an input has in the first cycle, at all times."""
        value = Signal(len(getattr(self, name)), name=f"fixed_{name}", reset_less=True)
        with m.If(ResetSignal()):
            m.d.sync += value.eq(getattr(self, name))
        return value

    def claim(self, m: Module, holds: Value, assuming: Value | None = None) -> None:
        """State the claim: ``holds`` in all cycles up to the first in which ``assuming`` does not hold."""
        bad = ~holds.bool()
        if assuming is not None:
            kept = Signal(init=1, name="assumptions_kept")
            m.d.sync += kept.eq(kept & assuming.bool())
            bad = bad & kept & assuming.bool()
        m.d.comb += self.bad.eq(bad & ~ResetSignal())

    def verilog(self) -> str:
        """The claim in Verilog, under a reset in its first cycle."""
        return verilog_text(_FromReset(self), TOP)


class _FromReset(wiring.Component):
    """A claim that is reset in its first cycle."""

    def __init__(self, claim: Claim) -> None:
        self.inner = claim
        super().__init__({"clk": In(1), **claim.signature.members})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.domains.start = ClockDomain(reset_less=True)
        m.domains.sync = ClockDomain()
        started = Signal(name=STARTED)
        m.d.start += started.eq(1)
        m.d.comb += [ClockSignal("start").eq(self.clk), ClockSignal("sync").eq(self.clk),
                     ResetSignal("sync").eq(~started)]
        m.submodules.claim = claim = self.inner
        for name in claim.signature.members:
            inside, outside = getattr(claim, name), getattr(self, name)
            m.d.comb += outside.eq(inside) if name == "bad" else inside.eq(outside)
        return m


def words(value: Value, width: int) -> list[Value]:
    """Words of ``width`` bits, the lowest first."""
    return [value[at:at + width] for at in range(0, len(value), width)]


def lane_numbers(planes: Value, lanes: int) -> list[Value]:
    """The number of each lane from bit planes."""
    return [Cat(planes[at] for at in range(lane, len(planes), lanes)) for lane in range(lanes)]


def counted(m: Module, name: str, event: Value, most: int) -> Signal:
    """How often ``event`` was one, from 0 again after ``most`` times."""
    count = Signal(range(most + 1), name=name)
    with m.If(event):
        m.d.sync += count.eq(Mux(count == most - 1, 0, count + 1))
    return count
