"""``spinsc study paper``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import StudyOptions, study_folder


@dataclass(frozen=True, kw_only=True)
class StudyPaper(StudyOptions):
    """The study `spinsc.sim.studies.paper`."""

    summary = "the paper's grid: states, stream lengths, hidden layers, training with and without SC"

    out: str = study_folder("paper")
    rtl: bool = option(default=False, help="also run the networks of the claims through the RTL")
    data: str | None = option(metavar="FOLDER", help="folder of IDX files; otherwise MNIST is found")

    def run(self) -> int:
        from spinsc.models.data.sources import load_dataset
        from spinsc.sim.studies import paper

        if self.data is not None:
            load_dataset("mnist", "test", self.data)  # before any cell is begun
        return self.show(paper.run, data=self.data, rtl=self.rtl)
