"""``spinsc recording import``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from spinsc.errors import InputError
from spinsc.sim.cli.command import option, positional, same_file
from spinsc.sim.cli.options import RECORDING_TO_WRITE, AllowConstantOption, ForceOption, JsonOption, warn

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class RecordingImport(AllowConstantOption, ForceOption, JsonOption):
    """Turn the files that people have into a recording."""

    summary = "turn measured tables, arrays or raw bits into a recording"
    parameters: ClassVar[Mapping[str, Sequence[str]]] = {
        "sampling_interval_s": ["sampling_interval"], "voltage_columns": ["voltage_column"], "device": ["junction"]}

    files: tuple[str, ...] = positional("FILE", "files of one format, each with devices of its own")
    out: str = option("-o", "--out", metavar="FILE", required=True, help=RECORDING_TO_WRITE)
    format: str | None = option(
        metavar="NAME", help="such as csv, npy, matlab, bytes, packed (docs/recordings.md has all); by default told by "
        "the content or the extension")
    time_column: str | None = option(metavar="COLUMN", help="by name, or by position from 0; 'none' for none")
    voltage_column: tuple[str, ...] | None = option(
        metavar="COLUMN", action="append", help="by name, or by position from 0; may be repeated, for a device each")
    threshold: str = option(
        metavar="V", default="midpoint", help="a voltage from which on a sample is 1, or midpoint or otsu")
    sampling_interval: float | None = option(metavar="S", help="in seconds; by default from the times")
    levels: tuple[float, ...] | None = option(
        metavar=("LOW", "HIGH"), nargs=2, help="voltages of the two states; half-way between is the threshold")
    moving_threshold: int | None = option(
        metavar="N", low=1, help="follow levels that move: look for them in windows of N samples")
    hysteresis: float = option(
        metavar="V", low=0, default=0.0, help="width of a band about the threshold in which a bit stays what it was")
    rows: str | None = option(metavar="FIRST:LAST", help="only these samples of each file, counted from 1")
    changes: bool = option(default=False, help="rows are changes, to be sampled every --sampling-interval")
    decimal: str | None = option(choices=("point", "comma"), help="decimal mark of a text; by default as it looks")
    lines: str | None = option(
        choices=("wrapped", "devices", "steps"), help="what lines of digits 0 and 1 are: one device that goes on, a "
        "device each, or a time step of all devices each")
    transpose: bool | None = option(
        action=argparse.BooleanOptionalAction, help="rows of an array or table are time steps and columns devices, or "
        "surely not; by default the longer axis must be time")
    bit_order: str | None = option(choices=("big", "little"), help="of packed bits; by default big")
    concatenate: bool = option(default=False, help="files are successive stretches of the same devices")
    truncate: bool = option(default=False, help="cut all devices to the shortest")
    junction: str = option(metavar="TEXT", default="", help="what the junctions are")
    source: str = option(metavar="TEXT", default="", help="where the files come from")
    kind: str = option(choices=("measured", "simulated"), default="measured", help="how the samples were obtained")

    def result(self) -> Report:
        from spinsc.sim.recordings.importing.importer import Options
        from spinsc.sim.recordings.importing.read import Excerpt, import_recording
        from spinsc.sim.recordings.importing.survey import LevelOptions
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
            self.files, format=self.format, options=Options(
                self.time_column, self.voltage_column, self.bit_order, self.decimal, self.lines, self.transpose),
            levels=LevelOptions(threshold, None if self.levels is None else (self.levels[0], self.levels[1]),
                                self.moving_threshold, self.hysteresis),
            excerpt=Excerpt(self.rows, self.changes, self.sampling_interval), notice=warn,
            concatenate=self.concatenate, truncate=self.truncate, device=self.junction, source=self.source,
            kind=self.kind, allow_constant=self.allow_constant)
        recording.save(self.out)
        return recording_report(recording, self.out)
