"""Random numbers of a few groups of junctions for many lanes, with delay lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spinsc.hdl.shapes import SideShape


class LaneFanout(wiring.Component):
    """Gives each lane the random number of its group, as it is or as it was some steps ago.

    Without delays it is wires only. Otherwise a shift register of G*m bits holds the numbers of the last steps; its
    contents are unknown until as many steps have passed. Combinational from ``random`` to lanes without a delay.

    Parameters
    ----------
    side : SideShape
        With random bits, m > 0.
    lanes : int
        S, at least 1.

    Members
    -------
    step : In(1), only if a lane has a delay
        The numbers are used in this cycle.
    random : In(m*G)
        Bit b of group g's number is bit b*G + g.
    lane_random : Out(m*S)
        Bit b of lane s's number is bit b*S + s.
    """

    def __init__(self, side: SideShape, lanes: int) -> None:
        self.side, self.lanes = side, lanes
        self.groups = side.group_count(lanes)
        self.depth = side.longest_delay(lanes)
        members = {"random": In(side.random_width(lanes)), "lane_random": Out(side.bits * lanes)}
        if self.depth:
            members["step"] = In(1)
        super().__init__(members)

    def model(self, numbers: Sequence[Sequence[int]], step: int) -> list[int]:
        """Number of each lane at a step, from those of all groups at every step since the start."""
        return [numbers[step - delay][group] for group, delay in self.side.lane_sources(self.lanes)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        history: list[Value] = [self.random]
        for age in range(1, self.depth + 1):
            register = Signal(len(self.random), name=f"random_{age}", reset_less=True)
            with m.If(self.step):
                m.d.sync += register.eq(history[-1])
            history.append(register)
        m.d.comb += self.lane_random.eq(Cat(
            history[delay][b * self.groups + first:b * self.groups + stop]
            for b in range(self.side.bits) for delay, first, stop in self._runs()))
        return m

    def _runs(self) -> Iterator[tuple[int, int, int]]:
        """Delay, first group and group after the last of lanes that take neighbouring bits, so that vectors stay whole.
        """
        run: tuple[int, int, int] | None = None
        for group, delay in self.side.lane_sources(self.lanes):
            if run is not None and run[0] == delay and run[2] == group:
                run = delay, run[1], group + 1
            else:
                if run is not None:
                    yield run
                run = delay, group, group + 1
        if run is not None:
            yield run
