"""Reports on recordings: what they are, and the statistics of their devices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spinsc.sim.recordings.statistics import Statistics, time_unit
from spinsc.sim.recordings.verdict import DEPENDENCE, DRIFT, INTERFERENCE, MEMORY, describe
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
    from spinsc.sim.recordings.recording import Recording

Floats = npt.NDArray[np.float64]


def recording_report(recording: Recording, path: str | Path) -> Report:
    """What a recording is."""
    interval = recording.sampling_interval_s
    facts = recording.metadata
    rows = Pairs([
        ("recording", str(path)), ("kind", ", ".join(filter(None, (facts.kind, facts.device)))),
        ("source", facts.source or "-"), ("devices", f"{recording.devices:,}"),
        ("samples", f"{recording.steps:,} of each device"),
        ("sampling interval", "unknown" if interval is None else _time(interval)),
        ("sha256", recording.hash)])
    return Report((rows,), {"file": path, "devices": recording.devices, "steps": recording.steps,
                            "hash": recording.hash, "metadata": facts.as_dict()})


def statistics_report(recording: Recording, path: str | Path, statistics: Statistics, rows: int) -> Report:
    """What a recording is, and the statistics of its devices, the first ``rows`` of them one by one."""
    known = recording_report(recording, path)
    return Report((*known.blocks, statistics_table(statistics, rows), structure_lines(recording, statistics)), {
        **known.data, **statistics.as_dict()})


def structure_lines(recording: Recording, statistics: Statistics) -> Pairs:
    """What makes the samples other than independent, a line each; what is within chance is said to be."""
    structure, words = statistics.structure, describe(recording, statistics.structure)
    memory = structure.memory
    known = np.isfinite(memory.time)
    error = float(memory.error[known].mean()) if known.any() else 0.0
    within = "within chance; "
    return Pairs([
        (MEMORY, f"{words[MEMORY]} (± {error:.2f} each)"),
        (DRIFT, ("" if structure.drift.found else within) + words[DRIFT]),
        (INTERFERENCE, words[INTERFERENCE] if structure.interference.found else "none found"),
        (DEPENDENCE, ("" if structure.dependence.found else within) + words[DEPENDENCE]
         if recording.devices > 1 else "-")])


def statistics_table(statistics: Statistics, rows: int) -> Table:
    """A line for each of the first ``rows`` devices, then mean, lowest and highest of all."""
    columns = _columns(statistics)
    shown = min(rows, statistics.devices)
    lines = [["device", *(name for name, _, _, _ in columns)], ["", *(unit for _, unit, _, _ in columns)]]
    lines += [[str(n), *(_number(values[n], spec) for _, _, values, spec in columns)] for n in range(shown)]
    if shown < statistics.devices:
        lines.append(["...", *("" for _ in columns)])
    for name, summary in (("mean", np.mean), ("lowest", np.min), ("highest", np.max)):
        finite = [values[np.isfinite(values)] for _, _, values, _ in columns]
        lines.append([name, *(_number(summary(part) if len(part) else math.nan, spec)
                              for part, (_, _, _, spec) in zip(finite, columns, strict=True))])
    return Table(lines, right=range(len(columns) + 1))


def _columns(statistics: Statistics) -> Sequence[tuple[str, str, Floats, str]]:
    """Name, unit, values and format of each column."""
    dwell, tau, dt = statistics.dwell_samples, statistics.dwell_times_s, statistics.sampling_interval_s
    columns = [("P(1)", "", statistics.p1, ".4f"), ("+-", "", statistics.p1_error, ".4f"),
               ("dwell 0", "samples", dwell[:, 0], ".2f"), ("dwell 1", "samples", dwell[:, 1], ".2f")]
    if dt is not None:
        finite = dwell[np.isfinite(dwell)]
        unit, scale = time_unit(dt * float(finite.mean()) if len(finite) else dt)
        columns += [(name, unit, seconds / scale, ".4g") for name, seconds in (
            ("dwell 0", dwell[:, 0] * dt), ("dwell 1", dwell[:, 1] * dt), ("tau 0", tau[:, 0]), ("tau 1", tau[:, 1]))]
    return [*columns, ("r(1)", "", statistics.autocorrelation[:, 0], ".4f"),
            ("corr. time", "samples", statistics.structure.memory.time, ".2f"),
            ("drift", "", statistics.structure.drift.deviation, ".4f"),
            ("H common", "bits", statistics.min_entropy_common, ".4f"),
            ("H Markov", "bits", statistics.min_entropy_markov, ".4f")]


def _time(seconds: float) -> str:
    unit, scale = time_unit(seconds)
    return f"{seconds / scale:.6g} {unit}"


def _number(value: Any, spec: str) -> str:
    return format(float(value), spec) if math.isfinite(value) else "-"
