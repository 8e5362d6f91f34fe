"""Memories whose contents are files."""

from amaranth.hdl import Instance, Signal, Value
from amaranth.utils import bits_for


def address_width(depth: int) -> int:
    """Address bits of a memory of ``depth`` words."""
    return max(1, bits_for(depth - 1))


def rom(file: str, depth: int, address: Value, data: Signal) -> Instance:
    """Read-only memory, contents from a file of hexadecimal words, to be added as a submodule.

    Parameters
    ----------
    file : str
        Name of the memory image, relative to the directory of memory images.
    depth : int
        Number of words.
    address : Value
        :func:`address_width` bits.
    data : Signal
        The word at ``address`` in the same cycle: register it.
    """
    return Instance(
        "spinsc_rom", p_WIDTH=len(data), p_DEPTH=depth, p_ADDRESS_WIDTH=len(address), p_FILE=file,
        i_address=address, o_data=data)
