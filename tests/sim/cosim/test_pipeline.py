"""Networks with a pipeline: the same words and the predicted cycles, for all shapes, plans and random sources."""


import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.gen.manifest import load_manifest
from spinsc.sim.cosim.run import cosimulate
from tests.coins import replay_of_coins
from tests.sim.cosim import test_icarus, test_plans, test_shapes
from tests.tools import needs_icarus

pytestmark = needs_icarus

SEED, IMAGES = 5, 6
CASES = {**test_shapes.CASES, **{case: (*made, 4) for case, made in test_plans.CASES.items()}}


def emitted(case, folder):
    make, source, pixels_per_beat = CASES[case]
    network = make()
    source = replay_of_coins(network, np.random.default_rng(SEED)) if source == "replay" else source
    return network, emit(network, folder / "hw", source=source, pixels_per_beat=pixels_per_beat, pipeline=True)


@pytest.mark.parametrize("case", CASES)
def test_words_and_cycles(case, tmp_path, lint):
    network, manifest = emitted(case, tmp_path)
    assert load_manifest(tmp_path / "hw").pipeline
    rng = np.random.default_rng(SEED)
    report = cosimulate(tmp_path / "hw", rng.integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8),
                        rng.integers(0, network.classes, IMAGES), simulator="icarus")
    assert report.comparison.listed == []
    assert report.passed
    assert report.comparison.timely
    assert (report.cycles_per_image, report.latency) == (manifest.cycles_per_image, manifest.latency_cycles)
    assert lint(tmp_path / "hw") == ""


def test_cycles_per_image_are_those_without(tmp_path):
    """Where computing takes longer than handing on; and the latency grows by the stages only."""
    network, pipelined = emitted("one lane and one unit", tmp_path)
    plain = emit(network, tmp_path / "plain", pixels_per_beat=CASES["one lane and one unit"][2])
    assert pipelined.cycles_per_image == plain.cycles_per_image
    assert 0 < pipelined.latency_cycles - plain.latency_cycles < 15 * len(network.layers)


def test_nothing_unknown_comes_out_without_initial_values(tmp_path):
    network, _ = emitted("a folding for each layer", tmp_path)
    test_icarus.without_initial_values(tmp_path / "hw")
    rng = np.random.default_rng(SEED)
    report = cosimulate(tmp_path / "hw", rng.integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8),
                        rng.integers(0, network.classes, IMAGES), simulator="icarus")
    assert report.passed
    assert report.comparison.timely


def test_a_register_that_is_missing_is_noticed(tmp_path):
    """Weights that come a cycle too early."""
    network, _ = emitted("no hidden layer", tmp_path)
    path = tmp_path / "hw" / "rtl" / "spinsc_layer0.v"
    text = path.read_text()
    assert ".load(load_distributed)" in text
    path.write_text(text.replace(".load(load_distributed)", ".load(load_issued)")
                    .replace(".address(address_distributed)", ".address(address_issued)"))
    rng = np.random.default_rng(SEED)
    report = cosimulate(tmp_path / "hw", rng.integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8),
                        rng.integers(0, network.classes, IMAGES), simulator="icarus")
    assert not report.passed
