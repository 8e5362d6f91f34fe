"""``spinsc study junctions``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyJunctions(StudyOptions):
    """The study `spinsc.sim.studies.junctions`."""

    summary = "accuracy against the number of junctions for each plan of random numbers"

    out: str = study_folder("junctions")

    def run(self) -> int:
        from spinsc.sim.studies import junctions

        return self.show(junctions.run)
