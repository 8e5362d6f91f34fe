"""LFSR bank: pseudo-random numbers for FPGAs without junctions."""

from collections.abc import Iterator, Sequence

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

#: x^32 + x^22 + x^2 + x + 1 is primitive, so the period is 2^32 - 1 (Xilinx application note 052).
WIDTH = 32
TAPS = (31, 21, 1, 0)


def lane_seed(number: int) -> int:
    """Seed of the ``number``-th generator of a network, from 1: a bijective mix, never 0."""
    x = number & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return x ^ (x >> 16)


class LfsrBank(wiring.Component):
    """One 32-bit Fibonacci LFSR a lane, all of one maximal-length polynomial, each from a seed of its own.

    A step makes m shifts, so that successive numbers share no bit. The last step of an image returns to the seeds.
    States lie in bit planes: a shift renames 31 planes and computes one.

    Parameters
    ----------
    seeds : sequence of int
        Not 0, one a lane.
    random_bits : int
        m, 1..16.

    Members
    -------
    step, last_step : In(1)
    random : Out(m*S)
        Bit b of lane s is bit b*S + s.
    """

    def __init__(self, seeds: Sequence[int], random_bits: int) -> None:
        self.seeds, self.random_bits = list(seeds), random_bits
        for seed in self.seeds:
            if not 0 < seed < 1 << WIDTH:
                raise ValueError(f"seeds must be from 1 to 2^{WIDTH} - 1, not {seed}")
        super().__init__({"step": In(1), "last_step": In(1), "random": Out(random_bits * len(self.seeds))})

    def model(self, lane: int) -> Iterator[int]:
        """Random numbers of a lane, from the first of an image."""
        state = self.seeds[lane]
        while True:
            yield state & ((1 << self.random_bits) - 1)
            for _ in range(self.random_bits):
                feedback = sum(state >> tap for tap in TAPS) & 1
                state = (state << 1 | feedback) & ((1 << WIDTH) - 1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes = len(self.seeds)
        planes = [Signal(lanes, name=f"state_{b}",
                         init=sum((seed >> b & 1) << s for s, seed in enumerate(self.seeds))) for b in range(WIDTH)]
        following: list[Value] = list(planes)
        for number in range(self.random_bits):
            feedback = Signal(lanes, name=f"feedback_{number}")
            m.d.comb += feedback.eq(following[31] ^ following[21] ^ following[1] ^ following[0])
            following = [feedback, *following[:-1]]
        with m.If(self.step):
            m.d.sync += [plane.eq(value) for plane, value in zip(planes, following, strict=True)]
            with m.If(self.last_step):
                m.d.sync += [plane.eq(plane.init) for plane in planes]
        m.d.comb += self.random.eq(Cat(*planes[:self.random_bits]))
        return m
