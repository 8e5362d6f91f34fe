"""One neuron unit: its weights of the current chunk, its products, their count and their sum."""

from collections.abc import Sequence

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from .accumulator import Accumulator
from .comparator import BitstreamSelect, split_planes, state_width
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
    load : In(1)
        Take ``word`` as the weights of the following cycles.
    word : In(w*S)
        Weight states of a chunk in bit planes: bit b of lane s is bit b*S + s.
    planes : In(S).array(K-2), only if K > 2
        Thermometer planes of the weights' random numbers, shared by all neurons.
    bits : In(S)
        Activation bits.
    valid, last : In(1)
        ``bits`` and ``planes`` belong to a compute step; it is the last of the pass.
    shift : In(1)
    chain : In(width)
    held : Out(width)
        Result register and its chain, see :class:`~spinsc.hdl.accumulator.Accumulator`.
    """

    latency = 2

    def __init__(self, lanes: int, weight_states: int, full_scale: int) -> None:
        self.lanes, self.weight_states, self.full_scale = lanes, weight_states, full_scale
        width = bits_for(full_scale)
        members = {"load": In(1), "word": In(state_width(weight_states) * lanes), "bits": In(lanes), "valid": In(1),
                   "last": In(1), "shift": In(1), "chain": In(width), "held": Out(width)}
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

        # A register for each plane keeps every later operation on one vector.
        count = state_width(self.weight_states)
        planes = [Signal(self.lanes, name=f"weight_{b}", reset_less=True) for b in range(count)]
        with m.If(self.load):
            for plane, part in zip(planes, split_planes(self.word, self.lanes, count), strict=True):
                m.d.sync += plane.eq(part)
        for b, plane in enumerate(planes):
            m.d.comb += select.states[b * self.lanes:(b + 1) * self.lanes].eq(plane)
        if self.weight_states > 2:
            for own, given in zip(select.planes, self.planes, strict=True):
                m.d.comb += own.eq(given)
        m.d.comb += [multiplier.a.eq(self.bits), multiplier.b.eq(select.bits), popcount.bits.eq(multiplier.product)]

        ones = Signal.like(popcount.count, reset_less=True)
        valid, last = Signal(), Signal()
        m.d.sync += [ones.eq(popcount.count), valid.eq(self.valid), last.eq(self.last)]
        m.d.comb += [accumulator.count.eq(ones), accumulator.valid.eq(valid), accumulator.last.eq(last),
                     accumulator.shift.eq(self.shift), accumulator.chain.eq(self.chain),
                     self.held.eq(accumulator.held)]
        return m
