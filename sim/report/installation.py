"""Reports on what is on this machine: the parts of an installation, and data sets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.data.sources import DataSource


@dataclass(frozen=True)
class Check:
    """One part of an installation.

    Attributes
    ----------
    name, purpose : str
    found, required : bool
    detail : str
        Version and place, or why it is not usable.
    remedy : str
        How to get it.
    """

    name: str
    purpose: str
    found: bool
    required: bool
    detail: str
    remedy: str


def installation_report(checks: Sequence[Check]) -> Report:
    """Parts of an installation, and for each that is missing how to get it."""
    rows = [["", "part", "", "found"], *(
        ["ok" if check.found else "MISSING" if check.required else "-", check.name,
         "required" if check.required else "optional", check.detail] for check in checks)]
    remedies = [f"{check.name}, {check.purpose}: {check.remedy}" for check in checks if not check.found]
    complete = all(check.found for check in checks if check.required)
    return Report((Table(rows), *(["\n".join(remedies)] if remedies else []),
                   *(["Everything that is required is here."] if complete else [])), {
        "complete": complete, "parts": [dataclasses.asdict(check) for check in checks]})


def data_report(dataset: str, sources: Sequence[DataSource], sets: Mapping[str, Images]) -> Report:
    """Where a data set may be, and the images that were found."""
    rows = [["source", "", "where"], *([source.name, "ready" if source.available else "-", source.detail]
                                       for source in sources)]
    found = Pairs([(split, f"{len(images):,} images from {images.source}") for split, images in sets.items()])
    return Report((Table(rows), found), {
        "dataset": dataset, "sources": [dataclasses.asdict(source) for source in sources],
        "sets": {split: {"images": len(images), "source": images.source} for split, images in sets.items()}})
