"""Plans of random numbers, emitted and co-simulated with every source that they allow, several options a network."""

import re

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.plan import Plan
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.cosim.directory import open_directory, random_numbers
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.recordings.recording import Recording
from tests.coins import replay_of_coins

SEED = 3
IMAGES = 9


def network(*plans, states=(5, 3, 4), shared=False, unroll=1, sizes=(20, 9, 5, 3)):
    """A plan for each layer; folded so that chunks and passes do not come out even."""
    plain = random_network(sizes, input_states=states[0], weight_states=states[1], activation_states=states[2],
                           length=6, seed=SEED, folding=[Folding(7, 4), Folding(5, 5), Folding(4, 2)][:len(sizes) - 1])
    layers = [plain.with_plan(plan).layers[number] for number, plan in enumerate(plans)]
    return type(plain)(layers, plain.input_thresholds, plain.length, {}, shared).with_folding(unroll=unroll)


def calibrated():
    """Thresholds of every group of its own, among them both ends."""
    planned = network("groups=3,delay=2", "own", "weight.groups=2", states=(5, 4, 11))
    rng = np.random.default_rng(SEED)

    def rows(side):
        full = 1 << side.bits
        inner = np.sort(rng.integers(0, full + 1, (side.groups, side.states - 2)), axis=1)
        inner[0, 0], inner[-1, -1] = 0, full
        return np.pad(inner, ((0, 0), (1, 1)), constant_values=((0, 0), (0, full)))

    return planned.with_calibrated_thresholds([tuple(map(rows, layer.sides)) for layer in planned.layers])


#: Network, source of random numbers.
CASES = {
    "groups and delays, blocks, and a delay on one side": (
        lambda: network("groups=3,delay=2", "groups=2,assignment=blocks,activation.delay=3", "weight.groups=1,delay=1"),
        "ports"),
    "groups and delays with LFSRs": (
        lambda: network("crossed,groups=3,delay=1", "groups=1,delayed", "groups=2"), "lfsr"),
    "tuned junctions with groups and delays, replayed": (
        lambda: network("tuned,groups=3,delay=1", "tuned", "weight.source=tuned", states=(5, 11, 4)), "replay"),
    "shared layers, some tuned to a half": (
        lambda: network("tuned,groups=4", "groups=2,delay=2", "own", states=(3, 3, 3), shared=True), "ports"),
    "groups, tuned junctions and several time steps per cycle": (
        lambda: network("tuned,groups=3", "crossed,groups=2", "own", unroll=4), "ports"),
    "calibrated comparators": (calibrated, "ports"),
}


@pytest.fixture
def emitted(tmp_path):
    def make(planned, source="ports"):
        rng = np.random.default_rng(SEED)
        emit(planned, tmp_path / "hw", source=replay_of_coins(planned, rng) if source == "replay" else source)
        return tmp_path / "hw"

    return make


def run(directory):
    manifest, planned = open_directory(directory)
    rng = np.random.default_rng(SEED)
    images = rng.integers(0, 256, (IMAGES, planned.inputs), dtype=np.uint8)
    streams = random_numbers(manifest, planned, directory)
    if manifest.random_source == "ports":
        # a period that is none of the shards', and devices and samples beyond those needed
        bits = rng.random((planned.devices + 2, 4 * max(planned.samples) + 3))
        bits = bits < np.pad(planned.device_probabilities, (0, 2), constant_values=0.5)[:, None]
        streams = RecordedStreams(Recording.from_bits(bits, {"kind": "simulated"}, allow_constant=True), planned)
        assert streams.period == 4
    return cosimulate(directory, images, rng.integers(0, planned.classes, IMAGES), streams, first=3)


@pytest.mark.parametrize("case", CASES)
def test_plans(case, emitted, lint):
    make, source = CASES[case]
    planned = make()
    assert planned.plan
    directory = emitted(planned, source)
    report = run(directory)
    assert report.comparison.listed == []
    assert report.passed
    assert report.cycles_per_image == report.predicted_cycles_per_image
    assert report.latency == report.predicted_latency
    assert report.comparison.timely
    assert lint(directory) == ""


def test_a_delay_that_is_off_by_one_is_found(emitted):
    directory = emitted(network("groups=3,delay=2", "own", "own"))
    path = directory / "rtl" / "spinsc_layer0.v"
    before, module, rest = path.read_text().partition("module \\spinsc_layer0.weight_fanout ")
    # the first stage of the delay line is passed over
    edited, count = re.subn(r"= random_1;\s+end", "= random; end", rest)
    assert count == 1
    path.write_text(before + module + edited)
    report = run(directory)
    assert not report.passed
    assert report.comparison.listed[0].layer == 0


@pytest.mark.parametrize(("plan", "message"), [("tuned", "unbiased bits"), ("shared", "saves no LFSR")])
def test_lfsrs_that_cannot_stand_for_the_junctions(plan, message, tmp_path):
    planned = random_network((4, 3), input_states=5, weight_states=5, activation_states=5, length=3,
                             seed=1).with_plan(Plan.parse(plan))
    with pytest.raises(InputError, match=message):
        emit(planned, tmp_path / "hw", source="lfsr")
    assert not (tmp_path / "hw").exists()
