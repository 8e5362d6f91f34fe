"""One neuron unit: products of activation and weight bits, their count and their sum."""

from collections.abc import Sequence

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from .accumulator import Accumulator
from .comparator import BitstreamSelect, state_width
from .popcount import Popcount
from .xnor import XnorMultiplier


class Neuron(wiring.Component):
    """Multiplies S activation bits by S weight bits a cycle and accumulates the ones of the products.

    Latency from ``bits`` to ``held``: :attr:`latency` cycles; throughput: S products a cycle.

    Parameters
    ----------
    lanes, weight_states : int
        S and K of the weights.
    full_scale : int
        Largest sum, I*L.

    Members
    -------
    states : In(w*S)
        Weight states of the present chunk in bit planes: bit b of lane s is bit b*S + s.
    planes : In(S).array(K-2), only if K > 2
        Thermometer planes of the weights' random numbers, shared by all neurons.
    bits : In(S)
        Activation bits.
    valid, first, last : In(1)
        One cycle after ``bits``: they belonged to a compute step; it was the first, the last one of the pass.
    shift : In(1)
    chain : In(width)
    held : Out(width)
        Result register and its chain, see :class:`~spinsc.hdl.accumulator.Accumulator`.
    """

    latency = 2

    def __init__(self, lanes: int, weight_states: int, full_scale: int) -> None:
        self.lanes, self.weight_states, self.full_scale = lanes, weight_states, full_scale
        width = bits_for(full_scale)
        members = {"states": In(state_width(weight_states) * lanes), "bits": In(lanes), "valid": In(1),
                   "first": In(1), "last": In(1), "shift": In(1), "chain": In(width), "held": Out(width)}
        if weight_states > 2:
            members["planes"] = In(lanes).array(weight_states - 2)
        super().__init__(members)

    def model(self, bits: Sequence[int], weight_bits: Sequence[int]) -> int:
        """Sum after steps with these activation and weight bits, each an integer of S bits."""
        mask = (1 << self.lanes) - 1
        return sum((~(a ^ w) & mask).bit_count() for a, w in zip(bits, weight_bits, strict=True))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.select = select = BitstreamSelect(self.lanes, self.weight_states)
        m.submodules.multiplier = multiplier = XnorMultiplier(self.lanes)
        m.submodules.popcount = popcount = Popcount(self.lanes)
        m.submodules.accumulator = accumulator = Accumulator(len(popcount.count), len(self.held))

        m.d.comb += select.states.eq(self.states)
        if self.weight_states > 2:
            for own, given in zip(select.planes, self.planes, strict=True):
                m.d.comb += own.eq(given)
        m.d.comb += [multiplier.a.eq(self.bits), multiplier.b.eq(select.bits), popcount.bits.eq(multiplier.product)]

        ones = Signal.like(popcount.count, reset_less=True)
        m.d.sync += ones.eq(popcount.count)
        m.d.comb += [accumulator.count.eq(ones), accumulator.valid.eq(self.valid), accumulator.first.eq(self.first),
                     accumulator.last.eq(self.last), accumulator.shift.eq(self.shift), accumulator.chain.eq(self.chain),
                     self.held.eq(accumulator.held)]
        return m
