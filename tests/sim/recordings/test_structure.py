"""Memory, drift, interference and dependence are found where they are put in, in their size, and only there."""

import math

import numpy as np
import pytest

from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.statistics import measure
from spinsc.sim.recordings.structure import find_structure

DEVICES, STEPS = 40, 20_000


def structure(bits):
    return find_structure(Recording.from_bits(np.asarray(bits, np.uint8), {"kind": "measured"}, allow_constant=True))


def bits(seed=3, p1=0.5, devices=DEVICES, steps=STEPS):
    return np.random.default_rng(seed).random((devices, steps)) < p1


def chain(r, seed=3, devices=DEVICES, steps=STEPS):
    model = SMTJ(dwell_time_0_s=1.0, dwell_time_1_s=1.0, sampling_interval_s=-math.log(r) / 2, barrier_spread_kt=0,
                 bias_spread_kt=0, seed=seed)
    return model.simulate(devices, steps).bits()


def test_nothing_is_found_in_independent_bits():
    for seed in range(6):
        for p1, devices, steps in ((0.5, 40, 5000), (0.1, 3, 20_000), (0.9, 100, 700), (0.5, 1, 3000)):
            found = structure(bits(seed, p1, devices, steps))
            assert not found.drift.found
            assert not found.interference.found
            assert not found.dependence.found
            assert np.abs((found.memory.time - 1) / found.memory.error).max() < 8
            error = 5 * found.memory.error.mean() / math.sqrt(devices)
            assert found.memory.time.mean() == pytest.approx(1, abs=0.02 + error)


@pytest.mark.parametrize("r", [0.3, 0.8, 0.95])
def test_memory_is_that_of_the_chain(r):
    found = structure(chain(r))
    tau = (1 + r) / (1 - r)
    assert found.memory.time.mean() == pytest.approx(tau, rel=0.05)
    z = (found.memory.time - tau) / found.memory.error
    assert abs(z).max() < 6
    assert 0.5 < z.std() < 1.6
    assert found.memory.of_products == pytest.approx((1 + r * r) / (1 - r * r), rel=0.25)
    assert not found.memory.open
    assert not found.drift.found
    assert not found.interference.found
    assert not found.dependence.found
    assert structure(chain(0.998, steps=6000)).memory.open


def test_memory_widens_the_error_of_p1():
    model = SMTJ(dwell_time_0_s=1.0, dwell_time_1_s=1.0, sampling_interval_s=0.05, barrier_spread_kt=0,
                 bias_spread_kt=0, seed=8)
    statistics = measure(model.simulate(200, 20_000))
    z = (statistics.p1 - 0.5) / statistics.p1_error
    assert (z**2).mean() == pytest.approx(1, abs=0.4)


@pytest.mark.parametrize("size", [0.02, 0.1])
@pytest.mark.parametrize("own", [False, True])
def test_drift(size, own):
    time = np.arange(STEPS) / STEPS
    sign = np.where(np.arange(DEVICES)[:, None] % 2, 1, -1) if own else 1
    found = structure(bits(p1=0.5 + sign * size * np.where(time < 0.5, -1, 1))).drift
    assert found.found
    # 62 parts of 320 samples, so that chance alone makes 0.028
    assert math.sqrt((found.deviation**2).mean()) == pytest.approx(size, abs=0.006)
    if own:
        assert found.common_deviation < 0.2 * size
    else:
        assert found.common_deviation == pytest.approx(size, rel=0.1)
        assert found.common[-1] - found.common[0] == pytest.approx(2 * size, abs=0.025)
    assert not found.shared


def test_a_tenth_that_is_off_is_drift():
    assert structure(bits(p1=0.5 + 0.05 * (np.arange(STEPS) > 0.9 * STEPS))).drift.found


@pytest.mark.parametrize(("period", "amplitude"), [(50, 0.03), (3.1, 0.05), (2.0, 0.05), (700, 0.05), (23.7, 0.4)])
@pytest.mark.parametrize("phases", [False, True])
def test_interference(period, amplitude, phases):
    turns = np.arange(STEPS) / period + (np.arange(DEVICES)[:, None] / DEVICES if phases else 0) + 0.25
    found = structure(bits(p1=0.5 + amplitude * np.sin(2 * np.pi * turns))).interference
    assert found.found
    assert found.period == pytest.approx(period, rel=0.03)
    if period != 2:  # of which the phase decides what is seen
        assert found.amplitude == pytest.approx(amplitude, rel=0.2, abs=0.004)


def test_dependence():
    independent = bits()
    shared = np.random.default_rng(9).random(STEPS) < 0.5
    common = structure(np.where(bits(4, 0.2), shared, independent)).dependence
    assert common.found
    assert common.mean == pytest.approx(0.04, abs=0.005)
    copied = independent.copy()
    copied[31] = copied[7]
    copied[12] = ~copied[3]
    found = structure(copied).dependence
    assert found.copies == ((12, 3), (31, 7))
    assert abs(found.largest) == pytest.approx(1, abs=1e-3)
    related = independent.copy()
    related[20] = np.where(bits(5, 0.7)[0], related[20], related[11])
    found = structure(related).dependence
    assert (found.found, found.pair, found.copies) == (True, (11, 20), ())
    assert found.largest == pytest.approx(0.3, abs=0.03)


def test_shared_samples_at_other_times_are_no_drift():
    source = np.random.default_rng(2).integers(0, 2, STEPS + DEVICES)
    found = structure(np.stack([source[n:n + STEPS] for n in range(DEVICES)]))
    assert found.drift.shared
    assert found.drift.common_deviation > 0.01


@pytest.mark.parametrize("bits", [np.zeros((3, 500)), np.ones((1, 8)), [[0, 1]], [[0, 1, 1], [1, 0, 0]],
                                  np.concatenate([np.zeros((2, 1000)), np.arange(1000)[None] % 2])])
def test_degenerate_recordings(bits):
    recording = Recording.from_bits(bits, {"kind": "measured"}, allow_constant=True)
    statistics = measure(recording)
    assert statistics.structure.dependence.copies == () or len(recording.packed) > 1
    assert statistics.as_dict()["memory"]["open"] in (True, False)
