"""One neuron unit of binary arithmetic: products of states as integers and their sum."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.accumulator import Accumulator
from spinsc.hdl.delay import delayed
from spinsc.hdl.popcount import STAGE_COUNTS, adder_stages
from spinsc.hdl.shapes import BinaryNeuronShape, state_width


class BinaryNeuron(wiring.Component):
    """Multiplies S states of activations by S states of weights per cycle, and accumulates.

    With A = K_a-1 and W = K_w-1, a product is x*w + (A-x)*(W-w), which is 0..AW: what a stream of AW steps would count
    if its bits were ideal. It is half of AW + (2x-A)*(2w-W), so only the small signed product is formed in each lane,
    and what is constant is added once. Ports are those of :class:`~spinsc.hdl.neuron.Neuron`, except that ``bits`` are
    states; the latency is its shape's.

    Parameters
    ----------
    shape : BinaryNeuronShape

    Members
    -------
    states : In(w*S), bits : In(w_a*S)
        States of the weights, and of the activations, in bit planes: bit b of lane s is bit b*S + s.
    valid, first, last, shift : In(1), chain : In(width), held : Out(width)
        As those of a Neuron.
    """

    def __init__(self, shape: BinaryNeuronShape) -> None:
        self.shape = shape
        width = bits_for(shape.full_scale)
        super().__init__({
            "states": In(state_width(shape.weight_states) * shape.lanes),
            "bits": In(state_width(shape.activation_states) * shape.lanes), "valid": In(1), "first": In(1),
            "last": In(1), "shift": In(1), "chain": In(width), "held": Out(width)})

    def model(self, activations: Sequence[Sequence[int]], weights: Sequence[Sequence[int]]) -> int:
        """Sum after cycles with these states of each lane."""
        a, w = self.shape.activation_states - 1, self.shape.weight_states - 1
        return sum(x * y + (a - x) * (w - y)
                   for states, others in zip(activations, weights, strict=True)
                   for x, y in zip(states, others, strict=True))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = self.shape
        a, w = shape.activation_states - 1, shape.weight_states - 1
        weights: Value = self.states
        if shape.pipeline:
            weights = delayed(m, weights, "present_states", reset_less=True)
        products = []
        for s in range(shape.lanes):
            product = self._centred(m, f"a_{s}", self.bits, s, a) * self._centred(m, f"w_{s}", weights, s, w)
            products.append(delayed(m, product, f"product_{s}", reset_less=True) if shape.pipeline else product)
        constant = shape.lanes * a * w
        count = Signal(bits_for(constant), reset_less=True, name="count")
        # a centred state is half of 2x-A where A is even
        doublings = (a % 2 == 0) + (w % 2 == 0)
        m.d.sync += count.eq(((self._tree(m, products) << doublings) + constant) >> 1)
        m.submodules.accumulator = accumulator = Accumulator(len(count), len(self.held))
        m.d.comb += [accumulator.count.eq(count), accumulator.valid.eq(self.valid), accumulator.first.eq(self.first),
                     accumulator.last.eq(self.last), accumulator.shift.eq(self.shift), accumulator.chain.eq(self.chain),
                     self.held.eq(accumulator.held)]
        return m

    def _centred(self, m: Module, name: str, planes: Value, s: int, highest: int) -> Signal:
        """State of a lane as the odd number 2x-A, or where A is even as its half."""
        state = Cat(*(planes[b * self.shape.lanes + s] for b in range(len(planes) // self.shape.lanes)))
        value = 2 * state - highest if highest % 2 else state - highest // 2
        centred = Signal(value.shape(), name=name)
        m.d.comb += centred.eq(value)
        return centred

    def _tree(self, m: Module, values: list[Value]) -> Value:
        """Sum of the products but for the last addition, whose register is the count's."""
        for stage in range(adder_stages(self.shape.lanes)):
            groups = [values[at:at + STAGE_COUNTS] for at in range(0, len(values), STAGE_COUNTS)]
            values = [sum(group[1:], start=group[0]) for group in groups]
            if self.shape.pipeline and stage < adder_stages(self.shape.lanes) - 1:
                values = [delayed(m, value, f"sum_{stage}_{number}", reset_less=True)
                          for number, value in enumerate(values)]
        return values[0]
