"""Random numbers of a few groups of junctions for many lanes, with delay lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


@dataclass(frozen=True)
class SideShape:
    """Where the random numbers of one side of a layer come from; the contract calls it the side's plan.

    Attributes
    ----------
    groups : int or None
        G; None for one a lane, and never more than that.
    blocks : bool
        Lane s uses group s div ceil(S/G), not s mod G.
    delay : int
        d: the j-th lane of a group sees the group's numbers j*d steps later.
    tuned : bool
        Bit k-1 of a number is the bit of state k, so there is no comparator.
    thresholds : tuple of rows of integers, or None
        T[0..K-1] of each group's comparator; None for the formula's.
    """

    groups: int | None = None
    blocks: bool = False
    delay: int = 0
    tuned: bool = False
    thresholds: tuple[tuple[int, ...], ...] | None = None

    def group_count(self, lanes: int) -> int:
        """G for so many lanes."""
        groups = min(self.groups or lanes, lanes)
        return -(-lanes // -(-lanes // groups)) if self.blocks else groups

    def lane_sources(self, lanes: int) -> list[tuple[int, int]]:
        """Group and delay of each lane."""
        groups = self.group_count(lanes)
        each = -(-lanes // groups)
        return [(s // each, s % each * self.delay) if self.blocks else (s % groups, s // groups * self.delay)
                for s in range(lanes)]

    def lane_thresholds(self, lanes: int) -> list[tuple[int, ...]] | None:
        """T of each lane, or None for the formula's."""
        if self.thresholds is None:
            return None
        return [self.thresholds[group] for group, _ in self.lane_sources(lanes)]

    def longest_delay(self, lanes: int) -> int:
        return max(delay for _, delay in self.lane_sources(lanes))


#: Every lane has unbiased junctions of its own.
OWN = SideShape()


class LaneFanout(wiring.Component):
    """Gives each lane the random number of its group, as it is or as it was some steps ago.

    Without delays it is wires only. Otherwise a shift register of G*m bits holds the numbers of the last steps; its
    contents are unknown until as many steps have passed. Combinational from ``random`` to lanes without a delay.

    Parameters
    ----------
    side : SideShape
    lanes, random_bits : int
        S and m, both at least 1.

    Members
    -------
    step : In(1), only if a lane has a delay
        The numbers are used in this cycle.
    random : In(m*G)
        Bit b of group g's number is bit b*G + g.
    lane_random : Out(m*S)
        Bit b of lane s's number is bit b*S + s.
    """

    def __init__(self, side: SideShape, lanes: int, random_bits: int) -> None:
        self.side, self.lanes, self.random_bits = side, lanes, random_bits
        self.groups = side.group_count(lanes)
        self.depth = side.longest_delay(lanes)
        members = {"random": In(random_bits * self.groups), "lane_random": Out(random_bits * lanes)}
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
            for b in range(self.random_bits) for delay, first, stop in self._runs()))
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
