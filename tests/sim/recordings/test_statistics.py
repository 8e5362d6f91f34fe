"""Statistics of recordings against closed forms, plain counting, and the reference outputs of NIST's tools."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.picture import save_picture
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.statistics import common_value_min_entropy, dwell_counts, markov_min_entropy, measure
from spinsc.sim.report.recordings import statistics_table

SLOW = SMTJ(dwell_time_0_s=30e-9, dwell_time_1_s=70e-9, sampling_interval_s=10e-9, barrier_spread_kt=0.3, seed=21)


def of(bits, **metadata):
    return Recording.from_bits(bits, {"kind": "measured"} | metadata, allow_constant=True)


def test_simulated_recording_against_closed_forms():
    devices = 100
    recording = SLOW.simulate(devices, 100_000)
    statistics = measure(recording, lags=5)
    tau = SLOW.dwell_times(devices)
    p1, r = SLOW.probability(devices), SLOW.autocorrelation(devices, 5)
    z = (statistics.p1 - p1) / statistics.p1_error
    assert np.abs(z).max() < 5
    assert abs((z**2).mean() - 1) < 5 * math.sqrt(2 / devices)
    assert np.abs(statistics.autocorrelation - r).max() < 5 / math.sqrt(100_000) * 1.5
    leave = np.stack([p1, 1 - p1], axis=1) * (1 - r[:, :1])
    visits = 100_000 * np.stack([1 - p1, p1], axis=1)
    assert np.abs((1 / statistics.dwell_samples - leave) / np.sqrt(leave * (1 - leave) / visits)).max() < 5
    assert statistics.dwell_times_s == pytest.approx(tau, rel=0.1)
    assert statistics.dwell_times_s.mean(axis=0) == pytest.approx(tau.mean(axis=0), rel=0.01)


def test_decorrelated_samples_tell_no_dwell_time():
    statistics = measure(SMTJ(sampling_interval_s=1e-6, seed=1).simulate(20, 10_000))
    assert np.isnan(statistics.dwell_times_s).all()
    assert (statistics.min_entropy > 0.9).all()


@pytest.mark.parametrize(("devices", "steps", "lags"), [(1, 2, 20), (3, 50, 12), (2, 1000, 130), (4, 129, 20)])
def test_plain_counting(devices, steps, lags):
    bits = np.random.default_rng(steps).integers(0, 2, (devices, steps))
    statistics = measure(of(bits), lags)
    assert statistics.p1 == pytest.approx(bits.mean(axis=1))
    assert statistics.autocorrelation.shape == (devices, max(1, min(lags, steps // 4)))
    for device in range(devices):
        x = bits[device]
        for lag, value in enumerate(statistics.autocorrelation[device], start=1):
            covariance = (x[:-lag] * x[lag:]).mean() - x[:-lag].mean() * x[lag:].mean()
            with np.errstate(invalid="ignore"):
                assert value == pytest.approx(covariance / x.var(), nan_ok=True)
        for state in (0, 1):
            exits = ((x[:-1] == state) & (x[1:] != state)).sum()
            if exits:
                assert statistics.dwell_samples[device, state] == pytest.approx((x[:-1] == state).sum() / exits)
    dwells = dwell_counts(of(bits))
    for state in (0, 1):
        lengths = []
        for x in bits:
            edges = [n for n in range(1, steps) if x[n] != x[n - 1]]
            lengths += [b - a for a, b in pairwise(edges) if x[a] == state]
        assert dwells[state].tolist() == (np.bincount(lengths).tolist() if lengths else [0])


# From the reference outputs of usnistgov/SP800-90B_EntropyAssessment, cpp/selftest/refdata (truerand_8bit,
# truerand_4bit, randData): p-hat and result of the most common value estimate; P_1, P_{0,1}, P_{1,1} and result of the
# Markov estimate.
@pytest.mark.parametrize(("samples", "p_max", "common", "p1", "rise", "stay", "markov"), [
    (8_000_000, 0.500169125, 0.9981992801198275,
     0.50016912499999999, 0.50014379867585179, 0.50019455919035383, 0.99943930316686191),
    (4_000_000, 0.50014325, 0.99773038582215656,
     0.50014325000000004, 0.5001020292824041, 0.5001841972274943, 0.99946953975472053),
    (8_000_000, 0.500009625, 0.99865899892930998,
     0.49999037499999999, 0.50007924849427865, 0.49990137310143223, 0.99974540640072795),
])
def test_min_entropy_as_nist_computes_it(samples, p_max, common, p1, rise, stay, markov):
    assert common_value_min_entropy(p_max, samples) == pytest.approx(common, abs=1e-12)
    assert markov_min_entropy(p1, rise, stay) == pytest.approx(markov, abs=1e-12)


@pytest.mark.parametrize(("p1", "rise", "stay"), [(0.5, 0.5, 0.5), (0.3, 0.2, 0.9), (0.9, 0.99, 0.01), (0.5, 1, 0)])
def test_markov_estimate_finds_the_most_likely_sequence(p1, rise, stay):
    best = {0: 1 - p1, 1: p1}
    for _ in range(127):
        best = {0: max(best[0] * (1 - rise), best[1] * (1 - stay)), 1: max(best[0] * rise, best[1] * stay)}
    assert markov_min_entropy(p1, rise, stay) == pytest.approx(min(1, -math.log2(max(best.values())) / 128))


def test_constant_device():
    statistics = measure(of(np.stack([np.zeros(100), np.ones(100)]), sampling_interval_s=1e-6))
    assert statistics.min_entropy.tolist() == [0, 0]
    assert statistics.p1.tolist() == [0, 1]
    assert np.isnan(statistics.autocorrelation).all()
    assert statistics.dwell_samples[0, 0] == math.inf
    assert "-" in str(statistics_table(statistics, 2))
    json.dumps(statistics.as_dict(), allow_nan=False)


def test_table():
    text = str(statistics_table(measure(SLOW.simulate(20, 1000)), rows=3)).splitlines()
    assert text[0].split()[:3] == ["device", "P(1)", "+-"]
    assert [line.split()[0] for line in text[2:]] == ["0", "1", "2", "...", "mean", "lowest", "highest"]
    assert all(line == line.rstrip() for line in text)
    assert "tau" not in str(statistics_table(measure(of([0, 1] * 20)), 16))


def test_bad_requests():
    with pytest.raises(InputError, match="at least 2 samples per device, not 1"):
        measure(of([1]))
    with pytest.raises(InputError, match="lags must be at least 1, not 0"):
        measure(of([0, 1]), lags=0)


@pytest.mark.parametrize("recording", [
    SLOW.simulate(30, 2000), SLOW.simulate(3, 500), of([0, 1, 1, 0]), of(np.zeros((10, 100))),
    of([0, 1] * 100), SLOW.simulate(30, 2000).split(60)], ids=["many", "few", "short", "constant", "regular", "split"])
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_picture(tmp_path, recording, suffix):
    pytest.importorskip("matplotlib")
    path = tmp_path / f"a{suffix}"
    save_picture(recording, measure(recording), path)
    assert path.read_bytes().startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")


def test_bad_picture_name(tmp_path):
    recording = of([0, 1] * 10)
    with pytest.raises(InputError, match=r"must end in \.png, \.pdf, \.svg, not 'a\.bmp'"):
        save_picture(recording, measure(recording), tmp_path / "a.bmp")
