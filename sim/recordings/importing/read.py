"""Recordings from the files people have, whatever their format."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.sim.recordings.importing.importer import Options, Signals, choose_importer
from spinsc.sim.recordings.importing.levels import THRESHOLD_METHODS
from spinsc.sim.recordings.importing.survey import Survey, digitise
from spinsc.sim.recordings.metadata import Metadata
from spinsc.sim.recordings.recording import Bits, Recording

BIT_ORDERS = ("big", "little")


@dataclasses.dataclass(frozen=True)
class _Stretch:
    """Bits of one file's devices."""

    name: str
    packed: Bits
    steps: int


def import_recording(paths: Sequence[str | os.PathLike[str]], *, format: str | None = None,
                     time_column: str | int | None = None, voltage_columns: Sequence[str | int] | None = None,
                     threshold: float | str = "midpoint", sampling_interval_s: float | None = None,
                     bit_order: str | None = None, concatenate: bool = False, truncate: bool = False,
                     device: str = "", source: str = "", kind: str = "measured",
                     allow_constant: bool = False) -> Recording:
    """Read files into one recording; each file adds its devices after those of the files before.

    Parameters
    ----------
    paths : sequence of paths
        At least one.
    format : str, optional
        A name of `IMPORTERS`; by default by what each file begins with, or by its extension.
    time_column : str or int, optional
        Column of a table by name or by position from 0. By default the first named as in `columns.TIME_NAMES`, or the
        first of two columns without names. The unit is seconds, unless the name ends in one, such as ``time_us`` or
        ``t (ns)``.
    voltage_columns : sequence of str or int, optional
        One column of a table for each device. By default the only other column, or the first named as in
        `columns.VOLTAGE_NAMES`.
    threshold : float or {"midpoint", "otsu"}
        Voltages from here on are 1; for the methods see `levels.automatic_threshold`. Samples that already are 0 and 1
        are taken as they are.
    sampling_interval_s : float, optional
        In seconds. By default from the times of a table, which must then be regular; if given, times are not looked at.
        A ``timestep`` that counts 0, 1, 2... says nothing about seconds.
    bit_order : {"big", "little"}, optional
        Of packed bits: whether the first sample is a byte's highest or lowest bit. By default the highest.
    concatenate : bool
        Take the files as successive stretches of the same devices, with the first file's thresholds.
    truncate : bool
        Cut all devices to the shortest; otherwise different lengths are an error.
    device, source, kind : str
        For the metadata: what the device is, where the files come from, "measured" or "simulated".
    allow_constant : bool
        See `Recording`.

    Raises
    ------
    InputError
        If a file cannot be read or anything in it is not what it should be.
    """
    if not paths:
        raise InputError("no files to import; name at least one")
    _check(threshold, sampling_interval_s, bit_order)
    options = Options(time_column, voltage_columns, bit_order)
    stretches: list[_Stretch] = []
    thresholds: list[float | None] = []
    intervals: list[tuple[str, float]] = []
    formats = set()
    for path in map(Path, paths):
        with _opened(path):
            chosen, signals = _open(path, format, options)
            formats.add(chosen)
            if concatenate and stretches and signals.devices != len(thresholds):
                raise InputError(f"{path.name} has {signals.devices} devices, but {stretches[0].name} has "
                                 f"{len(thresholds)}; files to concatenate must hold the same devices")
            known = thresholds if concatenate and stretches else None
            survey = Survey(path, signals, threshold, known, sampling_interval_s is None)
            stretches.append(_Stretch(path.name, digitise(signals, survey.thresholds, survey.steps), survey.steps))
        if survey.interval_s is not None:
            intervals.append((path.name, survey.interval_s))
        if known is None:
            thresholds += survey.thresholds
    metadata = Metadata.of({
        "kind": kind, "device": device, "sampling_interval_s": _common_interval(sampling_interval_s, intervals),
        "source": source,
        "parameters": {"files": [Path(p).name for p in paths], "formats": sorted(formats), "concatenated": concatenate,
                       "threshold": threshold, "thresholds": thresholds},
        "spinsc_version": importlib.metadata.version("spinsc")})
    return _join(stretches, metadata, concatenate, truncate, allow_constant)


def _check(threshold: float | str, sampling_interval_s: float | None, bit_order: str | None) -> None:
    if bit_order is not None and bit_order not in BIT_ORDERS:
        raise InputError(f"bit order must be big or little, not {bit_order!r}")
    if isinstance(threshold, str) and threshold not in THRESHOLD_METHODS:
        raise InputError(f"threshold must be a voltage, midpoint or otsu, not {threshold!r}")
    if not isinstance(threshold, str) and not np.isfinite(threshold):
        raise InputError(f"threshold must be a finite voltage, not {threshold}")
    if sampling_interval_s is not None and not 0 < sampling_interval_s < float("inf"):
        raise InputError(f"sampling interval must be a positive time in seconds, not {sampling_interval_s}")


def _open(path: Path, format: str | None, options: Options) -> tuple[str, Signals]:
    """The name of a file's format, and its signals."""
    name, importer = choose_importer(path, format)
    defaults = Options()
    idle = [item.name for item in dataclasses.fields(Options) if item.name not in importer.takes
            and getattr(options, item.name) != getattr(defaults, item.name)]
    if idle:
        given = " and ".join(f"--{item.removesuffix('s').replace('_', '-')}" for item in idle)
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


def _common_interval(given: float | None, found: list[tuple[str, float]]) -> float | None:
    if given is not None or not found:
        return given
    first, interval = found[0]
    for name, other in found[1:]:
        if abs(other / interval - 1) > 1e-3:
            raise InputError(f"{name} was sampled every {other:g} s, {first} every {interval:g} s; import them apart, "
                             "or state one interval (--sampling-interval)")
    return interval


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
