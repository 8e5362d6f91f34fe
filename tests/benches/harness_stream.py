"""Protocol bench: an emitted network with its junctions, whose clock, reset and streams are ports."""

from __future__ import annotations

from pathlib import Path

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spinsc.gen.manifest import Manifest
from spinsc.sim.cosim.directory import verilog_sources
from spinsc.sim.cosim.harness import design, network_among_junctions
from spinsc.sim.simulators.base import Design

STREAM_TOP = "spinsc_tb_stream"


class StreamTop(wiring.Component):
    """The network with its junctions; clock, reset and both streams are ports, for tests that drive them."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.exposed = [port for port in manifest.ports if port.name.split("_")[0] in ("s", "m")
                        or port.name.startswith(("trace", "frame"))]
        super().__init__({port.name: (In if port.direction == "input" else Out)(port.width)
                          for port in self.exposed})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports = network_among_junctions(m, self.manifest)
        for port in self.exposed:
            own, inner = getattr(self, port.name), ports[port.name]
            m.d.comb += inner.eq(own) if port.direction == "input" else own.eq(inner)
        return m


def stream_design(manifest: Manifest, directory: Path, folder: Path) -> Design:
    """The simulation of an emitted directory; its top is written into ``folder``."""
    top = StreamTop(manifest)
    public = ["clk", "rst", *(port.name for port in top.exposed)]
    return design(top, STREAM_TOP, public, verilog_sources(directory), folder)
