"""Recordings from the files people have: time/voltage tables, NumPy arrays, packed bits, NIST SP 800-90B samples."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.sim.recordings.recording import Bits, Recording

FORMATS = {
    "csv": "text table of times and voltages",
    "parquet": "Parquet table of times and voltages",
    "npy": "NumPy array, bool, integer or float, (steps,) or (devices, steps)",
    "packed": "raw packed bits, eight samples a byte",
    "bytes": "one sample per byte, 0 or 1, as NIST's SP 800-90B tools read it",
}
EXTENSIONS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".dat": "csv", ".parquet": "parquet", ".pq": "parquet",
              ".npy": "npy", ".bin": "bytes"}
BIT_ORDERS = ("big", "little")
THRESHOLD_METHODS = ("midpoint", "otsu")
# The two halves of one Gaussian are 2.6 of their standard deviations apart, those of a uniform distribution 3.5.
SMALLEST_LEVEL_SEPARATION = 3.6
TIME_NAMES = ("time", "t", "timestep", "timestamp")
VOLTAGE_NAMES = ("voltage", "v", "volt", "volts", "signal")
TIME_UNITS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "ps": 1e-12}
_HEADER_LINES = 100
_HISTOGRAM_BINS = 1024

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Table:
    """Chosen columns of a table: times (if any) with the column's name, and one column of voltages a device."""

    times: Floats | None
    time_name: str
    voltages: list[Floats]


def import_recording(paths: Sequence[str | os.PathLike[str]], *, format: str | None = None,
                     time_column: str | int | None = None, voltage_columns: Sequence[str | int] | None = None,
                     threshold: float | str = "midpoint", sampling_interval_s: float | None = None,
                     bit_order: str = "big", concatenate: bool = False, truncate: bool = False,
                     device: str = "", source: str = "", kind: str = "measured",
                     allow_constant: bool = False) -> Recording:
    """Read files into one recording; each file adds its devices after those of the files before.

    Parameters
    ----------
    paths : sequence of paths
        At least one, all of one format.
    format : str, optional
        A key of `FORMATS`; by default by each file's extension (`EXTENSIONS`).
    time_column : str or int, optional
        Column of a table by name or by position from 0. By default the first named as in `TIME_NAMES`, or the first of
        two columns without names. The unit is seconds, unless the name ends in one, such as ``time_us`` or ``t (ns)``.
    voltage_columns : sequence of str or int, optional
        One column of a table for each device. By default the only other column, or the first named as in
        `VOLTAGE_NAMES`.
    threshold : float or {"midpoint", "otsu"}
        Voltages from here on are 1. "otsu" finds the threshold of largest between-class variance (N. Otsu, IEEE
        Trans. SMC 9, 62 (1979)); "midpoint" then takes the middle between the means of the two classes, which does not
        depend on how long the device stays in each. Samples that already are 0 and 1 are taken as they are.
    sampling_interval_s : float, optional
        In seconds. By default from the times of a table, which must then be regular; if given, times are not looked at.
        A ``timestep`` that counts 0, 1, 2... says nothing about seconds.
    bit_order : {"big", "little"}
        Of packed bits: whether the first sample is a byte's highest or lowest bit.
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
    if bit_order not in BIT_ORDERS:
        raise InputError(f"bit order must be big or little, not {bit_order!r}")
    if isinstance(threshold, str) and threshold not in THRESHOLD_METHODS:
        raise InputError(f"threshold must be a voltage, midpoint or otsu, not {threshold!r}")
    if not isinstance(threshold, str) and not np.isfinite(threshold):
        raise InputError(f"threshold must be a finite voltage, not {threshold}")
    if sampling_interval_s is not None and not 0 < sampling_interval_s < float("inf"):
        raise InputError(f"sampling interval must be a positive time in seconds, not {sampling_interval_s}")
    stretches: list[list[Bits]] = []
    thresholds: list[float | None] = []
    intervals: list[tuple[str, float]] = []
    formats = set()
    for path in (Path(p) for p in paths):
        chosen = _format_of(path, format)
        formats.add(chosen)
        rows, times, time_name = _read(path, chosen, time_column, voltage_columns, bit_order)
        if times is not None and sampling_interval_s is None:
            interval = _sampling_interval(path, times, time_name)
            if interval is not None:
                intervals.append((path.name, interval))
        bits = []
        for number, row in enumerate(rows):
            known = concatenate and bool(stretches) and number < len(thresholds)
            place = "row" if chosen in ("csv", "parquet") else "sample"
            samples, used = _digitise(path, place, row, thresholds[number] if known else None, threshold)
            bits.append(samples)
            if not known:
                thresholds.append(used)
        stretches.append(bits)
    for name, interval in intervals[1:]:
        if abs(interval / intervals[0][1] - 1) > 1e-3:
            raise InputError(f"{name} was sampled every {interval:g} s, {intervals[0][0]} every {intervals[0][1]:g} s; "
                             "import them apart, or state one interval (--sampling-interval)")
    if sampling_interval_s is None and intervals:
        sampling_interval_s = intervals[0][1]
    metadata = {
        "kind": kind, "device": device, "sampling_interval_s": sampling_interval_s, "source": source,
        "parameters": {"files": [Path(p).name for p in paths], "formats": sorted(formats), "concatenated": concatenate,
                       "threshold": threshold, "thresholds": thresholds},
        "spinsc_version": importlib.metadata.version("spinsc"),
    }
    return _join(stretches, [Path(p).name for p in paths], metadata, concatenate, truncate, allow_constant)


def _join(stretches: list[list[Bits]], names: list[str], metadata: dict[str, Any], concatenate: bool, truncate: bool,
          allow_constant: bool) -> Recording:
    if concatenate:
        counts = [len(bits) for bits in stretches]
        odd = next((n for n, count in enumerate(counts) if count != counts[0]), None)
        if odd is not None:
            raise InputError(f"{names[odd]} has {counts[odd]} devices, but {names[0]} has {counts[0]}; "
                             "files to concatenate must hold the same devices")
        rows = [np.concatenate(parts) for parts in zip(*stretches, strict=True)]
        owners = [names[0]] * len(rows)
    else:
        rows = [row for bits in stretches for row in bits]
        owners = [name for name, bits in zip(names, stretches, strict=True) for _ in bits]
    shortest = min(range(len(rows)), key=lambda n: len(rows[n]))
    steps = len(rows[shortest])
    odd = next((n for n, row in enumerate(rows) if len(row) != steps), None)
    if odd is not None and not truncate:
        raise InputError(f"{owners[odd]} has {len(rows[odd])} samples, {owners[shortest]} only {steps}; "
                         "cut all to the shortest (--truncate), or give files of one length")
    packed = np.stack([np.packbits(row[:steps], bitorder="little") for row in rows])
    return Recording(packed, steps, metadata, allow_constant=allow_constant)


def _format_of(path: Path, format: str | None) -> str:
    if format is not None:
        if format not in FORMATS:
            raise InputError(f"unknown format {format!r}; choose one of {', '.join(FORMATS)}")
        return format
    try:
        return EXTENSIONS[path.suffix.lower()]
    except KeyError:
        raise InputError(f"the extension of {path} does not tell its format; choose one of {', '.join(FORMATS)} "
                         "(--format)") from None


def _read(path: Path, format: str, time_column: str | int | None, voltage_columns: Sequence[str | int] | None,
          bit_order: str) -> tuple[Iterable[npt.NDArray[Any]], Floats | None, str]:
    """One array of samples or voltages a device, and the times if there are any, with their column's name."""
    try:
        if format in ("csv", "parquet"):
            read = _read_csv if format == "csv" else _read_parquet
            table = read(path, time_column, voltage_columns)
            if not len(table.voltages[0]):
                raise InputError(f"{path} holds no samples; check that the file is complete")
            return table.voltages, table.times, table.time_name
        if format == "npy":
            return _read_npy(path), None, ""
        raw = np.fromfile(path, np.uint8)
    except FileNotFoundError:
        raise InputError(f"no file {path}; check its name") from None
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror or error}); check the file") from None
    if not len(raw):
        raise InputError(f"{path} holds no samples; check that the file is complete")
    if format == "packed":
        return [np.unpackbits(raw, bitorder="big" if bit_order == "big" else "little")], None, ""
    bad = np.flatnonzero(raw > 1)
    if len(bad):
        raise InputError(f"byte {bad[0]} of {path} is {raw[bad[0]]}, not 0 or 1; for eight samples a byte choose "
                         "--format packed")
    return [raw], None, ""


def _read_npy(path: Path) -> npt.NDArray[Any]:
    try:
        with open(path, "rb") as file:
            array = np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} is not a readable NumPy array ({str(error).splitlines()[0]}); write it with "
                         "numpy.save") from None
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path} holds several arrays; write the samples alone with numpy.save")
    if array.ndim not in (1, 2) or array.dtype.kind not in "buif":
        raise InputError(f"{path} holds {array.dtype} of shape {array.shape}; bool, integer or float of shape (steps,) "
                         "or (devices, steps) is needed")
    if not array.size:
        raise InputError(f"{path} holds no samples; check that the file is complete")
    return np.atleast_2d(array)


def _fields(line: str, delimiter: str | None) -> list[str]:
    return [part.strip().strip('"') for part in line.strip().split(delimiter)]


def _delimiter(line: str) -> str | None:
    return next((mark for mark in ("\t", ";", ",") if mark in line), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_csv(path: Path, time_column: str | int | None, voltage_columns: Sequence[str | int] | None) -> _Table:
    # Oscilloscopes put lines of settings before the table, so it begins at the first line of nothing but numbers, and
    # the line before it, if it has as many fields, names the columns.
    previous = ""
    try:
        with open(path, encoding="utf-8-sig") as file:
            for skipped, line in enumerate(file):
                fields = _fields(line, _delimiter(line))
                if line.strip() and all(_is_number(field) for field in fields):
                    break
                if line.strip():
                    previous = line.lstrip(" #")
                if skipped >= _HEADER_LINES:
                    raise InputError(f"{path} has no line of numbers in its first {_HEADER_LINES} lines; check the "
                                     "format (--format)")
            else:
                raise InputError(f"{path} holds no line of numbers; check that the file is complete")
        delimiter = _delimiter(line)
        header = _fields(previous, delimiter)
        names = header if len(header) == len(fields) else None
        time, voltages = _choose_columns(path, names, len(fields), time_column, voltage_columns)
        columns = ([] if time is None else [time]) + voltages
        data = np.loadtxt(path, dtype=np.float64, delimiter=delimiter, skiprows=skipped, usecols=columns, ndmin=2,
                          quotechar='"', encoding="utf-8-sig", unpack=True)
    except InputError:
        raise
    except ValueError as error:  # also text that is not UTF-8
        raise InputError(f"{path} is not a table of numbers ({str(error).splitlines()[0]}); correct or remove that "
                         "line") from None
    if time is None:
        return _Table(None, "", list(data))
    return _Table(data[0], names[time] if names else "", list(data[1:]))


def _read_parquet(path: Path, time_column: str | int | None, voltage_columns: Sequence[str | int] | None) -> _Table:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
        arrow = importlib.import_module("pyarrow")
    except ImportError:
        raise InputError("Parquet tables need pyarrow; install it with: pip install 'spinsc[tables]'") from None
    if not path.is_file():
        raise FileNotFoundError
    try:
        names = list(parquet.read_schema(path).names)
        time, voltages = _choose_columns(path, names, len(names), time_column, voltage_columns)
        wanted = ([] if time is None else [time]) + voltages
        table = parquet.read_table(path, columns=[names[n] for n in wanted])
        raw = [table.column(names[n]).to_numpy() for n in wanted]
        odd = next((names[n] for n, column in zip(wanted, raw, strict=True) if column.dtype.kind not in "buif"), None)
        if odd is not None:
            raise TypeError(f"column {odd} holds no numbers")
        data = [column.astype(np.float64) for column in raw]
    except (arrow.ArrowException, ValueError, TypeError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a readable Parquet table of numbers ({str(error).splitlines()[0]}); check the "
                         "format (--format)") from None
    if time is None:
        return _Table(None, "", data)
    return _Table(data[0], names[time], data[1:])


def _base_name(name: str) -> str:
    """Column name in lower case, without a unit."""
    return re.split(r"[\s_\[(]+(?:s|ms|us|µs|μs|ns|ps|v|mv)[\])]?$", name.strip().lower())[0]


def _choose_columns(path: Path, names: list[str] | None, count: int, time_column: str | int | None,
                    voltage_columns: Sequence[str | int] | None) -> tuple[int | None, list[int]]:
    """Positions of the time column, or None, and of the voltage columns."""
    shown = f"columns {', '.join(names)}" if names else f"{count} columns without names"

    def position(column: str | int) -> int:
        if isinstance(column, str):
            for candidates in (list(names or []), [n.lower() for n in names or []],
                               [_base_name(n) for n in names or []]):
                if column in candidates:
                    return candidates.index(column)
            if not column.isdecimal():
                raise InputError(f"{path} has {shown}, but no column {column!r}; name one of them or give its position "
                                 "from 0")
        place = int(column)
        if not 0 <= place < count:
            raise InputError(f"{path} has {shown}, but no column at position {place}; give one from 0 to {count - 1}")
        return place

    base = [_base_name(name) for name in names or []]
    if time_column is not None:
        time: int | None = position(time_column)
    elif names:
        time = next((n for n, name in enumerate(base) if name in TIME_NAMES), None)
    else:
        time = 0 if count == 2 else None
    if voltage_columns:
        voltages = [position(column) for column in voltage_columns]
        if time in voltages:
            if time_column is not None:
                raise InputError(f"column {time} of {path} cannot be both time and voltage; choose another")
            time = None
        return time, voltages
    others = [n for n in range(count) if n != time]
    if len(others) > 1:
        others = [n for n in others if names and base[n] in VOLTAGE_NAMES]
    if len(others) != 1:
        raise InputError(f"{path} has {shown}; say which of them holds the voltage (--voltage-column)")
    return time, others


def _sampling_interval(path: Path, times: Floats, name: str) -> float | None:
    """Sampling interval in seconds of times that must be regular; None where they only count the samples."""
    if len(times) < 2:
        return None
    bad = np.flatnonzero(~np.isfinite(times))
    remedy = "correct the table, or state the interval (--sampling-interval)"
    if len(bad):
        raise InputError(f"the time in row {bad[0] + 1} of {path} is {times[bad[0]]}; {remedy}")
    steps = np.diff(times)
    median = float(np.median(steps))
    # Times printed with few digits may repeat, so the mean interval counts, and a gap is what is far from it.
    mean = float((times[-1] - times[0]) / (len(times) - 1))
    if median < 0 or mean <= 0:
        raise InputError(f"the times of {path} do not increase; {remedy}")
    odd = np.flatnonzero(np.abs(steps - (median or mean)) > 0.5 * (median or mean))
    if len(odd) and median > 0:
        row = int(odd[0])
        raise InputError(f"the times of {path} are not regular: from row {row + 1} to {row + 2} it is {steps[row]:g} "
                         f"instead of {median:g}; {remedy}")
    if _base_name(name) in ("timestep", "sample", "index") and mean == 1 and bool((steps == 1).all()):
        return None
    unit = re.search(r"[\s_\[(](s|ms|us|µs|μs|ns|ps)[\])]?$", name.strip().lower())
    return mean * (TIME_UNITS_S[unit.group(1)] if unit else 1.0)


def _digitise(path: Path, place: str, values: npt.NDArray[Any], known: float | None,
              threshold: float | str) -> tuple[Bits, float | None]:
    """Samples 0 and 1 of one device, and the threshold used (None for values that already are 0 and 1)."""
    if values.dtype == bool:
        return values.view(np.uint8), None
    if values.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise InputError(f"{place} {bad[0] + 1} of {path} is {values[bad[0]]}; remove such {place}s, or repair "
                             "the measurement")
    if known is None and isinstance(threshold, str):
        if bool(((values == 0) | (values == 1)).all()):
            return values.astype(np.uint8), None
        known = automatic_threshold(values, threshold, str(path))
    elif known is None:
        known = float(threshold)
    return (values >= known).view(np.uint8), known


def automatic_threshold(voltages: npt.NDArray[Any], method: str = "midpoint", name: str = "the table") -> float:
    """Threshold between the two levels of a telegraph signal.

    Parameters
    ----------
    voltages : shape (steps,)
        Finite.
    method : {"midpoint", "otsu"}
        See `import_recording`.
    name : str
        Of the file, for errors.

    Raises
    ------
    InputError
        If the voltages are constant, or do not lie about two levels.
    """
    counts, edges = np.histogram(voltages, bins=_HISTOGRAM_BINS)
    if voltages.min() == voltages.max():
        raise InputError(f"all voltages of {name} are {voltages[0]:g}; the device does not switch, or the column is "
                         "another")
    centres = (edges[:-1] + edges[1:]) / 2
    weight = np.cumsum(counts)[:-1] / len(voltages)
    first = np.cumsum(counts * centres)[:-1] / len(voltages)
    total = float((counts * centres).sum() / len(voltages))
    between = (total * weight - first) ** 2 / (weight * (1 - weight))
    # Between well separated levels lie empty bins, over which the variance stays the same.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    otsu = float((edges[1:-1][best[0]] + edges[1:-1][best[-1]]) / 2)
    high = voltages >= otsu
    levels = float(voltages[~high].mean()), float(voltages[high].mean())
    noise = np.sqrt((voltages[~high].var() * (~high).mean()) + (voltages[high].var() * high.mean()))
    if levels[1] - levels[0] < SMALLEST_LEVEL_SEPARATION * noise:
        raise InputError(f"the voltages of {name} do not lie about two levels ({levels[0]:g} and {levels[1]:g} with a "
                         f"noise of {noise:g}); give the threshold as a voltage (--threshold)")
    return otsu if method == "otsu" else sum(levels) / 2
