"""Claims about what makes a neuron's sum: each component equals its ``model()``, whose integers are run as hardware."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from spinsc.hdl.accumulator import Accumulator
from spinsc.hdl.comparator import BitstreamSelect, MagnitudeComparator, ThermometerComparator
from spinsc.hdl.delay import delayed
from spinsc.hdl.multiply import BinaryNeuron
from spinsc.hdl.neuron import Neuron
from spinsc.hdl.popcount import PipelinedPopcount, Popcount
from spinsc.hdl.shapes import BinaryNeuronShape, NeuronShape, state_width
from spinsc.hdl.xnor import XnorMultiplier
from tests.formal.claim import Claim, lane_numbers, words
from tests.formal.symbolic import logic_of


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


class PassesAreSummed(Claim):
    """What claims about neurons have in common: each pass adds what is counted, until the sum is handed on."""

    def claim_sums(self, m: Module, dut: Neuron | BinaryNeuron, count: Value, assuming: Value) -> None:
        """Claim the sums of a neuron that is given ``step``, ``first`` and ``last``; ``count`` is what a step adds."""
        # The count and its control arrive together; the last of them a cycle before the accumulator adds.
        control: Value = Cat(self.step, self.first, self.last)
        for stage in range(dut.shape.latency - 1):
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
        self.claim(m, ~known | (dut.held == held), assuming & (~dut.valid | (total <= dut.shape.full_scale)))


class NeuronEqualsModel(PassesAreSummed):
    """Each step adds what ``Neuron.model`` does of its bits, in one cycle."""

    def __init__(self, shape: NeuronShape) -> None:
        self.neuron = Neuron(shape)
        self.inner = max(shape.planes, 1)
        super().__init__(bits=shape.lanes * shape.unroll, states=shape.weight_width * shape.lanes,
                         planes=self.inner * shape.lanes * shape.unroll, partial=1, step=1, first=1, last=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.neuron
        shape = dut.shape
        lanes = shape.lanes
        m.d.comb += [dut.states.eq(self.states), dut.bits.eq(self.bits)]
        if shape.planes:
            m.d.comb += dut.planes.eq(self.planes)
        if shape.rest < shape.unroll:
            m.d.comb += dut.partial.eq(self.partial)
        # A pipelined neuron with a memory of its own takes the states a cycle before the bits.
        present: Value = self.states
        if shape.pipeline and not shape.packed:
            present = delayed(m, self.states, "present", reset_less=True)
        states = lane_numbers(present, lanes)
        most = shape.weight_states - 1 if shape.random_bits is None else 1 << shape.random_bits
        assuming = Cat(*(state <= most for state in states)).all()
        counts: list[Value] = []
        for b in range(shape.unroll):
            own = words(self.planes, lanes)[b * self.inner:b * self.inner + shape.planes]
            if shape.ascending and shape.random_bits is None:
                assuming &= Cat(*(low & ~high == 0 for low, high in itertools.pairwise(own)), 1).all()

            def model(number: Any, b: int = b, own: list[Value] = own) -> list[Any]:
                return [dut.model([number(self.bits[b * lanes:(b + 1) * lanes])],
                                  [self._weight_bits(number, states, own)])]
            count, = logic_of(model)
            counts.append(count if b < shape.rest else Mux(self.partial, 0, count))
        self.claim_sums(m, dut, sum(counts, start=Const(0, 1)), assuming)
        return m

    def _weight_bits(self, number: Any, states: Sequence[Value], planes: Sequence[Value]) -> Any:
        """By the model of what makes them."""
        shape = self.neuron.shape
        if shape.random_bits is None:
            select = BitstreamSelect(shape.lanes, shape.weight_states, shape.ascending)
            select._MustUse__silence = True
            return select.model([number(state, shape.weight_states) for state in states],
                                [number(plane) for plane in planes])
        comparator = MagnitudeComparator(shape.lanes, shape.random_bits)
        comparator._MustUse__silence = True
        return comparator.model([number(lane) for lane in lane_numbers(Cat(*planes), shape.lanes)],
                                [number(state) for state in states])


class BinaryNeuronEqualsModel(PassesAreSummed):
    """Each step adds what ``BinaryNeuron.model`` does of its states, in one cycle."""

    def __init__(self, shape: BinaryNeuronShape) -> None:
        self.neuron = BinaryNeuron(shape)
        super().__init__(bits=state_width(shape.activation_states) * shape.lanes,
                         states=shape.weight_width * shape.lanes, step=1, first=1, last=1)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.dut = dut = self.neuron
        shape = dut.shape
        m.d.comb += [dut.states.eq(self.states), dut.bits.eq(self.bits)]
        present = delayed(m, self.states, "present", reset_less=True) if shape.pipeline else self.states
        activations, weights = lane_numbers(self.bits, shape.lanes), lane_numbers(present, shape.lanes)
        count, = logic_of(lambda number: [dut.model([[number(state) for state in activations]],
                                                    [[number(state) for state in weights]])])
        self.claim_sums(m, dut, count, Cat(*(state < shape.activation_states for state in activations),
                                           *(state < shape.weight_states for state in weights)).all())
        return m
