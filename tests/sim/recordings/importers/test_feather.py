"""Feather tables."""

import importlib

import numpy as np
import pytest

from spinsc.errors import InputError
from tests.sim.recordings.importers.samples import BITS, TIMES, VOLTS
from tests.sim.recordings.importing.test_read import import_recording

arrow = pytest.importorskip("pyarrow")


def write(path, columns, **options):
    importlib.import_module("pyarrow.feather").write_feather(arrow.table(columns), str(path), **options)
    return path


@pytest.mark.parametrize("options", [{}, {"compression": "uncompressed"}, {"chunksize": 37}])
def test_tables(tmp_path, options):
    columns = {"note": ["x"] * len(BITS), "voltage": VOLTS, "time_us": 1e6 * TIMES}
    path = write(tmp_path / "a.feather", columns, **options)
    recording = import_recording([path])
    assert np.array_equal(recording.bits()[0], BITS)
    assert recording.sampling_interval_s == pytest.approx(1e-6)


@pytest.mark.parametrize("unit", ["ns", "us"])
def test_time_stamps(tmp_path, unit):
    stamps = np.datetime64("2026-03-01T12:00", unit) + (np.arange(len(BITS)) * 5).astype(f"timedelta64[{unit}]")
    recording = import_recording([write(tmp_path / "a.feather", {"time": stamps, "voltage": VOLTS.astype(np.float32)})])
    assert np.array_equal(recording.bits()[0], BITS)
    assert recording.sampling_interval_s == pytest.approx(5e-9 if unit == "ns" else 5e-6)


def test_refused(tmp_path):
    with pytest.raises(InputError, match="columns a, b; say which"):
        import_recording([write(tmp_path / "a.feather", {"a": VOLTS, "b": VOLTS})])
    with pytest.raises(InputError, match="hold no numbers"):
        import_recording([write(tmp_path / "a.feather", {"voltage": ["x"] * 5})])
    with pytest.raises(InputError, match=r"row 2 of .* is nan"):
        import_recording([write(tmp_path / "a.feather", {"voltage": [0.2, None, 0.4]})])
    whole = (tmp_path / "a.feather").read_bytes()
    for content in (b"", whole[:-3], b"text" * 9):
        (tmp_path / "a.feather").write_bytes(content)
        with pytest.raises(InputError, match="not readable as Feather tables"):
            import_recording([tmp_path / "a.feather"])
