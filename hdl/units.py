"""The parallel units of a layer: weight memories, neurons, and the chain that hands their results out."""

import numpy as np
import numpy.typing as npt
from amaranth.hdl import ClockSignal, Instance, ResetSignal, Signal, Value

from spinsc.hdl.multiply import BinaryNeuron
from spinsc.hdl.neuron import Neuron
from spinsc.hdl.packing import Bits, plane_bits
from spinsc.hdl.shapes import BinaryNeuronShape, LayerShape, NeuronShape


def units_template(neuron: NeuronShape | BinaryNeuronShape) -> str:
    """Hand-written SystemVerilog in this folder, to be made into a module for each neuron by :func:`units_source`."""
    return "spinsc_packed_units.sv" if neuron.packed else "spinsc_units.sv"


def neuron_hardware(shape: NeuronShape | BinaryNeuronShape) -> Neuron | BinaryNeuron:
    """The component of a neuron's shape."""
    return Neuron(shape) if isinstance(shape, NeuronShape) else BinaryNeuron(shape)


def units_module(neuron_module: str) -> str:
    """Name of the module that holds the units of a layer."""
    return f"{neuron_module}_units"


def units_source(template: str, neuron_module: str) -> str:
    """Text of :func:`units_module`, from that of :func:`units_template`.

    Verilog has parameters for widths and file names but none for the module of an instance, hence a copy per neuron.
    """
    return template.replace("spinsc_units", units_module(neuron_module)).replace("spinsc_neuron ", f"{neuron_module} ")


def weight_files(stem: str, shape: LayerShape) -> list[str]:
    """Names of the memory images: of each unit, as ``spinsc_units.sv`` composes them, or of the whole layer."""
    if shape.word_units is not None:
        return [f"{stem}.mem"]
    return [f"{stem}_{unit:0{_digits(shape.units)}}.mem" for unit in range(shape.units)]


def _digits(units: int) -> int:
    return len(str(units - 1))


def weight_image(shape: LayerShape, weights: npt.NDArray[np.uint8]) -> Bits:
    """Memory images, shape (memories, words, bits per word) as :attr:`~spinsc.hdl.shapes.LayerShape.weight_memories`.

    Unit p's word ``pass*C + chunk`` holds the weights of neuron pass*P + p for the S inputs of the chunk in bit
    planes: their states, or where random numbers are compared with them, these states' thresholds. Lanes beyond the
    last input hold state K-1, units beyond the last neuron too. In the memory of a layer, the words of ``word_units``
    units lie side by side, that of the first lowest, and those of all units after one another.

    Parameters
    ----------
    shape : LayerShape
    weights : uint8, shape (neurons, inputs)
        States.
    """
    padded = np.full((shape.passes * shape.units, shape.chunks * shape.lanes), shape.weight.states - 1, np.uint8)
    padded[:shape.neurons, :shape.inputs] = weights
    by_unit = padded.reshape(shape.passes, shape.units, shape.chunks, shape.lanes).transpose(1, 0, 2, 3)
    words = by_unit.reshape(shape.units, shape.passes * shape.chunks, shape.lanes)
    values: npt.NDArray[np.unsignedinteger] = words
    if shape.neuron.random_bits is not None:
        rows = np.array(shape.weight.comparator_thresholds(), np.uint32)
        of_lanes = rows[[group if len(rows) > 1 else 0 for group, _ in shape.weight.lane_sources(shape.lanes)]]
        values = of_lanes[np.arange(shape.lanes), words]
    bits = plane_bits(values, shape.neuron.weight_width)
    return bits if shape.word_units is None else bits.transpose(1, 0, 2).reshape(shape.weight_memories)


def layer_units(shape: LayerShape, neuron_module: str, stem: str, *, load: Value, address: Value, bits: Value,
                planes: Value, partial: Value, valid: Value, first: Value, last: Value, shift: Value,
                held: Signal) -> Instance:
    """Instance of :func:`units_module`, to be added as a submodule.

    The buses from the weight memories to the neurons lie inside it: in Amaranth's netlist, which has an object for
    each bit of an instance's output, they would take most of the memory and time of emission.

    Parameters
    ----------
    shape : LayerShape
    neuron_module : str
        Name of the Verilog module made from a :class:`~spinsc.hdl.neuron.Neuron`.
    stem : str
        Beginning of the names of :func:`weight_files`; they hold :func:`weight_image`.
    load, address : Value
        Every unit takes the word at ``address`` of its memory; its weights are those from the next cycle on. The memory
        of a layer gives its words in order.
    bits, planes, partial, valid, first, last, shift : Value
        Go to all neurons. ``planes`` and ``partial`` are ignored where the neurons have no such port.
    held : Signal
        Result of unit 0; after a ``shift``, that of the next one.
    """
    memory: dict[str, int | str] = {"p_DIGITS": _digits(shape.units), "p_STEM": stem}
    if shape.word_units is not None:
        memory = {"p_GROUP": shape.word_units, "p_FILE": f"{stem}.mem"}
    return Instance(
        units_module(neuron_module), p_UNITS=shape.units, p_LANES=shape.lanes,
        p_STATE_WIDTH=shape.neuron.weight_width, p_DEPTH=shape.passes * shape.chunks,
        p_ADDRESS_WIDTH=len(address), p_BITS_WIDTH=len(bits), p_PLANES_WIDTH=len(planes), p_SUM_WIDTH=len(held),
        **memory, i_clk=ClockSignal(), i_rst=ResetSignal(), i_load=load,
        i_address=address, i_bits=bits, i_planes=planes, i_partial=partial, i_valid=valid, i_first=first, i_last=last,
        i_shift=shift, o_held=held)
