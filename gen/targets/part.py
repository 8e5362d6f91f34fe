"""A part: how much of everything it has."""

from __future__ import annotations

from dataclasses import dataclass

#: Bits of a block of memory, by family.
RAM_BITS = {"ecp5": 18_432, "ice40": 4_096, "xc7": 36_864}


@dataclass(frozen=True)
class Part:
    """An FPGA.

    Attributes
    ----------
    name, title : str
        As ``--target`` takes it, and as its maker calls it.
    family : str
        One of `RAM_BITS`.
    lut_inputs : int
        Inputs of a look-up table.
    luts, flip_flops : int
    rams : int
        Blocks of memory.
    multipliers : int
        Blocks that multiply (DSP).
    pins : int
        Of the package, those for signals.
    clock_mhz : float
        Clock that placement aims at.
    place : tuple of str
        Arguments of nextpnr for this part; none where there is no nextpnr for its family.
    """

    name: str
    title: str
    family: str
    lut_inputs: int
    luts: int
    flip_flops: int
    rams: int
    multipliers: int
    pins: int
    clock_mhz: float
    place: tuple[str, ...] = ()

    @property
    def ram_bits(self) -> int:
        """Bits of a block of memory."""
        return RAM_BITS[self.family]
