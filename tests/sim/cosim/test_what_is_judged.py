"""What is compiled is what is judged: included and added files, forged manifests, simulations that stand still."""

import re
import subprocess
import sys
import threading

import msgspec
import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim.cosim import shards
from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.cosim.directory import open_directory
from spinsc.sim.cosim.run import cosimulate, load
from spinsc.sim.cosim.shards import FinishedShards
from spinsc.sim.simulators.icarus import Icarus
from spinsc.sim.simulators.verilator import Verilator
from tests.tools import needs_icarus

IMAGES = 20
SIMULATORS = ["verilator", pytest.param("icarus", marks=needs_icarus)]


@pytest.fixture
def directory(tmp_path):
    network = random_network((12, 7, 3), input_states=5, weight_states=5, activation_states=3, length=8, seed=3,
                             folding=[Folding(7, 4), Folding(4, 3)])
    emit(network, tmp_path / "hw", source="lfsr")
    return tmp_path / "hw"


def run(directory, **options):
    rng = np.random.default_rng(1)
    return cosimulate(directory, rng.integers(0, 256, (IMAGES, 12), dtype=np.uint8), rng.integers(0, 3, IMAGES),
                      stress=0, **options)


def forge(directory, **values):
    manifest, _ = open_directory(directory)
    msgspec.structs.replace(manifest, **values).save(directory / "manifest.json")
    return manifest


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_file_that_is_included_is_compiled_again_when_it_changes(directory, simulator):
    """It is found beside the file that includes it, and counts as edited."""
    path, body = directory / "rtl" / "spinsc_popcount.sv", directory / "rtl" / "body.vh"
    body.write_text(path.read_text())
    path.write_text('`include "body.vh"\n')
    report = run(directory, simulator=simulator)
    assert report.passed
    assert report.edited == ["rtl/spinsc_popcount.sv", "rtl/body.vh"]
    text, count = re.subn(r"\$countones\((\w+)\)", r"$countones(\1) ^ 1'b1", body.read_text())
    assert count == 1
    body.write_text(text)
    assert not run(directory, simulator=simulator).passed


@pytest.mark.parametrize("change", [
    {"sizes": (12, 1, 3)}, {"length": 1}, {"score_width": 1},
    {"layers": lambda layers: (msgspec.structs.replace(layers[0], neurons=1, output_states=None, accumulator_width=1),
                               msgspec.structs.replace(layers[1], neurons=1))},
    {"layers": lambda layers: layers[:1]}], ids=lambda change: next(iter(change)))
def test_words_are_counted_by_the_network(directory, change):
    """Whatever the manifest says, no word goes without comparison."""
    manifest, _ = open_directory(directory)
    forge(directory, **{name: value(getattr(manifest, name)) if callable(value) else value
                        for name, value in change.items()})
    job = load(directory, np.zeros((IMAGES, 12), np.uint8), np.zeros(IMAGES, np.uint8), None, 0)
    layout = shards.Layout.of(job.network, job.manifest)
    assert (layout.neurons, layout.accumulator_bits, layout.state_bits) == ((7, 3), (7, 6), (2, 0))
    assert (layout.classes, layout.score_bits) == (3, 8)


def test_a_manifest_with_fewer_layers_does_not_pass(directory):
    manifest, _ = open_directory(directory)
    forge(directory, layers=manifest.layers[:1])
    report = run(directory)
    assert report.comparison.words == IMAGES * (7 + 7 + 3 + 3 + 1)
    assert report.comparison.mismatches == IMAGES * 2 * 3  # index and accumulator
    assert not report.passed


def test_without_digests_nobody_can_tell_what_was_edited(directory):
    """So the hardware is held to the predicted cycles, as if it was not."""
    manifest = forge(directory, files={})
    assert run(directory).passed
    assert run(directory).edited == []
    forge(directory, latency_cycles=manifest.latency_cycles + 1)
    report = run(directory)
    assert report.untimely
    assert not report.passed


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_simulation_that_stands_still_is_given_up(directory, simulator):
    """A loop without delay, which begins after some images."""
    path = directory / "rtl" / "spinsc_network.v"
    loop = """
  integer n = 0;
  always @(posedge clk) begin
    n = n + 1;
    while (n >= 400) begin
      n = n ^ 2;
      if (n == 0) $display("never");
    end
  end
endmodule
"""
    before, top, after = re.split(r"(?s)(module spinsc_network\(.*?endmodule\n)", path.read_text())
    path.write_text(before + top.replace("endmodule\n", loop) + after)
    with pytest.raises(InputError, match=r"images 0 to 19 stands still: \d+ of 20 images are done, and for \d+ s image "
                                         r"\d+ was not; .*--stall-limit"):
        run(directory, simulator=simulator, stall_limit_s=5)


@pytest.mark.parametrize(("simulator", "most"), [(Verilator, 60), (Icarus, 600)])
def test_the_limit_follows_from_what_is_usual(directory, simulator, most, monkeypatch):
    job = load(directory, np.zeros((IMAGES, 12), np.uint8), np.zeros(IMAGES, np.uint8), None, 0)
    assert 60 <= job.stall_limit(simulator) <= most
    monkeypatch.setattr(simulator, "product_s", 1.0)
    assert job.stall_limit(simulator) > 100_000


def test_two_runs_on_a_fresh_folder_at_once(directory):
    """Neither takes away what the other needs, and nothing is left of them but the build."""
    script = ("import sys, numpy as np; from spinsc.sim.cosim.run import cosimulate; "
              "print(cosimulate(sys.argv[1], np.zeros((64, 12), np.uint8), np.zeros(64, int), jobs=2, shard_size=16)"
              ".passed)")
    runs = [subprocess.Popen([sys.executable, "-c", script, str(directory)], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    assert [process.communicate(timeout=300)[0] for process in runs] == ["True\n", "True\n"]
    [built] = (directory / "build").iterdir()
    assert (built / "spinsc_tb_bulk").is_file()


def test_finished_shards_of_two_runs(tmp_path):
    """One saves while the other, which is done, clears."""
    stop, errors = threading.Event(), []

    def clear():
        while not stop.is_set():
            FinishedShards(tmp_path / "runs" / "key").clear()

    other = threading.Thread(target=clear)
    other.start()
    try:
        for number in range(300):
            FinishedShards(tmp_path / "runs" / "key").save((number, number + 1), Comparison())
    except OSError as error:
        errors.append(error)
    stop.set()
    other.join()
    assert not errors
    FinishedShards(tmp_path / "runs" / "key").save((0, 1), Comparison(images=1))
    assert FinishedShards(tmp_path / "runs" / "key").load((0, 1)) == Comparison(images=1)
