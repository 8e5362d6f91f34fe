"""Memories whose contents are files."""

from amaranth.hdl import ClockSignal, Instance, Signal, Value
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


def weight_memory(file: str, depth: int, lanes: int, load: Value, address: Value, states: Signal) -> Instance:
    """Weights of one neuron unit with the register of the present chunk, to be added as a submodule.

    Parameters
    ----------
    file, depth, address
        As for :func:`rom`; a word is the states of ``lanes`` weights in bit planes.
    lanes : int
        S.
    load : Value
        Take the word at ``address``.
    states : Signal
        The word last taken, from the next cycle on: bit b of lane s is bit b*S + s.
    """
    return Instance(
        "spinsc_weights", p_LANES=lanes, p_PLANES=len(states) // lanes, p_DEPTH=depth, p_ADDRESS_WIDTH=len(address),
        p_FILE=file, i_clk=ClockSignal(), i_load=load, i_address=address, o_states=states)
