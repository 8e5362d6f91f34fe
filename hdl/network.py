"""The whole network behind AXI-Stream ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.external import external
from spinsc.hdl.framing import FrameCheck
from spinsc.hdl.layer import LayerHardware, layer_signature
from spinsc.hdl.outcome import Outcome
from spinsc.hdl.quantizer import InputQuantizer
from spinsc.hdl.random_ports import RandomHardware
from spinsc.hdl.shapes import LayerShape
from spinsc.integers import ceil_div

#: Memory image of the input quantizer.
PIXEL_THRESHOLDS_FILE = "input_thresholds.mem"


@dataclass(frozen=True)
class LayerDesign:
    """A layer in its network: what it is, and the names of its Verilog modules and memory images.

    Attributes
    ----------
    number : int
        Of the layer, from 0.
    shape : LayerShape
    outcome : Outcome
    neuron_module : str
        Verilog module made from ``shape.neuron``, which layers may share.
    """

    number: int
    shape: LayerShape
    outcome: Outcome
    neuron_module: str

    @property
    def layer_module(self) -> str:
        """Verilog module of the layer."""
        return f"spinsc_layer{self.number}"

    @property
    def weight_stem(self) -> str:
        """Beginning of the names of the weights' memory images, see :func:`~spinsc.hdl.units.weight_files`."""
        return f"layer{self.number}_weights"

    @property
    def outcome_file(self) -> str:
        """Memory image of the outcome."""
        return f"layer{self.number}_{self.outcome.values}.mem"

    def hardware(self, per_beat: int, drops: bool) -> LayerHardware:
        """The component that ``layer_module`` is made from."""
        return LayerHardware(self.shape, self.neuron_module, self.weight_stem, per_beat, drops)


class NetworkHardware(wiring.Component):
    """Pixels in, class and scores out; layers work on successive images at the same time.

    The layers are instances of Verilog modules, made one by one from :meth:`LayerDesign.hardware`: a netlist of them
    all at once would need several times the memory.

    Parameters
    ----------
    layers : sequence of LayerDesign
        Hidden layers, then the output layer.
    pixels_per_beat : int
        1..lanes of the first layer.
    random : RandomHardware
        Where random numbers come from.
    framed : bool
        Both streams have ``tlast``, and frames of the wrong length are dropped, see
        :class:`~spinsc.hdl.framing.FrameCheck`.

    Attributes
    ----------
    quantizer : InputQuantizer
    outcomes : list of OutcomeUnit
        Of each layer.

    Members
    -------
    s_axis_tdata : In(8 * pixels_per_beat), s_axis_tvalid : In(1), s_axis_tready : Out(1)
        Pixels, the first in the lowest byte. An image is exactly ceil(I / pixels_per_beat) beats; surplus bytes of
        its last beat are ignored.
    s_axis_tlast : In(1), only if framed
        The last beat of an image.
    m_axis_tdata : Out(8 or 16), m_axis_tuser : Out(N * score width), m_axis_tvalid : Out(1), m_axis_tready : In(1)
        Class; scores, that of class 0 in the lowest bits, two's complement.
    m_axis_tlast : Out(1), only if framed
        A result is a frame of one beat.
    frame_error : Out(2), only if framed
        Since the reset, an image has been too short (bit 0), too long (bit 1).
    random{l}_* : see ``random``
    trace{l}_valid : Out(1), trace{l}_index, trace{l}_accumulator, trace{l}_state : Out
        Each neuron's result in the cycle in which it is handed on. The output layer has no state.
    """

    def __init__(self, layers: Sequence[LayerDesign], pixels_per_beat: int, random: RandomHardware,
                 framed: bool = False) -> None:
        if [layer.outcome.output_states is None for layer in layers] != [*[False] * (len(layers) - 1), True]:
            raise ValueError("layers must be hidden layers followed by one output layer")
        self.layers, self.pixels_per_beat, self.random, self.framed = layers, pixels_per_beat, random, framed
        self.quantizer = InputQuantizer(layers[0].shape.activation.states, pixels_per_beat, PIXEL_THRESHOLDS_FILE,
                                        layers[0].shape.pipeline)
        self.outcomes = [layer.outcome.unit(layer.shape, layer.outcome_file) for layer in layers]
        members = {
            "s_axis_tdata": In(8 * pixels_per_beat), "s_axis_tvalid": In(1), "s_axis_tready": Out(1),
            "m_axis_tdata": Out(8 * ceil_div(bits_for(layers[-1].shape.neurons - 1), 8)),
            "m_axis_tuser": Out(len(self.outcomes[-1].output.payload.scores.as_value())),
            "m_axis_tvalid": Out(1), "m_axis_tready": In(1)}
        if framed:
            members |= {"s_axis_tlast": In(1), "m_axis_tlast": Out(1), "frame_error": Out(2)}
        for number, (layer, outcome) in enumerate(zip(layers, self.outcomes, strict=True)):
            members |= random.members(number, layer.shape)
            members[f"trace{number}_valid"] = Out(1)
            members[f"trace{number}_index"] = Out(bits_for(layer.shape.neurons - 1))
            members[f"trace{number}_accumulator"] = Out(bits_for(layer.shape.full_scale))
            members |= {f"trace{number}_{name}": Out(len(value)) for name, value in outcome.traced.items()}
        super().__init__(members)

    @property
    def score_width(self) -> int:
        """Bits of a score."""
        return len(self.m_axis_tuser) // self.layers[-1].shape.neurons

    @property
    def beats_per_image(self) -> int:
        """Beats of the input stream."""
        return ceil_div(self.layers[0].shape.inputs, self.pixels_per_beat)

    def layer_hardware(self, number: int) -> LayerHardware:
        """The component that the module of a layer is made from."""
        return self.layers[number].hardware(*self._gathering(number))

    def _gathering(self, number: int) -> tuple[int, bool]:
        """States per beat of a layer's input, and whether it drops images."""
        return (1, False) if number else (self.pixels_per_beat, self.framed)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.quantizer = quantizer = self.quantizer
        m.d.comb += [
            quantizer.input.payload.eq(self.s_axis_tdata), quantizer.input.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(quantizer.input.ready)]
        given = quantizer.output
        shapes = [design.shape for design in self.layers]
        for number, (design, outcome) in enumerate(zip(self.layers, self.outcomes, strict=True)):
            signature = layer_signature(design.shape, *self._gathering(number))
            m.submodules[f"layer{number}"], layer = external(design.layer_module, signature)
            if self.framed and not number:
                given = self._framing(m, given, layer)
            wiring.connect(m, given, layer.input)
            self.random.connect(m, self, number, shapes, layer)
            is_last = number == len(self.layers) - 1
            m.submodules[design.outcome.name + ("" if is_last else str(number))] = outcome
            for name, value in outcome.traced.items():
                m.d.comb += getattr(self, f"trace{number}_{name}").eq(value)
            wiring.connect(m, layer.output, outcome.input)
            m.d.comb += [
                getattr(self, f"trace{number}_valid").eq(outcome.recorded),
                getattr(self, f"trace{number}_index").eq(outcome.index),
                getattr(self, f"trace{number}_accumulator").eq(outcome.accumulator)]
            given = outcome.output
        m.d.comb += [
            self.m_axis_tdata.eq(given.payload["class"]), self.m_axis_tuser.eq(given.payload.scores.as_value()),
            self.m_axis_tvalid.eq(given.valid), given.ready.eq(self.m_axis_tready)]
        if self.framed:
            m.d.comb += self.m_axis_tlast.eq(1)
        return m

    def _framing(self, m: Module, states: Any, layer: Any) -> Any:
        """The stream of states without what is too much of an image."""
        m.submodules.framing = framing = FrameCheck(self.beats_per_image, len(states.payload))
        wiring.connect(m, states, framing.input)
        last = self.s_axis_tlast
        if self.quantizer.pipeline:
            m.d.comb += self.quantizer.mark.eq(last)
            last = self.quantizer.output_mark
        m.d.comb += [framing.last.eq(last), layer.drop.eq(framing.drop), self.frame_error.eq(framing.error)]
        return framing.output
