"""``spinsc study llg``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import STUDY_FOLDER, StudyOptions


@dataclass(frozen=True, kw_only=True)
class StudyLlg(StudyOptions):
    """The study `spinsc.sim.studies.llg`."""

    summary = "the two-state model of a junction against the stochastic LLG equation (cmtj)"

    out: str = option("-o", "--out", metavar="DIR", default="build/studies/llg", help=STUDY_FOLDER)

    def run(self) -> int:
        from spinsc.sim.studies import llg

        print(llg.run(Path(self.out), seeds=self.seeds, jobs=self.jobs, scheduler=self.scheduler))
        return 0
