"""``spinsc sweep``: accuracies are those of `spinsc eval`, and what is done is not done again."""

import html
import json
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spinsc.models.shipped import load_network
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.report.schema import PRINTED
from spinsc.sim.studies import sweep
from spinsc.sim.studies.cells import run_cell
from tests.sim.cli.samples import SMALL

pytest.importorskip("matplotlib")


@pytest.fixture
def done(monkeypatch, files):
    """Run cells in this process; those that were run."""
    cells = []

    def run_cells(wanted, results, **_):
        for cell in wanted:
            if cell not in results:
                results.keep(cell, *run_cell(cell))
                cells.append(cell)

    monkeypatch.setattr(sweep, "run_cells", run_cells)
    monkeypatch.chdir(files)
    rng = np.random.default_rng(1)
    np.savez("data.npz", images=rng.integers(0, 256, (40, SMALL.inputs), dtype=np.uint8),
             labels=rng.integers(0, 10, 40))
    return cells


def test_a_sweep_and_its_page(run, done):
    line = "sweep small.npz --length 3:12 --states 3,4 --interval 0.5,4 --seeds 2 --data data.npz -o found"
    code, output, errors = run(f"{line} --json --report page.html")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    msgspec.convert(found, PRINTED["sweep"], strict=True)
    assert found["network_hash"] == SMALL.hash
    grid = [(point["states"], point["length"]) for point in found["points"] if point["quality"] is None]
    assert grid == [(states, length) for states in (3, 4) for length in (3, 6, 12)]
    assert [point["value"] for point in found["points"] if point["quality"] == "interval"] == [0.5, 4]
    assert len(done) == 1 + 2 * 8
    for layer, entry in zip(SMALL.layers, found["layers"], strict=True):
        assert entry["weights"] == [round(float((layer.weights == state).mean()), 5) for state in range(3)]
        assert sum(entry["activations"]) == pytest.approx(1, abs=1e-4)
    page = html.unescape(Path("page.html").read_text())
    assert f"spinsc {line}" in page
    assert page.count("data:image/png;base64,") == 2
    assert "K = 4, quantized after training" in page
    assert json.loads(re.search(r'id="data">\n(.*?)\n</script>', page, re.DOTALL)[1]) == found

    done.clear()
    code, output, _ = run(line)
    assert (code, done) == (0, [])
    assert "| K = 3, as trained |" in output
    assert run(f"{line.replace('3,4', '3,5')}")[0] == 0
    assert {cell.parameters["states"] for cell in done} == {5}


def test_accuracies_are_those_of_eval(run, done):
    assert run("sweep small.npz --length 6 --seeds 2 --data data.npz -o found")[0] == 0
    (SMTJ(seed=1).simulate(SMALL.devices, 32 * max(SMALL.samples))).save("one.npz")
    code, output, errors = run("eval small.npz --data data.npz --rng recording:one.npz --repeat --json --period 32")
    assert code == 0, errors
    cell = next(cell for cell in done if cell.parameters.get("seed") == 1)
    assert sweep.measure(**cell.parameters)["accuracy"] == pytest.approx(100 * json.loads(output)["accuracy"])


def test_nothing_asked_is_lengths(run, done):
    code, output, _ = run("sweep small.npz --seeds 1 --data data.npz -o found --images 10")
    assert code == 0
    assert re.search(r"L = 8 \| L = 16 \|.*\| L = 512 \|", output)


@pytest.mark.parametrize(("options", "words"), [
    ("--length 9:8", "must ascend"), ("--length 0", "whole numbers from 1 on"), ("--states x", "whole numbers"),
    ("--bias 0.1,y", "must be numbers"), ("--bias 0.6", "--bias must be from 0 to 0.49, not 0.6"),
    ("--read-errors -0.1", "must be"), ("--states 300", "must be from 2 to 256, not 300"),
    ("--force", "--force has no effect without --report")])
def test_what_no_sweep_is(run, done, options, words):
    code, _, errors = run(f"sweep small.npz --data data.npz -o found {options} --seeds 1")
    assert code == 2
    assert words in errors
    assert not [cell for cell in done if "seed" in cell.parameters]


def test_a_network_that_has_changed_is_refused(done):
    from spinsc.errors import InputError

    network = load_network("small.npz")
    with pytest.raises(InputError, match=r"small.npz is no longer the network 0000"):
        sweep.measure("small.npz", "0000", None, "data.npz", None, network.length, 0, {})
