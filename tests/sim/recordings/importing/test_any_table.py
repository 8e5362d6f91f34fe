"""Tables of any layout: whatever is read is what was written, and the rest is refused."""

import random

import numpy as np
import pytest

from spinsc.errors import InputError
from tests.sim.recordings.importing.test_read import import_recording

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "µs": 1e-6, "": 1.0}
STYLES = {
    "bare": None, "names": (("time", "Time", "t", "X"), ("voltage", "v", "CH1", "signal")),
    "brackets": (("Time ({})", "Zeit ({})", "t [{}]"), ("Voltage (V)", "CH1 (V)", "Channel A (mV)")),
    "slash": (("t/{}", "time/{}"), ("U/V", "signal/V")), "settings": (("TIME",), ("CH1",))}


class Table:
    """A table made of a number."""

    def __init__(self, seed: int) -> None:
        choose, rng = random.Random(seed), np.random.default_rng(seed)
        self.steps = choose.choice([40, 300, 900])
        self.bits = rng.integers(0, 2, self.steps)
        self.interval = choose.choice([1e-6, 2e-9, 5e-6, 1e-3, 0.5])
        self.style = choose.choice(list(STYLES))
        self.unit = choose.choice(list(UNITS))
        self.delimiter = choose.choice([",", ";", "\t", " ", "  ", ", "])
        self.comma = choose.random() < 0.3 and "," not in self.delimiter
        low, high, noise = choose.choice([(0.2, 0.45, 0.006), (-0.2, 0.2, 0.01), (1, 3.3, 0.02), (100, 200, 2)])
        analog = low + (high - low) * self.bits + rng.normal(0, noise, self.steps)
        volts = self.bits if choose.random() < 0.2 else analog
        times = (choose.choice([0, -self.steps / 2, 3.7]) + np.arange(self.steps)) * self.interval / UNITS[self.unit]
        form = choose.choice(["{:.5f}", "{:.6e}", "{:.2f}"] if high > 1 else ["{:.5f}", "{:.6e}"])
        columns = [[form.format(value) for value in volts]]
        self.timed = choose.random() < 0.75
        if self.timed:
            columns.insert(0, [choose.choice(["{:.9g}", "{:.12g}"]).format(time) for time in times])
        names = self._names(choose)
        extra = choose.choice(["", "", "counter", "empty", "comment", "turned"])
        if extra == "counter":
            columns.insert(0, [str(n) for n in range(self.steps)])
            names.insert(0, choose.choice(["index", "Sample", "#"]))
        elif extra in ("empty", "comment") and self.delimiter.strip():
            columns.append(["ok" if extra == "comment" else ""] * self.steps)
            names.append("note")
        elif extra == "turned":
            columns.reverse()
            names.reverse()
        self.text = self._text(choose, columns, names)
        self.encoding = choose.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])

    def _names(self, choose: random.Random) -> list[str]:
        if STYLES[self.style] is None:
            return []
        times, volts = STYLES[self.style]
        voltage = choose.choice(volts)
        return [choose.choice(times).format(self.unit or "s"), voltage] if self.timed else [voltage]

    def _text(self, choose: random.Random, columns: list[list[str]], names: list[str]) -> str:
        if self.comma:
            columns = [[field.replace(".", ",") for field in column] for column in columns]
        end = choose.choice(["", self.delimiter.strip()])
        quote = '"' if choose.random() < 0.1 else ""
        lines = []
        if self.style == "settings":
            interval = f"{self.interval:.3e}".replace(".", "," if self.comma else ".")
            lines += [f"Model{self.delimiter}X123", f"Sample Interval{self.delimiter}{interval}", ""]
        if STYLES[self.style] is not None:
            lines.append(self.delimiter.join(names) + end)
        lines += [self.delimiter.join(f"{quote}{field}{quote}" for field in row) + end
                  for row in zip(*columns, strict=True)]
        return choose.choice(["\n", "\r\n"]).join(lines) + choose.choice(["", "\n", "\n\n"])


@pytest.mark.parametrize("part", range(4))
def test_nothing_is_read_wrong(tmp_path, part):
    path = tmp_path / "a.csv"
    read = 0
    for seed in range(100 * part, 100 * part + 100):
        table = Table(seed)
        path.write_bytes(table.text.encode(table.encoding))
        try:
            recording = import_recording([path])
        except InputError:
            continue
        read += 1
        assert np.array_equal(recording.bits(), [table.bits]), seed
        stated = table.style in ("brackets", "slash", "settings") or table.unit in ("", "s")
        if recording.sampling_interval_s is not None and stated:
            assert recording.sampling_interval_s == pytest.approx(table.interval, rel=2e-2), seed
    assert read > 70
