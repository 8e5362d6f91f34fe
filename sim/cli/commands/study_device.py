"""``spinsc study device``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import STUDY_FOLDER, StudyOptions


@dataclass(frozen=True, kw_only=True)
class StudyDevice(StudyOptions):
    """The study `spinsc.sim.studies.device`."""

    summary = "junctions that are not ideal: what they cost, and what helps"

    out: str = option("-o", "--out", metavar="DIR", default="build/studies/device", help=STUDY_FOLDER)
    images: int | None = option(metavar="N", low=1, help="first so many test images; by default all")

    def run(self) -> int:
        from spinsc.sim.studies import device

        print(device.run(Path(self.out), seeds=self.seeds, jobs=self.jobs, scheduler=self.scheduler,
                         images=self.images))
        return 0
