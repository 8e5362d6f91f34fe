"""One neuron unit: products of activation and weight bits, their count and their sum."""

from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.accumulator import Accumulator
from spinsc.hdl.comparator import BitstreamSelect
from spinsc.hdl.popcount import Popcount
from spinsc.hdl.shapes import NeuronShape, state_width
from spinsc.hdl.xnor import XnorMultiplier


class Neuron(wiring.Component):
    """Multiplies S activation bits by S weight bits, B times per cycle, and accumulates the ones of the products.

    Latency from ``bits`` to ``held``: :attr:`latency` cycles; throughput: S*B products per cycle.

    Parameters
    ----------
    shape : NeuronShape

    Members
    -------
    states : In(w*S)
        Weight states of the present chunk in bit planes: bit b of lane s is bit b*S + s.
    planes : In(B*(K-2)*S), only if K > 2
        Bits of the weights' states 1..K-2, shared by all neurons: the plane of state k at time step b is vector
        b*(K-2) + k-1 of S bits.
    bits : In(B*S)
        Activation bits, S of each time step.
    partial : In(1), only if rest < unroll
        Only the first ``rest`` time steps count.
    valid, first, last : In(1)
        One cycle after ``bits``: they belonged to a compute step; it was the first, the last one of the pass.
    shift : In(1)
    chain : In(width)
    held : Out(width)
        Result register and its chain, see :class:`~spinsc.hdl.accumulator.Accumulator`.
    """

    latency = 2

    def __init__(self, shape: NeuronShape) -> None:
        self.shape = shape
        width = bits_for(shape.full_scale)
        members = {"states": In(state_width(shape.weight_states) * shape.lanes), "bits": In(shape.unroll * shape.lanes),
                   "valid": In(1), "first": In(1), "last": In(1), "shift": In(1), "chain": In(width),
                   "held": Out(width)}
        if shape.weight_states > 2:
            members["planes"] = In(shape.unroll * (shape.weight_states - 2) * shape.lanes)
        if shape.rest < shape.unroll:
            members["partial"] = In(1)
        super().__init__(members)

    def model(self, bits: Sequence[int], weight_bits: Sequence[int]) -> int:
        """Sum after steps with these activation and weight bits, each an integer of S bits."""
        mask = (1 << self.shape.lanes) - 1
        return sum((~(a ^ w) & mask).bit_count() for a, w in zip(bits, weight_bits, strict=True))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        counts = []
        for b in range(self.shape.unroll):
            count = self._count(m, b)
            if b >= self.shape.rest:
                counted = Signal.like(count, name=f"counted_{b}")
                m.d.comb += counted.eq(Mux(self.partial, 0, count))
                count = counted
            counts.append(count)
        ones = Signal(bits_for(self.shape.unroll * self.shape.lanes), name="ones", reset_less=True)
        m.submodules.accumulator = accumulator = Accumulator(len(ones), len(self.held))
        m.d.sync += ones.eq(sum(counts[1:], start=counts[0]))
        m.d.comb += [accumulator.count.eq(ones), accumulator.valid.eq(self.valid), accumulator.first.eq(self.first),
                     accumulator.last.eq(self.last), accumulator.shift.eq(self.shift), accumulator.chain.eq(self.chain),
                     self.held.eq(accumulator.held)]
        return m

    def _count(self, m: Module, b: int) -> Signal:
        """Ones of the products of time step ``b`` of the cycle."""
        shape = self.shape
        lanes, inner = shape.lanes, shape.weight_states - 2
        suffix = f"_{b}" if shape.unroll > 1 else ""
        m.submodules[f"select{suffix}"] = select = BitstreamSelect(lanes, shape.weight_states, shape.ascending)
        m.submodules[f"multiplier{suffix}"] = multiplier = XnorMultiplier(lanes)
        m.submodules[f"popcount{suffix}"] = popcount = Popcount(lanes)
        m.d.comb += [select.states.eq(self.states), multiplier.a.eq(self.bits[b * lanes:(b + 1) * lanes]),
                     multiplier.b.eq(select.bits), popcount.bits.eq(multiplier.product)]
        for number in range(inner):
            start = (b * inner + number) * lanes
            m.d.comb += select.planes[number].eq(self.planes[start:start + lanes])
        count: Signal = popcount.count
        return count
