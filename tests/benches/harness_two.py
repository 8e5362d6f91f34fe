"""Bench of two emitted networks in one design, each with its junctions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from amaranth.hdl import Module
from amaranth.lib import wiring

from spinsc.gen.manifest import Manifest
from spinsc.sim.cosim.directory import verilog_sources
from spinsc.sim.cosim.harness import design
from spinsc.sim.simulators.base import Design
from tests.benches.harness_stream import StreamTop

TWO_TOP = "spinsc_tb_two"


class TwoTop(wiring.Component):
    """Both networks, whose ports have their prefixes."""

    def __init__(self, manifests: list[Manifest]) -> None:
        self.networks = {manifest.prefix: StreamTop(manifest) for manifest in manifests}
        super().__init__({f"{prefix}_{name}": member for prefix, network in self.networks.items()
                          for name, member in network.signature.members.items()})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for prefix, network in self.networks.items():
            m.submodules[prefix] = network
            for name, member in network.signature.members.items():
                own, inner = getattr(self, f"{prefix}_{name}"), getattr(network, name)
                m.d.comb += inner.eq(own) if member.flow is wiring.In else own.eq(inner)
        return m


def two_design(directories: Mapping[Path, Manifest], folder: Path) -> Design:
    """The simulation of two emitted directories; its top is written into ``folder``."""
    top = TwoTop([*directories.values()])
    sources = [source for directory in directories for source in verilog_sources(directory)]
    return design(top, TWO_TOP, ["clk", "rst", *top.signature.members], sources, folder)
