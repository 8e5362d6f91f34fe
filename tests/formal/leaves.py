"""Claims about components: each equals its ``model()``, whose integers are run as hardware."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value, signed

from spinsc.hdl.accumulator import Accumulator
from spinsc.hdl.activation import QuantizedActivation, threshold_width
from spinsc.hdl.argmax import Argmax, bias_width
from spinsc.hdl.comparator import BitstreamSelect, MagnitudeComparator, ThermometerComparator
from spinsc.hdl.fanout import LaneFanout
from spinsc.hdl.lfsr import WIDTH, LfsrBank
from spinsc.hdl.neuron import Neuron
from spinsc.hdl.popcount import PipelinedPopcount, Popcount
from spinsc.hdl.quantizer import PIXEL_THRESHOLD_WIDTH, InputQuantizer
from spinsc.hdl.replay import ReplayMemory
from spinsc.hdl.sequencer import Sequencer
from spinsc.hdl.shapes import NeuronShape, SideShape, state_width
from spinsc.hdl.state_buffer import StateBuffer
from spinsc.hdl.xnor import XnorMultiplier
from tests.formal.claim import PRIMITIVES, Claim, words
from tests.formal.symbolic import logic_of

#: Stands for a ROM: its contents are those of :attr:`Claim.contents`, so they may be anything.
ANY_ROM = Path(__file__).parent / "any_rom.v"


def lane_numbers(planes: Value, lanes: int) -> list[Value]:
    """The number of each lane from bit planes."""
    return [Cat(planes[at] for at in range(lane, len(planes), lanes)) for lane in range(lanes)]


class PopcountEqualsModel(Claim):
    """``count`` is that of ``Popcount.model``."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(bits=width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = Popcount(self.width)
        m.d.comb += dut.bits.eq(self.bits)
        expected, = logic_of(lambda number: [dut.model(number(self.bits))])
        self.claim(m, dut.count == expected)
        return m


class PipelinedPopcountEqualsModel(Claim):
    """``count`` is that of ``PipelinedPopcount.model``, as many enabled cycles later as it has stages."""

    def __init__(self, width: int) -> None:
        self.popcount = PipelinedPopcount(width)
        super().__init__(bits=width, enable=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.popcount
        m.d.comb += [dut.bits.eq(self.bits), dut.enable.eq(self.enable)]
        expected, = logic_of(lambda number: [dut.model(number(self.bits))])
        filled = Signal(range(dut.latency + 1))
        for stage in range(dut.latency):
            later = Signal.like(expected, name=f"expected_{stage}")
            with m.If(self.enable):
                m.d.sync += later.eq(expected)
            expected = later
        with m.If(self.enable & (filled != dut.latency)):
            m.d.sync += filled.eq(filled + 1)
        self.claim(m, (filled != dut.latency) | (dut.count == expected))
        return m


class XnorEqualsModel(Claim):
    """``product`` is that of ``XnorMultiplier.model``."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(a=lanes, b=lanes)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = XnorMultiplier(self.lanes)
        m.d.comb += [dut.a.eq(self.a), dut.b.eq(self.b)]
        expected, = logic_of(lambda number: [dut.model(number(self.a), number(self.b))])
        self.claim(m, dut.product == expected)
        return m


class ComparatorEqualsModel(Claim):
    """All planes are those of ``ThermometerComparator.model``."""

    def __init__(self, lanes: int, states: int, random_bits: int,
                 thresholds: Sequence[Sequence[int]] | None = None) -> None:
        self.comparator = ThermometerComparator(lanes, states, random_bits, thresholds)
        super().__init__(random=random_bits * lanes)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.comparator
        m.d.comb += dut.random.eq(self.random)
        expected = logic_of(lambda number: dut.model(
            [number(lane) for lane in lane_numbers(self.random, dut.lanes)]))
        self.claim(m, Cat(plane == value for plane, value in zip(dut.planes, expected, strict=True)).all())
        return m


class MagnitudesEqualModel(Claim):
    """``bits`` are those of ``MagnitudeComparator.model`` for all thresholds from 0 to 2^m."""

    def __init__(self, lanes: int, random_bits: int) -> None:
        self.comparator = MagnitudeComparator(lanes, random_bits)
        super().__init__(random=random_bits * lanes, thresholds=(random_bits + 1) * lanes)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.comparator
        m.d.comb += [dut.random.eq(self.random), dut.thresholds.eq(self.thresholds)]
        random, thresholds = lane_numbers(self.random, dut.lanes), lane_numbers(self.thresholds, dut.lanes)
        expected, = logic_of(lambda number: [dut.model(
            [number(value) for value in random], [number(threshold) for threshold in thresholds])])
        self.claim(m, dut.bits == expected, Cat(*(value <= 1 << dut.random_bits for value in thresholds)).all())
        return m


class SelectEqualsModel(Claim):
    """``bits`` are those of ``BitstreamSelect.model`` for all states below K and all planes, ascending where they must.
    """

    def __init__(self, lanes: int, states: int, ascending: bool) -> None:
        self.select = BitstreamSelect(lanes, states, ascending)
        super().__init__(states=state_width(states) * lanes, planes=max(states - 2, 1) * lanes)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.select
        count, lanes = dut.state_count, dut.lanes
        planes = words(self.planes, lanes)[:count - 2]
        states = lane_numbers(self.states, lanes)
        m.d.comb += [dut.states.eq(self.states), *(dut.planes[k].eq(plane) for k, plane in enumerate(planes))]
        assuming = Cat(*(state < count for state in states)).all()
        if dut.ascending:
            assuming &= Cat(*(below & ~above == 0 for below, above in itertools.pairwise(planes)), 1).all()
        expected, = logic_of(lambda number: [dut.model(
            [number(state, count) for state in states], [number(plane) for plane in planes])])
        self.claim(m, dut.bits == expected, assuming)
        return m


class QuantizerEqualsModel(Claim):
    """States of all pixels of a beat are those of ``InputQuantizer.model``, for all thresholds."""

    sources = (*PRIMITIVES[:1], ANY_ROM)
    contents = "fixed_thresholds"

    def __init__(self, states: int, per_beat: int) -> None:
        self.quantizer = InputQuantizer(states, per_beat, "any")
        super().__init__(pixels=8 * per_beat, thresholds=PIXEL_THRESHOLD_WIDTH * (states - 1), valid=1, ready=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.quantizer
        thresholds = words(self.fixed(m, "thresholds"), PIXEL_THRESHOLD_WIDTH)
        m.d.comb += [dut.input.payload.eq(self.pixels), dut.input.valid.eq(self.valid),
                     dut.output.ready.eq(self.ready)]
        expected = logic_of(lambda number: [
            dut.model(number(pixel), [number(threshold) for threshold in thresholds])
            for pixel in words(self.pixels, 8)])
        found = words(dut.output.payload, state_width(dut.states))
        self.claim(m, Cat(*(a == b for a, b in zip(found, expected, strict=True)),
                          dut.output.valid == self.valid, dut.input.ready == self.ready).all())
        return m


class ActivationEqualsModel(Claim):
    """Each neuron's state is that of ``QuantizedActivation.model``, for all thresholds and stalls.

    The thresholds are read ahead, so nothing is there to be taken in the first cycle after a reset.
    """

    sources = (*PRIMITIVES[:1], ANY_ROM)
    contents = "fixed_thresholds"

    def __init__(self, neurons: int, states: int, full_scale: int) -> None:
        self.activation = QuantizedActivation(neurons, states, full_scale, "any")
        self.width = threshold_width(full_scale)
        super().__init__(accumulator=len(self.activation.input.payload), valid=1, ready=1,
                         thresholds=neurons * (states - 1) * self.width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.activation
        rows = Array(words(self.fixed(m, "thresholds"), self.width * (dut.states - 1)))
        index, waiting = Signal(range(dut.neurons + 1)), Signal(init=1)
        m.d.sync += waiting.eq(0)
        valid = self.valid & ~waiting
        m.d.comb += [dut.input.payload.eq(self.accumulator), dut.input.valid.eq(valid),
                     dut.output.ready.eq(self.ready)]
        with m.If(valid & self.ready):
            m.d.sync += index.eq(Mux(index == dut.neurons - 1, 0, index + 1))
        row = Signal(self.width * (dut.states - 1))
        m.d.comb += row.eq(rows[index])
        expected, = logic_of(lambda number: [dut.model(
            number(self.accumulator), [number(threshold) for threshold in words(row, self.width)])])
        self.claim(m, (dut.output.valid == valid) & (dut.input.ready == self.ready)
                   & (~valid | ((dut.output.payload == expected) & (dut.index == index))))
        return m


class ArgmaxEqualsModel(Claim):
    """Class and scores are those of ``Argmax.model`` until they are taken, for all accumulators, biases and stalls.

    Images alternate between two, whose accumulators may be anything.
    """

    sources = (*PRIMITIVES[:1], ANY_ROM)
    contents = "fixed_biases"

    def __init__(self, neurons: int, full_scale: int) -> None:
        self.argmax = Argmax(neurons, full_scale, "any")
        self.width, self.bias_width = len(self.argmax.input.payload), bias_width(full_scale)
        super().__init__(valid=1, ready=1, biases=neurons * self.bias_width, images=2 * neurons * self.width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.argmax
        biases = [Signal(signed(self.bias_width), name=f"bias_{j}") for j in range(dut.neurons)]
        m.d.comb += Cat(*biases).eq(self.fixed(m, "biases"))
        accumulators = words(self.fixed(m, "images"), self.width)
        index, image, result, waiting = Signal(range(dut.neurons + 1)), Signal(), Signal(), Signal(init=1)
        m.d.sync += waiting.eq(0)
        m.d.comb += [dut.input.valid.eq(self.valid & ~waiting), dut.output.ready.eq(self.ready),
                     dut.input.payload.eq(Array(accumulators)[Mux(image, dut.neurons, 0) + index])]
        with m.If(dut.input.valid & dut.input.ready):
            m.d.sync += index.eq(index + 1)
            with m.If(index == dut.neurons - 1):
                m.d.sync += [index.eq(0), image.eq(~image)]
        with m.If(dut.output.valid & self.ready):
            m.d.sync += result.eq(~result)
        expected = []
        for of in (accumulators[:dut.neurons], accumulators[dut.neurons:]):
            def model(number: Any, of: list[Value] = of) -> list[Any]:
                best, scores = dut.model([number(value) for value in of], [number(bias) for bias in biases])
                return [best, *scores]
            expected.append(logic_of(model))
        found = [dut.output.payload["class"],
                 *(score.as_signed() for score in words(dut.output.payload.scores.as_value(), dut.score_width))]
        equal = Cat(a == Mux(result, odd, even) for a, even, odd in zip(found, *expected, strict=True)).all()
        assuming = Cat(*(value <= dut.full_scale for value in accumulators),
                       *((bias <= dut.full_scale) & (bias >= -dut.full_scale) for bias in biases)).all()
        self.claim(m, (~dut.output.valid | equal) & (~dut.input.valid | ~dut.input.ready | (dut.index == index)),
                   assuming)
        return m


class AccumulatorEqualsModel(Claim):
    """Each sum is that of ``Accumulator.model`` of the sum before and the count, as long as it fits; so is the chain.
    """

    def __init__(self, count_width: int, width: int) -> None:
        self.accumulator = Accumulator(count_width, width)
        super().__init__(count=count_width, valid=1, first=1, last=1, shift=1, chain=width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.accumulator
        for name in ("count", "valid", "first", "last", "shift", "chain"):
            m.d.comb += getattr(dut, name).eq(getattr(self, name))
        # One bit more than there is: a sum that does not fit is seen. Nothing is known before the first pass.
        total, running, held = (Signal(dut.width + 1, name=name) for name in ("total", "running", "held"))
        begun, known = Signal(), Signal()
        added, = logic_of(lambda number: [dut.model([number(running), number(self.count)])])
        alone, = logic_of(lambda number: [dut.model([number(self.count)])])
        m.d.comb += total.eq(Mux(self.first, alone, added))
        with m.If(self.valid):
            m.d.sync += [running.eq(total), begun.eq(begun | self.first)]
        with m.If(self.valid & self.last):
            m.d.sync += [held.eq(total), known.eq(begun | self.first)]
        with m.Elif(self.shift):
            m.d.sync += [held.eq(self.chain), known.eq(1)]
        self.claim(m, ~known | (dut.held == held), ~self.valid | ~total[-1])
        return m


class NeuronEqualsModel(Claim):
    """Each pass adds what ``Neuron.model`` does of its bits, in steps of one cycle, until the sum is handed on."""

    def __init__(self, shape: NeuronShape) -> None:
        self.neuron = Neuron(shape)
        self.inner = max(shape.weight_states - 2, 1)
        super().__init__(bits=shape.lanes * shape.unroll, states=state_width(shape.weight_states) * shape.lanes,
                         planes=self.inner * shape.lanes * shape.unroll, partial=1, step=1, first=1, last=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.neuron
        shape = dut.shape
        lanes = shape.lanes
        m.d.comb += [dut.states.eq(self.states), dut.bits.eq(self.bits)]
        planes = words(self.planes, lanes)
        if shape.weight_states > 2:
            m.d.comb += dut.planes.eq(self.planes)
        if shape.rest < shape.unroll:
            m.d.comb += dut.partial.eq(self.partial)
        # A pipelined neuron takes the states a cycle before the bits.
        present: Value = self.states
        if shape.pipeline:
            present = Signal.like(self.states, name="present", reset_less=True)
            m.d.sync += present.eq(self.states)
        states = lane_numbers(present, lanes)
        assuming = Cat(*(state < shape.weight_states for state in states)).all()
        counts: list[Value] = []
        select = BitstreamSelect(lanes, shape.weight_states, shape.ascending)
        select._MustUse__silence = True
        for b in range(shape.unroll):
            own = planes[b * self.inner:(b + 1) * self.inner][:shape.weight_states - 2]
            if shape.ascending:
                assuming &= Cat(*(low & ~high == 0 for low, high in itertools.pairwise(own)), 1).all()

            def model(number: Any, b: int = b, own: list[Value] = own) -> list[Any]:
                weight_bits = select.model([number(state, shape.weight_states) for state in states],
                                           [number(plane) for plane in own])
                return [dut.model([number(self.bits[b * lanes:(b + 1) * lanes])], [weight_bits])]
            counted, = logic_of(model)
            counts.append(counted if b < shape.rest else Mux(self.partial, 0, counted))
        # The count and its control arrive together; the last of them a cycle before the accumulator adds.
        control, count = Cat(self.step, self.first, self.last), sum(counts, start=Const(0, 1))
        for stage in range(shape.latency - 1):
            later = Signal.like(count, name=f"count_{stage}")
            later_control = Signal(3, name=f"control_{stage}")
            m.d.sync += [later.eq(count), later_control.eq(control)]
            count, control = later, later_control
        m.d.comb += Cat(dut.valid, dut.first, dut.last).eq(control)
        total, running, held = (Signal(len(dut.held) + 1, name=name) for name in ("total", "running", "held"))
        begun, known = Signal(), Signal()
        m.d.comb += total.eq(Mux(dut.first, 0, running) + count)
        with m.If(dut.valid):
            m.d.sync += [running.eq(total), begun.eq(begun | dut.first)]
            with m.If(dut.last):
                m.d.sync += [held.eq(total), known.eq(begun | dut.first)]
        self.claim(m, ~known | (dut.held == held), assuming & (~dut.valid | (total <= shape.full_scale)))
        return m


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
    """Each lane has the number of ``LaneFanout.model`` once as many steps have passed as the longest delay."""

    def __init__(self, side: SideShape, lanes: int) -> None:
        self.fanout = LaneFanout(side, lanes)
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
        numbers = [lane_numbers(value, dut.groups) for value in reversed(history)]
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


class ReplayEqualsModel(Claim):
    """Words come as `ReplayMemory.model` says, from the second cycle after a reset on, for all contents."""

    sources = (*PRIMITIVES[:1], ANY_ROM)

    def __init__(self, width: int, depth: int) -> None:
        self.memory = ReplayMemory(width, depth, "any")
        super().__init__(step=1, recording=width * depth)

    contents = "fixed_recording"

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.memory
        rows = words(self.fixed(m, "recording"), dut.width)
        waiting, at = Signal(init=1), Signal(range(dut.depth + 1))
        m.d.sync += waiting.eq(0)
        step = self.step & ~waiting
        m.d.comb += dut.step.eq(step)
        with m.If(step):
            m.d.sync += at.eq(Mux(at == dut.depth - 1, 0, at + 1))
        expected = logic_of(lambda number: dut.model([number(row) for row in rows], dut.depth))
        self.claim(m, waiting | (dut.random == Array(expected)[at]))
        return m
