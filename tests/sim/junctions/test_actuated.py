"""The model of actuated junctions against its closed forms; seeds and bounds as in `test_smtj`."""

import dataclasses
import math

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.shipped import load_network
from spinsc.sim.junctions.actuated import Actuated, pulse_energy
from spinsc.sim.junctions.chain import scaled, simulate_chains
from spinsc.sim.junctions.devices import DEVICES, expected_autocorrelation
from spinsc.sim.junctions.model import simulate
from spinsc.sim.junctions.smtj import SMTJ
from tests.sim.junctions.test_smtj import SIGMAS, assert_closed_forms

ALIKE = Actuated(midpoint_spread_v=0.0, width_spread=0.0)
WANDERING = dataclasses.replace(ALIKE, voltage_v=0.51, resistance_drift=0.01, drift_time_s=2000e-7, seed=12)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_probability_is_a_sigmoid_of_the_voltage():
    for voltage in (0.42, 0.5, 0.53):
        model = dataclasses.replace(ALIKE, voltage_v=voltage)
        assert model.probability(2) == pytest.approx([sigmoid((voltage - 0.5) / 0.02)] * 2)
        misread = dataclasses.replace(model, flip_probability=0.1)
        assert misread.probability(1) == pytest.approx(0.1 + 0.8 * model.probability(1))
    assert Actuated(voltage_v=0.5).probability(1) == pytest.approx(Actuated().probability(1))


@pytest.mark.parametrize("memory", [0.02, -0.03])
def test_memory_makes_a_chain(memory):
    """P(1) and autocorrelation from the two conditional probabilities."""
    model = dataclasses.replace(ALIKE, voltage_v=0.505, memory_v=memory)
    after_zero, after_one = (sigmoid((0.005 + side * memory / 2) / 0.02) for side in (-1, 1))
    r = after_one - after_zero
    assert model.probability(1) == pytest.approx(after_zero / (1 - r))
    assert model.autocorrelation(1, 3)[0] == pytest.approx([r, r**2, r**3])
    steps = 400_000
    bits = model.simulate(1, steps).bits()[0]
    for state, expected in ((0, after_zero), (1, after_one)):
        following = bits[1:][bits[:-1] == state]
        assert abs(following.mean() - expected) < SIGMAS * math.sqrt(expected * (1 - expected) / len(following))
    # the first bit is in the steady state, and so is the second after it
    first = model.simulate(4000, 2).bits()
    assert np.abs(first.mean(axis=0) - model.probability(1)).max() < SIGMAS * 0.5 / math.sqrt(4000)


def test_spread_over_devices():
    model = Actuated(midpoint_spread_v=0.004, width_spread=0.2, voltage_v=0.52, seed=5)
    logits = np.log(1 / model.probability(4000) - 1)
    nominal = dataclasses.replace(model, voltage_v=0.5)
    slope = (np.log(1 / nominal.probability(4000) - 1) - logits) / 0.02  # per volt, of each device: 1 / width
    widths, midpoints = -np.log(slope), 0.52 + logits / slope
    for values, mean, spread in ((widths, math.log(0.02), 0.2), (midpoints, 0.5, 0.004)):
        assert abs(values.mean() - mean) < SIGMAS * spread / math.sqrt(4000)
        assert abs(values.std() - spread) < SIGMAS * spread / math.sqrt(8000)
    assert abs(np.corrcoef(widths, midpoints)[0, 1]) < SIGMAS / math.sqrt(4000)


@pytest.mark.parametrize("model", [
    WANDERING, dataclasses.replace(WANDERING, memory_v=0.02, flip_probability=0.1),
    dataclasses.replace(WANDERING, memory_v=-0.02), dataclasses.replace(ALIKE, flip_probability=0.2, voltage_v=0.53),
], ids=["drift", "all", "alternating", "misread"])
def test_samples_follow_the_closed_forms(model):
    assert_closed_forms(model, 40, 100_000, 1e-3 * (model.resistance_drift > 0))


@pytest.mark.parametrize("memory", [0.0, 0.03, -0.03])
def test_devices_tuned_to_probabilities(memory):
    targets = np.array([0.25, 0.5, 0.75, 0.9])
    model = dataclasses.replace(ALIKE, memory_v=memory, seed=4)
    assert model.probability(4, probabilities=targets) == pytest.approx(targets, rel=1e-12)
    recording = model.simulate(4, 200_000, probabilities=targets)
    assert recording.metadata.probabilities == targets.tolist()
    r = model.autocorrelation(4, 1, probabilities=targets)[:, 0]
    error = np.sqrt(targets * (1 - targets) / 200_000 * (1 + r) / (1 - r))
    assert np.abs((recording.bits().mean(axis=1) - targets) / error).max() < SIGMAS
    # a voltage off the midpoint is off for tuned ones too
    off = dataclasses.replace(model, memory_v=0.0, voltage_v=0.51).probability(4, probabilities=targets)
    assert np.log(off / (1 - off)) == pytest.approx(np.log(targets / (1 - targets)) + 0.5)


def test_tuned_plans_and_comparators_run_on_them():
    network = load_network("mlp1-k5")
    plain, tuned = simulate(Actuated(), network, 2000), simulate(Actuated(), network.with_plan("tuned"), 2000)
    assert (plain.devices, tuned.devices) == (276, 414)
    p1 = tuned.bits().mean(axis=1)
    for target in (0.25, 0.5, 0.75):  # K = 5
        assert np.abs(p1 - target).min() < 0.05
    assert abs(plain.bits().mean() - 0.5) < 0.002


def test_reproducible_from_the_seed():
    model = dataclasses.replace(WANDERING, memory_v=-0.01, flip_probability=0.1, midpoint_spread_v=0.001)
    recording = model.simulate(4, 70_001)
    assert recording.hash == model.simulate(4, 70_001).hash != dataclasses.replace(model, seed=1).simulate(4, 70_001)
    for devices, steps in ((1, 1), (2, 7), (3, 65_537)):
        part = model.simulate(devices, steps)
        assert np.array_equal(part.bits(), recording.bits(slice(0, devices), slice(0, steps)))
    assert Actuated(**recording.metadata.parameters) == model


def test_samples_stay_the_same():
    # Recordings are named by model and seed, so a change of the samples is a change of format.
    assert Actuated(seed=1, memory_v=-0.02).simulate(2, 16).packed.tolist() == [[74, 217], [66, 41]]


def test_chains_that_turn_round_are_those_of_their_probabilities():
    """Always 1 after 0 and 0 after 1, from either beginning; mixed with chains that are held."""
    sources = [(np.random.SFC64(seed), [scaled(1.0, 0.0, 0.5)]) for seed in range(8)]
    sources.append((np.random.SFC64(8), [scaled(0.0, 1.0, 0.5)]))
    bits = np.unpackbits(simulate_chains(sources, 200), axis=1, count=200, bitorder="little")
    assert (bits[:8, 1:] != bits[:8, :-1]).all()
    assert set(bits[:8, 0]) == {0, 1}
    assert len(set(bits[8])) == 1


def test_closed_form_of_a_recording_of_each_family():
    for name, model in DEVICES.items():
        recording = model(seed=2).simulate(3, 1000)
        assert expected_autocorrelation(recording, 4) == pytest.approx(
            model(seed=2).autocorrelation(3, 4).mean(axis=0)), name
    assert DEVICES["smtj"] is SMTJ


def test_energy():
    model = Actuated(midpoint_v=0.4, resistance_ohm=2000.0, pulse_s=1e-9, reset_v=1.0, reset_s=2e-9)
    assert model.energy_j == pytest.approx(0.4**2 * 1e-9 / 2000 + 1.0 * 2e-9 / 2000)
    assert pulse_energy(-0.4, 2000.0, 1e-9) == pytest.approx(8e-14)
    for arguments, message in (((1.0, 0.0, 1e-9), "resistance_ohm .* not 0"), ((1.0, 1.0, -1e-9), "duration_s")):
        with pytest.raises(InputError, match=message):
            pulse_energy(*arguments)


@pytest.mark.parametrize(("fields", "message"), [
    ({"midpoint_v": 0.0}, "midpoint_v must be a positive voltage in volts, not 0"),
    ({"width_v": math.nan}, "width_v .* not nan"), ({"resistance_ohm": -1.0}, "resistance_ohm .* not -1"),
    ({"midpoint_spread_v": -1e-3}, "midpoint_spread_v .* not -0.001"), ({"width_spread": 3.0}, "from 0 to 2, not 3"),
    ({"memory_v": 5.0}, "memory_v must be within 100 widths .* not 5"), ({"voltage_v": 9.0}, "its midpoint, not 9"),
    ({"resistance_drift": 0.01, "drift_time_s": 1e-6}, "at least 1024 sampling intervals"),
    ({"flip_probability": 0.6}, "flip_probability .* not 0.6"), ({"seed": -1}, "seed .* not -1"),
    ({"reset_s": math.inf}, "reset_s .* not inf"), ({"sampling_interval_s": 0.0}, "sampling_interval_s .* not 0"),
])
def test_bad_parameters(fields, message):
    with pytest.raises(InputError, match=message):
        Actuated(**fields)


def test_junctions_that_hardly_switch_are_refused():
    with pytest.raises(InputError, match=r"device 0, pulsed with 0.1 V, .* nearer to the midpoint \(0.5 V\)"):
        Actuated(voltage_v=0.1).simulate(1, 100)
    with pytest.raises(InputError, match="device 1 has 0"):
        Actuated().simulate(2, 100, probabilities=np.array([0.5, 0.0]))
