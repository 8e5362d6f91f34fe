"""Names of columns and their units, in the ways in which instruments and people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SECOND_NAMES = {"": ("s", "sec", "secs", "second", "seconds", "sekunde", "sekunden"),
                 "milli": ("ms", "msec", "msecs"), "micro": ("us", "µs", "μs", "usec", "usecs", "µsec", "μsec", "mus"),
                 "nano": ("ns", "nsec", "nsecs"), "pico": ("ps", "psec", "psecs")}
_SCALES = {"": 1.0, "milli": 1e-3, "micro": 1e-6, "nano": 1e-9, "pico": 1e-12}
#: Seconds of each unit of time, in lower case.
TIME_UNITS_S = {name: _SCALES[prefix] for prefix, names in _SECOND_NAMES.items() for name in names} | {
    f"{prefix}{second}": scale for prefix, scale in _SCALES.items() for second in ("second", "seconds", "sekunden")} | {
    "min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0, "hours": 3600.0}
#: Hertz of each unit of frequency, in lower case.
RATE_UNITS_HZ = {f"{prefix}{unit}": scale for prefix, scale in (("", 1.0), ("k", 1e3), ("m", 1e6), ("g", 1e9))
                 for unit in ("hz", "s/s", "sa/s", "sps", "samples/s", "pts/s")}
_OTHER_UNITS = {f"{prefix}{unit}" for prefix in ("", "m", "u", "µ", "μ", "n", "p", "k") for unit in (
    "v", "volt", "volts", "a", "amp", "amps", "ampere", "amperes", "ohm", "ohms", "Ω", "ω")} | {
    "counts", "count", "lsb", "a.u.", "au", "arb", "arb.", "dbm", "%"}
TIME_NAMES = ("time", "times", "t", "timestep", "timestamp", "zeit", "temps", "tiempo", "tempo", "x-axis", "x_value",
              "xaxis", "x")
VOLTAGE_NAMES = ("voltage", "voltages", "v", "volt", "volts", "signal", "u", "spannung", "tension", "ampl", "amplitude",
                 "ch", "channel", "y-axis", "y", "data", "samples", "bits")
#: Columns that count the samples.
COUNTER_NAMES = ("timestep", "sample", "samples", "index", "sequence", "n", "no", "no.", "nr", "number", "row", "point",
                 "points", "#", "i", "count", "")


@dataclass(frozen=True)
class ColumnName:
    """A column's name, taken apart.

    Attributes
    ----------
    text : str
        As it is written.
    base : str
        Without the unit, in lower case.
    unit : str
        In lower case, without brackets; empty without one.
    unsure : bool
        The file may name the column and its unit, but not in a manner that was understood.
    """

    text: str
    base: str
    unit: str
    unsure: bool = False

    @property
    def is_time(self) -> bool:
        """Whether the name or the unit says so."""
        if self.is_bound or self.base in VOLTAGE_NAMES:
            return False
        return self.unit in TIME_UNITS_S or (self.base in TIME_NAMES and self.unit not in _OTHER_UNITS)

    @property
    def is_voltage(self) -> bool:
        """Whether the name says so."""
        return not self.is_time and (self.base in VOLTAGE_NAMES or self.unit.endswith(("v", "volt", "volts")))

    @property
    def is_bound(self) -> str:
        """"min" or "max" if the column has the least or the greatest voltage of each interval."""
        if self.base in TIME_NAMES:
            return ""
        words = re.findall(r"[a-z]+", f"{self.base} {self.unit}")
        return next((bound for bound, names in (("min", ("min", "minimum")), ("max", ("max", "maximum")))
                     if any(word in names for word in words)), "")


def parse_name(text: str) -> ColumnName:
    """Take a name apart: ``t (us)``, ``t [us]``, ``t/us``, ``t_us``, ``t.us``, ``t, us``, ``t in us``, ``Volt``."""
    name = text.strip()
    lower = name.lower()
    channel = re.fullmatch(r"(ch|channel)[\s_]*\w", lower)
    if channel:
        return ColumnName(name, channel.group(1), "")
    if is_unit(lower):
        return ColumnName(name, "" if lower not in VOLTAGE_NAMES + TIME_NAMES else lower, lower)
    bracketed = re.fullmatch(r"(.*?)[\s_,:;]*[\[(<{]\s*([^\[\]()<>{}]*?)\s*[\])>}]", lower)
    if bracketed:
        return ColumnName(name, bracketed.group(1).strip(), bracketed.group(2))
    base, slash, unit = lower.rpartition("/")
    if slash and (is_unit(unit.strip()) or base.strip() in TIME_NAMES):
        return ColumnName(name, base.strip(), unit.strip())
    spoken = re.fullmatch(r"(.*?)(?:[\s_,:;]+in)?[\s_,:;.-]+([^\s_.-]+)", lower)
    if spoken and is_unit(spoken.group(2)):
        return ColumnName(name, spoken.group(1).strip(" _,:;.-"), spoken.group(2))
    return ColumnName(name, lower, "")


def is_unit(text: str) -> bool:
    """Whether a word is the unit of something measured, with or without brackets."""
    word = text.strip().lower().strip("[]()")
    return word in TIME_UNITS_S or word in _OTHER_UNITS or word in RATE_UNITS_HZ
