"""Files of several NumPy arrays."""

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.recordings.importing import arrays
from spinsc.sim.recordings.recording import DEFAULT_RECORDING
from tests.sim.recordings.importers.samples import BITS, BOTH, TIMES, VOLTS
from tests.sim.recordings.importing.test_read import import_recording


@pytest.mark.parametrize(("contents", "options", "expected", "interval"), [
    ({"samples": BITS}, {}, [BITS], None), ({"volts": VOLTS, "dt": np.array(1e-6)}, {}, [BITS], 1e-6),
    ({"time": TIMES, "voltage": VOLTS}, {}, [BITS], 1e-6), ({"t_us": 1e6 * TIMES, "v": VOLTS}, {}, [BITS], 1e-6),
    ({"fs": np.array([1e6]), "a": VOLTS[None]}, {}, [BITS], 1e-6), ({"a": VOLTS[:, None]}, {}, [BITS], None),
    ({"a": BITS, "b": 1 - BITS}, {"voltage_columns": ["a", "b"]}, BOTH, None), ({"both": BOTH}, {}, BOTH, None),
    ({"both": BOTH.T}, {"transpose": True}, BOTH, None), ({"time": TIMES, "both": BOTH}, {}, BOTH, 1e-6),
    ({"both": BOTH.astype(bool), "note": np.array("text")}, {}, BOTH, None),
    ({"table": np.stack([TIMES, VOLTS])}, {}, [BITS], 1e-6),
    ({"table": np.stack([TIMES, VOLTS], axis=1)}, {"transpose": True}, [BITS], 1e-6)])
def test_arrays(tmp_path, contents, options, expected, interval):
    np.savez(tmp_path / "a.npz", **contents)
    recording = import_recording([tmp_path / "a.npz"], **options)
    assert np.array_equal(recording.bits(), expected)
    assert recording.sampling_interval_s == (None if interval is None else pytest.approx(interval))


@pytest.mark.parametrize(("contents", "message"), [
    ({"a": VOLTS, "b": VOLTS}, "columns a, b; say which"), ({"both": BOTH.T}, "looks transposed"),
    ({"note": np.array(["text"])}, "no array of samples"), ({}, "no array of samples"),
    ({"a": np.zeros((3, 4, 5))}, "no array of samples"), ({"a": np.zeros(9, complex)}, "no array of samples"),
    ({"time": TIMES[:-1], "voltage": VOLTS}, "have 299 and 300 samples"), ({"a": np.zeros((5, 0))}, "no samples")])
def test_refused(tmp_path, contents, message):
    np.savez(tmp_path / "a.npz", **contents)
    with pytest.raises(InputError, match=message) as error:
        import_recording([tmp_path / "a.npz"])
    assert "\n" not in str(error.value)


def test_recordings_damaged_files_and_declared_sizes(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="is a recording already"):
        import_recording([DEFAULT_RECORDING])
    np.savez(tmp_path / "a.npz", a=BITS)
    whole = (tmp_path / "a.npz").read_bytes()
    for content in (b"", whole[:50], whole[:-30], b"text" * 50):
        (tmp_path / "b.npz").write_bytes(content)
        with pytest.raises(InputError, match="not a readable file of NumPy arrays"):
            import_recording([tmp_path / "b.npz"])
    monkeypatch.setattr(arrays, "MOST_BYTES", 200)
    with pytest.raises(InputError, match="declares arrays of"):
        import_recording([tmp_path / "a.npz"])
