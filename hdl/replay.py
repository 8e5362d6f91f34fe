"""Replay memory: a recorded stretch of random bits on the chip."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spinsc.hdl.rom import address_width, rom


class ReplayMemory(wiring.Component):
    """Gives one recorded word of random bits a step, and begins again after the last.

    After a reset the first word is there one cycle later.

    Parameters
    ----------
    width, depth : int
        Random bits a step, and steps.
    file : str
        Memory image: a word a step.

    Members
    -------
    step : In(1)
    random : Out(width)
    """

    def __init__(self, width: int, depth: int, file: str) -> None:
        self.width, self.depth, self.file = width, depth, file
        super().__init__({"step": In(1), "random": Out(width)})

    def model(self, words: list[int], steps: int) -> list[int]:
        return [words[n % self.depth] for n in range(steps)]

    def elaborate(self, platform: object) -> Module:
        m = Module()
        position = Signal(address_width(self.depth))
        following = Signal.like(position)
        read = Signal(self.width)
        m.submodules.recording = rom(self.file, self.depth, following, read)
        random = Signal(self.width, reset_less=True)
        m.d.comb += [
            following.eq(Mux(self.step, Mux(position == self.depth - 1, 0, position + 1), position)),
            self.random.eq(random)]
        m.d.sync += [position.eq(following), random.eq(read)]
        return m
