"""An emitted network between a source and a sink of cocotbext-axi, which know AXI-Stream but not this project."""

import re

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.sim.cosim.directory import random_numbers
from spinsc.sim.simulators.registry import find_simulator
from tests.benches import testbench_client
from tests.benches.bench import run_bench
from tests.benches.harness_stream import STREAM_TOP, stream_design
from tests.tools import ANY_SIMULATOR

SEED, IMAGES = 12, 9
#: Python wakes on every clock edge here, so the simulator's speed matters less than the time to build.
SIMULATOR = find_simulator(ANY_SIMULATOR)


def small_network():
    """13-7-4 whose S and P divide nothing."""
    return random_network((13, 7, 4), input_states=5, weight_states=4, activation_states=3, length=9, seed=SEED,
                          folding=[Folding(5, 3, 2), Folding(4, 3, 4)])


def emitted(tmp_path, *, tlast, pipeline=False):
    """A folder with a network that has no random numbers from outside, and one with all that its test bench reads."""
    network, hardware, run = small_network(), tmp_path / "hw", tmp_path / "run"
    manifest = emit(network, hardware, source="lfsr", tlast=tlast, pipeline=pipeline)
    images = np.random.default_rng(SEED).integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8)
    trace = evaluate(network, images, random_numbers(manifest, network, hardware))
    run.mkdir()
    (run / "mem").symlink_to(hardware / "mem")
    np.savez(run / "client.npz", images=images, classes=trace.classes, scores=trace.scores)
    return manifest, hardware, run


def outcomes(manifest, hardware, run):
    executable = SIMULATOR.build(stream_design(manifest, hardware, run), run / "build")
    return {outcome.name: outcome for outcome in run_bench(
        executable, STREAM_TOP, testbench_client.__name__, run, environment={"SPINSC_RUN": str(run)},
        simulator=SIMULATOR)}


@pytest.mark.parametrize(("tlast", "pipeline"), [(False, False), (True, False), (True, True)])
def test_results_equal_the_golden_model(tmp_path, tlast, pipeline):
    found = outcomes(*emitted(tmp_path, tlast=tlast, pipeline=pipeline))
    assert [str(outcome) for outcome in found.values() if not outcome.passed] == []
    assert len(found) == 10


def test_frames_that_are_not_dropped_are_seen(tmp_path):
    manifest, hardware, run = emitted(tmp_path, tlast=True)
    path = hardware / "rtl" / "spinsc_network.v"
    text, count = re.subn(r"assign drop = last .*", "assign drop = 1'b0;", path.read_text())
    assert count == 1
    path.write_text(text)
    failed = {name.partition("/")[0] for name, outcome in outcomes(manifest, hardware, run).items()
              if not outcome.passed}
    assert failed == {"frames_of_the_wrong_length_are_dropped", "each_wrong_frame_is_flagged_until_the_reset"}


def test_an_offer_that_is_withdrawn_is_seen(tmp_path):
    """A class that goes whether it was taken or not: right as long as the sink never pauses."""
    manifest, hardware, run = emitted(tmp_path, tlast=False)
    path = hardware / "rtl" / "spinsc_network.v"
    text, count = re.subn(r"if \(output__ready\)", "if (1'b1)", path.read_text())
    assert count >= 1
    path.write_text(text)
    failed = {name for name, outcome in outcomes(manifest, hardware, run).items() if not outcome.passed}
    assert any("stall=coin" in name for name in failed)
    assert not any("stall=never" in name for name in failed)
