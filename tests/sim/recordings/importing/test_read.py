"""Round trips through every format that recordings are imported from, and everything that can be wrong with them."""

import builtins
import dataclasses
import importlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.sim.recordings.importers import csv, parquet
from spinsc.sim.recordings.importing import arrays, raw, read, survey
from spinsc.sim.recordings.importing.importer import IMPORTERS, Block, Options, Signals
from spinsc.sim.recordings.importing.survey import LevelOptions

STEPS = 203


def import_recording(paths, **options):
    """`read.import_recording`, with the fields of its objects of options by name."""
    parts = [{name: options.pop(name) for name in [field.name for field in dataclasses.fields(kind)] if name in options}
             for kind in (Options, LevelOptions, read.Excerpt)]
    return read.import_recording(paths, options=Options(**parts[0]), levels=LevelOptions(**parts[1]),
                                 excerpt=read.Excerpt(**parts[2]), **options)


@pytest.fixture
def samples():
    return np.random.default_rng(1).integers(0, 2, STEPS, dtype=np.uint8)


def voltages(samples, noise=0.01, seed=2):
    return 0.2 + 0.5 * samples + np.random.default_rng(seed).normal(0, noise, len(samples))


def write_csv(path, columns, header="", delimiter=",", fmt="%.9g"):
    np.savetxt(path, np.column_stack(columns), fmt=fmt, delimiter=delimiter, header=header, comments="")
    return path


def write_parquet(path, **columns):
    arrow = pytest.importorskip("pyarrow")
    importlib.import_module("pyarrow.parquet").write_table(arrow.table(columns), path)
    return path


TIMES = 5e-6 * np.arange(STEPS) + 0.25


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
@pytest.mark.parametrize("header", ["", "{}", "# {}", "Instrument,Model 7\nDate;yesterday\n\n{}"])
def test_csv(tmp_path, samples, delimiter, header):
    header = header.format(delimiter.join(["time", "voltage"]))
    path = write_csv(tmp_path / "a.csv", [TIMES, voltages(samples)], header, delimiter)
    recording = import_recording([path], source="bench", device="junction 7")
    assert np.array_equal(recording.bits()[0], samples)
    assert recording.sampling_interval_s == pytest.approx(5e-6)
    assert recording.metadata.kind == "measured"
    assert (recording.metadata.source, recording.metadata.device) == ("bench", "junction 7")
    assert recording.metadata.parameters["files"] == ["a.csv"]
    assert recording.metadata.parameters["thresholds"][0] == pytest.approx(0.45, abs=0.01)


@pytest.mark.parametrize(("name", "unit_s"), [("time", 1), ("time_us", 1e-6), ("t (ns)", 1e-9), ("Time [ms]", 1e-3),
                                              ("time.us", 1e-6), ("Time {ns}", 1e-9), ("t-ms", 1e-3), ("t in us", 1e-6),
                                              ("Zeit_msec", 1e-3), ("x-axis", 1)])
def test_time_units(tmp_path, samples, name, unit_s):
    path = write_csv(tmp_path / "a.csv", [5 * np.arange(STEPS), voltages(samples)], f"{name},Voltage (V)")
    assert import_recording([path]).sampling_interval_s == pytest.approx(5 * unit_s)
    assert import_recording([path], sampling_interval_s=5.001 * unit_s).sampling_interval_s == 5.001 * unit_s
    refused("--sampling-interval 3e-09 contradicts .*--time-column none", [path], sampling_interval_s=3e-9)
    assert import_recording([path], sampling_interval_s=3e-9, time_column="none").sampling_interval_s == 3e-9


def test_times_of_an_unnamed_unit(tmp_path, samples):
    path = write_csv(tmp_path / "a.csv", [5 * np.arange(STEPS), voltages(samples)], "time,voltage")
    assert import_recording([path], sampling_interval_s=5e-9).sampling_interval_s == 5e-9
    refused("contradicts", [path], sampling_interval_s=6e-9)
    for name in ("time (ticks)", "t/fortnights"):
        path = write_csv(tmp_path / "a.csv", [5 * np.arange(STEPS), voltages(samples)], f"{name},voltage")
        refused("no known unit; .*--time-column none", [path])
    counted = write_csv(tmp_path / "a.csv", [np.arange(STEPS), voltages(samples)])
    assert import_recording([counted]).sampling_interval_s is None


def test_columns_by_name_and_position(tmp_path, samples):
    other = 1 - samples
    path = write_csv(tmp_path / "a.csv", [voltages(samples), TIMES, voltages(other)], "left,when,right")
    for when, left, right in (("when", "left", "right"), (1, 0, 2), ("1", "0", "2"), ("When".lower(), "left", 2)):
        recording = import_recording([path], time_column=when, voltage_columns=[left, right])
        assert np.array_equal(recording.bits(), [samples, other])
        assert recording.sampling_interval_s == pytest.approx(5e-6)
    assert import_recording([path], voltage_columns=["right"]).sampling_interval_s is None


def test_table_of_one_column(tmp_path, samples):
    recording = import_recording([write_csv(tmp_path / "a.txt", [voltages(samples)])])
    assert np.array_equal(recording.bits()[0], samples)
    assert recording.sampling_interval_s is None


def test_parquet(tmp_path, samples):
    path = write_parquet(tmp_path / "a.parquet", timestep=TIMES, voltage=voltages(samples).astype(np.float32))
    recording = import_recording([path])
    assert np.array_equal(recording.bits()[0], samples)
    assert recording.sampling_interval_s == pytest.approx(5e-6)
    counted = write_parquet(tmp_path / "b.parquet", timestep=np.arange(STEPS), voltage=voltages(samples))
    assert import_recording([counted]).sampling_interval_s is None
    assert import_recording([counted], sampling_interval_s=5e-6).sampling_interval_s == 5e-6


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_npy(tmp_path, samples, dtype):
    np.save(tmp_path / "a.npy", samples.astype(dtype))
    assert np.array_equal(import_recording([tmp_path / "a.npy"]).bits()[0], samples)
    both = np.stack([samples, 1 - samples]).astype(dtype)
    np.save(tmp_path / "a.npy", both)
    assert np.array_equal(import_recording([tmp_path / "a.npy"]).bits(), both)


def test_npy_of_voltages(tmp_path, samples):
    np.save(tmp_path / "a.npy", np.stack([voltages(samples), 3 * voltages(1 - samples)]))
    recording = import_recording([tmp_path / "a.npy"])
    assert np.array_equal(recording.bits(), [samples, 1 - samples])
    assert recording.metadata.parameters["thresholds"] == pytest.approx([0.45, 1.35], abs=0.03)
    np.save(tmp_path / "a.npy", np.array([-3, 5, 2, 7]))
    assert import_recording([tmp_path / "a.npy"], threshold=5).bits().tolist() == [[0, 1, 0, 1]]


@pytest.mark.parametrize("order", ["big", "little"])
def test_packed_bits(tmp_path, samples, order):
    path = tmp_path / "a.bin"
    np.packbits(samples[:200], bitorder=order).tofile(path)
    recording = import_recording([path], format="packed", bit_order=order)
    assert np.array_equal(recording.bits()[0], samples[:200])


def test_one_sample_per_byte(tmp_path, samples):
    samples.tofile(tmp_path / "a.bin")
    assert np.array_equal(import_recording([tmp_path / "a.bin"]).bits()[0], samples)
    samples.tofile(tmp_path / "a.data")
    assert np.array_equal(import_recording([tmp_path / "a.data"], format="bytes").bits()[0], samples)


def test_several_files_are_several_devices(tmp_path, samples):
    first = write_csv(tmp_path / "a.csv", [TIMES, voltages(samples)])
    (1 - samples).tofile(tmp_path / "b.bin")
    np.save(tmp_path / "c.npy", np.stack([samples[::-1], samples]))
    recording = import_recording([first, tmp_path / "b.bin", tmp_path / "c.npy"])
    assert np.array_equal(recording.bits(), [samples, 1 - samples, samples[::-1], samples])
    assert recording.metadata.parameters["formats"] == ["bytes", "csv", "npy"]


def test_concatenated_files_share_the_threshold(tmp_path, samples):
    # The second stretch alone has no level of ones, so it can only be read with the first one's threshold.
    np.save(tmp_path / "a.npy", voltages(samples))
    np.save(tmp_path / "b.npy", voltages(np.zeros(50)))
    recording = import_recording([tmp_path / "a.npy", tmp_path / "b.npy"], concatenate=True)
    assert np.array_equal(recording.bits()[0], np.append(samples, np.zeros(50)))
    assert len(recording.metadata.parameters["thresholds"]) == 1
    np.save(tmp_path / "b.npy", np.zeros((2, 50)))
    with pytest.raises(InputError, match=r"b\.npy has 2 devices, but a\.npy has 1"):
        import_recording([tmp_path / "a.npy", tmp_path / "b.npy"], concatenate=True)


def test_different_lengths(tmp_path, samples):
    samples.tofile(tmp_path / "a.bin")
    samples[:100].tofile(tmp_path / "b.bin")
    paths = [tmp_path / "a.bin", tmp_path / "b.bin"]
    with pytest.raises(InputError, match=r"a\.bin has 203 samples, b\.bin only 100; .*--truncate"):
        import_recording(paths)
    assert np.array_equal(import_recording(paths, truncate=True).bits(), [samples[:100]] * 2)


def refused(message, paths, **options):
    with pytest.raises(InputError, match=message) as caught:
        import_recording(paths, **options)
    assert "\n" not in str(caught.value)


def test_not_a_number_is_named_by_its_row(tmp_path, samples):
    signal = voltages(samples)
    signal[41] = np.nan
    refused(r"row 42 of .*a\.csv is nan", [write_csv(tmp_path / "a.csv", [TIMES, signal], "time,voltage")])
    refused(r"row 42 of .*a\.parquet is nan", [write_parquet(tmp_path / "a.parquet", time=TIMES, voltage=signal)])
    signal[41] = np.inf
    np.save(tmp_path / "a.npy", signal)
    refused(r"sample 42 of .*a\.npy is inf", [tmp_path / "a.npy"], threshold=0.4)
    times = TIMES.copy()
    times[7] = np.nan
    path = write_csv(tmp_path / "a.csv", [times, voltages(samples)], "t,v")
    refused("time in row 8 .* is nan", [path])
    assert import_recording([path], sampling_interval_s=1e-6).steps == STEPS


def test_irregular_times(tmp_path, samples):
    gap = np.delete(np.column_stack([TIMES, voltages(samples)]), 50, axis=0)
    path = write_csv(tmp_path / "a.csv", gap.T)
    refused("from row 50 to 51 it is 1e-05 instead of 5e-06; .*--sampling-interval", [path])
    assert import_recording([path], sampling_interval_s=5e-6).steps == STEPS - 1
    refused("do not increase", [write_csv(tmp_path / "a.csv", [TIMES[::-1], voltages(samples)], "t,v")])
    refused("do not increase", [write_csv(tmp_path / "a.csv", [np.ones(STEPS), voltages(samples)], "t,v")])
    slow = write_csv(tmp_path / "slow.csv", [2 * TIMES, voltages(samples)])
    fast = write_csv(tmp_path / "fast.csv", [TIMES, voltages(samples)])
    refused("fast.csv was sampled every 5e-06 s, slow.csv every 1e-05 s", [slow, fast])


def test_times_with_few_digits(tmp_path, samples):
    path = write_csv(tmp_path / "a.csv", [TIMES, voltages(samples)], fmt="%.6f")
    assert import_recording([path]).sampling_interval_s == pytest.approx(5e-6, rel=2e-3)


def test_bad_columns(tmp_path, samples):
    path = write_csv(tmp_path / "a.csv", [TIMES, voltages(samples), voltages(samples)], "time,left,right")
    refused("columns time, left, right; say which .*--voltage-column", [path])
    refused("no column 'middle'", [path], voltage_columns=["middle"])
    refused("no column at position 3; give one from 0 to 2", [path], voltage_columns=[3])
    refused("no column at position -1", [path], voltage_columns=[-1])
    refused("both time and voltage", [path], time_column="left", voltage_columns=["left"])
    path = write_csv(tmp_path / "a.csv", [TIMES, voltages(samples), voltages(samples)])
    refused("3 columns without names; say which", [path])


def test_bad_csv(tmp_path):
    path = tmp_path / "a.csv"
    for content, message in (
            (b"", "no line of numbers"), (b"time,voltage\n", "no line of numbers"), (b"a,b\n" * 500, "first 400 lines"),
            (b"time,voltage\n0,1\n1,x\n2,0\n", "not a table of numbers.*'x'"),
            (b"time,voltage\n0,1\n1,\n2,0\n", "not a table of numbers"),
            (b"time,voltage\n0,1\n1\n2,0\n", "not a table of numbers"),
            (b"\xff\xfe\x00\x01", "no line of numbers"),
            (b"0,1\n" * 5 + b"\xff\xfe,1\n" + b"1,0\n" * 5, "row 6 has 'ÿþ'")):
        path.write_bytes(content)
        refused(message, [path])


def test_bad_parquet(tmp_path, samples, monkeypatch):
    path = tmp_path / "a.parquet"
    whole = write_parquet(path, time=TIMES, voltage=voltages(samples)).read_bytes()
    for content in (b"", whole[:100], whole[:-1], b"text" * 100):
        path.write_bytes(content)
        refused("not readable as Parquet tables", [path], format="parquet")
    refused("holds no numbers", [write_parquet(path, time=TIMES, voltage=[str(v) for v in samples])])
    refused("no samples", [write_parquet(path, time=TIMES[:0], voltage=TIMES[:0])])
    refused(r"row 2 of .* is nan", [write_parquet(path, voltage=[0.5, None, 0.25])], threshold=0.3)

    def without_pyarrow(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return builtins.__import__(name, *rest)
    monkeypatch.setattr(importlib, "import_module", without_pyarrow)
    refused(r"need pyarrow; .*spinsc\[tables\]", [path])


def test_bad_npy(tmp_path):
    path = tmp_path / "a.npy"
    for array, message in ((np.zeros((2, 2, 2)), "shape"), (np.array(["a"]), "shape"), (np.zeros(0), "no samples"),
                           (np.zeros(3, complex), "complex"), (np.array(1), "shape")):
        np.save(path, array)
        refused(message, [path])
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    refused("not a readable NumPy array", [path])
    for content in (b"", b"\x93NUMPY", b"other"):
        path.write_bytes(content)
        refused("not a readable NumPy array", [path])
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    refused("several arrays", [tmp_path / "a.npz"], format="npy")


def test_bad_bytes(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"\0\1\0\7")
    refused("symbols of 4 bits, from 0 to 7", [path])
    path.write_bytes(np.random.default_rng(3).bytes(1000))
    refused(r"byte \d of .* is \d+, not 0 or 1; .*--format packed", [path])
    path.write_bytes(b"")
    refused("no samples", [path])
    refused("no samples", [path], format="packed")
    path.write_bytes(b"\1" * 100)
    refused("device 0 is stuck at 1", [path])
    assert import_recording([path], allow_constant=True).steps == 100


class Dots:
    """A format that another package might bring: a dot for 0, a cross for 1."""

    title = "dots and crosses"
    suffixes = (".dots",)
    takes = ()
    compressed = False

    def recognize(self, head):
        return head.startswith(b"dots")

    def read(self, path, options):
        values = np.array([mark == "x" for mark in path.read_text().removeprefix("dots")])
        return Signals(["dots"], lambda: iter([Block(None, values[None])]), digital=True)


def test_an_importer_is_one_object_in_the_registry(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(IMPORTERS, "dots", Dots())
    (tmp_path / "a.dots").write_text("..x.x")
    (tmp_path / "a.csv").write_text("dots.x")
    (tmp_path / "a").write_text("xx.")
    assert import_recording([tmp_path / "a.dots"]).bits().tolist() == [[0, 0, 1, 0, 1]]
    assert import_recording([tmp_path / "a.csv"]).bits().tolist() == [[0, 1]]
    assert import_recording([tmp_path / "a"], format="dots").bits().tolist() == [[1, 1, 0]]
    refused("is read as dots, which takes no --time-column", [tmp_path / "a.dots"], time_column=0)
    refused("unknown format 'dashes'; choose .*dots", [tmp_path / "a"], format="dashes")


def test_every_importer_says_what_it_is():
    suffixes = [suffix for importer in IMPORTERS.values() for suffix in importer.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    fields = {field.name for field in dataclasses.fields(Options)}
    for name, importer in IMPORTERS.items():
        assert set(importer.takes) <= fields, name
        assert "\n" not in importer.title


def test_content_counts_more_than_the_extension(tmp_path, samples):
    np.save(tmp_path / "a.npy", samples)
    (tmp_path / "a.npy").rename(tmp_path / "a.csv")
    assert np.array_equal(import_recording([tmp_path / "a.csv"]).bits()[0], samples)


@pytest.mark.parametrize("suffix", ["csv", "npy", "parquet", "bin"])
def test_blocks_change_nothing(tmp_path, samples, monkeypatch, suffix):
    path = tmp_path / f"a.{suffix}"
    noisy = voltages(samples)
    if suffix == "csv":
        write_csv(path, [TIMES, noisy, 1 - noisy], "time,a,b")
    elif suffix == "npy":
        np.save(path, np.stack([noisy, 1 - noisy]))
    elif suffix == "parquet":
        write_parquet(path, time=TIMES, a=noisy, b=1 - noisy)
    else:
        samples.tofile(path)
    options = {"voltage_columns": ["a", "b"]} if suffix in ("csv", "parquet") else {}
    whole = import_recording([path], **options)
    for module, name, size in ((csv, "_BLOCK_LINES", 13), (arrays, "_BLOCK_VALUES", 26), (parquet, "_BLOCK_ROWS", 13),
                               (raw, "BLOCK_BYTES", 13)):
        monkeypatch.setattr(module, name, size)
    parts = import_recording([path], **options)
    assert parts.hash == whole.hash
    assert parts.metadata == whole.metadata
    if suffix in ("csv", "parquet"):
        noisy[150] = np.nan
        broken = write_csv(tmp_path / "b.csv", [TIMES, noisy])
        refused(r"row 151 of .* is nan", [broken])
        refused("from row 150 to 151 it is 1e-05 instead of 5e-06", [
            write_csv(tmp_path / "b.csv", np.delete([TIMES, voltages(samples)], 150, axis=1))])


@pytest.mark.parametrize("count", [4, 5, 7, 64, 1000, 1001, 4096])
def test_thresholds_are_looked_for_in_evenly_spread_samples(count):
    values = np.arange(2 * count).reshape(2, count)
    for size in (1, 3, 10, count):
        sample = survey._Sample(10)
        for start in range(0, count, size):
            sample.add(values[:, start:start + size])
        stride = 1
        while len(range(0, count, stride)) > 10:
            stride *= 2
        assert np.array_equal(sample.values(), values[:, ::stride])


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(0, 2**32))
def test_concatenation_of_packed_bits(lengths, seed):
    rng = np.random.default_rng(seed)
    parts = [rng.integers(0, 2, (3, length), dtype=np.uint8) for length in lengths]
    packed, filled = np.packbits(parts[0], axis=1, bitorder="little"), lengths[0]
    for part in parts[1:]:
        packed = read._append(packed, filled, np.packbits(part, axis=1, bitorder="little"), part.shape[1])
        filled += part.shape[1]
    assert np.array_equal(packed, np.packbits(np.concatenate(parts, axis=1), axis=1, bitorder="little"))


def test_memory_is_that_of_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(csv, "_BLOCK_LINES", 1000)
    monkeypatch.setattr(survey, "MOST_LOOKED_AT", 1 << 16)
    path, peaks = tmp_path / "a.csv", []
    for rows in (70_000, 280_000):
        path.write_text("time,voltage\n" + "".join(f"{row},{row % 7 % 2}\n" for row in range(rows)))
        tracemalloc.start()
        import_recording([path])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2 * 280_000 / 8


def test_bad_options(tmp_path, samples):
    path = tmp_path / "a.bin"
    samples.tofile(path)
    refused("name at least one", [])
    refused("no file .*b.bin", [tmp_path / "b.bin"])
    for name in ("b.csv", "b.npy", "b.parquet"):
        refused(f"no file .*{name}", [tmp_path / name])
    refused("cannot read", [tmp_path], format="bytes")
    refused(r"unknown format 'hdf' \(did you mean hdf5\?\); choose bits, bytes, csv", [path], format="hdf")
    (tmp_path / "a.raw").touch()
    refused("does not tell its format; .*--format", [tmp_path / "a.raw"])
    refused("big or little, not 'middle'", [path], bit_order="middle")
    refused("midpoint or otsu, not 'mean'", [path], threshold="mean")
    refused("finite voltage, not nan", [path], threshold=float("nan"))
    refused("positive time in seconds, not 0", [path], sampling_interval_s=0)
    refused("'kind' must be", [path], kind="guessed")
