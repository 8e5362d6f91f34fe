"""HDF5 files."""

import importlib

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.recordings.importing import arrays
from tests.sim.recordings.importers.samples import BITS, BOTH, TIMES, VOLTS
from tests.sim.recordings.importing.test_read import import_recording

h5py = pytest.importorskip("h5py")


def write(path, contents, **attributes):
    with h5py.File(path, "w") as file:
        for name, values in contents.items():
            file[name] = values
        file.attrs.update(attributes)
    return path


@pytest.mark.parametrize(("contents", "options", "expected", "interval"), [
    ({"samples": BITS}, {}, [BITS], None), ({"scope/time": TIMES, "scope/voltage": VOLTS}, {}, [BITS], 1e-6),
    ({"both": BOTH}, {}, BOTH, None), ({"both": BOTH.T}, {"transpose": True}, BOTH, None),
    ({"a/ch1": VOLTS, "a/ch2": -VOLTS}, {"voltage_columns": ["ch1"]}, [BITS], None),
    ({"a/ch1": VOLTS, "b/ch1": -VOLTS}, {"voltage_columns": ["a/ch1"]}, [BITS], None),
    ({"v": VOLTS, "dt": 1e-6}, {}, [BITS], 1e-6)])
def test_data_sets(tmp_path, contents, options, expected, interval, monkeypatch):
    path = write(tmp_path / "a.h5", contents)
    for values in (1 << 22, 64):
        monkeypatch.setattr(arrays, "_BLOCK_VALUES", values)
        recording = import_recording([path], **options)
        assert np.array_equal(recording.bits(), expected)
        assert recording.sampling_interval_s == (None if interval is None else pytest.approx(interval))


def test_attributes(tmp_path):
    path = write(tmp_path / "a.hdf5", {"v": VOLTS}, sampling_rate=1e6, title="telegraph")
    assert import_recording([path]).sampling_interval_s == pytest.approx(1e-6)
    with h5py.File(path, "a") as file:
        del file.attrs["sampling_rate"]
        file["v"].attrs["dt"] = 2e-6
    assert import_recording([path]).sampling_interval_s == pytest.approx(2e-6)


def test_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="columns a, b; say which"):
        import_recording([write(tmp_path / "a.h5", {"a": VOLTS, "b": VOLTS})])
    with pytest.raises(InputError, match="looks transposed"):
        import_recording([write(tmp_path / "a.h5", {"a": BOTH.T})])
    with pytest.raises(InputError, match="no array of samples"):
        import_recording([write(tmp_path / "a.h5", {"a": np.zeros((2, 3, 4))})])
    with pytest.raises(InputError, match="no file"):
        import_recording([tmp_path / "b.h5"])
    whole = write(tmp_path / "a.h5", {"a": VOLTS}).read_bytes()
    for content in (b"", whole[:600], b"text" * 99):
        (tmp_path / "a.h5").write_bytes(content)
        with pytest.raises(InputError, match="not a readable HDF5 file"):
            import_recording([tmp_path / "a.h5"])

    def without(name, *rest):
        raise ImportError(name)
    monkeypatch.setattr(importlib, "import_module", without)
    from spinsc.sim.recordings.importers import hdf5
    with pytest.raises(InputError, match=r"HDF5 files need h5py; .*spinsc\[hdf5\]"):
        hdf5.data_sets(tmp_path / "a.h5", "HDF5 files")
