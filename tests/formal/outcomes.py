"""Claims about components that meet the words of a memory: each equals its ``model()`` for all contents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value, signed

from spinsc.hdl.activation import QuantizedActivation, threshold_width
from spinsc.hdl.argmax import Argmax, bias_width
from spinsc.hdl.quantizer import PIXEL_THRESHOLD_WIDTH, InputQuantizer
from spinsc.hdl.replay import ReplayMemory
from spinsc.hdl.shapes import state_width
from tests.formal.claim import PRIMITIVES, Claim, counted, words
from tests.formal.symbolic import logic_of

#: Stands for a ROM: its contents are those of :attr:`Claim.contents`, so they may be anything.
ANY_ROM = Path(__file__).parent / "any_rom.v"


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


class PipelinedActivationEqualsModel(Claim):
    """States are those of ``QuantizedActivation.model`` in order until they are taken, none lost, none twice, for all
    thresholds and stalls; so are those that are traced, with their accumulators.

    Images alternate between two, whose accumulators may be anything.
    """

    sources = (*PRIMITIVES[:1], ANY_ROM)
    contents = "fixed_thresholds"

    def __init__(self, neurons: int, states: int, full_scale: int, bound: int | None) -> None:
        self.bound = bound
        self.activation = QuantizedActivation(neurons, states, full_scale, "any", pipeline=True)
        self.width = threshold_width(full_scale)
        super().__init__(valid=1, ready=1, images=2 * neurons * len(self.activation.input.payload),
                         thresholds=neurons * (states - 1) * self.width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.activation
        rows = words(self.fixed(m, "thresholds"), self.width * (dut.states - 1))
        accumulators = words(self.fixed(m, "images"), len(dut.input.payload))

        def model(number: Any) -> list[Any]:
            return [dut.model(number(accumulator), [number(threshold) for threshold in words(row, self.width)])
                    for accumulator, row in zip(accumulators, [*rows, *rows], strict=True)]
        states = Array(logic_of(model))
        m.d.comb += [dut.input.valid.eq(self.valid), dut.output.ready.eq(self.ready)]
        given = counted(m, "given", dut.input.valid & dut.input.ready, len(accumulators))
        taken = counted(m, "taken", dut.output.valid & self.ready, len(accumulators))
        traced = counted(m, "traced", dut.recorded, len(accumulators))
        m.d.comb += dut.input.payload.eq(Array(accumulators)[given])
        waited = Signal()
        m.d.sync += waited.eq(dut.output.valid & ~self.ready)
        of_trace = Mux(traced < dut.neurons, traced, traced - dut.neurons)
        self.claim(m, ((dut.output.payload == states[taken]) | ~dut.output.valid) & (dut.output.valid | ~waited)
                   & (~dut.recorded | ((dut.index == of_trace) & (dut.recorded_state == states[traced])
                                       & (dut.accumulator == Array(accumulators)[traced]))))
        return m


class ArgmaxEqualsModel(Claim):
    """Class and scores are those of ``Argmax.model`` until they are taken, for all accumulators, biases and stalls.

    Images alternate between two, whose accumulators may be anything.
    """

    sources = (*PRIMITIVES[:1], ANY_ROM)
    contents = "fixed_biases"

    def __init__(self, neurons: int, full_scale: int, pipeline: bool, bound: int | None) -> None:
        self.bound = bound
        self.argmax = Argmax(neurons, full_scale, "any", pipeline)
        self.width, self.bias_width = len(self.argmax.input.payload), bias_width(full_scale)
        super().__init__(valid=1, ready=1, biases=neurons * self.bias_width, images=2 * neurons * self.width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.argmax
        biases = [Signal(signed(self.bias_width), name=f"bias_{j}") for j in range(dut.neurons)]
        m.d.comb += Cat(*biases).eq(self.fixed(m, "biases"))
        accumulators = words(self.fixed(m, "images"), self.width)
        waiting = Signal(init=1)
        m.d.sync += waiting.eq(0)
        m.d.comb += [dut.input.valid.eq(self.valid & ~waiting), dut.output.ready.eq(self.ready)]
        given = counted(m, "given", dut.input.valid & dut.input.ready, 2 * dut.neurons)
        traced = counted(m, "traced", dut.recorded, dut.neurons)
        result = counted(m, "result", dut.output.valid & self.ready, 2)
        m.d.comb += dut.input.payload.eq(Array(accumulators)[given])
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
        self.claim(m, (~dut.output.valid | equal) & (~dut.recorded | (dut.index == traced)), assuming)
        return m


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
