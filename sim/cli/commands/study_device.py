"""``spinsc study device``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyDevice(StudyOptions):
    """The study `spinsc.sim.studies.device`."""

    summary = "junctions that are not ideal: what they cost, and what helps"

    out: str = study_folder("device")
    images: int | None = option(metavar="N", low=1, help="first so many test images; by default all")

    def run(self) -> int:
        from spinsc.sim.studies import device

        return self.show(device.run, images=self.images)
