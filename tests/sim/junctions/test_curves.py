"""Tables of switching probabilities, the sigmoids fitted to them, and the junctions that are simulated by those."""

import math

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.junctions.actuated import Actuated
from spinsc.sim.junctions.curve_fit import curve_families, curve_family, fit_curve
from spinsc.sim.recordings.importing.curves import Curve, is_curve_table, read_curves

VOLTAGES = np.linspace(0.4, 0.6, 31)


def measured(seed, midpoint=0.5, width=0.02, flips=0.0, cycles=100, device="d", direction=""):
    """A curve as it may be measured."""
    p = flips + (1 - 2 * flips) / (1 + np.exp(-(VOLTAGES - midpoint) / width))
    switched = np.random.default_rng([seed, 77]).binomial(cycles, p)
    return Curve(device, direction, VOLTAGES, switched.astype(float), np.full(len(VOLTAGES), float(cycles)))


@pytest.mark.parametrize(("text", "cycles"), [
    ("voltage,probability,cycles\n{}", None), ("V (mV);p_switch;N\n{}", None), ("voltage [V]\tP(1)\n{}", 50),
    ("# by hand\nAmplitude (V),Switching probability (%),trials,temperature\n{}", None),
    ("write voltage,switched,pulses\n{}", None)])
def test_tables_as_people_write_them(tmp_path, text, cycles):
    delimiter = next(mark for mark in ";\t," if mark in text)
    header = text.splitlines()[-2 if text.endswith("{}") else -1].lower()
    rows = []
    for voltage, p in ((0.1, 0.0), (0.2, 0.26), (0.3, 0.72), (0.4, 1.0)):
        shown = 100 * p if "%" in header else round(50 * p) if "switched" in header else p
        fields = [f"{1e3 * voltage if 'mv' in header else voltage:g}", f"{shown:g}",
                  *(["50"] if cycles is None else []), *(["300"] if "temperature" in header else [])]
        rows.append(delimiter.join(fields))
    path = tmp_path / "curve.csv"
    path.write_text(text.format("\n".join(rows) + "\n"))
    assert is_curve_table(path)
    (curve,) = read_curves(path, cycles)
    assert curve.name == "curve"
    assert curve.voltages == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert curve.switched == pytest.approx([0, 13, 36, 50])
    assert curve.cycles == pytest.approx([50] * 4)
    assert curve.probabilities == pytest.approx([0, 0.26, 0.72, 1])
    assert curve.errors[1] == pytest.approx(math.sqrt(0.26 * 0.74 / 50), rel=0.02)
    assert 0 < curve.errors[0] < 0.03


def test_devices_and_directions_of_one_table(tmp_path):
    """In any order; points at the same voltage are taken together."""
    path = tmp_path / "wafer.csv"
    rows = [f"{device},{direction},{voltage},{p},10" for voltage, p in ((0.4, 0.9), (0.1, 0.1), (0.2, 0.4), (0.3, 0.6))
            for device in ("A1", "B2") for direction in ("P-AP", "AP-P")]
    path.write_text("\n".join(["device,direction,voltage,probability,cycles", *rows, "B2,AP-P,0.2,0.8,30"]) + "\n")
    curves = {curve.name: curve for curve in read_curves(path)}
    assert list(curves) == ["A1, P-AP", "A1, AP-P", "B2, P-AP", "B2, AP-P"]
    assert curves["A1, AP-P"].switched == pytest.approx([1, 4, 6, 9])
    assert curves["B2, AP-P"].switched == pytest.approx([1, 28, 6, 9])
    assert curves["B2, AP-P"].cycles == pytest.approx([10, 40, 10, 10])


@pytest.mark.parametrize(("text", "message"), [
    ("voltage,probability\n0,0\n1,0.5\n2,1\n3,1\n", "does not say how many cycles .* --cycles N"),
    ("voltage,probability,cycles\n0,0,9\n1,1.5,9\n2,1,9\n3,1,9\n", r"line 3 of .* 13.5 switched of 9 cycles.* \(%\)"),
    ("voltage,probability,cycles\n0,0,9\n1,0.5,9\n2,1,9\n", "3 voltages; measure at least 4"),
    ("voltage,probability,cycles\n0,0,9\n1,0.5,0\n2,1,9\n3,1,9\n", "line 3 of .* 0 cycles"),
    ("voltage,probability,cycles\n0,0,9\n1,,9\n2,1,9\n3,1,9\n4,1,9\n", "line 3 of .* has '' for the probability"),
    ("voltage,pulse voltage,p,n\n0,0,0,9\n1,1,0.5,9\n2,2,1,9\n3,3,1,9\n", "'voltage' and column 'pulse voltage' may"),
    ("voltage (kV),p,n\n0,0,9\n1,0.5,9\n2,1,9\n3,1,9\n", "'kv'; give it in V or mV"),
])
def test_tables_that_are_refused(tmp_path, text, message):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_curves(tmp_path / "bad.csv")


def test_what_is_no_table_of_probabilities(tmp_path):
    for name, content in (("scope.csv", b"time,voltage\n0,0.1\n1,0.2\n2,0.1\n"), ("raw.bin", b"\0\1\0\1" * 9),
                          ("bits.txt", b"0101\n")):
        (tmp_path / name).write_bytes(content)
        assert not is_curve_table(tmp_path / name)
    assert not is_curve_table(tmp_path / "nothing.csv")
    (tmp_path / "voltage.csv").write_text("time,voltage\n0,0.1\n1,0.2\n2,0.1\n")
    with pytest.raises(InputError, match="no columns 'voltage' and 'probability'"):
        read_curves(tmp_path / "voltage.csv")


def test_what_is_put_in_is_recovered_within_the_errors():
    """120 curves, a third of them misread; the shares within one and two errors are those of a Gaussian, about."""
    rng = np.random.default_rng(2)
    pulls, chances, told = [], [], 0
    for seed in range(120):
        midpoint, width, flips = 0.5 + 0.02 * rng.normal(), 0.02 * math.exp(0.2 * rng.normal()), 0.04 * (seed % 3 == 0)
        fit = fit_curve(measured(seed, midpoint, width, flips))
        pulls.append([(fit.midpoint - midpoint) / fit.midpoint_error, (fit.width - width) / fit.width_error])
        chances.append(fit.chance)
        told += fit.flips > 0
        assert flips or not fit.flips
    z = np.abs(pulls)
    assert ((z < 1).mean(axis=0) > 0.55).all()
    assert ((z < 2).mean(axis=0) > 0.87).all()
    assert z.max() < 5
    assert 25 < told <= 40
    assert 0.3 < np.mean(chances) < 0.7
    assert sum(chance < 1e-3 for chance in chances) <= 1  # where the misread ones were not told


def test_falling_and_negative_curves():
    rising = measured(1)
    mirrored = Curve("d", "", -VOLTAGES[::-1], rising.switched[::-1], rising.cycles)
    one, other = fit_curve(rising), fit_curve(mirrored)
    assert (other.midpoint, other.width) == pytest.approx((-one.midpoint, -one.width), rel=1e-5)
    assert other.probability(-0.47) == pytest.approx(one.probability(0.47))
    assert curve_family([other], {}).model().midpoint_v == pytest.approx(one.midpoint)
    assert not curve_family([other], {}).rising


def test_what_is_no_sigmoid_is_said_and_its_errors_are_widened():
    curve = measured(3, cycles=10_000)
    bent = Curve("d", "", VOLTAGES, np.where(VOLTAGES > 0.5, curve.cycles, curve.switched), curve.cycles)
    fit = fit_curve(bent)
    assert not fit.fits
    assert fit.midpoint_error > 3 * fit_curve(curve).midpoint_error
    assert fit_curve(curve).fits


def test_curves_that_tell_nothing():
    for switched in (np.where(VOLTAGES > 0.5, 100.0, 0.0), np.zeros(31), np.full(31, 50.0)):
        with pytest.raises(InputError, match="does not tell its midpoint and width"):
            fit_curve(Curve("d", "", VOLTAGES, switched, np.full(31, 100.0)))


def test_spread_over_devices_and_the_direction_that_is_used():
    rng = np.random.default_rng(4)
    fits = [fit_curve(measured(100 * n + k, 0.5 + spread * rng.normal(), 0.02 * math.exp(0.1 * rng.normal()),
                               direction=direction)) for k, (direction, spread) in
            enumerate((("up", 0.01), ("down", 0.003))) for n in range(12)]
    best, other = curve_families(fits, {})
    assert (best.direction, other.direction) == ("down", "up")
    for kind, spread in ((best, 0.003), (other, 0.01)):
        assert abs(kind.midpoint.value - 0.5) < 4 * kind.midpoint.error
        assert abs(kind.midpoint_spread.value - spread) < 4 * kind.midpoint_spread.error
        assert abs(kind.width_spread.value - 0.1) < 4 * kind.width_spread.error
        assert kind.scatter == pytest.approx(kind.midpoint_spread.value / 4 / kind.width)
    model = best.model(seed=3)
    assert model.midpoint_spread_v == best.midpoint_spread.value
    # each junction at its own voltage: what is left is what the measurement does not tell
    trimmed = best.model(0, **best.trimmed.fields)
    assert trimmed.midpoint_spread_v == pytest.approx(np.mean([fit.midpoint_error for fit in fits[12:]]), rel=0.2)
    assert best.trimmed.gain > 0
    one = curve_family(fits[:1], {})
    assert math.isnan(one.midpoint_spread.error)
    assert one.scatter == pytest.approx(Actuated().midpoint_spread_v / Actuated().width_v / 4)


def test_energy_of_a_bit():
    fits = [fit_curve(measured(1))]
    assert curve_family(fits, {"pulse_s": 1e-9}).energy_j is None
    kind = curve_family(fits, {"pulse_s": 1e-9, "resistance_ohm": 2000.0})
    assert kind.energy_j == pytest.approx(kind.midpoint.value**2 * 1e-9 / 2000)
    reset = curve_family(fits, {"pulse_s": 1e-9, "resistance_ohm": 2000.0, "reset_v": 1.0, "reset_s": 3e-9})
    assert reset.energy_j == pytest.approx(kind.energy_j + 3e-9 / 2000)
