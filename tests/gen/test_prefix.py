"""Names with a prefix: all of them, so that several networks can be in one design."""

import re

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.gen.manifest import edited_files, load_manifest
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.sim.cosim.directory import random_numbers
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.cosim.shards import write_recordings
from spinsc.sim.simulators.registry import find_simulator
from tests.benches import testbench_two
from tests.benches.harness_two import TWO_TOP, two_design
from tests.coins import replay_of_coins
from tests.tools import ANY_SIMULATOR

SEED, IMAGES = 3, 5
SOURCES = ("ports", "lfsr", "replay")


def network(seed=SEED, classes=4):
    """Two networks of different shapes and contents have many names in common."""
    return random_network((13, 7, classes), input_states=5, weight_states=3, activation_states=3, length=4 + seed,
                          seed=seed, folding=[Folding(5, 3), Folding(4, 2)])


@pytest.mark.parametrize("source", SOURCES)
def test_every_name_has_it(tmp_path, source, lint):
    given = replay_of_coins(network(), np.random.default_rng(SEED)) if source == "replay" else source
    plain = emit(network(), tmp_path / "plain", source=given)
    manifest = emit(network(), tmp_path / "hw", source=given, prefix="Digits_2")
    assert manifest == load_manifest(tmp_path / "hw")
    assert (manifest.top, manifest.prefix) == ("Digits_2_network", "Digits_2")
    assert edited_files(tmp_path / "hw", manifest) == []
    expected = {re.sub("^mem/", "mem/Digits_2_", name).replace("/spinsc_", "/Digits_2_") for name in plain.files}
    assert set(manifest.files) == expected
    for name in manifest.files:
        if name.startswith(("rtl/", "sim/")):
            text, before = ((tmp_path / folder / given).read_text() for folder, given in (
                ("hw", name), ("plain", name.replace("Digits_2_", "spinsc_"))))
            assert "spinsc" not in text.lower()
            assert text.replace("Digits_2_", "spinsc_").replace("DIGITS_2_", "SPINSC_").replace(
                '"spinsc_", ', "") == before
    for layer in manifest.layers:
        assert {f"mem/{name}" for name in (*layer.weight_files, layer.outcome_file)} <= set(manifest.files)
        assert f"rtl/{layer.layer_module}.v" in manifest.files
        assert f"rtl/{layer.neuron_module}.v" in manifest.files
    assert lint(tmp_path / "hw", *sorted(name for name in manifest.files if name.startswith("rtl/"))) == ""


@pytest.mark.parametrize("prefix", ["", "2", "a-b", "a b", "_a", "é", "a\n"])
def test_names_of_verilog_only(tmp_path, prefix):
    with pytest.raises(InputError, match="--prefix must be letters, digits and underscores, a letter first, not '"):
        emit(network(), tmp_path / "hw", prefix=prefix)
    assert list(tmp_path.iterdir()) == []


def test_cosimulation(tmp_path):
    manifest = emit(network(), tmp_path / "hw", prefix="Digits_2", pipeline=True, pack_memories=True)
    assert "rtl/Digits_2_neuron0_units.sv" in manifest.files
    images = np.random.default_rng(SEED).integers(0, 256, (IMAGES, 13), dtype=np.uint8)
    report = cosimulate(tmp_path / "hw", images, np.zeros(IMAGES, int), simulator=ANY_SIMULATOR)
    assert report.passed
    assert report.comparison.timely


def test_two_networks_in_one_design(tmp_path, pass_bench):
    """Of different shapes and contents, one with junctions outside; their memory images lie in one folder."""
    run = tmp_path / "run"
    (run / "mem").mkdir(parents=True)
    directories, arguments = {}, []
    for prefix, source, described in (("one", "lfsr", network(3)), ("TWO", "ports", network(4, classes=9))):
        directory = tmp_path / prefix
        directories[directory] = manifest = emit(described, directory, source=source, prefix=prefix)
        for image in (directory / "mem").iterdir():
            assert not (run / "mem" / image.name).exists()
            (run / "mem" / image.name).write_bytes(image.read_bytes())
        images = np.random.default_rng(described.length).integers(0, 256, (IMAGES, 13), dtype=np.uint8)
        streams = random_numbers(manifest, described, directory, **({"period": 2} if source == "ports" else {}))
        trace = evaluate(described, images, streams)
        np.savez(run / f"{prefix}_client.npz", images=images, classes=trace.classes, scores=trace.scores)
        if source == "ports":
            (run / prefix).mkdir()
            write_recordings(streams, described, run / prefix, 0, IMAGES)
            arguments.append(f"+{prefix}_recording={run / prefix}")
    simulator = find_simulator(ANY_SIMULATOR)
    executable = simulator.build(two_design(directories, tmp_path), tmp_path / "build")
    pass_bench(executable, TWO_TOP, testbench_two.__name__, run, environment={"SPINSC_RUN": str(run)},
               arguments=arguments, simulator=simulator)
