"""``spinsc data``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.sim.cli.command import option
from spinsc.sim.cli.options import DATASETS, JsonOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Data(JsonOption):
    """Find or fetch a data set."""

    summary = "find a data set, or fetch it, and say where it is"

    dataset: str = option(metavar="NAME", default="mnist", help=DATASETS)
    folder: str | None = option(metavar="FOLDER", help="look at the IDX files of this folder")

    def result(self) -> Report:
        from spinsc.models.data.catalogue import SPLITS
        from spinsc.models.data.sources import describe_sources, load_dataset
        from spinsc.sim.report.installation import data_report

        sets = {str(split): load_dataset(self.dataset, split, self.folder) for split in SPLITS}
        return data_report(self.dataset, describe_sources(self.dataset, self.folder), sets)
