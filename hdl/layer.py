"""A folded fully connected layer: states in, accumulators out."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.comparator import BitstreamSelect, ThermometerComparator, state_width
from spinsc.hdl.fanout import OWN, LaneFanout, SideShape
from spinsc.hdl.neuron import Neuron
from spinsc.hdl.rom import address_width
from spinsc.hdl.sequencer import Sequencer
from spinsc.hdl.state_buffer import StateBuffer
from spinsc.hdl.units import layer_units


@dataclass(frozen=True)
class LayerShape:
    """What decides the hardware of a layer. Symbols as in the bit contract.

    Attributes
    ----------
    inputs, neurons : int
        I and N.
    lanes, units, length : int
        S (1..I), P (1..N) and L (at least 1).
    input_states, weight_states : int
        K of the inputs and of the weights, 2..256.
    activation_bits, weight_bits : int
        m_a and m_w.
    unroll : int
        B, time steps a cycle (1..L).
    activation_side, weight_side : SideShape
        Where the random numbers come from.
    """

    inputs: int
    neurons: int
    lanes: int
    units: int
    length: int
    input_states: int
    weight_states: int
    activation_bits: int
    weight_bits: int
    unroll: int = 1
    activation_side: SideShape = OWN
    weight_side: SideShape = OWN

    def __post_init__(self) -> None:
        for name, low, high in (("inputs", 1, None), ("neurons", 1, None), ("length", 1, None),
                                ("lanes", 1, self.inputs), ("units", 1, self.neurons), ("input_states", 2, 256),
                                ("weight_states", 2, 256), ("activation_bits", 0, 16), ("weight_bits", 0, 16),
                                ("unroll", 1, self.length)):
            value = getattr(self, name)
            if value < low or (high is not None and value > high):
                allowed = f"from {low} to {high}" if high else f"at least {low}"
                raise ValueError(f"{name} must be {allowed}, not {value}")
        for name, side, states, bits in self.sides:
            if side.tuned and bits != states - 2:
                raise ValueError(f"{name}_bits of a tuned source must be {states - 2}, not {bits}")
        if self.fill and self.unroll > 1:
            raise ValueError(f"unroll must be 1 where there are delays, not {self.unroll}")

    @property
    def sides(self) -> list[tuple[str, SideShape, int, int]]:
        """Name, source, states and width m of both sides."""
        return [("activation", self.activation_side, self.input_states, self.activation_bits),
                ("weight", self.weight_side, self.weight_states, self.weight_bits)]

    @property
    def fill(self) -> int:
        """Steps at the start of an image that fill delay lines."""
        return max(side.longest_delay(self.lanes) if bits else 0 for _, side, _, bits in self.sides)

    @property
    def chunks(self) -> int:
        return -(-self.inputs // self.lanes)

    @property
    def passes(self) -> int:
        return -(-self.neurons // self.units)

    @property
    def full_scale(self) -> int:
        """Largest accumulator value, I*L."""
        return self.inputs * self.length

    @property
    def steps(self) -> int:
        """Compute steps an image."""
        return self.passes * self.chunks * self.length

    @property
    def cycles_per_chunk(self) -> int:
        """ceil(L/B)."""
        return -(-self.length // self.unroll)

    @property
    def rest(self) -> int:
        """Time steps in the last cycle of a chunk, 1..B."""
        return self.length - (self.cycles_per_chunk - 1) * self.unroll

    @property
    def cycles(self) -> int:
        """Cycles of steps an image."""
        return self.fill + self.passes * self.chunks * self.cycles_per_chunk

    @property
    def devices(self) -> int:
        """Random bits a time step."""
        return sum(self.group_bits(name) for name, _, _, _ in self.sides)

    def group_bits(self, name: str) -> int:
        """Random bits a time step of one side, G*m."""
        _, side, _, bits = self.sides[("activation", "weight").index(name)]
        return side.group_count(self.lanes) * bits

    def neuron(self) -> Neuron:
        """The neuron unit of this layer."""
        return Neuron(self.lanes, self.weight_states, self.full_scale, self.unroll, self.rest,
                      ascending=not self.weight_side.tuned)


def layer_signature(shape: LayerShape, per_beat: int = 1) -> wiring.Signature:
    """Members of a :class:`Layer`."""
    members = {
        "input": In(stream.Signature(state_width(shape.input_states) * per_beat)),
        "step": Out(1), "last_step": Out(1),
        "output": Out(stream.Signature(bits_for(shape.full_scale)))}
    for name, _, _, bits in shape.sides:
        if bits:
            members[f"random_{name}"] = In(shape.unroll * shape.group_bits(name))
    if shape.rest < shape.unroll:
        members["partial"] = Out(1)
    return wiring.Signature(members)


class Layer(wiring.Component):
    """S lanes times P neurons times B time steps a cycle; pass over neurons, chunk of inputs, then L steps.

    The accumulators of a pass are handed out one a cycle while the next pass, or the next image, is computed. From the
    last cycle of compute steps of a pass to the first of its results on ``output``: :attr:`latency` cycles.

    Parameters
    ----------
    shape : LayerShape
    neuron_module : str
        Name of the Verilog module made from ``shape.neuron()``. The P units are instances of it, so that tools and
        readers see one neuron, not P copies.
    weight_stem : str
        Beginning of the names of the units' memory images, see :func:`~spinsc.hdl.units.weight_files`: word
        ``pass*C + chunk`` holds S states in bit planes. Lanes beyond the last input must hold state K-1: times the
        buffer's state 0 it gives products that are never one.
    per_beat : int
        States in a beat of ``input``.

    Members
    -------
    input : In(Signature(w * per_beat))
        States of an image in order, see :class:`~spinsc.hdl.state_buffer.StateBuffer`.
    random_activation : In(B*m_a*G_a), only if m_a > 0
    random_weight : In(B*m_w*G_w), only if m_w > 0
        Random numbers of the present time steps in bit planes, first those of the first step.
    step : Out(1)
        The random numbers are used in this cycle; the next ones are due in the next.
    last_step : Out(1)
        With ``step``: the last cycle of an image.
    partial : Out(1), only if B does not divide L
        With ``step``: only the first ``rest`` of the B steps are taken, so the others are due again.
    output : Out(Signature(bits of I*L))
        Accumulators, neuron 0 first.
    """

    latency = Neuron.latency + 1

    def __init__(self, shape: LayerShape, neuron_module: str, weight_stem: str, per_beat: int = 1) -> None:
        self.shape, self.neuron_module, self.weight_stem, self.per_beat = shape, neuron_module, weight_stem, per_beat
        super().__init__(layer_signature(shape, per_beat))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = self.shape
        m.submodules.buffer = buffer = StateBuffer(shape.inputs, shape.lanes, shape.input_states, self.per_beat)
        m.submodules.sequencer = sequencer = Sequencer(shape.passes, shape.chunks, shape.length, shape.unroll,
                                                            shape.fill)
        wiring.connect(m, wiring.flipped(self.input), buffer.input)

        # Issue: a compute step takes the random numbers and fetches the words of a new chunk.
        load, draining = Signal(), Signal()
        m.d.comb += [
            sequencer.go.eq(buffer.full), sequencer.hold.eq(draining),
            load.eq(sequencer.step & sequencer.first_of_chunk),
            buffer.read.eq(load), buffer.address.eq(sequencer.chunk),
            buffer.release.eq(sequencer.step & sequencer.last_of_image),
            self.step.eq(sequencer.step | sequencer.filling if shape.fill else sequencer.step),
            self.last_step.eq(sequencer.last_of_image & ~sequencer.filling if shape.fill else sequencer.last_of_image)]

        # Next cycle: bits of the activations, and the planes of the weights. The cycle after: their counts.
        control = Cat(sequencer.step, sequencer.first_of_pass, sequencer.last_of_pass)
        selecting, counted = Signal(3), Signal(3)
        m.d.sync += [selecting.eq(control), counted.eq(selecting)]
        valid, first, last = Signal(), Signal(), Signal()
        m.d.comb += Cat(valid, first, last).eq(counted)
        weight_planes: list[Signal] = []
        bits = []
        for b in range(shape.unroll):
            suffix = f"_{b}" if shape.unroll > 1 else ""
            activation_planes, of_weights = (self._planes(m, *side, b, suffix) for side in shape.sides)
            weight_planes += of_weights
            m.submodules[f"select{suffix}"] = select = BitstreamSelect(shape.lanes, shape.input_states,
                                                                       not shape.activation_side.tuned)
            m.d.comb += select.states.eq(buffer.word)
            for number, plane in enumerate(activation_planes):
                m.d.comb += select.planes[number].eq(plane)
            bits.append(select.bits)
        partial: Value = Const(0, 1)
        if shape.rest < shape.unroll:
            partial = Signal()
            m.d.comb += self.partial.eq(sequencer.last_of_chunk)
            m.d.sync += partial.eq(sequencer.last_of_chunk)

        # The units, and the chain that hands their results out.
        shift = Signal()
        words = shape.passes * shape.chunks
        word_address = Signal(address_width(words))
        m.d.comb += word_address.eq(sequencer.word)
        m.submodules.units = layer_units(
            self.neuron_module, self.weight_stem, shape.units, shape.lanes, state_width(shape.weight_states), words,
            load=load, address=word_address, bits=Cat(*bits),
            planes=Cat(*weight_planes) if weight_planes else Const(0, 1), partial=partial,
            valid=valid, first=first, last=last, shift=shift, held=self.output.payload)
        self._drain(m, sequencer, draining, shift, captured=valid & last)
        return m

    def _planes(self, m: Module, name: str, side: SideShape, states: int, random_bits: int, b: int,
                suffix: str) -> list[Signal]:
        """Registered planes of one side at time step ``b`` of the cycle: the bits of the states 1..K-2."""
        lanes = self.shape.lanes
        registers = [Signal(lanes, name=f"{name}_less_{k}{suffix}", reset_less=True) for k in range(1, states - 1)]
        random = self._lane_random(m, name, side, random_bits, b, suffix) if random_bits else None
        planes: list[Value] = []
        if side.tuned:
            planes += [random[k * lanes:(k + 1) * lanes] for k in range(states - 2)] if random is not None else []
        else:
            comparator = ThermometerComparator(lanes, states, random_bits, side.lane_thresholds(lanes))
            m.submodules[f"{name}_comparator{suffix}"] = comparator
            if random is not None:
                m.d.comb += comparator.random.eq(random)
            planes += comparator.planes if registers else []
        for register, plane in zip(registers, planes, strict=True):
            m.d.sync += register.eq(plane)
        return registers

    def _lane_random(self, m: Module, name: str, side: SideShape, random_bits: int, b: int, suffix: str) -> Value:
        """Random numbers of the lanes at time step ``b`` of the cycle."""
        lanes, width = self.shape.lanes, self.shape.group_bits(name)
        random: Value = getattr(self, f"random_{name}")[b * width:(b + 1) * width]
        if side.group_count(lanes) == lanes:
            return random
        m.submodules[f"{name}_fanout{suffix}"] = fanout = LaneFanout(side, lanes, random_bits)
        m.d.comb += fanout.random.eq(random)
        if fanout.depth:
            m.d.comb += fanout.step.eq(self.step)
        return fanout.lane_random

    def _drain(self, m: Module, sequencer: Sequencer, draining: Signal, shift: Signal, captured: Value) -> None:
        """Hand out the results of a pass: P of them, fewer in the last pass if P does not divide N."""
        shape = self.shape
        in_last_pass = shape.neurons - (shape.passes - 1) * shape.units
        left = Signal(range(shape.units + 1))
        number = Signal(bits_for(shape.passes - 1))
        m.d.comb += [self.output.valid.eq(left != 0), shift.eq(self.output.valid & self.output.ready)]
        with m.If(shift):
            m.d.sync += left.eq(left - 1)
            with m.If(left == 1):
                m.d.sync += draining.eq(0)
        with m.If(captured):
            m.d.sync += left.eq(Mux(number == shape.passes - 1, in_last_pass, shape.units))
            m.d.sync += number.eq(Mux(number == shape.passes - 1, 0, number + 1))
        # Reserved as soon as the last step is issued: the next pass must not overwrite what is still on its way.
        with m.If(sequencer.step & sequencer.last_of_pass):
            m.d.sync += draining.eq(1)
