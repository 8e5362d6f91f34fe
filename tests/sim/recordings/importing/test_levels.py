"""Levels of telegraph signals: thresholds between two of them, and everything that is not two levels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.digitise import FEWEST_WINDOW, Threshold, digitise
from spinsc.sim.recordings.importing.levels import find_levels
from tests.sim.recordings.importing.test_read import import_recording


def telegraph(steps, p1=0.5, noise=0.005, seed=7):
    """Bits, and a signal that has them."""
    rng = np.random.default_rng(seed)
    bits = rng.random(steps) < p1
    return bits, 0.2 + 0.25 * bits + rng.normal(0, noise, steps)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("method", ["midpoint", "otsu"])
def test_automatic_threshold(share, method):
    rng = np.random.default_rng(4)
    levels = rng.random(50_000) < share
    signal = np.where(levels, 1.3, 0.9) + rng.normal(0, 0.02, len(levels))
    threshold = find_levels(signal, method).threshold
    assert np.array_equal(signal >= threshold, levels)
    if method == "midpoint":
        assert threshold == pytest.approx(1.1, abs=0.005)


@pytest.mark.parametrize("signal", [
    np.random.default_rng(1).normal(0, 1, 10_000), np.random.default_rng(2).random(10_000), np.full(10, 0.3),
    np.linspace(0, 1, 1000)], ids=["gaussian", "uniform", "constant", "ramp"])
def test_signal_without_two_levels_is_refused(signal):
    with pytest.raises(InputError, match=r"do not lie about two levels|all voltages"):
        find_levels(signal)


@pytest.fixture(params=[300, 40_000])
def signal(request):
    return telegraph(request.param)


def refuses(values, message):
    with pytest.raises(InputError, match=message) as error:
        find_levels(values, name="a.csv")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("place", [0, 41, -1])
@pytest.mark.parametrize("value", [9.75, -30, 0.9])
def test_an_outlier_is_named_and_leaves_the_threshold_alone(signal, place, value):
    bits, values = signal
    plain = find_levels(values)
    values[place] = value
    levels = find_levels(values)
    assert levels.threshold == pytest.approx(plain.threshold, abs=2e-4)
    row = place % len(values) + 1
    assert any(note.startswith(f"row {row} is an outlier: {value:g}") for note in levels.notes)
    expected = bits.copy()
    expected[place] = value > 0.3
    assert np.array_equal(values >= levels.threshold, expected)


def test_many_outliers_are_no_accident(signal):
    _, values = signal
    values[::50] = 9.75
    refuses(values, "lie about 3 levels|lie far from the levels")


@pytest.mark.parametrize("change", [
    lambda part: part + 1.5, lambda part: part - 0.7, lambda part: 10 * part, lambda part: part + 0.25,
    lambda part: 0.1 * part], ids=["up", "down", "ten times", "by the distance", "a tenth"])
@pytest.mark.parametrize("start", [0.2, 0.5, 0.9])
def test_a_changed_range_is_refused(signal, change, start):
    _, values = signal
    first = int(start * len(values))
    values[first:] = change(values[first:])
    refuses(values, "change from|lie about . levels|base line|lie far from")


def test_a_changed_offset_is_placed(signal):
    _, values = signal
    half = len(values) // 2
    values[half:] += 1.5
    refuses(values, rf"change from 0\.\d+, 0\.\d+ to 1\.\d+, 1\.9\d* at about row {half + 1}: .*--rows")


@pytest.mark.parametrize("share", [0.03, 0.3])
def test_three_levels(signal, share):
    _, values = signal
    third = np.random.default_rng(1).random(len(values)) < share
    values[third] += 0.7 - values[third].round(2)
    refuses(values, "lie about 3 levels|do not lie about two levels")


@pytest.mark.parametrize("values", [range(4), range(3), range(16)])
def test_numbers_are_no_bits(values):
    refuses(np.random.default_rng(2).integers(0, len(values), 5000).astype(np.uint8), "levels")


def test_clipping_is_named(signal):
    bits, values = signal
    levels = find_levels(np.minimum(values, 0.452))
    assert "the high level is clipped" in " ".join(levels.notes)
    assert np.array_equal(np.minimum(values, 0.452) >= levels.threshold, bits)
    assert not find_levels(values).notes


def test_noise_is_named():
    bits, values = telegraph(20_000, noise=0.06)
    levels = find_levels(values)
    misread = float(np.mean((values >= levels.threshold) != bits))
    told = next(note for note in levels.notes if "misread" in note)
    assert float(told.split()[1]) == pytest.approx(100 * misread, abs=0.6)


@pytest.mark.parametrize("count", [1, 2])
def test_a_glitch_is_no_state(count):
    _, values = telegraph(300, p1=0)
    values[41:41 + count] += 0.25
    refuses(values, f"only {count} of 300 samples .* row 42 .*a glitch, or a state")


@pytest.mark.parametrize("drift", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("shape", ["ramp", "sine"])
def test_a_moving_base_line_is_refused_and_followed(tmp_path, drift, shape):
    bits, values = telegraph(40_000)
    way = np.linspace(0, 1, len(values))
    base = drift * (way if shape == "ramp" else np.sin(2 * np.pi * way) / 2)
    refuses(values + base, "base line .* moves|do not lie about two levels|levels of|lie about . levels")
    np.save(tmp_path / "a.npy", values + base)
    followed = import_recording([tmp_path / "a.npy"], moving=400)
    assert np.array_equal(followed.bits()[0], bits)
    assert followed.metadata.parameters["moving_threshold"] == 400


def test_a_small_drift_is_named(signal):
    bits, values = signal
    values += np.linspace(0, 0.14, len(values))
    levels = find_levels(values)
    assert "the base line moves by 0.0" in " ".join(levels.notes)
    assert np.array_equal(values >= levels.threshold, bits)


def test_a_moving_threshold_does_not_follow_jumps(tmp_path):
    _, values = telegraph(4000)
    values[2000:] += 0.2
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(InputError, match=r"jump by 0\.2.* at about sample 2\d\d\d.*--rows"):
        import_recording([tmp_path / "a.npy"], moving=500)
    np.save(tmp_path / "a.npy", np.random.default_rng(1).normal(0, 1, 1000))
    with pytest.raises(InputError, match=r"no window of 100 samples .* has two clear levels"):
        import_recording([tmp_path / "a.npy"], moving=100)


def test_levels_that_are_given(tmp_path):
    bits, values = telegraph(1000)
    values[5] = 9
    np.save(tmp_path / "a.npy", values)
    recording = import_recording([tmp_path / "a.npy"], levels=(0.2, 0.45))
    assert recording.bits()[0].tolist() == [1 if n == 5 else int(bit) for n, bit in enumerate(bits)]
    assert recording.metadata.parameters["levels"] == [0.2, 0.45]
    for levels in ((0.2, 0.7), (-0.5, 0.45)):
        with pytest.raises(InputError, match=r"lie about 0\.\d+, not .*correct --levels|stuck"):
            import_recording([tmp_path / "a.npy"], levels=levels)


@pytest.mark.parametrize(("options", "message"), [
    ({"levels": (0.4, 0.2)}, "the lower first, not 0.4 and 0.2"), ({"hysteresis": -1}, "hysteresis must be"),
    ({"moving": 5}, f"at least {FEWEST_WINDOW} samples, not 5"),
    ({"moving": 100, "threshold": 0.3}, "--threshold and --moving-threshold exclude each other"),
    ({"levels": (0.1, 0.4), "threshold": "otsu"}, "--threshold and --levels exclude")])
def test_bad_options(tmp_path, options, message):
    np.save(tmp_path / "a.npy", telegraph(1000)[1])
    with pytest.raises(InputError, match=message):
        import_recording([tmp_path / "a.npy"], **options)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 60), st.floats(0, 0.8))
def test_hysteresis_by_the_definition(values, size, width):
    array = np.array([values])
    state, expected = None, []
    for value in values:
        state = value >= 0.5 if state is None else state
        state = True if value >= 0.5 + width / 2 else False if value < 0.5 - width / 2 else state
        expected.append(state)
    blocks = [array[:, start:start + size] for start in range(0, len(values), size)]
    packed = digitise(blocks, [Threshold.fixed(0.5)], width)
    assert np.unpackbits(packed, axis=1, count=len(values), bitorder="little")[0].tolist() == [int(b) for b in expected]


def test_hysteresis_keeps_noise_from_switching(tmp_path):
    rng = np.random.default_rng(5)
    bits = np.repeat(rng.integers(0, 2, 100), 50)
    np.save(tmp_path / "a.npy", 0.2 + 0.25 * bits + rng.normal(0, 0.055, len(bits)))
    plain = import_recording([tmp_path / "a.npy"]).bits()[0]
    held = import_recording([tmp_path / "a.npy"], hysteresis=0.12).bits()[0]
    assert np.count_nonzero(held != bits) < np.count_nonzero(plain != bits) / 4
