"""``spinsc junctions``: from a file to a fitted model, a ranking and a page."""

import html
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.sim.junctions.ranking import Way, cheapest, rank
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.importing.curves import read_curves
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.report.junctions import conclusion
from tests.sim.cli.samples import SMALL

DT = 20e-9


@pytest.fixture
def biased(tmp_path):
    """Junctions that are slow (a mean dwell is a sample) and far from even."""
    model = SMTJ(dwell_time_0_s=DT, dwell_time_1_s=DT, bias_kt=0.3, sampling_interval_s=DT, seed=3)
    model.simulate(2, 30_000).save(tmp_path / "biased.npz")
    return tmp_path / "biased.npz"


def test_from_a_recording_to_what_helps(run, files, biased, tmp_path):
    line = f"junctions {biased} --network {files}/small.npz --images 100"
    code, output, errors = run(f"{line} --json --report {tmp_path}/page.html")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    for key, true in (("bias_kt", 0.3), ("drift_kt", 0.0), ("flip_probability", 0.0)):
        assert abs(found[key]["value"] - true) < 4 * found[key]["error"] + 0.02
    assert found["dwell_times_samples"][1] / found["dwell_times_samples"][0] == pytest.approx(np.exp(0.6), rel=0.2)
    ways = {way["way"]: way for way in found["ranking"]}
    plain, trimmed = ways["as they are"], next(way for name, way in ways.items() if name.startswith("a bias of -0."))
    assert plain["seconds_per_image"] == pytest.approx(plain["samples_per_image"] * DT)
    assert trimmed["samples_per_image"] > 2 * plain["samples_per_image"]
    assert any(name.startswith("XOR of 2") and way["junctions"] == 2 * plain["junctions"] for name, way in ways.items())
    page = (tmp_path / "page.html").read_text()
    assert html.unescape(re.search(r"<h1>(.*?)</h1>", page)[1]) == found["conclusion"]
    assert page.count("<figure>") == 4
    code, output, _ = run(line)
    assert code == 0
    assert output.rstrip().endswith(found["conclusion"])
    assert "dwell time, state 0" in output


@pytest.mark.parametrize(("fields", "helps"), [
    ({"dwell_time_0_s": 1e3 * DT, "dwell_time_1_s": 1e3 * DT}, "1 sample in"), ({"bias_kt": 2.0}, "a bias of -")])
def test_too_slow_and_too_biased_end_in_a_remedy_and_its_price(run, files, tmp_path, fields, helps):
    SMTJ(**{"sampling_interval_s": DT, **fields, "seed": 6}).simulate(2, 50_000).save(tmp_path / "bad.npz")
    code, output, errors = run(f"junctions {tmp_path}/bad.npz --network {files}/small.npz --images 100 --json "
                               "--plan layers=shared")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    ways = {(way["way"], way["plan"]): way for way in found["ranking"]}
    assert ("as they are", "") in ways
    remedy = next(way for (words, plan), way in ways.items() if words.startswith(helps) and not plan)
    assert remedy["good"]
    assert remedy["price"] != "nothing"


def test_junctions_that_never_change_are_refused():
    model = SMTJ.from_barrier(40.0)
    frozen = SimpleNamespace(interval_s=DT, lag_one=0.0, common_bias=0.0, scatter=0.0, model=lambda **fields: model)
    images = np.zeros((100, SMALL.inputs), np.uint8), np.zeros(100, np.int64)
    with pytest.raises(InputError, match="no network can be tried"):
        rank(frozen, [("small", SMALL)], lambda network: images, ["tuned"])


def test_only_a_fit_of_a_table_of_voltages(run, tmp_path):
    bits = SMTJ(dwell_time_0_s=3 * DT, dwell_time_1_s=3 * DT, sampling_interval_s=DT).simulate(1, 20_000).bits()[0]
    rows = (f"{n * DT:.9g},{0.3 * bit:.1f}" for n, bit in enumerate(bits.tolist()))
    (tmp_path / "scope.csv").write_text("time,voltage\n" + "\n".join(rows) + "\n")
    code, output, _ = run(f"junctions {tmp_path}/scope.csv --no-ranking")
    assert code == 0
    assert "1, 20,000 samples each, every 20 ns" in output
    assert "not known from one junction" in output
    assert "network" not in output


def test_arrays_of_voltages_in_a_npz_file_are_no_recording(run, tmp_path):
    bits = SMTJ().simulate(1, 2_000).bits()[0]
    np.savez(tmp_path / "scope.npz", v=0.3 * bits)
    code, output, errors = run(f"junctions {tmp_path}/scope.npz --sampling-interval 1e-6 --no-ranking")
    assert code == 0, errors
    assert "1, 2,000 samples each, every 1 us" in output


def test_samples_that_tell_no_dwell_times(run, tmp_path):
    SMTJ().simulate(1, 20_000).save(tmp_path / "fine.npz")
    code, output, _ = run(f"junctions {tmp_path}/fine.npz --no-ranking")
    assert code == 0
    assert re.search(r"^dwell times +not told: samples repeat no more than by chance, so below ", output, re.MULTILINE)


@pytest.fixture
def curves(tmp_path):
    """Two directions of four junctions; those of "down" differ by a tenth of P(1)."""
    rng = np.random.default_rng(8)
    rows = []
    for direction, spread in (("down", 0.008), ("up", 0.02)):
        for device in range(4):
            midpoint = 0.5 + spread * rng.normal()
            voltages = np.linspace(0.4, 0.6, 21)
            switched = rng.binomial(100, 1 / (1 + np.exp((midpoint - voltages) / 0.02)))
            rows += [f"{device},{direction},{v:.3f},{k}" for v, k in zip(voltages, switched, strict=True)]
    (tmp_path / "curves.csv").write_text("device,direction,voltage,switched\n" + "\n".join(rows) + "\n")
    return tmp_path / "curves.csv"


def test_from_switching_probabilities_to_what_helps(run, files, curves, tmp_path):
    line = (f"junctions {curves} --cycles 100 --network {files}/small.npz --images 100 --plan layers=shared "
            "--resistance 2000 --pulse-time 1e-9 --reset-voltage 1 --reset-time 2e-9 --sampling-interval 1e-7")
    code, output, errors = run(f"{line} --json --report {tmp_path}/page.html")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    used, other = found["directions"]
    assert (used["direction"], other["direction"]) == ("down", "up")
    assert used["energy_j"] == pytest.approx(used["midpoint_v"]["value"] ** 2 * 1e-9 / 2000 + 2e-9 / 2000)
    assert len(used["curves"]) == len(read_curves(curves, 100)) / 2
    for curve in used["curves"]:
        assert abs(curve["width_v"] - 0.02) < 5 * curve["width_error_v"]
    ways = {(way["way"], way["plan"]): way for way in found["ranking"]}
    assert {"as they are", "a voltage for each junction", "XOR of 2"} <= {way for way, _ in ways}
    shared = next(way for way in found["ranking"] if way["plan"] == "layers=shared")
    assert shared["junctions"] < ways[shared["way"], ""]["junctions"]
    assert ways["as they are", ""]["seconds_per_image"] == pytest.approx(
        ways["as they are", ""]["samples_per_image"] * 1e-7)
    page = (tmp_path / "page.html").read_text()
    assert html.unescape(re.search(r"<h1>(.*?)</h1>", page)[1]) == found["conclusion"]
    assert page.count("<figure>") == 6
    code, output, _ = run(f"junctions {curves} --cycles 100 --no-ranking")
    assert code == 0
    assert "not known; give --resistance and --pulse-time" in output
    assert "used below" in output


def test_switching_probabilities_that_are_refused(refuses, curves, biased):
    refuses(f"junctions {curves} --no-ranking", "--cycles N")
    refuses(f"junctions {curves} {biased} --no-ranking --cycles 9", "curves.csv is a table", "give them apart")
    refuses(f"junctions {curves} --no-ranking --cycles 100 --resistance 5", "--resistance", "--pulse-time")
    refuses(f"junctions {curves} --no-ranking --cycles 100 --devices 5", "--devices 5")
    refuses(f"junctions {biased} --no-ranking --cycles 9", "--cycles 9", "switching probabilities")
    refuses(f"junctions {biased} --no-ranking --pulse-time 9", "--pulse-time 9", "switching probabilities")
    refuses(f"junctions {curves} --no-ranking --plan tuned", "--plan", "--no-ranking")
    refuses(f"junctions {curves} --cycles 100 --network mlp1-k5 --plan own grops=3", "--plan grops=3 for mlp1-k5")
    refuses(f"recording import {curves} --out x.npz", "switching probabilities", "spinsc junctions")


def test_refused(refuses, files, biased):
    Recording.from_bits(np.arange(500) % 2, {"kind": "measured"}).save(files / "short.npz")
    refuses("junctions short.npz --no-ranking", "500 samples", "at least 1,000")
    refuses("junctions nothing.csv", "nothing.csv")
    refuses(f"junctions {biased} --sampling-interval 1e-9", "--sampling-interval", "leave it out")
    refuses(f"junctions {biased} --no-ranking --network mlp1-k5", "--network", "--no-ranking")
    refuses(f"junctions {biased} --network nothing.npz", "nothing.npz")


def way(name, accuracy, samples, junctions=10, error=0.2, loss=0.1):
    return Way("net", "", name, f"price of {name}", accuracy, error, loss, junctions, samples, None)


def test_what_is_advised():
    plain = way("as they are", 60.0, 100, loss=38.0)
    ways = [way("best", 98.1, 900), way("cheap", 97.9, 300), way("worse", 97.0, 200, loss=0.4), plain]
    assert cheapest(ways).way == "cheap"
    assert conclusion(ways) == ("As they are, these junctions cost 38.0 points of net. What helps: net, cheap: 97.90 % "
                                "with 10 junctions, 300 samples of each. The price: price of cheap.")
    assert conclusion([way("as they are", 98.0, 100)]).startswith("Good enough as they are. Take net, as they are")
    assert conclusion(ways[:2]).startswith("As they are, these junctions change too seldom to be of use. What helps:")
    assert conclusion([plain]).startswith("Nothing that spinsc can do makes these junctions good enough; best is net")
