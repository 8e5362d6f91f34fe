"""Quantized activation: from an accumulator to the next layer's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from spinsc.hdl.fetch import NeuronFetch
from spinsc.hdl.packing import Bits, joined_bits
from spinsc.hdl.popcount import PipelinedPopcount, Popcount, popcount_stages
from spinsc.hdl.rom import address_width, rom
from spinsc.hdl.shapes import LayerShape, state_width
from spinsc.hdl.skid import SkidBuffer


def threshold_width(full_scale: int) -> int:
    """Bits of a threshold, 0 to I*L + 1."""
    return bits_for(full_scale + 1)


def activation_latency(states: int) -> int:
    """Cycles that a pipelined activation with so many states takes: fetch, compare and count."""
    return NeuronFetch.latency + 1 + popcount_stages(states - 1)


class QuantizedActivation(wiring.Component):
    """State = number of the neuron's K-1 thresholds that its accumulator reaches.

    One neuron per cycle, in order, 0 to N-1 and again from 0. The thresholds of the neuron that comes next are read
    ahead, so there is no latency between ``input`` and ``output``; with a pipeline, :func:`activation_latency` cycles
    while ``output`` is ready, and both streams have their ``ready`` from a register.

    Parameters
    ----------
    neurons, states, full_scale : int
        N, K and I*L. A threshold of I*L + 1 is never reached.
    file : str
        Name of its memory image, see :meth:`image`.
    pipeline : bool
        With registers in front of the comparisons and behind them.

    Members
    -------
    input : In(Signature(bits of I*L))
    output : Out(Signature(bits of K-1))
    index : Out(bits of N-1)
        Neuron whose result is traced.
    """

    def __init__(self, neurons: int, states: int, full_scale: int, file: str, pipeline: bool = False) -> None:
        self.neurons, self.states, self.full_scale, self.file = neurons, states, full_scale, file
        self.pipeline = pipeline
        super().__init__({
            "input": In(stream.Signature(bits_for(full_scale))),
            "output": Out(stream.Signature(state_width(states))),
            "index": Out(bits_for(neurons - 1))})
        # What a testbench records comes with the state.
        self.recorded: Value = Signal() if pipeline else self.input.valid & self.input.ready
        self.accumulator: Value = Signal(bits_for(full_scale)) if pipeline else self.input.payload
        self.recorded_state: Value = Signal(state_width(states)) if pipeline else self.output.payload

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
        return {"state": self.recorded_state}

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self.pipeline:
            self._pipelined(m)
            return m
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

    def _pipelined(self, m: Module) -> None:
        """Fetch thresholds, compare, count, and hand on; all of it stands still while a state is set aside."""
        width = threshold_width(self.full_scale)
        m.submodules.fetch = fetch = NeuronFetch(self.neurons, self.full_scale, self.file, width * (self.states - 1))
        m.submodules.popcount = popcount = PipelinedPopcount(self.states - 1)
        m.submodules.skid = skid = SkidBuffer(state_width(self.states))
        enable = skid.input.ready
        reached = Signal(self.states - 1, reset_less=True)
        with m.If(enable):
            m.d.sync += reached.eq(Cat(fetch.accumulator >= fetch.word[k * width:(k + 1) * width]
                                       for k in range(self.states - 1)))
        passed: Value = Cat(fetch.valid, fetch.index, fetch.accumulator)
        for stage in range(1 + popcount.latency):
            register = Signal(len(passed), name=f"passed_{stage}")
            with m.If(enable):
                m.d.sync += register.eq(passed)
            passed = register
        m.d.comb += [
            self.input.ready.eq(enable), fetch.enable.eq(enable), fetch.given.eq(self.input.valid),
            fetch.given_accumulator.eq(self.input.payload), popcount.enable.eq(enable), popcount.bits.eq(reached),
            skid.input.payload.eq(popcount.count), skid.input.valid.eq(passed[0]),
            self.recorded.eq(passed[0] & enable), self.index.eq(passed[1:1 + len(self.index)]),
            self.accumulator.eq(passed[1 + len(self.index):]), self.recorded_state.eq(popcount.count)]
        wiring.connect(m, skid.output, wiring.flipped(self.output))


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
        return QuantizedActivation(layer.neurons, self.output_states, layer.full_scale, file, layer.pipeline)

    def word_width(self, layer: LayerShape) -> int:
        return threshold_width(layer.full_scale) * (self.output_states - 1)
