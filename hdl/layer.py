"""A folded fully connected layer: states in, accumulators out."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.comparator import BitstreamSelect, MagnitudeComparator, ThermometerComparator
from spinsc.hdl.delay import delayed
from spinsc.hdl.fanout import LaneFanout
from spinsc.hdl.rom import address_width
from spinsc.hdl.sequencer import Sequencer
from spinsc.hdl.shapes import LayerShape, SideShape, state_width
from spinsc.hdl.state_buffer import StateBuffer
from spinsc.hdl.units import layer_units


def layer_signature(shape: LayerShape, per_beat: int = 1, drops: bool = False) -> wiring.Signature:
    """Members of a :class:`LayerHardware`."""
    members = {
        "input": In(stream.Signature(state_width(shape.activation.states) * per_beat)),
        "step": Out(1), "last_step": Out(1),
        "output": Out(stream.Signature(bits_for(shape.full_scale)))}
    for name, side in shape.random_sides.items():
        members[f"random_{name}"] = In(shape.unroll * side.random_width(shape.lanes))
    if shape.rest < shape.unroll:
        members["partial"] = Out(1)
    if drops:
        members["drop"] = In(1)
    return wiring.Signature(members)


class LayerHardware(wiring.Component):
    """S lanes times P neurons times B time steps per cycle; pass over neurons, chunk of inputs, then L steps.

    The accumulators of a pass are handed out one per cycle while the next pass, or the next image, is computed. From
    the last cycle of compute steps of a pass to the first of its results on ``output``: the shape's ``latency``.

    Parameters
    ----------
    shape : LayerShape
    neuron_module : str
        Name of the Verilog module made from ``shape.neuron``. The P units are instances of it, so that tools and
        readers see one neuron, not P copies.
    weight_stem : str
        Beginning of the names of the units' memory images, see :func:`~spinsc.hdl.units.weight_files`. Lanes beyond
        the last input hold state K-1: times the buffer's state 0 it gives products that are never one.
    per_beat : int
        States in a beat of ``input``.
    drops : bool
        It has the member ``drop``.

    Members
    -------
    input : In(Signature(w * per_beat))
        States of an image in order, see :class:`~spinsc.hdl.state_buffer.StateBuffer`.
    drop : In(1), only if it drops
        With a transfer of ``input``: forget what there is of the image.
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

    def __init__(self, shape: LayerShape, neuron_module: str, weight_stem: str, per_beat: int = 1,
                 drops: bool = False) -> None:
        self.shape, self.neuron_module, self.weight_stem, self.per_beat = shape, neuron_module, weight_stem, per_beat
        self.drops = drops
        super().__init__(layer_signature(shape, per_beat, drops))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = self.shape
        buffer = self._gathering(m)
        m.submodules.sequencer = sequencer = Sequencer(shape.passes, shape.chunks, shape.length, shape.unroll,
                                                            shape.fill)

        # Issue: a compute step takes the random numbers and fetches the words of a new chunk.
        load, draining = Signal(), Signal()
        m.d.comb += [
            sequencer.go.eq(buffer.full), sequencer.hold.eq(draining),
            load.eq(sequencer.step & sequencer.first_of_chunk),
            buffer.read.eq(load), buffer.address.eq(sequencer.chunk),
            buffer.give_back.eq(sequencer.step & sequencer.last_of_image),
            self.step.eq(self._staged(
                m, sequencer.step | sequencer.filling if shape.fill else sequencer.step, "issued")),
            self.last_step.eq(self._staged(
                m, sequencer.last_of_image & ~sequencer.filling if shape.fill else sequencer.last_of_image,
                "issued_last"))]

        # Bits of the activations and planes of the weights a cycle later; their counts in the cycle after. With a
        # pipeline, some cycles more.
        control = Cat(sequencer.step, sequencer.first_of_pass, sequencer.last_of_pass)
        selecting, counted = Signal(3), Signal(3)
        on_their_way = (f"counting_{number}" for number in range(shape.latency - 3))
        m.d.sync += [selecting.eq(control), counted.eq(delayed(m, selecting, *on_their_way))]
        valid, first, last = Signal(), Signal(), Signal()
        m.d.comb += Cat(valid, first, last).eq(counted)
        bits, weight_planes = self._streams(m, buffer)
        partial: Value = Const(0, 1)
        if shape.rest < shape.unroll:
            m.d.comb += self.partial.eq(self._staged(m, sequencer.last_of_chunk, "issued_partial"))
            on_their_way = (f"partial_{number}" for number in range(shape.bits_latency - 1))
            partial = delayed(m, sequencer.last_of_chunk, *on_their_way, "partial")

        # The units, and the chain that hands their results out.
        shift = Signal()
        word_address = Signal(address_width(shape.passes * shape.chunks))
        m.d.comb += word_address.eq(sequencer.word)
        m.submodules.neuron_units = layer_units(
            shape, self.neuron_module, self.weight_stem,
            load=self._staged(m, load, "load_issued", "load_distributed", *["load_later"] * shape.neuron.packed),
            address=self._staged(m, word_address, "address_issued", "address_distributed"), bits=bits,
            planes=weight_planes, partial=partial, valid=valid, first=first, last=last, shift=shift,
            held=self.output.payload)
        self._drain(m, sequencer, draining, shift, captured=valid & last)
        return m

    def _gathering(self, m: Module) -> StateBuffer:
        """The state buffer, with the input connected."""
        shape = self.shape
        m.submodules.buffer = buffer = StateBuffer(shape.inputs, shape.lanes, shape.activation_codes, self.per_beat,
                                                   self.drops, shape.pipeline)
        if shape.compares(shape.activation):
            self._thresholds(m, buffer)
        else:
            wiring.connect(m, wiring.flipped(self.input), buffer.input)
        if self.drops:
            m.d.comb += buffer.drop.eq(self.drop)
        return buffer

    def _staged(self, m: Module, value: Value, *names: str) -> Value:
        """With a pipeline, after these registers."""
        return delayed(m, value, *names) if self.shape.pipeline else value

    def _thresholds(self, m: Module, buffer: StateBuffer) -> None:
        """Gather the thresholds of the states in place of the states."""
        side = self.shape.activation
        width = state_width(side.states)
        (thresholds,) = set(side.comparator_thresholds())
        found = []
        for e in range(self.per_beat):
            threshold = Signal(side.bits + 1, name=f"threshold_{e}")
            with m.Switch(self.input.payload[e * width:(e + 1) * width]):
                for k, value in enumerate(thresholds[:-1]):
                    with m.Case(k):
                        m.d.comb += threshold.eq(value)
                with m.Default():
                    m.d.comb += threshold.eq(thresholds[-1])
            found.append(threshold)
        m.d.comb += [buffer.input.payload.eq(Cat(*found)), buffer.input.valid.eq(self.input.valid),
                     self.input.ready.eq(buffer.input.ready)]

    def _streams(self, m: Module, buffer: StateBuffer) -> tuple[Value, Value]:
        """Bits of the activations, S for each time step of the cycle, and planes of the weights' states, for all units.
        """
        shape = self.shape
        if shape.binary:
            return self._staged(m, buffer.word, "activation_states"), Const(0, 1)
        bits = []
        weight_planes: list[Signal] = []
        for b in range(shape.unroll):
            suffix = f"_{b}" if shape.unroll > 1 else ""
            activation_planes, of_weights = (self._planes(m, name, side, b, suffix)
                                             for name, side in shape.sides.items())
            weight_planes += of_weights
            if shape.compares(shape.activation):
                m.submodules[f"compare{suffix}"] = compare = MagnitudeComparator(shape.lanes, shape.activation.bits)
                m.d.comb += [compare.thresholds.eq(buffer.word), compare.random.eq(Cat(*activation_planes))]
                bits.append(self._staged(m, compare.bits, f"activation_bits{suffix}"))
                continue
            m.submodules[f"select{suffix}"] = select = BitstreamSelect(shape.lanes, shape.activation.states,
                                                                       not shape.activation.tuned)
            m.d.comb += select.states.eq(buffer.word)
            for number, plane in enumerate(activation_planes):
                m.d.comb += select.planes[number].eq(plane)
            bits.append(self._staged(m, select.bits, f"activation_bits{suffix}"))
        return Cat(*bits), Cat(*weight_planes) if weight_planes else Const(0, 1)

    def _planes(self, m: Module, name: str, side: SideShape, b: int, suffix: str) -> list[Signal]:
        """Registered planes of one side at time step ``b`` of the cycle: the bits of the states 1..K-2.

        Where it compares magnitudes, the bits of the random numbers.
        """
        lanes, states = self.shape.lanes, side.states
        compares = self.shape.compares(side)
        numbered = range(side.bits) if compares else range(1, states - 1)
        registers = [Signal(lanes, name=f"{name}_{'random_bit' if compares else 'less'}_{k}{suffix}", reset_less=True)
                     for k in numbered]
        random = None
        if side.bits:
            # Weights are selected after the activations, and both later than what they are selected by is read.
            waiting = (f"{name}_random_{number}{suffix}" for number in range(2 if name == "weight" else 1))
            random = self._staged(m, self._lane_random(m, name, side, b, suffix), *waiting)
        planes: list[Value] = []
        if side.tuned or compares:
            planes += [random[k * lanes:(k + 1) * lanes] for k in range(side.bits)] if random is not None else []
        else:
            comparator = ThermometerComparator(lanes, states, side.bits, side.lane_thresholds(lanes))
            m.submodules[f"{name}_comparator{suffix}"] = comparator
            if random is not None:
                m.d.comb += comparator.random.eq(random)
            planes += comparator.planes if registers else []
        for register, plane in zip(registers, planes, strict=True):
            m.d.sync += register.eq(plane)
        return registers

    def _lane_random(self, m: Module, name: str, side: SideShape, b: int, suffix: str) -> Value:
        """Random numbers of the lanes at time step ``b`` of the cycle."""
        lanes, width = self.shape.lanes, side.random_width(self.shape.lanes)
        random: Value = getattr(self, f"random_{name}")[b * width:(b + 1) * width]
        if side.group_count(lanes) == lanes:
            return random
        m.submodules[f"{name}_fanout{suffix}"] = fanout = LaneFanout(side, lanes)
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
        present: Value = left != 0
        if shape.pipeline:
            present = Signal(name="present")
            with m.If(shift & (left == 1)):
                m.d.sync += present.eq(0)
            with m.If(captured):
                m.d.sync += present.eq(1)
        m.d.comb += [self.output.valid.eq(present), shift.eq(self.output.valid & self.output.ready)]
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
