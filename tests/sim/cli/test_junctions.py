"""``spinsc junctions``: from a file to a fitted model, a ranking and a page."""

import html
import json
import re

import numpy as np
import pytest

from spinsc.sim.junctions.ranking import Way, cheapest
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.report.junctions import conclusion

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
    assert re.search(r"^dwell times +not told: samples are independent, so below ", output, re.MULTILINE)


def test_refused(refuses, files, biased):
    Recording.from_bits(np.arange(500) % 2, {"kind": "measured"}).save(files / "short.npz")
    refuses("junctions short.npz --no-ranking", "500 samples", "at least 1,000")
    refuses("junctions nothing.csv", "nothing.csv")
    refuses(f"junctions {biased} --sampling-interval 1e-9", "--sampling-interval", "leave it out")
    refuses(f"junctions {biased} --no-ranking --network mlp1-k5", "--network", "--no-ranking")
    refuses(f"junctions {biased} --network nothing.npz", "nothing.npz")


def way(name, accuracy, samples, junctions=10, error=0.2, loss=0.1):
    return Way("net", name, f"price of {name}", accuracy, error, loss, junctions, samples, None)


def test_what_is_advised():
    plain = way("as they are", 60.0, 100, loss=38.0)
    ways = [way("best", 98.1, 900), way("cheap", 97.9, 300), way("worse", 97.0, 200, loss=0.4), plain]
    assert cheapest(ways).way == "cheap"
    assert conclusion(ways) == ("As they are, these junctions cost 38.0 points of net. What helps: net, cheap: 97.90 % "
                                "with 10 junctions, 300 samples of each. The price: price of cheap.")
    assert conclusion([way("as they are", 98.0, 100)]).startswith("Good enough as they are. Take net, as they are")
    assert conclusion([plain]).startswith("Nothing that spinsc can do makes these junctions good enough; best is net")
