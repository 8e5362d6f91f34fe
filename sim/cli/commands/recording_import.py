"""``spinsc recording import``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from spinsc.errors import InputError
from spinsc.sim.cli.command import option, positional, same_file
from spinsc.sim.cli.options import RECORDING_TO_WRITE, AllowConstantOption, ForceOption, JsonOption


@dataclass(frozen=True, kw_only=True)
class RecordingImport(AllowConstantOption, ForceOption, JsonOption):
    """Turn the files that people have into a recording."""

    summary = "turn measured tables, arrays or raw bits into a recording"
    parameters: ClassVar[Mapping[str, Sequence[str]]] = {
        "sampling_interval_s": ["sampling_interval"], "voltage_columns": ["voltage_column"], "device": ["junction"]}

    files: tuple[str, ...] = positional("FILE", "files of one format, each with devices of its own")
    out: str = option("-o", "--out", metavar="FILE", required=True, help=RECORDING_TO_WRITE)
    format: str | None = option(
        metavar="NAME", help="csv, parquet, npy, packed or bytes; by default by the content or the extension")
    time_column: str | None = option(metavar="COLUMN", help="by name, or by position from 0")
    voltage_column: tuple[str, ...] | None = option(
        metavar="COLUMN", action="append", help="by name, or by position from 0; may be repeated, for a device each")
    threshold: str = option(
        metavar="V", default="midpoint", help="a voltage from which on a sample is 1, or midpoint or otsu")
    sampling_interval: float | None = option(metavar="S", help="in seconds; by default from the times")
    bit_order: str | None = option(choices=("big", "little"), help="of packed bits; by default big")
    concatenate: bool = option(default=False, help="files are successive stretches of the same devices")
    truncate: bool = option(default=False, help="cut all devices to the shortest")
    junction: str = option(metavar="TEXT", default="", help="what the junctions are")
    source: str = option(metavar="TEXT", default="", help="where the files come from")
    kind: str = option(choices=("measured", "simulated"), default="measured", help="how they came about")

    def run(self) -> int:
        from spinsc.sim.recordings.importing.read import import_recording
        from spinsc.sim.report.recordings import recording_report

        self.writes("out", self.out, self.files, self.force)
        for number, file in enumerate(self.files):
            if any(same_file(file, before) for before in self.files[:number]):
                raise InputError(f"{file} is given twice, and would make two equal devices; leave one out")
        threshold: float | str = self.threshold
        if threshold not in ("midpoint", "otsu"):
            try:
                threshold = float(self.threshold)
            except ValueError:
                raise InputError(f"--threshold must be a voltage, midpoint or otsu, not {self.threshold!r}") from None
        recording = import_recording(
            self.files, format=self.format, time_column=self.time_column, voltage_columns=self.voltage_column,
            threshold=threshold, sampling_interval_s=self.sampling_interval, bit_order=self.bit_order,
            concatenate=self.concatenate, truncate=self.truncate, device=self.junction, source=self.source,
            kind=self.kind, allow_constant=self.allow_constant)
        recording.save(self.out)
        recording_report(recording, self.out).show(self.json)
        return 0
