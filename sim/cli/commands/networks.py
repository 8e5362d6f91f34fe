"""``spinsc networks``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.sim.cli.options import JsonOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Networks(JsonOption):
    """The shipped networks and their training commands."""

    summary = "list the shipped networks and how each was trained"

    def result(self) -> Report:
        from spinsc.models.artifact import load_artifact
        from spinsc.models.shipped import SHIPPED
        from spinsc.sim.report.networks import shipped_report

        return shipped_report([(shipped, load_artifact(shipped.path) if shipped.path.exists() else None)
                               for shipped in SHIPPED])
