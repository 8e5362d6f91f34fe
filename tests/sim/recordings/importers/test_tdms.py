"""LabVIEW's TDMS files."""

import importlib

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.recordings.importers import tdms
from spinsc.sim.recordings.importing import arrays
from tests.sim.recordings.importers.samples import BITS, BOTH, TIMES, VOLTS
from tests.sim.recordings.importing.test_read import import_recording

nptdms = pytest.importorskip("nptdms")


def write(path, channels, properties=None):
    with nptdms.TdmsWriter(path) as file:
        file.write_segment([nptdms.ChannelObject("scope", name, values, properties or {})
                            for name, values in channels.items()])
    return path


@pytest.mark.parametrize(("channels", "options", "expected", "interval"), [
    ({"signal": VOLTS}, {}, [BITS], None), ({"time": TIMES, "voltage": VOLTS}, {}, [BITS], 1e-6),
    ({"a": BITS, "b": 1 - BITS}, {"voltage_columns": ["a", "b"]}, BOTH, None)])
def test_channels(tmp_path, channels, options, expected, interval, monkeypatch):
    path = write(tmp_path / "a.tdms", channels)
    for values in (1 << 22, 64):
        monkeypatch.setattr(arrays, "_BLOCK_VALUES", values)
        recording = import_recording([path], **options)
        assert np.array_equal(recording.bits(), expected)
        assert recording.sampling_interval_s == (None if interval is None else pytest.approx(interval))


def test_waveform_properties(tmp_path):
    path = write(tmp_path / "a.tdms", {"signal": VOLTS}, {"wf_increment": 1e-6})
    assert import_recording([path]).sampling_interval_s == pytest.approx(1e-6)


def test_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="columns a, b; say which"):
        import_recording([write(tmp_path / "a.tdms", {"a": VOLTS, "b": VOLTS})])
    for content in (b"", b"TDSm" + bytes(10), b"text" * 20):
        (tmp_path / "a.tdms").write_bytes(content)
        with pytest.raises(InputError, match=r"not a readable TDMS file|no array of samples"):
            import_recording([tmp_path / "a.tdms"])

    def without(name, *rest):
        raise ImportError(name)
    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(InputError, match=r"need npTDMS; .*spinsc\[tdms\]"):
        tdms.IMPORTER.read(tmp_path / "a.tdms", None)
