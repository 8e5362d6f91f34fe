"""A part: how much of everything it has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """An FPGA.

    Attributes
    ----------
    name, title : str
        As ``--target`` takes it, and as its maker calls it.
    family : str
        ``ecp5``, ``ice40`` or ``xc7``.
    lut_inputs : int
        Inputs of a look-up table.
    luts, flip_flops : int
    rams, ram_bits : int
        Blocks of memory, and bits of one.
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
    ram_bits: int
    pins: int
    clock_mhz: float
    place: tuple[str, ...] = ()
