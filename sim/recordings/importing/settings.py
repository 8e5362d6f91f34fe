"""Settings that instruments write into a table's header: the sampling interval, by name, value and unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.units import RATE_UNITS_HZ, TIME_UNITS_S, is_unit

INTERVAL_NAMES = ("sample interval", "sampling interval", "sample period", "sampling period", "delta x", "deltax", "dx",
                  "dt", "delta t", "deltat", "increment", "x increment", "xincrement", "xincr", "x incr", "x inc",
                  "xinc", "time increment", "time step", "hresolution", "horizontal resolution", "tinterval",
                  "time interval", "interval", "abtastintervall", "ts")
RATE_NAMES = ("sample rate", "sampling rate", "samplerate", "samplingrate", "sample frequency", "sampling frequency",
              "fs", "abtastrate", "sampling freq", "sample freq")
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\d\s].*?)?\s*")


def setting_s(name: str, value: str, unit: str = "") -> float | None:
    """Sampling interval in seconds that a setting states, or None if it is another setting.

    Parameters
    ----------
    name, value : str
        As they are written; either may end in a unit, in brackets or not.
    unit : str
        What stands beside the value.
    """
    bracketed = re.fullmatch(r"(.*?)\s*[\[(]\s*([^\])]*?)\s*[\])]\s*", name)
    if bracketed:
        name, unit = bracketed.group(1), bracketed.group(2)
    key = re.sub(r"[\s_:=\-]+", " ", name.strip().lower()).strip()
    table = TIME_UNITS_S if key in INTERVAL_NAMES else RATE_UNITS_HZ if key in RATE_NAMES else None
    number = _NUMBER.fullmatch(re.sub(r"^(\s*[-+]?\d+),(\d)", r"\1.\2", value))
    if table is None or number is None:
        return None
    word = (number.group(2) or unit).strip().lower().strip("[]()")
    if word and word not in table:
        return None
    amount = float(number.group(1)) * table.get(word, 1.0)
    if not 0 < amount < float("inf"):
        return None
    return amount if table is TIME_UNITS_S else 1 / amount


def interval_of(path: Path, rows: Sequence[Sequence[str]]) -> float | None:
    """Sampling interval in seconds that the fields of a header state; None if they do not.

    A setting's value stands in the same field after a colon or an equals sign, in the next field that is not empty, or
    in the field below. `InputError` if two settings contradict each other.
    """
    found: list[tuple[str, float]] = []
    for number, row in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else []
        for n, text in enumerate(row):
            name, mark, value = text.partition(":") if ":" in text else text.partition("=")
            after = [other for other in row[n + 1:] if other.strip("=:")]
            candidates = [(value, "")] if mark and value.strip() else [
                *([(after[0], after[1] if len(after) > 1 and is_unit(after[1]) else "")] if after else []),
                *([(below[n], "")] if n < len(below) else [])]
            for text_of_value, unit in candidates:
                amount = setting_s(name, text_of_value, unit)
                if amount is not None:
                    found.append((name.strip(), amount))
                    break
    for name, amount in found[1:]:
        if abs(amount / found[0][1] - 1) > 1e-2:
            raise InputError(f"the settings of {path} contradict each other: {found[0][0]} is {found[0][1]:g} s, "
                             f"{name} {amount:g} s; state the interval (--sampling-interval)")
    return found[0][1] if found else None
