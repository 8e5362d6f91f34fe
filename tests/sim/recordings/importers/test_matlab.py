"""MATLAB's files of versions 5 and 7.3."""

import importlib

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.recordings.importers import matlab
from tests.sim.recordings.importers.samples import BITS, BOTH, TIMES, VOLTS
from tests.sim.recordings.importing.test_read import import_recording

matlab_io = pytest.importorskip("scipy.io.matlab")
h5py = pytest.importorskip("h5py")


def write_5(path, contents):
    matlab_io.savemat(path, contents)


def write_73(path, contents):
    """As MATLAB does: HDF5 behind a block of text, axes in the opposite order, everything of two axes."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in contents.items():
            file[name] = np.atleast_2d(values).T if np.ndim(values) == 2 else np.reshape(values, (-1, 1)).T
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


@pytest.mark.parametrize("write", [write_5, write_73])
@pytest.mark.parametrize(("contents", "options", "expected", "interval"), [
    ({"v": VOLTS}, {}, [BITS], None), ({"v": VOLTS[:, None]}, {}, [BITS], None), ({"v": BITS[None]}, {}, [BITS], None),
    ({"t": TIMES[:, None], "v": VOLTS[:, None]}, {}, [BITS], 1e-6),
    ({"A": VOLTS[:, None], "Tinterval": 1e-6}, {}, [BITS], 1e-6),
    ({"A": VOLTS, "B": -VOLTS}, {"voltage_columns": ["A"]}, [BITS], None), ({"m": BOTH}, {}, BOTH, None),
    ({"m": BOTH.T}, {"transpose": True}, BOTH, None),
    ({"m": np.stack([TIMES, VOLTS], axis=1)}, {"transpose": True}, [BITS], 1e-6)])
def test_variables(tmp_path, write, contents, options, expected, interval):
    write(tmp_path / "a.mat", contents)
    recording = import_recording([tmp_path / "a.mat"], **options)
    assert np.array_equal(recording.bits(), expected)
    assert recording.sampling_interval_s == (None if interval is None else pytest.approx(interval))


@pytest.mark.parametrize("write", [write_5, write_73])
def test_refused(tmp_path, write):
    path = tmp_path / "a.mat"
    write(path, {"a": VOLTS, "b": VOLTS})
    with pytest.raises(InputError, match="columns a, b; say which"):
        import_recording([path])
    write(path, {"m": BOTH.T})
    with pytest.raises(InputError, match="looks transposed"):
        import_recording([path])
    whole = path.read_bytes()
    for content in (whole[:200], whole[:128]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"not a readable|no array"):
            import_recording([path])
    path.write_bytes(b"text")
    with pytest.raises(InputError, match="not a readable MATLAB file"):
        import_recording([path])


def test_other_kinds_of_variables(tmp_path):
    matlab_io.savemat(tmp_path / "a.mat", {"s": {"field": VOLTS}, "text": "a scope"})
    with pytest.raises(InputError, match="no array of samples"):
        import_recording([tmp_path / "a.mat"])


def test_without_scipy(tmp_path, monkeypatch):
    matlab_io.savemat(tmp_path / "a.mat", {"v": VOLTS})

    def without(name, *rest):
        raise ImportError(name)
    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(InputError, match=r"need scipy; .*spinsc\[matlab\]"):
        matlab.IMPORTER.read(tmp_path / "a.mat", None)
