"""Placement and routing by nextpnr: how fast a network is in a part, and along which path that is decided."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from spinsc.errors import InputError
from spinsc.gen.manifest import Manifest, Port
from spinsc.gen.targets.part import Part
from spinsc.hdl.verilog import verilog_text
from spinsc.sim.flows.netlist import RTLIL
from spinsc.sim.flows.paths import path_in_words
from spinsc.sim.flows.steps import Progress, kept, run_tool, run_yosys
from spinsc.sim.flows.timing import Timing
from spinsc.sim.flows.tools import Tool

#: Top module with the pins that a network in a package has.
PINS = "spinsc_pins"
REPORT = "report.json"


def ports_at_pins(manifest: Manifest) -> list[Port]:
    """Ports of a network that `Pins` has, but for clock and reset."""
    return [port for port in manifest.ports if port.name not in ("clk", "rst")
            and not port.name.startswith("trace") and port.name != "m_axis_tuser"]


class Pins(wiring.Component):
    """A network with its streams at pins: pixels in, class out; scores and traces are left open."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.kept = ports_at_pins(manifest)
        super().__init__({port.name: (In if port.direction == "input" else Out)(port.width) for port in self.kept})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.network = Instance(self.manifest.top, i_clk=ClockSignal(), i_rst=ResetSignal(), **{
            f"{port.direction[0]}_{port.name}": getattr(self, port.name) for port in self.kept})
        return m


@dataclass(frozen=True)
class Placement(Timing):
    """Timing of a network placed and routed, and what it takes.

    Attributes
    ----------
    used, available : mapping
        Of each kind of cell that is used.
    tried_mhz : tuple of float
        Fastest clock of each placement that was tried; this is the fastest of them.
    """

    used: Mapping[str, int]
    available: Mapping[str, int]
    tried_mhz: tuple[float, ...]


def check_pins(manifest: Manifest, part: Part) -> None:
    """Refuse a network with more pins than a part has."""
    count = 2 + sum(port.width for port in ports_at_pins(manifest))
    if count > part.pins:
        remedy = ("emit it with --rng lfsr or replay" if manifest.random_source == "ports"
                  else "emit it with fewer --pixels-per-beat")
        raise InputError(f"the network has {count} pins, and {part.title} {part.pins}: {remedy}, to place it")


def place(directory: Path, manifest: Manifest, part: Part, netlist: Path, tools: Mapping[str, Tool], clock_mhz: float,
          seeds: int, progress: Progress) -> Placement:
    """Place and route a netlist from `synthesize`; what nextpnr makes is kept under ``build`` of the directory.

    Parameters
    ----------
    clock_mhz : float
        Clock that nextpnr aims at.
    seeds : int
        Placements that are tried, the first with nextpnr's own seed, the others with 1, 2 and so on.
    """
    nextpnr = tools[f"nextpnr-{part.family}"]
    top = verilog_text(Pins(manifest), PINS)
    commands = [f"read_rtlil {netlist / RTLIL}", "read_verilog pins.v", f"hierarchy -top {PINS}",
                "setattr -mod -unset keep_hierarchy *", "flatten", "opt_clean -purge", "write_json pins.json"]
    content = (netlist / RTLIL).read_bytes()

    def placed(seed: int) -> Placement:
        options = [*part.place, "--freq", f"{clock_mhz:g}", "--timing-allow-fail", "--json", "pins.json", "--report",
                   REPORT, "--textcfg" if part.family == "ecp5" else "--asc", "part.config",
                   *(["--seed", str(seed)] if seed else [])]

        def make(folder: Path) -> None:
            (folder / "pins.v").write_text(top)
            run_yosys(folder, commands, progress)
            run_tool(nextpnr.name, [*nextpnr.command, *options], folder, progress)

        folder = kept(directory / "build" / "synth" / part.name, (content, top, *options, *nextpnr.command,
                                                                  nextpnr.version), make)
        return _placement(json.loads((folder / REPORT).read_text()))

    found = [placed(seed) for seed in range(seeds)]
    fastest = max(found, key=lambda placement: placement.clock_mhz)
    return dataclasses.replace(fastest, tried_mhz=tuple(placement.clock_mhz for placement in found))


def _placement(report: Mapping[str, Any]) -> Placement:
    clock_mhz = min(clock["achieved"] for clock in report["fmax"].values())
    inside = [path for path in report["critical_paths"] if path["from"].startswith("posedge")
              and path["to"].startswith("posedge")]
    lengths = [sum(step["delay"] for step in path["path"]) for path in inside]
    longest = max(range(len(inside)), key=lengths.__getitem__)
    cells = [name for step in inside[longest]["path"] for name in (step["from"]["cell"], step["to"]["cell"])]
    used = {kind: entry for kind, entry in report["utilization"].items() if entry["used"]}
    return Placement(clock_mhz, path_in_words(cells), lengths[longest],
                     {kind: entry["used"] for kind, entry in used.items()},
                     {kind: entry["available"] for kind, entry in used.items()}, (clock_mhz,))
