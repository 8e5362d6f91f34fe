"""``--report`` and ``--junit``: pages and test results of `spinsc eval` and `spinsc cosim`."""

import html
import importlib.util
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from spinsc.sim.report.schema import PRINTED, schema

DOCS = Path(__file__).parents[3] / "docs"


def first_line(page):
    return html.unescape(re.search(r"<h1>(.*?)</h1>", page)[1])


def data(page):
    return json.loads(re.search(r'id="data">\n(.*?)\n</script>', page, re.DOTALL)[1])


def cases(path):
    """Text of the failure of each case, "" where it passed."""
    suite = ElementTree.parse(path).getroot().find("testsuite")
    found = {case.get("name"): case.findtext("failure", "") for case in suite}
    assert int(suite.get("tests")) == len(found)
    assert int(suite.get("failures")) == sum(map(bool, found.values()))
    return found


@pytest.fixture
def broken(emitted):
    """One weight of neuron 3 is wrong, and one bias."""
    before = {}
    for name, line in (("layer0_weights_0.mem", -1), ("layer1_biases.mem", 2)):
        path = emitted / "mem" / name
        before[path] = path.read_text()
        lines = before[path].splitlines()
        lines[line] = "".join(f"{15 - int(digit, 16):x}" for digit in lines[line])
        path.write_text("\n".join(lines) + "\n")
    yield emitted
    for path, text in before.items():
        path.write_text(text)


def test_cosim_that_passes(run, emitted, tmp_path):
    line = f"cosim {emitted} --images 6 --jobs 1 --report {tmp_path}/page.html --junit {tmp_path}/junit.xml --json"
    code, output, errors = run(line)
    assert (code, errors) == (0, "")
    page = (tmp_path / "page.html").read_text()
    assert first_line(page).startswith("PASSED: every accumulator")
    assert f"spinsc {line}" in html.unescape(page)
    assert data(page) == json.loads(output)
    msgspec.convert(json.loads(output), PRINTED["cosim"], strict=True)
    for words in ("Confusion matrix", "layer 0: accumulators and thresholds", "of the winner", "network, sha256",
                  "rtl/spinsc_layer0.v, sha256", "Verilator"):
        assert words in page
    assert "What differs" not in page
    found = cases(tmp_path / "junit.xml")
    assert set(found) >= {"layer 0 accumulator", "layer 0 state", "layer 1 score", "layer 1 class", "cycles", "stress"}
    assert not any(found.values())


def test_cosim_that_fails(run, broken, tmp_path):
    code, output, _ = run(f"cosim {broken} --images 6 --jobs 1 --no-stress --report {tmp_path}/page.html "
                          f"--junit {tmp_path}/junit.xml --json")
    assert code == 1
    page = (tmp_path / "page.html").read_text()
    mismatches = json.loads(output)["mismatches"]
    assert first_line(page) == f"FAILED: {mismatches:,} of {6 * (2 * 5 + 10 + 10 + 1):,} words differ"
    drawn = page[page.index('<div class="cards">'):page.index("Words compared")]
    assert drawn.count("<article>") == 6
    assert "image 0, label 7" in drawn
    assert "layer 0, neuron 3 accumulator: expected" in drawn
    assert "look at mem/layer0_weights_0.mem (edited), rtl/spinsc_neuron0.v" in drawn
    found = cases(tmp_path / "junit.xml")
    assert "image 0, layer 0, neuron 3 accumulator" in found["layer 0 accumulator"]
    assert found["layer 1 score"]
    assert not found["cycles"]
    assert sum(int(text.split()[0].replace(",", "")) for text in found.values() if text) == mismatches


def test_eval(run, files, tmp_path):
    code, output, _ = run(f"eval {files}/small.npz --images 30 --rng ideal --report {tmp_path}/page.html --json")
    assert code == 0
    page, found = (tmp_path / "page.html").read_text(), json.loads(output)
    assert first_line(page).startswith(f"{100 * found['accuracy']:.2f} % of 30 images classified right by")
    assert data(page) == found
    msgspec.convert(found, PRINTED["eval"], strict=True)
    counts = [int(text or 0) for text in re.findall(r'--share: \d+%">(\d*)<', page)]
    assert (sum(counts), sum(counts[::11])) == (30, found["correct"])
    assert page.count("<article>") == min(12, 30 - found["correct"])


def test_a_page_replaces_nothing_unasked(refuses, run, files, emitted):
    (files / "old.html").write_text("old")
    for command in (f"eval {files}/small.npz --images 1", f"cosim {emitted} --images 1"):
        refuses(f"{command} --report old.html", "old.html is there already", "--force")
        refuses(f"{command} --report page.pdf", "page.pdf", ".html")
        refuses(f"{command} --force", "--force has no effect without --report")
    refuses(f"cosim {emitted} --images 1 --junit old.html", "old.html is there already", "--force")
    refuses(f"cosim {emitted} --images 1 --report a.html --junit a.html", "--junit are both a.html")
    code, _, _ = run(f"eval {files}/small.npz --images 1 --rng ideal --report {files}/old.html --force")
    assert code == 0
    assert (files / "old.html").read_text() != "old"


def test_a_missing_package_is_named_before_the_work(refuses, files, emitted, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: (
        None if name == "jinja2" else find(name, *rest)))
    for command in (f"eval {files}/small.npz", f"cosim {emitted}"):
        refuses(f"{command} --report page.html", "jinja2", "pip install 'spinsc[report]'")


@pytest.mark.parametrize("command", PRINTED)
def test_schema_is_that_of_the_types(command):
    """``python -m spinsc.sim.report.schema docs`` makes them."""
    assert json.loads((DOCS / f"{command}.schema.json").read_text()) == schema(command)
