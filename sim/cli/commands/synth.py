"""``spinsc synth``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spinsc.errors import InputError
from spinsc.progress import progress_bar
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import JsonOption, ReportOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Synth(ReportOption, JsonOption):
    """Synthesize an emitted folder with open tools: what it takes, how fast it is, and which path decides that."""

    summary = "synthesize the Verilog in a folder for an FPGA or standard cells: area, clock, critical path"

    directory: str = positional("DIR", "folder written by 'spinsc emit', perhaps edited since")
    target: str = option(
        metavar="TARGET", required=True, help="ecp5-25k, ecp5-85k, ice40-up5k, ice40-hx8k, xc7a35t, xc7a100t, or asic: "
        "standard cells of 0.18 um")
    dsp: bool = option(default=False, help="products of binary arithmetic in the part's multipliers, not in look-up "
                       "tables")
    place: bool = option(default=False, help="place and route, for the clock of an FPGA (ECP5 and iCE40)")
    clock: float | None = option(metavar="MHZ", low=1, help="clock that placement aims at; by default the part's")
    seeds: int = option(metavar="N", low=1, default=1, help="place as often, each time otherwise; the fastest counts")

    def result(self) -> Report:
        from spinsc.sim.flows.synthesis import ASIC, run
        from spinsc.sim.report.synthesis import synthesis_report

        self.refuse_idle(self.target == ASIC, ("place",), "on standard cells, which are always timed")
        self.refuse_idle(not self.place, ("clock", "seeds"), "without --place")
        directory = Path(self.directory)
        if not directory.is_dir():
            raise InputError(f"{directory} is no folder; give one written by 'spinsc emit'")
        self.check_report([directory])
        with progress_bar("synthesizing") as bar:
            found = run(directory, self.target, placed=self.place, clock_mhz=self.clock, progress=bar.describe,
                        seeds=self.seeds, multipliers=self.dsp)
        report = synthesis_report(found, self.directory)
        if self.report is not None:
            from spinsc.sim.pages.page import write_page
            from spinsc.sim.pages.synthesis import synthesis_page

            write_page(synthesis_page(found, report, self.line), self.report)
        return report
