"""Recordings from the files people have, whatever their format."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.sim.recordings.importing.changes import sampled
from spinsc.sim.recordings.importing.digitise import FEWEST_WINDOW, Threshold, digitise
from spinsc.sim.recordings.importing.importer import Block, Options, Signals, choose_importer
from spinsc.sim.recordings.importing.levels import THRESHOLD_METHODS
from spinsc.sim.recordings.importing.survey import LevelOptions, Survey
from spinsc.sim.recordings.metadata import Metadata
from spinsc.sim.recordings.recording import Bits, Recording

#: Values of the options that are words.
WORDS = {"bit_order": ("big", "little"), "decimal": ("point", "comma"), "lines": ("wrapped", "devices", "steps")}
_SAME_INTERVAL = 1e-2


@dataclass(frozen=True)
class Excerpt:
    """Which samples of the files are taken.

    Attributes
    ----------
    rows : str or None
        ``FIRST:LAST``, the samples of each file, from 1; either may be left out.
    changes : bool
        The files have a row for each change only, between which the samples are taken (as of a VCD always).
    sampling_interval_s : float or None
        In seconds. By default from the times of a file, which must then be regular, or from its settings.
    """

    rows: str | None = None
    changes: bool = False
    sampling_interval_s: float | None = None


@dataclass(frozen=True)
class _Stretch:
    """Bits of one file's devices."""

    name: str
    packed: Bits
    steps: int


def import_recording(paths: Sequence[str | os.PathLike[str]], *, format: str | None = None,
                     options: Options | None = None, levels: LevelOptions | None = None,
                     excerpt: Excerpt | None = None, concatenate: bool = False, truncate: bool = False,
                     device: str = "", source: str = "", kind: str = "measured", allow_constant: bool = False,
                     notice: Callable[[str], None] = lambda text: None) -> Recording:
    """Read files into one recording; each file adds its devices after those of the files before.

    Parameters
    ----------
    paths : sequence of paths
        At least one.
    format : str, optional
        A name of `IMPORTERS`; by default by what each file begins with, or by its extension.
    options, levels, excerpt : optional
        How the files are read, how voltages become bits, and which samples are taken.
    concatenate : bool
        Take the files as successive stretches of the same devices, with the first file's thresholds.
    truncate : bool
        Cut all devices to the shortest; otherwise different lengths are an error.
    device, source, kind : str
        For the metadata: what the device is, where the files come from, "measured" or "simulated".
    allow_constant : bool
        See `Recording`.
    notice : callable
        Called with a sentence on each thing that the user should know and that is no error.

    Raises
    ------
    InputError
        If a file cannot be read or anything in it is not what it should be.
    """
    if not paths:
        raise InputError("no files to import; name at least one")
    reader = _Reader(format, options or Options(), levels or LevelOptions(), excerpt or Excerpt(), concatenate, notice)
    for path in map(Path, paths):
        with _opened(path):
            reader.read(path)
    metadata = Metadata.of({
        "kind": kind, "device": device, "sampling_interval_s": _common_interval(reader.intervals), "source": source,
        "parameters": {"files": [Path(path).name for path in paths], "formats": sorted(reader.formats),
                       "concatenated": concatenate, **reader.facts()},
        "spinsc_version": importlib.metadata.version("spinsc")})
    recording = _join(reader.stretches, metadata, concatenate, truncate, allow_constant)
    _note_equal(recording, notice)
    return recording


class _Reader:
    """Reads file after file, and keeps what they have in common."""

    def __init__(self, format: str | None, options: Options, levels: LevelOptions, excerpt: Excerpt, concatenate: bool,
                 notice: Callable[[str], None]) -> None:
        _check(options, levels, excerpt.sampling_interval_s)
        self.format, self.options, self.levels, self.excerpt = format, options, levels, excerpt
        self.concatenate, self.notice = concatenate, notice
        self._part = _parse_rows(excerpt.rows)
        self.thresholds: list[Threshold | None] = []
        self.stretches: list[_Stretch] = []
        self.intervals: list[tuple[str, float]] = []
        self.formats: set[str] = set()

    def read(self, path: Path) -> None:
        """Add a file."""
        given = self.excerpt.sampling_interval_s
        chosen, signals = _open(path, self.format, self.options)
        if self.excerpt.changes or signals.changes:
            signals = sampled(path, signals, given)
        if self._part is not None:
            signals = _cut(signals, *self._part)
        known = self._known(path, signals) if self.concatenate and self.stretches else None
        survey = Survey(path, signals, self.levels, known, given)
        packed = digitise((block.values for block in signals.blocks()), survey.thresholds, self.levels.hysteresis)
        interval = _interval(path, signals, survey, given)
        self.formats.add(chosen)
        self.stretches.append(_Stretch(path.name, packed, survey.steps))
        if interval is not None:
            self.intervals.append((path.name, interval))
        if known is None:
            self.thresholds += survey.thresholds
        for note in survey.notes:
            self.notice(note)

    def _known(self, path: Path, signals: Signals) -> list[Threshold | None]:
        """Thresholds of the first file for one that follows it."""
        if signals.devices != len(self.thresholds):
            raise InputError(f"{path.name} has {signals.devices} devices, but {self.stretches[0].name} has "
                             f"{len(self.thresholds)}; files to concatenate must hold the same devices")
        return self.thresholds

    def facts(self) -> dict[str, Any]:
        """How bits were made, for the metadata."""
        levels = self.levels
        facts: dict[str, Any] = {"threshold": levels.threshold}
        if levels.levels is not None:
            facts["levels"] = list(levels.levels)
        if levels.moving is not None:
            facts["moving_threshold"] = levels.moving
        if levels.hysteresis:
            facts["hysteresis"] = levels.hysteresis
        if self.excerpt.rows is not None:
            facts["rows"] = self.excerpt.rows
        if self.excerpt.changes:
            facts["changes"] = True
        return facts | {"thresholds": [None if found is None else found.summary for found in self.thresholds]}


def _check(options: Options, levels: LevelOptions, sampling_interval_s: float | None) -> None:
    for name, words in WORDS.items():
        value = getattr(options, name)
        if value is not None and value not in words:
            raise InputError(f"{name.replace('_', ' ')} must be {', '.join(words[:-1])} or {words[-1]}, not {value!r}")
    threshold = levels.threshold
    if isinstance(threshold, str) and threshold not in THRESHOLD_METHODS:
        raise InputError(f"threshold must be a voltage, midpoint or otsu, not {threshold!r}")
    if not isinstance(threshold, str) and not np.isfinite(threshold):
        raise InputError(f"threshold must be a finite voltage, not {threshold}")
    if levels.levels is not None and not -np.inf < levels.levels[0] < levels.levels[1] < np.inf:
        raise InputError(f"the levels must be two voltages, the lower first, not {levels.levels[0]:g} and "
                         f"{levels.levels[1]:g}")
    if levels.moving is not None and levels.moving < FEWEST_WINDOW:
        raise InputError(f"a moving threshold needs windows of at least {FEWEST_WINDOW} samples, not {levels.moving}")
    if not 0 <= levels.hysteresis < np.inf:
        raise InputError(f"the hysteresis must be a voltage from 0, not {levels.hysteresis}")
    given = [name for name, there in (("--threshold", threshold != "midpoint"), ("--levels", levels.levels is not None),
                                      ("--moving-threshold", levels.moving is not None)) if there]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} exclude each other; give one of them")
    if sampling_interval_s is not None and not 0 < sampling_interval_s < np.inf:
        raise InputError(f"sampling interval must be a positive time in seconds, not {sampling_interval_s}")


def _parse_rows(rows: str | None) -> tuple[int, int | None] | None:
    """First sample, from 0, and the end of those to be taken."""
    if rows is None:
        return None
    match = re.fullmatch(r"(\d*):(\d*)", rows)
    first, last = (int(text) if text else None for text in match.groups()) if match else (0, 0)
    if first == 0 or last == 0 or (last is not None and last < (first or 1)):
        raise InputError(f"the rows must be FIRST:LAST, counted from 1, not {rows!r}")
    return (first or 1) - 1, last


def _cut(signals: Signals, first: int, end: int | None) -> Signals:
    """The signals from a sample to another."""
    def blocks() -> Iterator[Block]:
        before = 0
        for block in signals.blocks():
            count = block.values.shape[1]
            inside = slice(max(0, first - before), count if end is None else max(0, min(count, end - before)))
            if inside.start < inside.stop:
                yield Block(None if block.times is None else block.times[inside], block.values[:, inside])
            before += count
            if end is not None and before >= end:
                return

    return dataclasses.replace(signals, blocks=blocks)


def _open(path: Path, format: str | None, options: Options) -> tuple[str, Signals]:
    """The name of a file's format, and its signals."""
    name, importer = choose_importer(path, format)
    idle = [item.name for item in dataclasses.fields(Options) if item.name not in importer.takes
            and getattr(options, item.name) is not None]
    if idle:
        given = " and ".join(f"--{item.removesuffix('s') if item != 'lines' else item}".replace("_", "-")
                             for item in idle)
        raise InputError(f"{path} is read as {name}, which takes no {given}; leave it out, or choose another --format")
    return name, importer.read(path, options)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[None]:
    """What goes wrong with the file itself is said in a line."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"no file {path}; check its name") from None
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror or error}); check the file") from None


def _interval(path: Path, signals: Signals, survey: Survey, given: float | None) -> float | None:
    """Sampling interval of a file; `InputError` where what is said of it does not agree."""
    sources = {"its times": survey.interval_s, "its settings": signals.interval_s}
    found = {source: interval for source, interval in sources.items() if interval is not None}
    unsure = signals.time is not None and not signals.time.unit and survey.interval_s is not None
    if given is not None:
        for source, interval in found.items():
            power = math.log10(given / interval)
            of_unit = unsure and source == "its times" and abs(power) > 1 and abs(power / 3 - round(power / 3)) < 1e-3
            if abs(given / interval - 1) > _SAME_INTERVAL and not of_unit:
                raise InputError(f"--sampling-interval {given:g} contradicts {path}: by {source} it is {interval:g} s; "
                                 "leave the option out, or the times (--time-column none)")
        return given
    if len(found) == 2 and abs(found["its times"] / found["its settings"] - 1) > _SAME_INTERVAL:
        if unsure:  # times without a unit
            return found["its settings"]
        raise InputError(f"by its times {path} was sampled every {found['its times']:g} s, by its settings every "
                         f"{found['its settings']:g} s; leave out the times (--time-column none), or cut the settings")
    return next(iter(found.values()), None)


def _common_interval(found: list[tuple[str, float]]) -> float | None:
    if not found:
        return None
    first, interval = found[0]
    for name, other in found[1:]:
        if abs(other / interval - 1) > 1e-3:
            raise InputError(f"{name} was sampled every {other:g} s, {first} every {interval:g} s; import them apart, "
                             "or state one interval (--sampling-interval)")
    return interval


def _note_equal(recording: Recording, notice: Callable[[str], None]) -> None:
    """Say which devices have the same bits."""
    seen: dict[bytes, int] = {}
    equal = []
    for device, row in enumerate(recording.packed):
        first = seen.setdefault(hashlib.sha256(row.tobytes()).digest(), device)
        if first != device:
            equal.append((first, device))
    if equal and recording.steps >= 64:
        more = f" (and {len(equal) - 1} more pairs)" if len(equal) > 1 else ""
        notice(f"devices {equal[0][0]} and {equal[0][1]}{more} have the same bits: is a column there twice?")


def _join(stretches: list[_Stretch], metadata: Metadata, concatenate: bool, truncate: bool,
          allow_constant: bool) -> Recording:
    if concatenate:
        steps = sum(stretch.steps for stretch in stretches)
        packed = stretches[0].packed
        filled = stretches[0].steps
        for stretch in stretches[1:]:
            packed = _append(packed, filled, stretch.packed, stretch.steps)
            filled += stretch.steps
        return Recording(packed, steps, metadata, allow_constant=allow_constant)
    shortest = min(stretches, key=lambda stretch: stretch.steps)
    steps = shortest.steps
    odd = next((stretch for stretch in stretches if stretch.steps != steps), None)
    if odd is not None and not truncate:
        raise InputError(f"{odd.name} has {odd.steps} samples, {shortest.name} only {steps}; "
                         "cut all to the shortest (--truncate), or give files of one length")
    packed = np.concatenate([stretch.packed[:, :ceil_div(steps, 8)] for stretch in stretches])
    if steps % 8:
        packed[:, -1] &= (1 << steps % 8) - 1
    return Recording(packed, steps, metadata, allow_constant=allow_constant)


def _append(packed: Bits, steps: int, more: Bits, more_steps: int) -> Bits:
    """Rows of packed bits with those of others behind them."""
    used = steps % 8
    if not used:
        return np.concatenate([packed, more], axis=1)
    joined = np.zeros((len(packed), ceil_div(steps + more_steps, 8)), np.uint8)
    joined[:, :packed.shape[1]] = packed
    start = packed.shape[1] - 1
    spread = np.zeros((len(packed), more.shape[1] + 1), np.uint8)
    spread[:, :-1] = more << used
    spread[:, 1:] |= more >> (8 - used)
    joined[:, start:] |= spread[:, :joined.shape[1] - start]
    return joined
