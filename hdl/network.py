"""The whole network behind AXI-Stream ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.activation import QuantizedActivation
from spinsc.hdl.argmax import Argmax
from spinsc.hdl.comparator import state_width
from spinsc.hdl.external import external
from spinsc.hdl.layer import Layer, LayerShape, layer_signature
from spinsc.hdl.lfsr import LfsrBank, lane_seed
from spinsc.hdl.quantizer import InputQuantizer
from spinsc.hdl.replay import ReplayMemory

RandomSource = Literal["ports", "lfsr", "replay"]


@dataclass(frozen=True)
class LayerPlan:
    """A layer's shape, the Verilog modules of the layer and its neurons, and the names of its memory images.

    ``weight_stem`` begins the names of the weights' images, see :func:`~spinsc.hdl.units.weight_files`.
    ``output_states`` is None for the output layer. ``outcome_file`` holds thresholds (hidden) or biases (output).
    ``recording_file`` is needed for a replay memory only; ``recorded_images`` is its period R' in images.
    """

    shape: LayerShape
    layer_module: str
    neuron_module: str
    weight_stem: str
    outcome_file: str
    output_states: int | None
    recording_file: str | None = None
    recorded_images: int = 1

    def layer(self, per_beat: int) -> Layer:
        """The layer that ``layer_module`` is made from."""
        return Layer(self.shape, self.neuron_module, self.weight_stem, per_beat)


def device_order(shape: LayerShape, *sides: Value) -> Value:
    """Random numbers of both sides, each B parts after one another, as B samples of all devices of the layer."""
    widths = [len(side) // shape.unroll for side in sides]
    return Cat(*(side[b * width:(b + 1) * width]
                 for b in range(shape.unroll) for side, width in zip(sides, widths, strict=True)))


class Network(wiring.Component):
    """Pixels in, class and scores out; layers work on successive images at the same time.

    The layers are instances of Verilog modules, made one by one from :meth:`LayerPlan.layer`: a netlist of them all
    at once would need several times the memory.

    Parameters
    ----------
    plans : list of LayerPlan
        Hidden layers, then the output layer.
    input_file : str
        Memory image of the pixel thresholds.
    pixels_per_beat : int
        1..lanes of the first layer.
    source : "ports", "lfsr" or "replay"
        Where random numbers come from: devices outside, LFSRs, recorded bits in memories.

    Members
    -------
    s_axis_tdata : In(8 * pixels_per_beat), s_axis_tvalid : In(1), s_axis_tready : Out(1)
        Pixels, the first in the lowest byte. An image is exactly ceil(I / pixels_per_beat) beats; surplus bytes of
        its last beat are ignored.
    m_axis_tdata : Out(8 or 16), m_axis_tuser : Out(N * score width), m_axis_tvalid : Out(1), m_axis_tready : In(1)
        Class; scores, that of class 0 in the lowest bits, two's complement.
    random{l}_activation : In(B*m_a*G_a), random{l}_weight : In(B*m_w*G_w), only with source "ports" and m > 0
        Bit b of group g of layer l's random numbers is bit b*G + g of the part of its time step.
    random{l}_step : Out(1), random{l}_last : Out(1), only with source "ports"
        The numbers are used in this cycle, the next are due in the next; it is the last cycle of an image.
    random{l}_partial : Out(1), only with source "ports" and if B does not divide L
        Only the first L mod B of the numbers are used; the others are due again.
    trace{l}_valid : Out(1), trace{l}_index, trace{l}_accumulator, trace{l}_state : Out
        Each neuron's result in the cycle in which it is handed on. The output layer has no state.
    """

    def __init__(self, plans: list[LayerPlan], input_file: str, pixels_per_beat: int, source: RandomSource) -> None:
        if [plan.output_states is None for plan in plans] != [*[False] * (len(plans) - 1), True]:
            raise ValueError("plans must be hidden layers followed by one output layer")
        if source not in ("ports", "lfsr", "replay"):
            raise ValueError(f"source must be ports, lfsr or replay, not {source!r}")
        self.plans, self.input_file, self.pixels_per_beat, self.source = plans, input_file, pixels_per_beat, source
        output = plans[-1].shape
        self.quantizer = InputQuantizer(plans[0].shape.input_states, pixels_per_beat, input_file)
        self.argmax = Argmax(output.neurons, output.full_scale, plans[-1].outcome_file)
        members = {
            "s_axis_tdata": In(8 * pixels_per_beat), "s_axis_tvalid": In(1), "s_axis_tready": Out(1),
            "m_axis_tdata": Out(8 * -(-bits_for(output.neurons - 1) // 8)),
            "m_axis_tuser": Out(output.neurons * self.argmax.score_width),
            "m_axis_tvalid": Out(1), "m_axis_tready": In(1)}
        for number, plan in enumerate(plans):
            shape = plan.shape
            if source == "ports":
                for side, _, _, bits in shape.sides:
                    if bits:
                        members[f"random{number}_{side}"] = In(shape.unroll * shape.group_bits(side))
                members[f"random{number}_step"] = Out(1)
                members[f"random{number}_last"] = Out(1)
                if shape.rest < shape.unroll:
                    members[f"random{number}_partial"] = Out(1)
            members[f"trace{number}_valid"] = Out(1)
            members[f"trace{number}_index"] = Out(bits_for(shape.neurons - 1))
            members[f"trace{number}_accumulator"] = Out(bits_for(shape.full_scale))
            if plan.output_states is not None:
                members[f"trace{number}_state"] = Out(state_width(plan.output_states))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.quantizer = quantizer = self.quantizer
        m.d.comb += [
            quantizer.input.payload.eq(self.s_axis_tdata), quantizer.input.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(quantizer.input.ready)]
        states = quantizer.output
        lanes_before = 0
        for number, plan in enumerate(self.plans):
            signature = layer_signature(plan.shape, 1 if number else self.pixels_per_beat)
            m.submodules[f"layer{number}"], layer = external(plan.layer_module, signature)
            wiring.connect(m, states, layer.input)
            self._connect_source(m, number, plan.shape, layer, lanes_before)
            lanes_before += plan.shape.lanes

            outcome: QuantizedActivation | Argmax
            if plan.output_states is None:
                m.submodules.argmax = outcome = self.argmax
            else:
                outcome = QuantizedActivation(plan.shape.neurons, plan.output_states, plan.shape.full_scale,
                                              plan.outcome_file)
                m.submodules[f"activation{number}"] = outcome
                m.d.comb += getattr(self, f"trace{number}_state").eq(outcome.output.payload)
                states = outcome.output
            wiring.connect(m, layer.output, outcome.input)
            m.d.comb += [
                getattr(self, f"trace{number}_valid").eq(outcome.input.valid & outcome.input.ready),
                getattr(self, f"trace{number}_index").eq(outcome.index),
                getattr(self, f"trace{number}_accumulator").eq(outcome.input.payload)]
        result = self.argmax.output
        m.d.comb += [
            self.m_axis_tdata.eq(result.payload["class"]), self.m_axis_tuser.eq(result.payload.scores.as_value()),
            self.m_axis_tvalid.eq(result.valid), result.ready.eq(self.m_axis_tready)]
        return m

    def _connect_source(self, m: Module, number: int, shape: LayerShape, layer: Any, lanes_before: int) -> None:
        sides = [(name, side, bits) for name, side, _, bits in shape.sides if bits]
        if self.source == "ports":
            for side, _, _ in sides:
                m.d.comb += getattr(layer, f"random_{side}").eq(getattr(self, f"random{number}_{side}"))
            m.d.comb += [getattr(self, f"random{number}_step").eq(layer.step),
                         getattr(self, f"random{number}_last").eq(layer.last_step)]
            if shape.rest < shape.unroll:
                m.d.comb += getattr(self, f"random{number}_partial").eq(layer.partial)
        elif self.source == "lfsr":
            for side, source, bits in sides:
                offset = 1 if side == "activation" else 2
                seeds = [lane_seed(2 * (lanes_before + g) + offset) for g in range(source.group_count(shape.lanes))]
                m.submodules[f"lfsr{number}_{side}"] = bank = LfsrBank(seeds, bits, shape.unroll, shape.rest)
                m.d.comb += [bank.step.eq(layer.step), bank.last_step.eq(layer.last_step),
                             getattr(layer, f"random_{side}").eq(bank.random)]
                if shape.rest < shape.unroll:
                    m.d.comb += bank.partial.eq(layer.partial)
        elif sides:
            plan = self.plans[number]
            if plan.recording_file is None:
                raise ValueError(f"layer {number} has no recording for its replay memory")
            m.submodules[f"replay{number}"] = replay = ReplayMemory(
                shape.unroll * shape.devices, shape.cycles * plan.recorded_images, plan.recording_file)
            m.d.comb += [replay.step.eq(layer.step), device_order(
                shape, *(getattr(layer, f"random_{side}") for side, _, _ in sides)).eq(replay.random)]
