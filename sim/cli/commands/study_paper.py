"""``spinsc study paper``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import STUDY_FOLDER, StudyOptions


@dataclass(frozen=True, kw_only=True)
class StudyPaper(StudyOptions):
    """The study `spinsc.sim.studies.paper`."""

    summary = "the paper's grid: states, stream lengths, hidden layers, training with and without SC"

    out: str = option("-o", "--out", metavar="DIR", default="build/studies/paper", help=STUDY_FOLDER)
    rtl: bool = option(default=False, help="also run the networks of the claims through the RTL")
    data: str | None = option(metavar="FOLDER", help="folder of IDX files; otherwise MNIST is found")

    def run(self) -> int:
        from spinsc.sim.studies import paper

        print(paper.run(Path(self.out), seeds=self.seeds, jobs=self.jobs, scheduler=self.scheduler, data=self.data,
                        rtl=self.rtl))
        return 0
