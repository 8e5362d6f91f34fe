"""``spinsc calibrate``."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import NETWORK, AllowConstantOption, ForceOption, JsonOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Calibrate(AllowConstantOption, ForceOption, JsonOption):
    """Choose a network's thresholds for the junctions of a recording."""

    summary = "choose a network's thresholds for the junctions of a recording"

    network: str = positional("NET", NETWORK)
    recording: str = option(metavar="FILE", required=True,
                            help="recording of the junctions, in the order of the calibrated network's device map")
    out: str = option("-o", "--out", metavar="FILE", required=True, help="the network file to write (.npz)")
    random_bits: int = option(
        metavar="M", low=1, default=8, help="width of the random numbers, unless the network's are wider: M junctions "
        "per lane")
    common: bool = option(default=False, help="the same thresholds for all junctions, from their mean P(1)")

    def result(self) -> Report:
        from spinsc.models.shipped import load_network
        from spinsc.sim.junctions.calibration import calibrate
        from spinsc.sim.recordings.recording import Recording, recording_path
        from spinsc.sim.report.networks import calibration_report

        self.writes("out", self.out, (self.network, recording_path(self.recording)), self.force)
        known = Recording.load(recording_path(self.recording), allow_constant=self.allow_constant)
        found = calibrate(load_network(self.network), known, random_bits=self.random_bits, common=self.common)
        provenance = found.network.provenance | {"calibration": {"recording": known.hash, "common": self.common}}
        found = dataclasses.replace(found, network=dataclasses.replace(found.network, provenance=provenance))
        found.network.save(self.out)
        return calibration_report(found, self.random_bits, self.out)
