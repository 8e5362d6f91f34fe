"""``spinsc study fits``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyFits(StudyOptions):
    """The study `spinsc.sim.studies.fits`."""

    summary = "parameters put into synthetic junctions against those that a fit recovers"

    out: str = study_folder("fits")
    seeds: int = option(metavar="N", low=1, default=1, help="recordings of each of the 200 devices")

    def run(self) -> int:
        from spinsc.sim.studies import fits

        return self.show(fits.run)
