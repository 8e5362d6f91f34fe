"""Memories of the hardware, and how many blocks of an FPGA each takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from spinsc.gen.cycles import gather_cycles
from spinsc.hdl.network import NetworkHardware
from spinsc.hdl.replay import ReplayMemories
from spinsc.hdl.shapes import LayerShape
from spinsc.integers import ceil_div

#: Widths of a word that a block of so many bits can have: ECP5's DP16KD, iCE40's SB_RAM40, the RAMB36 of 7 series.
BLOCK_WIDTHS = {18_432: (36, 18, 9, 4, 2, 1), 4_096: (16, 8, 4, 2), 36_864: (72, 36, 18, 9, 4, 2, 1)}
#: Look-up tables that a block is worth: about what a part has of them for each of its blocks.
LUTS_PER_BLOCK = 400


@dataclass(frozen=True)
class Memory:
    """Memories of one kind.

    Attributes
    ----------
    name : str
        What they hold, and of which layer.
    count, words, width : int
        How many, and words and bits per word of each.
    read_only : bool
    """

    name: str
    count: int
    words: int
    width: int
    read_only: bool = True

    def blocks(self, ram_bits: int) -> int:
        """Blocks of so many bits that they take; 0 where look-up tables are smaller.

        The best of the shapes that a block can have, each word in as many columns and rows of it as it needs. (A tool
        may mix shapes and save a block.)
        """
        found = self.count * min(
            ceil_div(self.width, width) * ceil_div(self.words, 2 ** ((ram_bits // width).bit_length() - 1))
            for width in BLOCK_WIDTHS[ram_bits])
        return found if found * LUTS_PER_BLOCK < self.luts else 0

    @property
    def luts(self) -> int:
        """Look-up tables of four inputs that they take where they are no blocks."""
        columns = ceil_div(self.words, 16)
        each = columns if self.read_only else 2 * columns
        return self.count * self.width * each


def packed(shape: LayerShape, per_beat: int, ram_bits: int = 18_432) -> LayerShape:
    """The shape with its weights in one memory, if that and there is time to read it, is smaller than one a unit.

    As many units share a word as take the fewest blocks; among equals, the most.
    """
    def cost(candidate: LayerShape) -> tuple[int, int]:
        memory = weight_memory(candidate, 0)
        blocks = memory.blocks(ram_bits)
        return blocks * LUTS_PER_BLOCK if blocks else memory.luts, -(candidate.word_units or 0)

    time = min(shape.cycles_per_chunk, gather_cycles(shape, per_beat))
    candidates = [dataclasses.replace(shape, word_units=group) for group in range(1, shape.units + 1)
                  if shape.units % group == 0 and shape.units // group + 3 <= time]
    return min([shape, *(each for each in candidates if weight_memory(each, 0).blocks(ram_bits))], key=cost)


def weight_memory(shape: LayerShape, number: int) -> Memory:
    """Weights of layer ``number``."""
    return Memory(f"weights of layer {number}", *shape.weight_memories)


def memories(hardware: NetworkHardware) -> Iterator[Memory]:
    """All memories of a network with more than one word."""
    for design, outcome in zip(hardware.layers, hardware.outcomes, strict=True):
        shape, number = design.shape, design.number
        yield Memory(f"states of layer {number}", 1, 2 * shape.chunks, shape.state_word_width, read_only=False)
        yield weight_memory(shape, number)
        yield Memory(f"{design.outcome.values} of layer {number}", 1, shape.neurons, outcome.word_width)
        if isinstance(hardware.random, ReplayMemories) and shape.devices:
            yield Memory(f"recording of layer {number}", 1, shape.cycles, shape.unroll * shape.devices)
