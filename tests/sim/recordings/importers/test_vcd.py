"""Value-change dumps."""

import gzip
import io

import numpy as np
import pytest
from vcd import VCDWriter

from spinsc.errors import InputError
from spinsc.sim.recordings.importers import vcd
from tests.sim.recordings.importers.samples import BITS, BOTH
from tests.sim.recordings.importing.test_read import import_recording


def dump(bits, scale="1 ns", step=10):
    """A dump of signals sampled every ``step`` units, and its end a step after the last sample."""
    text = io.StringIO()
    with VCDWriter(text, timescale=scale, date="today") as writer:
        signals = [writer.register_var("top", f"d{n}", "wire", size=1, init=int(row[0])) for n, row in enumerate(bits)]
        writer.register_var("top", "bus", "wire", size=8, init=3)
        for n in range(bits.shape[1]):
            for signal, row in zip(signals, bits, strict=True):
                writer.change(signal, n * step, int(row[n]))
        writer.close((bits.shape[1] - 1) * step)
    return text.getvalue()


def test_changes_are_sampled(tmp_path, monkeypatch):
    path = tmp_path / "a.vcd"
    path.write_text(dump(BITS[None]))
    for size in (1 << 16, 7):
        monkeypatch.setattr(vcd, "_BLOCK_CHANGES", size)
        recording = import_recording([path], sampling_interval_s=10e-9)
        assert np.array_equal(recording.bits()[0], BITS)
        assert recording.sampling_interval_s == 10e-9
    finer = import_recording([path], sampling_interval_s=5e-9).bits()[0]
    assert np.array_equal(finer, np.repeat(BITS, 2)[:-1])
    with gzip.open(tmp_path / "a.vcd.gz", "wb") as file:
        file.write(path.read_bytes())
    assert import_recording([tmp_path / "a.vcd.gz"], sampling_interval_s=10e-9).hash == recording.hash


@pytest.mark.parametrize(("scale", "seconds"), [("1 us", 1e-6), ("10 ps", 1e-11), ("100 ms", 0.1), ("1 s", 1)])
def test_scales(tmp_path, scale, seconds):
    (tmp_path / "a.vcd").write_text(dump(BITS[None], scale, 3))
    assert np.array_equal(import_recording([tmp_path / "a.vcd"], sampling_interval_s=3 * seconds).bits()[0], BITS)


def test_several_signals(tmp_path):
    path = tmp_path / "a.vcd"
    path.write_text(dump(BOTH))
    with pytest.raises(InputError, match="signals d0, d1; say which are devices"):
        import_recording([path], sampling_interval_s=1e-8)
    recording = import_recording([path], sampling_interval_s=1e-8, voltage_columns=["d1", "d0"])
    assert np.array_equal(recording.bits(), BOTH[::-1])


def test_refused(tmp_path):
    path = tmp_path / "a.vcd"
    whole = dump(BITS[None])
    path.write_text(whole)
    with pytest.raises(InputError, match=r"holds changes, not samples; .*--sampling-interval S"):
        import_recording([path])
    with pytest.raises(InputError, match="give a longer --sampling-interval"):
        import_recording([path], sampling_interval_s=1e-20)
    path.write_text(whole.replace("\n1!", "\nx!", 3))
    with pytest.raises(InputError, match="is 'x' at time"):
        import_recording([path], sampling_interval_s=1e-8)
    for content in ("", whole[:60], "$date today $end\n$var nonsense"):
        path.write_text(content)
        with pytest.raises(InputError, match=r"value-change dump|signal of one bit"):
            import_recording([path], sampling_interval_s=1e-8)
    (tmp_path / "a.vcd").write_text(whole.split("$var")[0] + "$enddefinitions $end\n#0\n")
    with pytest.raises(InputError, match="no signal of one bit"):
        import_recording([path], sampling_interval_s=1e-8)
