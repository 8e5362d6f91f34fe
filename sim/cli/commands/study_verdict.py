"""``spinsc study verdict``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyVerdict(StudyOptions):
    """The study `spinsc.sim.studies.verdict`."""

    summary = "the verdict on recordings of many kinds against the accuracy that they cost"

    out: str = study_folder("verdict")

    def run(self) -> int:
        from spinsc.sim.studies import verdict

        return self.show(verdict.run)
