"""The parallel units of a layer: weight memories, neurons, and the chain that hands their results out."""

from amaranth.hdl import ClockSignal, Instance, ResetSignal, Signal, Value

#: Hand-written SystemVerilog in this folder, to be made into a module for each neuron by :func:`units_source`.
UNITS_TEMPLATE = "spinsc_units.sv"


def units_module(neuron_module: str) -> str:
    """Name of the module that holds the units of a layer."""
    return f"{neuron_module}_units"


def units_source(template: str, neuron_module: str) -> str:
    """Text of :func:`units_module`, from that of ``UNITS_TEMPLATE``.

    Verilog has parameters for widths and file names but none for the module of an instance, hence a copy a neuron.
    """
    return template.replace("spinsc_units", units_module(neuron_module)).replace("spinsc_neuron ", f"{neuron_module} ")


def weight_files(stem: str, units: int) -> list[str]:
    """Names of the units' memory images, as ``spinsc_units.sv`` composes them."""
    return [f"{stem}_{unit:0{_digits(units)}}.mem" for unit in range(units)]


def _digits(units: int) -> int:
    return len(str(units - 1))


def layer_units(neuron_module: str, stem: str, units: int, lanes: int, state_width: int, depth: int, *, load: Value,
                address: Value, bits: Value, planes: Value, partial: Value, valid: Value, first: Value, last: Value,
                shift: Value, held: Signal) -> Instance:
    """Instance of :func:`units_module`, to be added as a submodule.

    The buses from the weight memories to the neurons lie inside it: in Amaranth's netlist, which has an object for
    each bit of an instance's output, they would take most of the memory and time of emission.

    Parameters
    ----------
    neuron_module : str
        Name of the Verilog module made from a :class:`~spinsc.hdl.neuron.Neuron`.
    stem : str
        Beginning of the names of :func:`weight_files`. A word of a memory image is the states of ``lanes`` weights in
        bit planes: bit b of lane s is bit b*S + s.
    units, lanes, state_width : int
        P, S and the bits of a weight's state.
    depth : int
        Words of each weight memory.
    load, address : Value
        Every unit takes the word at ``address`` of its memory; its weights are those from the next cycle on.
    bits, planes, partial, valid, first, last, shift : Value
        Go to all neurons. ``planes`` and ``partial`` are ignored where the neurons have no such port.
    held : Signal
        Result of unit 0; after a ``shift``, that of the next one.
    """
    return Instance(
        units_module(neuron_module), p_UNITS=units, p_LANES=lanes, p_STATE_WIDTH=state_width, p_DEPTH=depth,
        p_ADDRESS_WIDTH=len(address), p_BITS_WIDTH=len(bits), p_PLANES_WIDTH=len(planes), p_SUM_WIDTH=len(held),
        p_DIGITS=_digits(units), p_STEM=stem, i_clk=ClockSignal(), i_rst=ResetSignal(), i_load=load, i_address=address,
        i_bits=bits, i_planes=planes, i_partial=partial, i_valid=valid, i_first=first, i_last=last, i_shift=shift,
        o_held=held)
