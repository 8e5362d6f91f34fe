"""LFSR bank: pseudo-random numbers for FPGAs without junctions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member, Out

from spinsc.hdl.shapes import LayerShape

#: x^32 + x^22 + x^2 + x + 1 is primitive, so the period is 2^32 - 1 (Xilinx application note 052).
WIDTH = 32
TAPS = (31, 21, 1, 0)


def group_seed(number: int) -> int:
    """Seed of the ``number``-th generator of a network, from 1: a bijective mix, never 0."""
    x = number & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return x ^ (x >> 16)


class LfsrBank(wiring.Component):
    """One 32-bit Fibonacci LFSR a lane, all of one maximal-length polynomial, each from a seed of its own.

    A time step makes m shifts, so that successive numbers share no bit. The last cycle of an image returns to the
    seeds. States lie in bit planes: a shift renames 31 planes and computes one.

    Parameters
    ----------
    seeds : sequence of int
        Not 0, one per lane.
    random_bits : int
        m, 1..16.
    unroll, rest : int
        Time steps per cycle, and in a cycle with ``partial``.

    Members
    -------
    step, last_step : In(1)
    partial : In(1), only if rest < unroll
    random : Out(B*m*S)
        Bit b of lane s is bit b*S + s of the part of its time step.
    """

    def __init__(self, seeds: Sequence[int], random_bits: int, unroll: int = 1, rest: int = 1) -> None:
        self.seeds, self.random_bits, self.unroll, self.rest = list(seeds), random_bits, unroll, rest
        for seed in self.seeds:
            if not 0 < seed < 1 << WIDTH:
                raise ValueError(f"seeds must be from 1 to 2^{WIDTH} - 1, not {seed}")
        members = {"step": In(1), "last_step": In(1), "random": Out(unroll * random_bits * len(self.seeds))}
        if rest < unroll:
            members["partial"] = In(1)
        super().__init__(members)

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
        numbers: list[Value] = []
        after_rest = following
        for b in range(self.unroll):
            if b == self.rest:
                after_rest = following
            numbers += following[:self.random_bits]
            for number in range(self.random_bits):
                feedback = Signal(lanes, name=f"feedback_{b * self.random_bits + number}")
                m.d.comb += feedback.eq(following[31] ^ following[21] ^ following[1] ^ following[0])
                following = [feedback, *following[:-1]]
        with m.If(self.step):
            m.d.sync += [plane.eq(value) for plane, value in zip(planes, following, strict=True)]
            if self.rest < self.unroll:
                with m.If(self.partial):
                    m.d.sync += [plane.eq(value) for plane, value in zip(planes, after_rest, strict=True)]
            with m.If(self.last_step):
                m.d.sync += [plane.eq(plane.init) for plane in planes]
        m.d.comb += self.random.eq(Cat(*numbers))
        return m


class LfsrBanks:
    """An LFSR of its own for each group of each side of each layer, see `spinsc.hdl.random_ports.RandomHardware`.

    The bank of a side is the submodule ``lfsr{l}_{side}``.
    """

    def members(self, number: int, shape: LayerShape) -> Mapping[str, Member]:
        """No ports."""
        return {}

    def connect(self, m: Module, network: Any, number: int, shapes: Sequence[LayerShape], layer: Any) -> None:
        """See `spinsc.hdl.random_ports.RandomHardware`."""
        shape = shapes[number]
        lanes_before = sum(before.lanes for before in shapes[:number])
        for name, side in shape.random_sides.items():
            offset = 1 if name == "activation" else 2
            seeds = [group_seed(2 * (lanes_before + g) + offset) for g in range(side.group_count(shape.lanes))]
            m.submodules[f"lfsr{number}_{name}"] = bank = LfsrBank(seeds, side.bits, shape.unroll, shape.rest)
            m.d.comb += [bank.step.eq(layer.step), bank.last_step.eq(layer.last_step),
                         getattr(layer, f"random_{name}").eq(bank.random)]
            if shape.rest < shape.unroll:
                m.d.comb += bank.partial.eq(layer.partial)
