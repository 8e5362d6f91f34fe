"""``spinsc cost``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from spinsc.progress import progress_bar
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import ImageOptions, JsonOption, ReportOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Cost(ImageOptions, ReportOption, JsonOption):
    """Time, area and energy of an emitted network in standard cells, from the activity of real images in its gates."""

    summary = "time, area and energy of the network in a folder, in standard cells"

    directory: str = positional("DIR", "folder written by 'spinsc emit', with --rng lfsr or replay")
    images: int = option(metavar="N", low=1, default=1, help="images whose activity is counted")
    process: tuple[int, ...] = option(
        metavar="NM", default=(180, 45, 28, 7), help="processes to scale to, by published equations: 180 (none), 45, "
        "28, 7; by default all")
    clock: float | None = option(metavar="MHZ", low=0.001, help="clock, in place of the fastest by static timing")
    sampling_interval: float | None = option(
        metavar="NS", low=0, help="time that junctions need for a sample, which the clock waits for")

    def result(self) -> Report:
        from spinsc.sim.cosim.directory import open_directory
        from spinsc.sim.costs.activity import images_in_flight
        from spinsc.sim.costs.cost import estimate
        from spinsc.sim.costs.scaling import scaling
        from spinsc.sim.report.cost import cost_report

        for process in self.process:
            scaling(process)
        self.check_report([self.data])
        manifest, network = open_directory(Path(self.directory))
        wanted = replace(self, images=self.images + images_in_flight(manifest))
        images = wanted.choose(network)
        interval = None if self.sampling_interval is None else 1e-9 * self.sampling_interval
        with progress_bar("estimating") as bar:
            found = estimate(Path(self.directory), images.images, clock_mhz=self.clock, sampling_interval_s=interval,
                             progress=bar.describe)
        report = cost_report(found, self.directory, self.process)
        if self.report is not None:
            from spinsc.sim.pages.cost import cost_page
            from spinsc.sim.pages.page import write_page

            write_page(cost_page(found, self.directory, report, self.line), self.report)
        return report
