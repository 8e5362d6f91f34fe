"""``spinsc study llg``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.extras import need
from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyLlg(StudyOptions):
    """The study `spinsc.sim.studies.llg`."""

    summary = "the two-state model of a junction against the stochastic LLG equation (cmtj)"

    out: str = study_folder("llg")

    def check(self) -> None:
        super().check()
        need("the stochastic LLG equation", "llg")

    def run(self) -> int:
        from spinsc.sim.studies import llg

        return self.show(llg.run)
