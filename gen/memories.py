"""Memories of the hardware, and how many blocks of an FPGA each takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spinsc.gen.cycles import gather_cycles
from spinsc.hdl.network import LayerDesign
from spinsc.hdl.shapes import LayerShape
from spinsc.integers import ceil_div

#: Widths of a word that a block of so many bits can have: ECP5's DP16KD, iCE40's SB_RAM40, the RAMB36 of 7 series.
BLOCK_WIDTHS = {18_432: (36, 18, 9, 4, 2, 1), 4_096: (16, 8, 4, 2), 36_864: (72, 36, 18, 9, 4, 2, 1)}
#: Bits of a block where no part is named.
USUAL_BLOCK = 18_432
#: Look-up tables that a block is worth: about what a part has of them for each of its blocks.
LUTS_PER_BLOCK = 400
#: Yosys takes blocks if so much of their bits is filled (ROMs, by the bits of a block, and RAMs of 7 series), if RAMs
#: would take so many look-up tables for each (ECP5), or so many bits (iCE40, whose look-up tables are no RAM).
LEAST_FILLED = {18_432: 1 / 9, 4_096: 1 / 4, 36_864: 1 / 9}
LEAST_LUTS, LEAST_BITS = 160, 128


def has_lut_ram(ram_bits: int) -> bool:
    """Whether look-up tables of parts with such blocks can be RAM."""
    return ram_bits != 4_096


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
    always : bool
        Its attributes ask for blocks.
    """

    name: str
    count: int
    words: int
    width: int
    read_only: bool = True
    always: bool = False

    def blocks(self, ram_bits: int) -> int:
        """Blocks of so many bits that they take; 0 where they are look-up tables.

        The best of the shapes that a block can have, each word in as many columns and rows of it as it needs. (A tool
        may mix shapes and save a block.)
        """
        each, _ = self._shape(ram_bits)
        bits = self.words * self.width
        taken = bits >= LEAST_FILLED[ram_bits] * ram_bits * each
        if not self.read_only and ram_bits == 18_432:
            taken = self.luts >= LEAST_LUTS * each
        elif not self.read_only and not has_lut_ram(ram_bits):
            taken = bits >= LEAST_BITS * each
        return self.count * each if self.always or taken else 0

    def multiplexers(self, ram_bits: int) -> int:
        """Look-up tables, about, that choose between blocks one above another; none where there are no blocks."""
        _, rows = self._shape(ram_bits)
        return self.count * self.width * (rows - 1) if self.blocks(ram_bits) else 0

    def _shape(self, ram_bits: int) -> tuple[int, int]:
        """Fewest blocks of one memory, and how many of them lie one above another."""
        rows = {width: ceil_div(self.words, 1 << (ram_bits // width).bit_length() - 1)
                for width in BLOCK_WIDTHS[ram_bits]}
        return min((ceil_div(self.width, width) * each, each) for width, each in rows.items())

    @property
    def luts(self) -> int:
        """Look-up tables of four inputs that they take where they are no blocks."""
        if not self.read_only:
            return self.count * ceil_div(self.words, 16) * 6 * ceil_div(self.width, 4)
        return self.columns << max(0, (self.words - 1).bit_length() - 4)

    @property
    def columns(self) -> int:
        """Bits of all words, of which not more than 2^words can differ: equal ones of a ROM become one."""
        bits = self.count * self.width
        return min(bits, 1 << min(self.words, bits.bit_length())) if self.read_only else bits


def packed(shape: LayerShape, per_beat: int, ram_bits: int) -> LayerShape:
    """The shape with its weights in one memory, if that and there is time to read it, is smaller than one a unit.

    As many units share a word as take the fewest blocks; among equals, the most.
    """
    def cost(candidate: LayerShape) -> tuple[int, int]:
        memory = weight_memory(candidate, 0)
        blocks = memory.blocks(ram_bits)
        luts = blocks * LUTS_PER_BLOCK + memory.multiplexers(ram_bits) if blocks else memory.luts
        return luts, -(candidate.word_units or 0)

    time = min(shape.cycles_per_chunk, gather_cycles(shape, per_beat))
    candidates = [dataclasses.replace(shape, word_units=group) for group in range(1, shape.units + 1)
                  if shape.units % group == 0 and shape.units // group + 3 <= time]
    return min([shape, *candidates], key=cost)


def weight_memory(shape: LayerShape, number: int) -> Memory:
    """Weights of layer ``number``."""
    return Memory(f"weights of layer {number}", *shape.weight_memories, always=shape.word_units is not None)


def state_memory(shape: LayerShape, number: int) -> Memory:
    """State buffer of layer ``number``."""
    return Memory(f"states of layer {number}", 1, 2 * shape.chunks, shape.state_word_width, read_only=False)


def memories(designs: Sequence[LayerDesign], replay: bool) -> Iterator[Memory]:
    """All memories of a network with more than one word; ``replay`` says that it keeps recordings."""
    for design in designs:
        shape, number = design.shape, design.number
        yield state_memory(shape, number)
        yield weight_memory(shape, number)
        yield Memory(f"{design.outcome.values} of layer {number}", 1, shape.neurons, design.outcome.word_width(shape))
        if replay and shape.devices:
            yield Memory(f"recording of layer {number}", 1, shape.cycles, shape.unroll * shape.devices)
