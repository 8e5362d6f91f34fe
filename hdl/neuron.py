"""One neuron unit: products of activation and weight bits, their count and their sum."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.accumulator import Accumulator
from spinsc.hdl.comparator import BitstreamSelect, MagnitudeComparator
from spinsc.hdl.delay import delayed
from spinsc.hdl.popcount import PipelinedPopcount, Popcount
from spinsc.hdl.shapes import NeuronShape
from spinsc.hdl.xnor import XnorMultiplier


class Neuron(wiring.Component):
    """Multiplies S activation bits by S weight bits, B times per cycle, and accumulates the ones of the products.

    Latency from ``bits`` to ``held``: the shape's ``latency`` in cycles; throughput: S*B products per cycle.

    Parameters
    ----------
    shape : NeuronShape

    Members
    -------
    states : In(w*S)
        Weight states of the present chunk in bit planes, or thresholds (w = m+1): bit b of lane s is bit b*S + s.
        With a pipeline and a memory of its own, a cycle before ``bits``.
    planes : In(B*(K-2)*S), only if K > 2
        Bits of the weights' states 1..K-2, shared by all neurons: the plane of state k at time step b is vector
        b*(K-2) + k-1 of S bits. Where thresholds are given, In(B*m*S), random numbers: bit b of time step t is vector
        t*m + b.
    bits : In(B*S)
        Activation bits, S of each time step.
    partial : In(1), only if rest < unroll
        Only the first ``rest`` time steps count.
    valid, first, last : In(1)
        A cycle before ``held``: they belonged to a compute step; it was the first, the last one of the pass.
    shift : In(1)
    chain : In(width)
    held : Out(width)
        Result register and its chain, see :class:`~spinsc.hdl.accumulator.Accumulator`.
    """

    def __init__(self, shape: NeuronShape) -> None:
        self.shape = shape
        width = bits_for(shape.full_scale)
        members = {"states": In(shape.weight_width * shape.lanes), "bits": In(shape.unroll * shape.lanes),
                   "valid": In(1), "first": In(1), "last": In(1), "shift": In(1), "chain": In(width),
                   "held": Out(width)}
        if shape.planes:
            members["planes"] = In(shape.unroll * shape.planes * shape.lanes)
        if shape.rest < shape.unroll:
            members["partial"] = In(1)
        super().__init__(members)

    def model(self, bits: Sequence[int], weight_bits: Sequence[int]) -> int:
        """Sum after steps with these activation and weight bits, each an integer of S bits."""
        mask = (1 << self.shape.lanes) - 1
        return sum((~(a ^ w) & mask).bit_count() for a, w in zip(bits, weight_bits, strict=True))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ones = self._pipelined_ones(m) if self.shape.pipeline else self._ones(m)
        m.submodules.accumulator = accumulator = Accumulator(len(ones), len(self.held))
        m.d.comb += [accumulator.count.eq(ones), accumulator.valid.eq(self.valid), accumulator.first.eq(self.first),
                     accumulator.last.eq(self.last), accumulator.shift.eq(self.shift), accumulator.chain.eq(self.chain),
                     self.held.eq(accumulator.held)]
        return m

    def _ones(self, m: Module) -> Signal:
        """Ones of the products of a cycle, counted and added up in it."""
        counts = []
        for b in range(self.shape.unroll):
            select, product = self._product(m, b, self.states)
            m.submodules[f"popcount{self._suffix(b)}"] = popcount = Popcount(self.shape.lanes)
            m.d.comb += popcount.bits.eq(product)
            self._connect_planes(m, b, select)
            count = popcount.count
            if b >= self.shape.rest:
                counted = Signal.like(count, name=f"counted_{b}")
                m.d.comb += counted.eq(Mux(self.partial, 0, count))
                count = counted
            counts.append(count)
        ones = Signal(bits_for(self.shape.unroll * self.shape.lanes), name="ones", reset_less=True)
        m.d.sync += ones.eq(sum(counts[1:], start=counts[0]))
        return ones

    def _pipelined_ones(self, m: Module) -> Signal:
        """The same with registers behind the weight states, the products and in the popcount."""
        states: Value = self.states
        if not self.shape.packed:
            states = delayed(m, states, "present_states", reset_less=True)
        products = []
        for b in range(self.shape.unroll):
            select, present = self._product(m, b, states)
            self._connect_planes(m, b, select)
            product = Signal(self.shape.lanes, name=f"product{self._suffix(b)}", reset_less=True)
            m.d.sync += product.eq(present)
            if b >= self.shape.rest:
                with m.If(self.partial):
                    m.d.sync += product.eq(0)
            products.append(product)
        m.submodules.popcount = popcount = PipelinedPopcount(self.shape.unroll * self.shape.lanes)
        m.d.comb += [popcount.bits.eq(Cat(*products)), popcount.enable.eq(Const(1))]
        count: Signal = popcount.count
        return count

    def _suffix(self, b: int) -> str:
        return f"_{b}" if self.shape.unroll > 1 else ""

    def _product(self, m: Module, b: int, states: Value) -> tuple[BitstreamSelect | MagnitudeComparator, Signal]:
        """What makes the weights' bits, and the products, of time step ``b`` of the cycle."""
        shape = self.shape
        weights: BitstreamSelect | MagnitudeComparator
        if shape.random_bits is None:
            weights = BitstreamSelect(shape.lanes, shape.weight_states, shape.ascending)
            m.submodules[f"select{self._suffix(b)}"] = weights
        else:
            weights = MagnitudeComparator(shape.lanes, shape.random_bits)
            m.submodules[f"comparator{self._suffix(b)}"] = weights
        m.submodules[f"multiplier{self._suffix(b)}"] = multiplier = XnorMultiplier(shape.lanes)
        given = weights.states if isinstance(weights, BitstreamSelect) else weights.thresholds
        m.d.comb += [given.eq(states), multiplier.a.eq(self.bits[b * shape.lanes:(b + 1) * shape.lanes]),
                     multiplier.b.eq(weights.bits)]
        return weights, multiplier.product

    def _connect_planes(self, m: Module, b: int, weights: BitstreamSelect | MagnitudeComparator) -> None:
        lanes, planes = self.shape.lanes, self.shape.planes
        if isinstance(weights, MagnitudeComparator):
            m.d.comb += weights.random.eq(self.planes[b * planes * lanes:(b + 1) * planes * lanes])
            return
        for number in range(planes):
            start = (b * planes + number) * lanes
            m.d.comb += weights.planes[number].eq(self.planes[start:start + lanes])
