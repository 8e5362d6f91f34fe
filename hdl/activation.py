"""Quantized activation: from an accumulator to the next layer's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.packing import Bits, joined_bits
from spinsc.hdl.popcount import Popcount
from spinsc.hdl.rom import address_width, rom
from spinsc.hdl.shapes import LayerShape, state_width


def threshold_width(full_scale: int) -> int:
    """Bits of a threshold, 0 to I*L + 1."""
    return bits_for(full_scale + 1)


class QuantizedActivation(wiring.Component):
    """State = number of the neuron's K-1 thresholds that its accumulator reaches.

    One neuron per cycle, in order, 0 to N-1 and again from 0. The thresholds of the neuron that comes next are read
    ahead, so there is no latency between ``input`` and ``output``.

    Parameters
    ----------
    neurons, states, full_scale : int
        N, K and I*L. A threshold of I*L + 1 is never reached.
    file : str
        Name of its memory image, see :meth:`image`.

    Members
    -------
    input : In(Signature(bits of I*L))
    output : Out(Signature(bits of K-1))
    index : Out(bits of N-1)
        Neuron of the present transfer.
    """

    def __init__(self, neurons: int, states: int, full_scale: int, file: str) -> None:
        self.neurons, self.states, self.full_scale, self.file = neurons, states, full_scale, file
        super().__init__({
            "input": In(stream.Signature(bits_for(full_scale))),
            "output": Out(stream.Signature(state_width(states))),
            "index": Out(bits_for(neurons - 1))})

    def model(self, accumulator: int, thresholds: Sequence[int]) -> int:
        return sum(accumulator >= threshold for threshold in thresholds)

    def image(self, values: npt.NDArray[np.int64]) -> Bits:
        """A word per neuron, threshold k (from 1) in bits (k-1)*w to k*w - 1, w = :func:`threshold_width`.

        Parameters
        ----------
        values : int64, shape (N, K-1)
            Thresholds, each row ascending.
        """
        return joined_bits(values, threshold_width(self.full_scale))

    @property
    def traced(self) -> Mapping[str, Value]:
        return {"state": self.output.payload}

    def elaborate(self, platform: object) -> Module:
        m = Module()
        width = threshold_width(self.full_scale)
        address = Signal(address_width(self.neurons))
        read = Signal(width * (self.states - 1))
        m.submodules.thresholds = rom(self.file, self.neurons, address, read)
        m.submodules.popcount = popcount = Popcount(self.states - 1)
        transfer, following = Signal(), Signal.like(self.index)
        thresholds = Signal(width * (self.states - 1), reset_less=True)
        m.d.comb += [
            transfer.eq(self.input.valid & self.input.ready),
            following.eq(Mux(transfer, Mux(self.index == self.neurons - 1, 0, self.index + 1), self.index)),
            address.eq(following)]
        m.d.sync += [self.index.eq(following), thresholds.eq(read)]
        for k in range(self.states - 1):
            m.d.comb += popcount.bits[k].eq(self.input.payload >= thresholds[k * width:(k + 1) * width])
        m.d.comb += [self.output.payload.eq(popcount.count), self.output.valid.eq(self.input.valid),
                     self.input.ready.eq(self.output.ready)]
        return m


@dataclass(frozen=True)
class ActivationOutcome:
    """Quantized activations of a hidden layer, see :class:`~spinsc.hdl.outcome.Outcome`.

    Attributes
    ----------
    output_states : int
        K of the activations.
    """

    output_states: int

    name: ClassVar[str] = "activation"
    values: ClassVar[str] = "thresholds"

    def unit(self, layer: LayerShape, file: str) -> QuantizedActivation:
        return QuantizedActivation(layer.neurons, self.output_states, layer.full_scale, file)
