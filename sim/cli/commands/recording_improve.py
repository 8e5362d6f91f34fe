"""``spinsc recording improve``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import RECORDING, RECORDING_TO_WRITE, AllowConstantOption, ForceOption, JsonOption

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class RecordingImprove(AllowConstantOption, ForceOption, JsonOption):
    """Make better bits from those of a recording."""

    summary = "make better bits from those of a recording"
    parameters: ClassVar[Mapping[str, Sequence[str]]] = {"interval": ["every"]}

    file: str = positional("FILE", RECORDING)
    out: str = option("-o", "--out", metavar="FILE", required=True, help=RECORDING_TO_WRITE)
    xor: int | None = option(metavar="N", low=2, one_of="method", help="XOR of N junctions each")
    every: int | None = option(
        metavar="N", low=2, one_of="method", help="every N-th sample: a longer sampling interval")
    von_neumann: bool = option(
        default=False, one_of="method", help="pairs of samples 01 as 0 and 10 as 1, others dropped")
    shuffle: str | None = option(
        metavar="NET", one_of="method", help="junctions that change the lanes of this network at every step")

    def result(self) -> Report:
        from spinsc.models.shipped import load_network
        from spinsc.sim.junctions import mitigation
        from spinsc.sim.recordings.recording import Recording, recording_path
        from spinsc.sim.report.recordings import recording_report

        self.writes("out", self.out, (recording_path(self.file), self.shuffle), self.force)
        recording = Recording.load(recording_path(self.file), allow_constant=self.allow_constant)
        if self.xor is not None:
            made = mitigation.xor(recording, self.xor)
        elif self.every is not None:
            made = mitigation.every(recording, self.every)
        elif self.shuffle is not None:
            made = mitigation.shuffle(recording, load_network(self.shuffle))
        else:
            made = mitigation.von_neumann(recording)
        made.save(self.out)
        return recording_report(made, self.out)
