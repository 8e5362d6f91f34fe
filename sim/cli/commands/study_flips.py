"""``spinsc study flips``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyFlips(StudyOptions):
    """The study `spinsc.sim.studies.flips`."""

    summary = "accuracy while bits flip in stochastic, binary and binarized datapaths"

    out: str = study_folder("flips")
    images: int | None = option(metavar="N", low=1, help="first so many test images; by default all")

    def run(self) -> int:
        from spinsc.sim.studies import flips

        return self.show(flips.run, images=self.images)
