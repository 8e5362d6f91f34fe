"""``spinsc study cost``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyCost(StudyOptions):
    """The study `spinsc.sim.studies.cost`."""

    summary = "area, time and energy: few states against many, SC against binary arithmetic"

    out: str = study_folder("cost")
    data: str | None = option(metavar="FOLDER", help="folder of IDX files; otherwise MNIST is found")

    def run(self) -> int:
        from spinsc.models.data.sources import load_dataset
        from spinsc.sim.flows import tools
        from spinsc.sim.studies import cost

        tools.required(tools.kinds_for(None, place=False))
        load_dataset("mnist", "test", self.data)  # before any cell is begun
        return self.show(cost.run, data=self.data)
