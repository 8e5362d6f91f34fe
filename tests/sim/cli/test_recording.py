"""``spinsc recording`` and ``spinsc calibrate``."""

import dataclasses
import json
import re

import numpy as np
import pytest

from spinsc.models.artifact import load_artifact
from spinsc.models.builders import random_network
from spinsc.sim.junctions.actuated import Actuated
from spinsc.sim.junctions.devices import DEVICES
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording
from tests.sim.cli.samples import SMALL


def test_recordings_that_do_not_suffice(refuses, run, files):
    needed = SMALL.devices
    for line in ("eval small.npz --images {} --rng recording:{}",):
        refuses(line.format(5, "four.npz"), "--repeat", "4 images", str(needed))
        refuses(line.format(1, "half.npz"), str(max(SMALL.steps)), str(max(SMALL.steps) // 2))
        refuses(line.format(1, "seven.npz"), f"{needed} devices", "has 7", "--split")
        refuses(line.format(4, "four.npz --period 5"), "period", "1 to 4")
        refuses(line.format(2, "nothing.npz"), "nothing.npz")
        refuses(line.format(2, "small.npz"), "not a")
        assert run(f"eval {files}/small.npz --images 4 --rng recording:{files}/four.npz")[0] == 0
        code, output, _ = run(f"eval {files}/small.npz --images 5 --rng recording:{files}/four.npz --repeat")
        assert (code, "repeating every 4 images" in output) == (0, True)
        assert run(f"eval {files}/small.npz --images 4 --rng recording:{files}/seven.npz --split")[0] == 0


def test_cut_and_constant_recordings(refuses, files):
    whole = (files / "four.npz").read_bytes()
    (files / "cut.npz").write_bytes(whole[:len(whole) // 2])
    refuses("recording info cut.npz", "cut.npz", "not a readable recording")
    bits = np.tile(np.arange(200) % 2, (SMALL.devices, 1))
    bits[3] = 1
    Recording.from_bits(bits, {"kind": "measured"}, allow_constant=True).save(files / "stuck.npz")
    refuses("eval small.npz --images 1 --rng recording:stuck.npz", "device 3", "stuck at 1", "--allow-constant")
    refuses("recording info stuck.npz", "device 3", "--allow-constant")


def test_simulating_importing_and_describing(run, files):
    code, output, errors = run(f"recording simulate --network {files}/small.npz --images 3 --seed 5 --dwell-time 4e-9 "
                               f"--bias 0.1 --out {files}/made.npz")
    assert (code, errors) == (0, "")
    made = Recording.load(files / "made.npz")
    assert (made.devices, made.steps) == (SMALL.devices, 3 * max(SMALL.steps))
    assert made.hash == SMTJ(4e-9, 4e-9, bias_kt=0.1, seed=5).simulate(made.devices, made.steps).hash
    assert made.hash in output
    code, _, _ = run(f"recording simulate --devices 2 --steps 5000 --temperature 350 --attempt-time 1e-10 --drift 0.2 "
                     f"--drift-time 1e-3 --flips 0.1 --flip-time 1e-7 --out {files}/full.npz")
    assert code == 0
    assert Recording.load(files / "full.npz").hash == SMTJ(
        temperature_k=350, attempt_time_s=1e-10, drift_kt=0.2, drift_time_s=1e-3, flip_probability=0.1,
        flip_time_s=1e-7).simulate(2, 5000).hash
    bits = made.bits()[:, :500]
    np.save(files / "measured.npy", bits)
    code, _, _ = run(f"recording import {files}/measured.npy --junction 'a junction' --sampling-interval 5e-6 "
                     f"--out {files}/read.npz")
    assert code == 0
    read = Recording.load(files / "read.npz")
    assert (read.bits() == bits).all()
    assert (read.metadata.device, read.metadata.kind) == ("a junction", "measured")
    assert read.sampling_interval_s == 5e-6
    code, output, _ = run(f"recording info {files}/read.npz --rows 2 --picture {files}/read.png")
    assert code == 0
    assert "a junction" in output
    assert (files / "read.png").read_bytes().startswith(b"\x89PNG")
    code, output, _ = run(f"recording info {files}/read.npz --json")
    assert json.loads(output)["devices"] == made.devices
    assert run("recording info default")[0] == 0


def test_importing_columns_by_name_and_thresholds(run, tmp_path):
    rows = "".join(f"{n * 5e-6},{n % 2 * 0.4 + 0.1},{n // 2 % 2}\n" for n in range(64))
    (tmp_path / "scope.csv").write_text("time,a,b\n" + rows)
    code, _, _ = run(f"recording import {tmp_path}/scope.csv --time-column time --voltage-column b --voltage-column a "
                     f"--threshold 0.3 --out {tmp_path}/scope.npz")
    assert code == 0
    assert Recording.load(tmp_path / "scope.npz").bits()[:, :4].tolist() == [[0, 0, 1, 1], [0, 1, 0, 1]]


def test_what_was_noticed_is_said(run, tmp_path):
    bits = np.random.default_rng(1).integers(0, 2, 300)
    volts = 0.2 + 0.25 * bits
    volts[41] = 9.75
    np.save(tmp_path / "a.npy", volts)
    code, _, errors = run(f"recording import {tmp_path}/a.npy --out {tmp_path}/a.npz")
    assert code == 0
    assert errors.startswith("spinsc: warning: ")
    assert "sample 42 is an outlier: 9.75" in errors
    np.save(tmp_path / "b.npy", np.stack([bits, bits, 1 - bits]))
    assert "devices 0 and 1 have the same bits" in run(f"recording import {tmp_path}/b.npy --out {tmp_path}/b.npz")[2]


def test_options_of_levels_and_rows(run, tmp_path):
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, 4000)
    np.save(tmp_path / "a.npy", 0.2 + 0.25 * bits + np.linspace(0, 1, 4000) + rng.normal(0, 0.005, 4000))
    code, _, errors = run(f"recording import {tmp_path}/a.npy --out {tmp_path}/a.npz")
    assert (code, "--moving-threshold" in errors) == (2, True)
    assert run(f"recording import {tmp_path}/a.npy --moving-threshold 100 --out {tmp_path}/a.npz")[0] == 0
    assert Recording.load(tmp_path / "a.npz").bits()[0].tolist() == bits.tolist()
    np.save(tmp_path / "b.npy", 0.2 + 0.25 * np.stack([bits[:300], bits[300:600]], axis=1))
    line = f"recording import {tmp_path}/b.npy --out {tmp_path}/b.npz --force"
    assert "--transpose" in run(line)[2]
    code, _, errors = run(f"{line} --transpose --levels 0.2 0.45 --hysteresis 0.05 --rows 11:250")
    assert (code, errors) == (0, "")
    assert (Recording.load(tmp_path / "b.npz").bits() == bits[:600].reshape(2, 300)[:, 10:250]).all()
    for rows in ("0:5", "5:4", "5", "a:b", ":0"):
        assert "must be FIRST:LAST" in run(f"{line} --rows {rows}")[2]


@pytest.mark.parametrize(("options", "words"), [
    ("simulate --devices 3", ["--steps"]), ("simulate --devices 0 --steps 9", ["devices", "not 0"]),
    ("simulate --devices 1 --steps 0", ["steps", "not 0"]),
    ("simulate --devices 1 --steps 9 --dwell-time -1", ["--dwell-time must", "-1"]),
    ("simulate --devices 1 --steps 9 --barrier 300", ["barrier", "300"]),
    ("simulate --devices 1 --steps 9 --barrier 3 --dwell-time 1e-9", ["--dwell-time 1e-09", "with --barrier"]),
    ("simulate --devices 1 --steps 9 --attempt-time 1e-9", ["--barrier"]),
    ("simulate --devices 1 --steps 9 --flips 0.7", ["--flips must", "0.7"]),
    ("simulate --devices 1 --steps 9 --barrier 60", ["device 0", "sampling interval"]),
    ("simulate --devices 1 --steps 9 --seed -1", ["seed", "-1"]),
    ("simulate --network nothing", ["nothing"]),
    ("import nan.csv", ["nan.csv", "nan", "row 3"]), ("import nan.npy", ["nan.npy", "nan", "sample 2"]),
    ("import flat.csv", ["flat.csv", "0.5"]), ("import zeros.npy", ["stuck at 0", "--allow-constant"]),
    ("import many.csv", ["many.csv", "--voltage-column"]),
    ("import half.csv --threshold high", ["--threshold", "high"]),
    ("import nothing.csv", ["nothing.csv"]), ("import data.xyz", ["data.xyz", "--format"]),
    ("import ones.bin many.csv ones.npy", ["many.csv"]), ("import ones.bin short.npy", ["short.npy", "--truncate"]),
    ("import bytes.bin", ["symbols of 4 bits"]),
])
def test_recording_commands_refuse(refuses, tmp_path, options, words):
    (tmp_path / "nan.csv").write_text("time,voltage\n0,0.1\n1,0.5\n2,nan\n3,0.1\n")
    (tmp_path / "flat.csv").write_text("time,voltage\n" + "".join(f"{n},0.5\n" for n in range(80)))
    (tmp_path / "many.csv").write_text("time,a,b\n0,1,0\n1,0,1\n")
    (tmp_path / "half.csv").write_text("0,1\n1,0\n")
    (tmp_path / "data.xyz").write_text("?")
    (tmp_path / "ones.bin").write_bytes(b"\0\1" * 40)
    (tmp_path / "bytes.bin").write_bytes(b"\0\2")
    np.save(tmp_path / "nan.npy", np.array([0, np.nan, 1]))
    np.save(tmp_path / "zeros.npy", np.zeros(100, np.uint8))
    np.save(tmp_path / "short.npy", np.arange(70) % 2)
    refuses(f"recording {options} --out out.npz", *words)


def test_eval_says_whether_a_recording_is_good_enough(run, tmp_path):
    for name, options in (("good", ""), ("biased", "--bias 0.1"), ("short", "--images 2")):
        assert run(f"recording simulate --network mlp1-k5 {options} --out {tmp_path}/{name}.npz")[0] == 0

    def verdict(name):
        code, output, _ = run(f"eval mlp1-k5 --rng recording:{tmp_path}/{name}.npz --images 100 --repeat")
        assert code == 0
        lines = [line for line in output.splitlines() if line.startswith("recording")]
        assert len(lines) == 1
        return lines[0].removeprefix("recording").strip()

    assert verdict("good").startswith("good enough: ")
    assert re.match(r"not good enough: costs \d\d\.\d ± \d\.\d points of accuracy, limited by bias "
                    r"\(P\(1\) is off by 0\.050 on average, 0\.\d+ at most\)$", verdict("biased"))
    assert verdict("short").startswith("not good enough: too few samples, bits of only 2 images")
    random_network((784, 10), input_states=2, weight_states=2, activation_states=2, length=6,
                                 seed=3).save(tmp_path / "two.npz")  # needs no random bits
    for line in ("mlp1-k5 --images 5", f"{tmp_path}/two.npz --images 5 --rng recording:default"):
        code, output, _ = run(f"eval {line}")
        assert (code, "\nrecording" in output) == (0, False)


def test_calibrating_and_improving(run, refuses, tmp_path):
    options = "--devices 1104 --steps 10400 --bias 0.15"
    assert run(f"recording simulate {options} --out {tmp_path}/biased.npz")[0] == 0
    code, output, errors = run(f"calibrate mlp1-k5 --recording {tmp_path}/biased.npz -o {tmp_path}/net.npz")
    assert (code, errors) == (0, "")
    assert re.search(r"off by +0\.\d+ at most .*, 0\.0\d+ with the calibrated", output)
    made = load_artifact(tmp_path / "net.npz")
    assert made.devices == 1104
    assert made.provenance["calibration"]["recording"] == Recording.load(tmp_path / "biased.npz").hash
    code, output, _ = run(f"eval {tmp_path}/net.npz --rng recording:{tmp_path}/biased.npz --images 200 --repeat")
    assert code == 0
    assert "recording    good enough" in output
    assert float(re.search(r"accuracy +([\d.]+) %", output)[1]) > 95
    for option, devices, steps in (("--xor 2", 552, 10400), ("--every 4", 1104, 2600),
                                   ("--shuffle mlp1-k5", 276, 10400)):
        assert run(f"recording improve {tmp_path}/biased.npz {option} --out {tmp_path}/better.npz --force")[0] == 0
        better = Recording.load(tmp_path / "better.npz")
        assert (better.devices, better.steps) == (devices, steps)
    assert run(f"recording improve {tmp_path}/biased.npz --von-neumann --out {tmp_path}/better.npz --force")[0] == 0
    assert abs(Recording.load(tmp_path / "better.npz").bits().mean() - 0.5) < 0.001
    refuses("calibrate mlp1-k5 --recording default -o other.npz", "1104 devices", "has 288", "--random-bits")
    refuses("calibrate mlp1-k5 --recording default --random-bits 17 -o other.npz", "17")
    refuses("recording improve default --xor 1 --out other.npz", "--xor must be at least 2, not 1")
    refuses("recording improve default --out other.npz", "--xor")


def test_families_of_junctions(run, refuses, files, monkeypatch):
    """The second family by its options, and one of another package by --set."""
    line = f"recording simulate --devices 2 --steps 3000 --force --out {files}/pulsed.npz"
    short = "recording simulate --devices 2 --steps 9 --out x.npz "
    code, output, errors = run(f"{line} --device actuated --midpoint 0.4 --width 0.01 --voltage 0.405 --memory -0.002 "
                               "--midpoint-spread 1e-3 --width-spread 0.1 --resistance-drift 0.01 --drift-time 1e-3 "
                               "--flips 0.05 --sampling-interval 1e-8 --pulse-time 1e-9 --seed 3")
    assert (code, errors) == (0, "")
    made = Recording.load(files / "pulsed.npz")
    assert made.hash in output
    assert made.hash == Actuated(0.4, 0.01, 0.405, 1e-3, 0.1, 1e-8, 3, -0.002, 0.01, 1e-3, 0.05).simulate(2, 3000).hash
    assert made.metadata.parameters["pulse_s"] == 1e-9
    refuses(short + "--midpoint 0.4", "--midpoint 0.4", "--device smtj")
    refuses(short + "--device actuated --bias 1", "--bias", "actuated")
    refuses(short + "--device actuated --set a=1", "--set", "options")
    refuses(short + "--device actuatd", "'actuatd'", "did you mean actuated")
    refuses(short + "--device actuated --drift-time 1",
            "--resistance-drift")
    refuses(short + "--device actuated --width 0", "--width", "not 0")
    monkeypatch.setitem(DEVICES, "third", dataclasses.make_dataclass("Third", [], bases=(SMTJ,), frozen=True))
    assert run(f"{line} --device third --set bias_kt=0.2 --set bias_spread_kt=0")[0] == 0
    assert Recording.load(files / "pulsed.npz").hash == SMTJ(bias_kt=0.2, bias_spread_kt=0.0).simulate(2, 3000).hash
    refuses(short + "--device third --set bias_k=1", "bias_kt", "bias_spread_kt")
    refuses(short + "--device third --set bias_kt=a", "not 'a'")
