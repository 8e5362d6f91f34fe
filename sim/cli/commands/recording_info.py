"""``spinsc recording info``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.extras import need
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import RECORDING, AllowConstantOption, ForceOption, JsonOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class RecordingInfo(AllowConstantOption, ForceOption, JsonOption):
    """Statistics of a recording as a table, as JSON, as a picture."""

    summary = "describe a recording: bias, dwell times, autocorrelation, min-entropy"

    file: str = positional("FILE", RECORDING)
    picture: str | None = option(metavar="FILE", help="draw the statistics (.png, .pdf or .svg)")
    rows: int = option(metavar="N", low=0, default=16, help="devices listed one by one")
    lags: int = option(metavar="N", low=1, default=20, help="highest lag of the autocorrelation")

    def check(self) -> None:
        if self.picture is not None:
            need(f"--picture {self.picture}", "plots")

    def result(self) -> Report:
        from spinsc.sim.recordings.recording import Recording, recording_path
        from spinsc.sim.recordings.statistics import measure
        from spinsc.sim.report.recordings import statistics_report

        path = recording_path(self.file)
        self.refuse_idle(self.picture is None, ("force",), "without --picture")
        self.refuse_idle(self.json, ("rows",), "with --json")
        if self.picture is not None:
            self.writes("picture", self.picture, (path,), self.force)
        recording = Recording.load(path, allow_constant=self.allow_constant)
        statistics = measure(recording, self.lags)
        if self.picture is not None:
            from spinsc.sim.junctions.devices import expected_autocorrelation
            from spinsc.sim.recordings.picture import save_picture

            save_picture(recording, statistics, self.picture,
                         expected_autocorrelation(recording, statistics.autocorrelation.shape[1]))
        return statistics_report(recording, path, statistics, self.rows)
