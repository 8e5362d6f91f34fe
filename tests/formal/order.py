"""Claims about components that keep an order: random numbers, steps, states, transfers and weights."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value

from spinsc import hdl
from spinsc.hdl.fanout import LaneFanout
from spinsc.hdl.lfsr import WIDTH, LfsrBank
from spinsc.hdl.packing import hexadecimal_lines
from spinsc.hdl.sequencer import Sequencer
from spinsc.hdl.shapes import LayerShape, SideShape
from spinsc.hdl.skid import SkidBuffer
from spinsc.hdl.state_buffer import StateBuffer
from spinsc.hdl.units import layer_units, units_source, units_template, weight_files, weight_image
from tests.formal.claim import PRIMITIVES, Claim, counted, lane_numbers, words
from tests.formal.symbolic import logic_of

#: Stands for a neuron: what it holds are its weights.
KEEPING_NEURON = Path(__file__).parent / "keeping_neuron.v"


class LfsrEqualsModel(Claim):
    """Numbers, and what the states become in a step, are those of ``LfsrBank.model``; an image begins at the seeds."""

    def __init__(self, seeds: Sequence[int], random_bits: int, unroll: int, rest: int) -> None:
        self.bank = LfsrBank(seeds, random_bits, unroll, rest)
        super().__init__(step=1, last_step=1, partial=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.bank
        m.d.comb += [dut.step.eq(self.step), dut.last_step.eq(self.last_step)]
        if dut.rest < dut.unroll:
            m.d.comb += dut.partial.eq(self.partial)
        holds: Value = Const(1, 1)
        for lane, seed in enumerate(dut.seeds):
            state = Signal(WIDTH, init=seed, name=f"state_{lane}")
            states = [state]
            for b in range(dut.unroll):
                number, following = self._step(m, states[-1])
                states.append(following)
                found = lane_numbers(words(dut.random, dut.random_bits * len(dut.seeds))[b], len(dut.seeds))[lane]
                holds &= found == number
            with m.If(self.step):
                m.d.sync += state.eq(states[-1])
                if dut.rest < dut.unroll:
                    with m.If(self.partial):
                        m.d.sync += state.eq(states[dut.rest])
                with m.If(self.last_step):
                    m.d.sync += state.eq(seed)
        self.claim(m, holds)
        return m

    def _step(self, m: Module, state: Value) -> tuple[Value, Value]:
        """Number and following state, from the model of a bank whose seed is ``state``."""
        def of(state: Value, random_bits: int, count: int) -> list[Value]:
            bank = LfsrBank([1], random_bits)
            bank._MustUse__silence = True

            def model(number: Any) -> list[Any]:
                bank.seeds = [number(state)]
                return [value for value, _ in zip(bank.model(0), range(count), strict=False)]
            return logic_of(model)

        number = of(state, self.bank.random_bits, 1)[0]
        for _ in range(self.bank.random_bits):
            shifted = Signal(WIDTH)
            # Of numbers of one bit, the second is the bit that the first shift brings.
            m.d.comb += shifted.eq(Cat(of(state, 1, 2)[1][0], state))
            state = shifted
        return number, state


class FanoutEqualsModel(Claim):
    """Each lane has the number of ``LaneFanout.model`` once as many steps have passed as the longest delay.

    Parameters
    ----------
    exchanged : bool
        The model has the groups in opposite order, so that the claim does not hold; wires have no cell to invert.
    """

    def __init__(self, side: SideShape, lanes: int, *, exchanged: bool = False) -> None:
        self.fanout = LaneFanout(side, lanes)
        self.order = -1 if exchanged else 1
        super().__init__(random=side.random_width(lanes), step=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.fanout
        m.d.comb += dut.random.eq(self.random)
        if dut.depth:
            m.d.comb += dut.step.eq(self.step)
        history: list[Value] = [self.random]
        filled = Signal(range(dut.depth + 1))
        for age in range(dut.depth):
            older = Signal(len(self.random), name=f"older_{age}")
            with m.If(self.step):
                m.d.sync += older.eq(history[-1])
            history.append(older)
        with m.If(self.step & (filled != dut.depth)):
            m.d.sync += filled.eq(filled + 1)
        numbers = [lane_numbers(value, dut.groups)[::self.order] for value in reversed(history)]
        expected = logic_of(lambda number: dut.model(
            [[number(value) for value in row] for row in numbers], dut.depth))
        found = lane_numbers(dut.lane_random, dut.lanes)
        self.claim(m, (filled != dut.depth) | Cat(a == b for a, b in zip(found, expected, strict=True)).all())
        return m


class SequencerEqualsModel(Claim):
    """Cycles come in the order of ``Sequencer.model``, after those that fill, whatever makes them wait."""

    def __init__(self, passes: int, chunks: int, length: int, unroll: int, fill: int) -> None:
        self.sequencer = Sequencer(passes, chunks, length, unroll, fill)
        super().__init__(go=1, hold=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.sequencer
        m.d.comb += [dut.go.eq(self.go), dut.hold.eq(self.hold)]
        order = dut.model()
        at, filled = Signal(range(len(order) + 1)), Signal(range(dut.fill + 1))
        full = filled == dut.fill
        last_t = (dut.cycles_per_chunk - 1) * dut.unroll
        rows = {"word": [word for word, _, _ in order], "chunk": [chunk for _, chunk, _ in order],
                "first_of_chunk": [t == 0 for _, _, t in order], "last_of_chunk": [t == last_t for _, _, t in order],
                "first_of_pass": [t == 0 and chunk == 0 for _, chunk, t in order],
                "last_of_pass": [t == last_t and chunk == dut.chunks - 1 for _, chunk, t in order],
                "last_of_image": [cycle == len(order) - 1 for cycle in range(len(order))]}
        expected = {name: Array(Value.cast(int(value)) for value in row)[at] for name, row in rows.items()}
        with m.If(dut.step):
            m.d.sync += at.eq(at + 1)
            with m.If(at == len(order) - 1):
                m.d.sync += [at.eq(0), filled.eq(0)]
        with m.If(self.go & ~full):
            m.d.sync += filled.eq(filled + 1)
        equal = Cat(getattr(dut, name) == value for name, value in expected.items()).all()
        holds = (dut.step == (self.go & full & ~(self.hold & expected["last_of_pass"]))) & (~dut.step | equal)
        if dut.fill:
            holds &= dut.filling == (self.go & ~full)
        self.claim(m, holds)
        return m


class BufferEqualsModel(Claim):
    """Chunks hold what ``StateBuffer.model`` says, in any order of reading and with any stalls; no state is lost.

    Images alternate between two, whose states may be anything.
    """

    def __init__(self, inputs: int, lanes: int, states: int, per_beat: int) -> None:
        self.buffer = StateBuffer(inputs, lanes, states, per_beat)
        self.width = self.buffer.width
        super().__init__(images=2 * inputs * self.width, surplus=self.width * per_beat, valid=1, read=1, release=1,
                         address=len(self.buffer.address))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.buffer
        states = words(self.fixed(m, "images"), self.width)
        images = states[:dut.inputs], states[dut.inputs:]
        # The last beat is filled up with anything.
        beyond = words(self.surplus, self.width)[:dut.input_beats * dut.per_beat - dut.inputs]
        beats = [Cat(part) for image in images for part in _parts([*image, *beyond], dut.per_beat)]
        beat, writing, reading = Signal(range(dut.input_beats + 1)), Signal(), Signal()
        m.d.comb += [dut.input.payload.eq(Array(beats)[Mux(writing, dut.input_beats, 0) + beat]),
                     dut.input.valid.eq(self.valid), dut.address.eq(self.address),
                     dut.read.eq(self.read & dut.full), dut.give_back.eq(self.release & dut.full)]
        taken = Signal()
        m.d.comb += taken.eq(dut.input.valid & dut.input.ready)
        with m.If(taken):
            m.d.sync += beat.eq(beat + 1)
            with m.If(beat == dut.input_beats - 1):
                m.d.sync += [beat.eq(0), writing.eq(~writing)]
        was_read, was_at, was_image = Signal(), Signal.like(self.address), Signal()
        m.d.sync += [was_read.eq(dut.read), was_at.eq(self.address), was_image.eq(reading)]
        with m.If(dut.give_back):
            m.d.sync += reading.eq(~reading)
        chunks = [Cat(*chunk) for image in images for chunk in logic_of_chunks(dut, image)]
        expected = Array(chunks)[Mux(was_image, dut.chunks, 0) + was_at]
        # Whole images are written and not yet given back: those that ``full`` speaks of, 2 at most.
        held = Signal(range(4))
        m.d.sync += held.eq(held + (taken & (beat == dut.input_beats - 1)) - dut.give_back)
        order = Cat(*lane_numbers(dut.word, dut.lanes))
        self.claim(m, (~was_read | (order == expected)) & (held <= 2) & (~dut.full | (held != 0)),
                   self.address < dut.chunks)
        return m


def _parts(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[at:at + size] for at in range(0, len(items), size)]


def logic_of_chunks(buffer: StateBuffer, states: Sequence[Value]) -> list[list[Value]]:
    """Chunks of `StateBuffer.model`, of values of the buffer's width."""
    flat = logic_of(lambda number: [state for chunk in buffer.model([number(s) for s in states])
                                    for state in chunk])
    resized = [(value | Const(0, buffer.width))[:buffer.width] for value in flat]
    return [list(part) for part in _parts(resized, buffer.lanes)]


class SkidBufferKeepsTransfers(Claim):
    """Transfers pass in order, none lost, none twice, and at once, for all stalls; they stay until they are taken, and
    the input is ready exactly while none is set aside.

    Transfers repeat after three, which may be anything.
    """

    def __init__(self, width: int) -> None:
        self.skid = SkidBuffer(width)
        super().__init__(valid=1, ready=1, transfers=3 * width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.skid
        transfers = words(self.fixed(m, "transfers"), len(dut.input.payload))
        given = counted(m, "given", dut.input.valid & dut.input.ready, len(transfers))
        taken = counted(m, "taken", dut.output.valid & self.ready, len(transfers))
        m.d.comb += [dut.input.valid.eq(self.valid), dut.output.ready.eq(self.ready),
                     dut.input.payload.eq(Array(transfers)[given])]
        waited = Signal()
        m.d.sync += waited.eq(dut.output.valid & ~self.ready)
        self.claim(m, (dut.output.valid == (self.valid | waited)) & (dut.input.ready == ~waited)
                   & (~dut.output.valid | (dut.output.payload == Array(transfers)[taken])))
        return m


class UnitsHaveTheirWeights(Claim):
    """After each ``load``, each unit has the weights of its neuron for the chunk that is next, from memories that hold
    `weight_image`; and the chain hands on what is held. With a memory of the layer, for loads as far apart as it needs,
    and for as many cycles as `bound` says, in which all chunks come twice.

    The neurons here hold their weights in place of a sum. What a unit beyond the last neuron has is claimed as well.
    """

    sources = (*PRIMITIVES, KEEPING_NEURON)

    def __init__(self, shape: LayerShape) -> None:
        self.shape, self.packed = shape, shape.word_units is not None
        self.bound = 2 * shape.passes * shape.chunks * shape.reading_cycles + 8 if self.packed else None
        rng = np.random.default_rng(1)
        self.weights = rng.integers(0, shape.weight.states, (shape.neurons, shape.inputs)).astype(np.uint8)
        self.folder = tempfile.TemporaryDirectory(prefix="spinsc-")
        self.memories = Path(self.folder.name)
        for name, bits in zip(weight_files("weights", shape), weight_image(shape, self.weights), strict=True):
            (self.memories / name).write_text(hexadecimal_lines(bits))
        template = Path(hdl.__file__).parent / units_template(shape.neuron)
        units = self.memories / "units.sv"
        units.write_text(units_source(template.read_text(), "spinsc_keeping"))
        self.sources = (*self.sources, units)
        super().__init__(load=1, last=1, shift=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape, chunks = self.shape, self.shape.passes * self.shape.chunks
        width = shape.neuron.weight_width * shape.lanes
        held, zero = Signal(width), Const(0, 1)
        loaded = counted(m, "loaded", self.load, chunks)
        m.submodules.dut = layer_units(
            shape, "spinsc_keeping", "weights", load=self.load, address=loaded, bits=zero, planes=zero, partial=zero,
            valid=zero, first=zero, last=self.last, shift=self.shift, held=held)
        # The memory of the layer is being read after a load, and after the reset.
        reading, known = Signal(range(shape.reading_cycles + 1)), Signal()
        m.d.sync += [reading.eq(Mux(self.load, 0, Mux(reading == shape.reading_cycles, reading, reading + 1))),
                     known.eq(known | self.load)]
        present = Signal.like(loaded)
        with m.If(self.load):
            m.d.sync += present.eq(loaded)
        captured = Signal()
        following: Value = Const(0, width)
        for unit in reversed(range(shape.units)):
            states = Signal(width, name=f"held_{unit}")
            with m.If(self.last):
                m.d.sync += states.eq(Array(self._word(unit, chunk) for chunk in range(chunks))[present])
            with m.Elif(self.shift):
                m.d.sync += states.eq(following)
            following = states
        with m.If(self.last & known):
            m.d.sync += captured.eq(1)
        ready = ~self.load | (reading == shape.reading_cycles) if self.packed else Const(1)
        self.claim(m, ~captured | (held == following), ready & (known | ~self.last))
        return m

    def _word(self, unit: int, chunk: int) -> int:
        """Weights of a unit's neuron for the lanes of a chunk, in bit planes: state K-1 beyond the last of them."""
        shape = self.shape
        neuron, first = chunk // shape.chunks * shape.units + unit, chunk % shape.chunks * shape.lanes
        word = 0
        for lane in range(shape.lanes):
            known = neuron < shape.neurons and first + lane < shape.inputs
            state = int(self.weights[neuron, first + lane]) if known else shape.weight.states - 1
            for b in range(shape.neuron.weight_width):
                word |= (state >> b & 1) << b * shape.lanes + lane
        return word
