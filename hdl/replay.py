"""Replay memories: a recorded stretch of random bits on the chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member, Out

from spinsc.hdl.packing import Bits, grouped_bits
from spinsc.hdl.random_ports import device_order
from spinsc.hdl.rom import address_width, rom
from spinsc.hdl.shapes import LayerShape


class ReplayMemory(wiring.Component):
    """Gives one recorded word of random bits per step, and begins again after the last.

    After a reset the first word is there one cycle later.

    Parameters
    ----------
    width, depth : int
        Random bits per step, and steps.
    file : str
        Memory image: a word per step.

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


class ReplayMemories:
    """A memory for each layer with an image's random bits, see `spinsc.hdl.random_ports.RandomHardware`.

    That of a layer is the submodule ``replay{l}``; every image begins it again.
    """

    @staticmethod
    def file(number: int) -> str:
        """Name of the memory image of layer ``number``, see :meth:`image`."""
        return f"layer{number}_recording.mem"

    @staticmethod
    def image(shape: LayerShape, samples: Bits) -> Bits:
        """A word per cycle: B samples of all devices of the layer, those of the first time step lowest.

        Parameters
        ----------
        shape : LayerShape
        samples : uint8, shape (F + Q*C*L, devices)
            Of the steps of an image, those that fill delay lines (where B = 1) first.
        """
        fill, compute = np.split(samples, [shape.fill])
        words = grouped_bits(compute, shape.length, shape.unroll)
        return np.concatenate([fill, words]) if len(fill) else words

    def members(self, number: int, shape: LayerShape) -> Mapping[str, Member]:
        """No ports."""
        return {}

    def connect(self, m: Module, network: Any, number: int, shapes: Sequence[LayerShape], layer: Any) -> None:
        """See `spinsc.hdl.random_ports.RandomHardware`."""
        shape = shapes[number]
        if not shape.devices:
            return
        m.submodules[f"replay{number}"] = replay = ReplayMemory(shape.unroll * shape.devices, shape.cycles,
                                                                self.file(number))
        sides = (getattr(layer, f"random_{name}") for name in shape.random_sides)
        m.d.comb += [replay.step.eq(layer.step), device_order(shape.unroll, *sides).eq(replay.random)]
