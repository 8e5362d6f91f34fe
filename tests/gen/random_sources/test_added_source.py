"""A random source that another package might add, through the registries alone: counters. It is emitted and checked."""

import re

import numpy as np
from amaranth.hdl import Cat, Mux, Signal

from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.gen.random_sources.source import RandomSource
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.streams.lanes import lane_numbers
from spinsc.sim.cli.main import main
from spinsc.sim.recordings.sources import RANDOM_BITS


class CounterHardware:
    """A counter of the steps of an image for each layer; group g adds g to it."""

    def members(self, number, shape):
        return {}

    def connect(self, m, network, number, shapes, layer):
        shape = shapes[number]
        position = Signal(32, name=f"position{number}")
        taken = Mux(layer.partial, shape.rest, shape.unroll) if shape.rest < shape.unroll else shape.unroll
        with m.If(layer.step):
            m.d.sync += position.eq(Mux(layer.last_step, 0, position + taken))
        for name, side in shape.random_sides.items():
            groups = side.group_count(shape.lanes)
            steps = []
            for b in range(shape.unroll):
                numbers = [Signal(side.bits, name=f"number{number}_{name}_{b}_{g}") for g in range(groups)]
                m.d.comb += [signal.eq(position + b + g) for g, signal in enumerate(numbers)]
                steps.append(Cat(signal[bit] for bit in range(side.bits) for signal in numbers))
            m.d.comb += getattr(layer, f"random_{name}").eq(Cat(*steps))


class Counters(RandomSource):
    name = "counters"
    words = "counters"

    @classmethod
    def golden(cls, directory):
        return "counters"

    def hardware(self):
        return CounterHardware()


class CounterStreams:
    period = 1

    def __init__(self, network, first):
        self.network, self.first = network, first

    def numbers(self, layer, slot):
        described = self.network.layers[layer]
        sample = self.first + np.arange(described.samples(self.network.length))[:, None]
        return lane_numbers(described, *((sample + np.arange(side.groups) & (1 << side.bits) - 1).astype(np.uint16)
                                         for side in described.sides))


class CounterBits:
    usage = "counters"
    takes = ()

    def __init__(self, first=0):
        self.first = first

    def make(self, network, request):
        return CounterStreams(network, self.first)

    def describe(self, streams, argument):
        return "the hardware's counters"


def test_it_is_emitted_and_checked(tmp_path, capsys, monkeypatch, lint):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RANDOM_SOURCES, "counters", Counters)
    monkeypatch.setitem(RANDOM_BITS, "counters", CounterBits())
    network = random_network((784, 7, 10), input_states=5, weight_states=11, activation_states=3, length=9, seed=2,
                             folding=[Folding(28, 3, 4), Folding(4, 4, 2)])
    network.save(tmp_path / "net.npz")
    assert main(["emit", "net.npz", "-o", "hw", "--rng", "counters"]) == 0
    assert re.search(r"^random bits +counters$", capsys.readouterr().out, re.MULTILINE)
    assert lint(tmp_path / "hw") == ""
    cosim = ["cosim", "hw", "--images", "20", "--embedded"]
    assert main(cosim) == 0
    output = capsys.readouterr().out
    assert "the hardware's counters, repeating every 1 image" in output
    assert "PASSED" in output
    monkeypatch.setitem(RANDOM_BITS, "counters", CounterBits(first=1))
    assert main(cosim) == 1, "a golden model whose counters begin with 1 is another one"
    assert "FAILED" in capsys.readouterr().out
