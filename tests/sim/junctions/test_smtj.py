"""The s-MTJ model against its closed forms.

Seeds are fixed, so the tests repeat exactly. Bounds are stated in standard errors: of a correct model, one figure lies
beyond 5 with a probability below 1e-6.
"""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.sim.junctions.chain import STRETCH, _resolve_held
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import DEFAULT_RECORDING, Recording

SIGMAS = 5.0
SLOW = SMTJ(dwell_time_0_s=30e-9, dwell_time_1_s=70e-9, sampling_interval_s=10e-9, seed=11)


def test_neel_arrhenius_law_and_bias():
    model = SMTJ.from_barrier(5.0, attempt_time_s=2e-9, bias_kt=0.4, barrier_spread_kt=0, bias_spread_kt=0)
    assert model.dwell_times(2) == pytest.approx(np.array([[2e-9 * math.exp(4.6), 2e-9 * math.exp(5.4)]] * 2))
    assert model.probability(1) == pytest.approx((1 + math.tanh(0.4)) / 2)
    rate = 1 / model.dwell_times(1).T
    assert model.autocorrelation(1, 3)[0] == pytest.approx(np.exp(-20e-9 * rate.sum() * np.array([1, 2, 3])))


def test_spread_over_devices():
    model = SMTJ(barrier_spread_kt=0.3, bias_spread_kt=0.2, bias_kt=0.1, seed=5)
    tau = model.dwell_times(4000)
    barrier = np.log(tau).mean(axis=1) - math.log(5e-9)
    bias = np.log(tau[:, 1] / tau[:, 0]) / 2
    for values, mean, spread in ((barrier, 0, 0.3), (bias, 0.1, 0.2)):
        assert abs(values.mean() - mean) < SIGMAS * spread / math.sqrt(4000)
        assert abs(values.std() - spread) < SIGMAS * spread / math.sqrt(8000)
    assert abs(np.corrcoef(barrier, bias)[0, 1]) < SIGMAS / math.sqrt(4000)


@pytest.mark.parametrize("model", [
    SMTJ(seed=1),
    SMTJ(bias_kt=0.7, bias_spread_kt=0.1, seed=2),
    SLOW,
    SMTJ(sampling_interval_s=1e-3, bias_kt=-0.3, seed=3),  # uncorrelated to the last bit
    SMTJ(dwell_time_0_s=5e-6, sampling_interval_s=5e-9, seed=4),
], ids=["default", "biased", "slow", "uncorrelated", "unequal"])
def test_transition_probabilities(model):
    devices, steps = 40, 100_000
    bits = model.simulate(devices, steps).bits().astype(np.int64)
    before, after = bits[:, :-1], bits[:, 1:]
    p1 = model.probability(devices)
    r = model.autocorrelation(devices, 1)[:, 0]
    for state, expected in ((0, p1 * (1 - r)), (1, p1 + (1 - p1) * r)):
        visits = (before == state).sum(axis=1)
        error = np.sqrt(expected * (1 - expected) / visits)
        z = (((before == state) & (after == 1)).sum(axis=1) / visits - expected) / error
        assert np.abs(z).max() < SIGMAS
        assert abs(z.mean()) < SIGMAS / math.sqrt(devices)
        assert abs((z**2).mean() - 1) < SIGMAS * math.sqrt(2 / devices)
    error = np.sqrt(p1 * (1 - p1) / steps * (1 + r) / (1 - r))
    assert np.abs((bits.mean(axis=1) - p1) / error).max() < SIGMAS


def test_first_sample_is_in_the_steady_state():
    model = SMTJ(dwell_time_0_s=1e-6, dwell_time_1_s=4e-6, barrier_spread_kt=0, bias_spread_kt=0,
                 sampling_interval_s=5e-9, seed=7)
    first = model.simulate(5000, 1).bits()
    assert abs(first.mean() - 0.8) < SIGMAS * math.sqrt(0.8 * 0.2 / 5000)


def test_devices_tuned_to_probabilities():
    targets = np.array([0.25, 0.5, 0.75, 0.9])
    ideal = SMTJ(dwell_time_0_s=4e-9, dwell_time_1_s=9e-9, barrier_spread_kt=0, bias_spread_kt=0, seed=4)
    assert ideal.probability(4, probabilities=targets) == pytest.approx(targets, rel=1e-12)
    steps = 200_000
    recording = ideal.simulate(4, steps, probabilities=targets)
    assert recording.metadata.probabilities == targets.tolist()
    r = ideal.autocorrelation(4, 1, probabilities=targets)[:, 0]
    error = np.sqrt(targets * (1 - targets) / steps * (1 + r) / (1 - r))
    assert np.abs((recording.bits().mean(axis=1) - targets) / error).max() < SIGMAS
    # with equal dwell times the bias is atanh(2p - 1), and a bias common to all devices is added to it
    equal = SMTJ(bias_kt=0.3, barrier_spread_kt=0, bias_spread_kt=0)
    assert equal.probability(4, probabilities=targets) == pytest.approx(
        (1 + np.tanh(np.arctanh(2 * targets - 1) + 0.3)) / 2)
    spread = SMTJ(bias_spread_kt=0.2, seed=6)
    logits = [np.log(p / (1 - p)) for p in (spread.probability(4, probabilities=targets), targets)]
    assert logits[0] - logits[1] == pytest.approx(2 * np.arctanh(2 * spread.probability(4) - 1))


def test_temperature_scales_barrier_and_bias():
    cold, hot = (SMTJ.from_barrier(6.0, attempt_time_s=2e-10, bias_kt=0.5, barrier_spread_kt=0, bias_spread_kt=0,
                                   temperature_k=kelvin) for kelvin in (250.0, 400.0))
    for model, share in ((cold, 300 / 250), (hot, 300 / 400)):
        assert model.dwell_times(1)[0] == pytest.approx(2e-10 * np.exp(share * np.array([5.5, 6.5])))
        assert model.probability(1) == pytest.approx((1 + math.tanh(0.5 * share)) / 2)
    # what the temperature does to the dwell times, it does to the samples
    rates = 1 / hot.dwell_times(1)[0]
    same = SMTJ(*hot.dwell_times(1)[0], barrier_spread_kt=0, bias_spread_kt=0)
    assert same.autocorrelation(1, 1) == pytest.approx(np.exp(-20e-9 * rates.sum()))
    assert (hot.simulate(1, 10_000).bits() == same.simulate(1, 10_000).bits()).mean() > 0.999


DRIFTING = SMTJ(bias_kt=0.3, drift_kt=0.2, drift_time_s=2000 * 20e-9, barrier_spread_kt=0, bias_spread_kt=0, seed=12)
MISREAD = SMTJ(dwell_time_0_s=8e-9, dwell_time_1_s=30e-9, sampling_interval_s=5e-9, flip_probability=0.2,
               flip_time_s=40e-9, barrier_spread_kt=0, bias_spread_kt=0, seed=13)


@pytest.mark.parametrize("model", [
    DRIFTING, MISREAD, dataclasses.replace(MISREAD, flip_time_s=0.0),
    dataclasses.replace(DRIFTING, sampling_interval_s=5e-9, flip_probability=0.1, flip_time_s=10e-9),
], ids=["drift", "telegraph noise", "independent flips", "both"])
def test_drift_and_read_out_follow_their_closed_forms(model):
    assert_closed_forms(model, 60, 120_000, 1e-3 * (model.drift_kt > 0))


def assert_closed_forms(model, devices, steps, first_order):
    """P(1) and autocorrelation of samples; ``first_order`` is what the closed form of a drift leaves out."""
    lags = np.array([1, 2, 3, 10, 1000, 4000])
    bits = model.simulate(devices, steps).bits()
    p1 = model.probability(devices)
    expected = model.autocorrelation(devices, int(lags.max()))[:, lags - 1]
    signal = (bits - p1[:, None]).astype(np.float32)
    measured = np.stack([(signal[:, :-lag] * signal[:, lag:]).mean(axis=1) for lag in lags], axis=1)
    measured /= (p1 * (1 - p1))[:, None]
    # devices are independent and alike, so their scatter is the error of their mean
    for values in (signal.mean(axis=1), *(measured - expected).T):
        assert abs(values.mean()) < SIGMAS * values.std() / math.sqrt(devices) + first_order


def test_drift_is_a_random_walk_at_first():
    model = SMTJ(drift_kt=0.5, drift_time_s=1.0)
    drifts = np.array([model._drift(device, 101) for device in range(2000)])
    assert abs(drifts.std() / 0.5 - 1) < SIGMAS / math.sqrt(2 * 2000)
    expected = 2 * 0.5**2 * 100 * STRETCH * 20e-9
    assert abs((drifts[:, -1] - drifts[:, 0]).var() / expected - 1) < SIGMAS * math.sqrt(2 / 2000) + 1e-3


def test_half_is_what_junctions_of_equal_dwell_times_have_untuned():
    assert SMTJ(seed=3).simulate(3, 999, probabilities=np.full(3, 0.5)).hash == SMTJ(seed=3).simulate(3, 999).hash


@pytest.mark.parametrize(("probabilities", "message"), [
    ([0.5, 0.0], "device 1 has 0"), ([1.0, 0.5], "device 0 has 1"), ([0.5, math.nan], "device 1 has nan"),
    ([0.5], r"shape \(2,\), not"), ([1, 0], "real numbers"), ([0.5, 1e-50], "takes a bias of -57"),
])
def test_bad_probabilities(probabilities, message):
    with pytest.raises(InputError, match=message):
        SMTJ().simulate(2, 100, probabilities=np.array(probabilities))


def test_autocorrelation_decays_exponentially():
    steps, lags = 400_000, 8
    model = SMTJ(dwell_time_0_s=30e-9, dwell_time_1_s=70e-9, sampling_interval_s=10e-9, barrier_spread_kt=0,
                 bias_spread_kt=0, seed=8)
    bits = model.simulate(20, steps).bits() - 0.7
    measured = np.array([(bits[:, :-lag] * bits[:, lag:]).mean() / 0.21 for lag in range(1, lags + 1)])
    # Bartlett's formula bounds the variance of each lag by (1 + r^2)/(1 - r^2)/n for an exponential autocorrelation.
    r = math.exp(-10 / 30 - 10 / 70)
    error = math.sqrt((1 + r**2) / (1 - r**2) / (20 * steps))
    assert np.abs(measured - r ** np.arange(1, lags + 1)).max() < SIGMAS * error


def test_dwells_are_geometric():
    bits = SMTJ(dwell_time_0_s=40e-9, dwell_time_1_s=40e-9, sampling_interval_s=10e-9, barrier_spread_kt=0,
                bias_spread_kt=0, seed=9).simulate(1, 1_000_000).bits()[0]
    leave = (1 - math.exp(-0.5)) / 2
    dwells = np.diff(np.flatnonzero(np.diff(bits)))
    for length in range(1, 20):
        expected = leave * (1 - leave) ** (length - 1)
        error = math.sqrt(expected * (1 - expected) / len(dwells))
        assert abs((dwells == length).mean() - expected) < SIGMAS * error


def test_devices_are_independent():
    devices, steps = 64, 50_000
    bits = SMTJ(seed=10).simulate(devices, steps).bits().astype(np.float64)
    correlation = np.corrcoef(bits)[np.triu_indices(devices, 1)]
    assert np.abs(correlation).max() < 6 / math.sqrt(steps)  # the largest of 2,016
    assert abs((correlation**2).mean() * steps - 1) < SIGMAS * math.sqrt(2 / len(correlation))


@pytest.mark.parametrize("model", [SMTJ(seed=1), SLOW, dataclasses.replace(SLOW, drift_kt=0.1, flip_probability=0.1,
                                                                           flip_time_s=1e-7)],
                         ids=["default", "slow", "drift and flips"])
def test_reproducible_from_the_seed(model):
    recording = model.simulate(6, 150_001)
    assert recording.hash == model.simulate(6, 150_001).hash
    assert recording.hash != SMTJ(seed=99).simulate(6, 150_001).hash
    for devices, steps in ((1, 1), (2, 7), (3, 65_536), (6, 65_537), (5, 131_000)):
        part = model.simulate(devices, steps)
        assert np.array_equal(part.bits(), recording.bits(slice(0, devices), slice(0, steps)))


def test_samples_stay_the_same():
    # Recordings are named by model and seed, so a change of the samples is a change of format.
    assert SMTJ(seed=1).simulate(2, 16).packed.tolist() == [[74, 209], [6, 42]]
    assert SLOW.simulate(2, 16).packed.tolist() == [[192, 255], [16, 243]]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.integers(1, 70), st.floats(0, 1), st.integers(0, 2**32))
def test_held_steps_repeat_the_one_before(devices, words, density, seed):
    rng = np.random.default_rng(seed)
    held = rng.random((devices, 64 * words)) < density
    ones = (rng.random(held.shape) < 0.5) & ~held
    initial = rng.integers(0, 2, devices)
    expected = np.empty(held.shape, np.uint8)
    state = initial
    for n in range(held.shape[1]):
        state = np.where(held[:, n], state, ones[:, n])
        expected[:, n] = state
    pack = [np.packbits(array, axis=1, bitorder="little").view("<u8").astype(np.uint64) for array in (ones, held)]
    resolved = _resolve_held(*pack, initial.astype(np.uint64)).astype("<u8").view(np.uint8)
    assert np.array_equal(np.unpackbits(resolved, axis=1, bitorder="little"), expected)


def test_metadata():
    recording = SMTJ(seed=np.int64(3)).simulate(np.int64(2), np.int64(100))
    assert isinstance(recording, Recording)
    assert recording.metadata.kind == "simulated"
    assert recording.sampling_interval_s == 20e-9
    assert SMTJ(**recording.metadata.parameters) == SMTJ(seed=3)


def test_default_recording_comes_from_the_model():
    recording = Recording.load(DEFAULT_RECORDING)
    model = SMTJ(**recording.metadata.parameters)
    assert np.array_equal(model.simulate(8, recording.steps).packed, recording.packed[:8])


@pytest.mark.parametrize(("fields", "message"), [
    ({"dwell_time_0_s": 0.0}, "dwell_time_0_s .* not 0"),
    ({"dwell_time_1_s": -1e-9}, "dwell_time_1_s .* not -1e-09"),
    ({"dwell_time_1_s": math.nan}, "dwell_time_1_s .* not nan"),
    ({"sampling_interval_s": math.inf}, "sampling_interval_s .* not inf"),
    ({"bias_kt": 51.0}, "bias_kt .* not 51"),
    ({"bias_kt": math.nan}, "bias_kt .* not nan"),
    ({"barrier_spread_kt": -0.1}, "barrier_spread_kt .* not -0.1"),
    ({"bias_spread_kt": math.nan}, "bias_spread_kt .* not nan"),
    ({"temperature_k": 0.0}, "temperature_k must be from 1 to 1000 K, not 0"),
    ({"temperature_k": 310.0, "attempt_time_s": 6e-9}, "shorter than the attempt time of 6e-09 s"),
    ({"drift_kt": -0.1}, "drift_kt .* not -0.1"),
    ({"drift_kt": 0.1, "drift_time_s": 1e-6}, "drift_time_s must be at least 1024 sampling intervals .* not 1e-06"),
    ({"flip_probability": 0.6}, "flip_probability must be from 0 to 0.5, not 0.6"),
    ({"flip_time_s": -1.0}, "flip_time_s .* not -1"),
    ({"flip_probability": 1e-9}, "probability below"),
    ({"seed": -1}, "seed .* not -1"),
    ({"seed": 1.5}, "seed .* not 1.5"),
])
def test_bad_parameters(fields, message):
    with pytest.raises(InputError, match=message):
        SMTJ(**fields)


@pytest.mark.parametrize(("barrier", "attempt"), [(-1, 1e-9), (201, 1e-9), (math.nan, 1e-9), (1, 0), (1, math.inf)])
def test_bad_barrier(barrier, attempt):
    with pytest.raises(InputError, match="must be"):
        SMTJ.from_barrier(barrier, attempt_time_s=attempt)


@pytest.mark.parametrize(("devices", "steps"), [(0, 1), (1, 0), (-1, 1), (1.5, 1), (1, True), (1 << 20, 1 << 20)])
def test_bad_counts(devices, steps):
    with pytest.raises(InputError, match=r"devices|steps"):
        SMTJ().simulate(devices, steps)


@pytest.mark.parametrize("model", [SMTJ.from_barrier(40.0), SMTJ(bias_kt=20.0), SMTJ(sampling_interval_s=1e-17)])
def test_devices_that_hardly_switch_are_refused(model):
    with pytest.raises(InputError, match=r"device 0, .* lengthen the sampling interval"):
        model.simulate(1, 100)
