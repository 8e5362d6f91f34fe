"""``spinsc study junctions``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import STUDY_FOLDER, StudyOptions


@dataclass(frozen=True, kw_only=True)
class StudyJunctions(StudyOptions):
    """The study `spinsc.sim.studies.junctions`."""

    summary = "accuracy against the number of junctions for each plan of random numbers"

    out: str = option("-o", "--out", metavar="DIR", default="build/studies/junctions", help=STUDY_FOLDER)

    def run(self) -> int:
        from spinsc.sim.studies import junctions

        print(junctions.run(Path(self.out), seeds=self.seeds, jobs=self.jobs, scheduler=self.scheduler))
        return 0
