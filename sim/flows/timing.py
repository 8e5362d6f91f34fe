"""Timing of standard cells by OpenSTA."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spinsc.errors import InputError
from spinsc.gen.manifest import Manifest
from spinsc.sim.flows.netlist import RTLIL
from spinsc.sim.flows.paths import path_in_words
from spinsc.sim.flows.steps import LOG, Progress, kept, run_tool, run_yosys
from spinsc.sim.flows.tools import LIBERTY, Tool

#: Clock period, in ns, against which paths are measured.
PERIOD_NS = 100.0
SCRIPT = """\
read_liberty {library}
read_verilog timed.v
link_design {top}
create_clock -name clk -period {period} clk
set_input_transition 0.1 [all_inputs]
report_checks -path_delay max -fields net -digits 4
exit
"""


@dataclass(frozen=True)
class Timing:
    """Longest path between flip-flops.

    Attributes
    ----------
    clock_mhz : float
        Fastest clock.
    critical_path : str
        What the path goes through.
    path_ns : float
        How long it is.
    """

    clock_mhz: float
    critical_path: str
    path_ns: float


def timing(directory: Path, manifest: Manifest, netlist: Path, tools: Mapping[str, Tool], progress: Progress) -> Timing:
    """Timing of a netlist of standard cells without wires; paths through memories, which are no cells, do not count."""
    library = Path(tools["OSU cells"].command[0]) / LIBERTY
    script = SCRIPT.format(library=library, top=manifest.top, period=PERIOD_NS)
    commands = [f"read_rtlil {netlist / RTLIL}", "delete t:$mem_v2", "splitnets -ports", "opt_clean",
                "write_verilog -noattr -noexpr timed.v"]

    def make(folder: Path) -> None:
        run_yosys(folder, commands, progress)
        (folder / "timing.tcl").write_text(script)
        (folder / LOG).rename(folder / "yosys.log")
        run_tool("OpenSTA", [*tools["OpenSTA"].command, "-exit", "timing.tcl"], folder, progress)

    content = (netlist / RTLIL).read_bytes()
    folder = kept(directory / "build" / "synth" / "asic", (content, script, tools["OpenSTA"].version), make)
    return _parse((folder / LOG).read_text())


def _parse(report: str) -> Timing:
    slack = re.search(r"^ *(-?[\d.]+) +slack", report, re.MULTILINE)
    arrival = re.search(r"^ *([\d.]+) +data arrival time", report, re.MULTILINE)
    if slack is None or arrival is None:
        raise InputError("OpenSTA found no path between flip-flops; is there one in the network?")
    cells = re.findall(r"^ +-?[\d.]+ +-?[\d.]+ [v^] (\S+)/\w+ \(", report, re.MULTILINE)
    path_ns = PERIOD_NS - float(slack[1])
    return Timing(1000 / path_ns, path_in_words(cell.replace("\\", "") for cell in cells), path_ns)
