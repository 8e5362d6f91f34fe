"""The folder of a simulation: what is written comes back, and what is unfinished is read as far as it goes."""

import importlib.util

import numpy as np
import pytest

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.sim.cosim.compare import compare
from spinsc.sim.cosim.comparison import Comparison, Mismatch
from spinsc.sim.cosim.run_folder import TESTBENCH, TRACE_RECORD, Expected, Layout, RunFolder, result_type, trace_name

IMAGES, FIRST = 5, 40


@pytest.fixture(scope="module")
def network():
    return random_network((20, 9, 6, 4), input_states=5, weight_states=7, activation_states=3, length=13, seed=3)


@pytest.fixture(scope="module")
def manifest(network, tmp_path_factory):
    return emit(network, tmp_path_factory.mktemp("folder") / "hw", source="lfsr")


@pytest.fixture(scope="module")
def expected(network):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (IMAGES, network.inputs), dtype=np.uint8)
    return images, Expected(evaluate(network, images, LfsrStreams(network), first=FIRST),
                            rng.integers(0, network.classes, IMAGES), FIRST)


@pytest.fixture
def run(network, manifest, expected, tmp_path):
    """What a perfect simulation leaves."""
    folder = RunFolder(tmp_path / "run")
    layout = Layout.of(network, manifest)
    folder.write(*expected, layout)
    trace = expected[1].trace
    for number, accumulators in enumerate(trace.accumulators):
        records = np.zeros(accumulators.shape, TRACE_RECORD)
        records["index"], records["accumulator"] = np.arange(layout.neurons[number]), accumulators
        if number < len(trace.states):
            records["state"] = trace.states[number]
        records.tofile(folder.path / trace_name(number))
    results = np.zeros(IMAGES, result_type(layout.classes))
    results["cycle"] = layout.latency + np.arange(IMAGES) * layout.cycles_per_image
    results["class"], results["scores"] = trace.classes, trace.scores
    results.tofile(folder.path / "results")
    return folder


def test_layout_is_that_of_the_hardware(network, manifest):
    """It is derived from the network alone, and the manifest says the same of the hardware."""
    layout = Layout.of(network, manifest)
    assert list(layout.neurons) == [layer.neurons for layer in manifest.layers]
    assert list(layout.accumulator_bits) == [layer.accumulator_width for layer in manifest.layers]
    assert layout.score_bits == manifest.score_width
    assert layout.state_bits == (2, 2, 0)


def test_what_is_written_comes_back(network, manifest, expected, run):
    assert run.layout() == Layout.of(network, manifest)
    again, trace = run.expected(), expected[1].trace
    assert (again.first, again.labels.tolist()) == (FIRST, expected[1].labels.tolist())
    assert all(np.array_equal(a, b) for a, b in zip(again.trace.accumulators, trace.accumulators, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(again.trace.states, trace.states, strict=True))
    assert np.array_equal(again.trace.scores, trace.scores)
    found = Comparison(images=3, listed=[Mismatch(1, 0, 2, "score", 3, None)], bad_neurons={0: {2: 1}})
    assert run.comparison() is None
    run.write_comparison(found)
    assert run.comparison() == found


def test_a_start_sees_the_inputs_and_writes_elsewhere(run):
    start = run.new_start()
    assert start.layout() == run.layout()
    start.write_comparison(Comparison())
    assert run.comparison() is None
    assert run.finished_images(4) == IMAGES  # those that `run` itself holds, by a link


def test_everything_equal(run):
    found = compare(run)
    assert found.mismatches == 0
    assert found.timely
    assert found.words == IMAGES * (9 + 9 + 6 + 6 + 4 + 4 + 1)


def broken(run, name, kind, change):
    path = run.path / name
    records = np.fromfile(path, kind)
    np.asarray(change(records)).tofile(path)
    return compare(run)


def test_each_kind_of_word_is_compared(run):
    """One word changed is one mismatch, named; and the place where it begins does not follow from it elsewhere."""
    def flip(field, place):
        def change(records):
            records[field].flat[place] ^= 1
            return records
        return change

    for name, kind, field, place, listed in (
            ("layer0.trace", TRACE_RECORD, "accumulator", 11, "image 41, layer 0, neuron 2 accumulator"),
            ("layer0.trace", TRACE_RECORD, "state", 11, "image 41, layer 0, neuron 2 state"),
            ("layer1.trace", TRACE_RECORD, "index", 3, "image 40, layer 1, neuron 3 index"),
            ("layer2.trace", TRACE_RECORD, "accumulator", 3, "image 40, layer 2, neuron 3 accumulator"),
            ("results", result_type(4), "scores", 5, "image 41, layer 2, neuron 1 score"),
            ("results", result_type(4), "class", 4, "image 44, layer 2, class")):
        found = broken(run, name, kind, flip(field, place))
        assert found.mismatches == 1
        assert str(found.listed[0]).startswith(listed)
        assert found.timely
        assert bool(found.bad_neurons) == (name != "results")
        assert broken(run, name, kind, flip(field, place)).mismatches == 0
    found = broken(run, "results", result_type(4), flip("cycle", 2))
    assert found.mismatches == 0
    assert not found.timely


def test_missing_and_surplus_words(run):
    assert broken(run, "results", result_type(4), lambda records: records[:-1]).mismatches == 5
    assert compare(run).listed[0].got is None
    found = broken(run, "results", result_type(4), lambda records: records[[0, 1, 2, 3, 3, 3]])
    assert found.mismatches >= 1
    assert any(mismatch.quantity == "surplus class" for mismatch in found.listed)
    (run.path / "layer1.trace").unlink()
    assert compare(run).bad_neurons[1] == dict.fromkeys(range(6), IMAGES)


def test_an_unfinished_record_is_none(run):
    path = run.path / "results"
    path.write_bytes(path.read_bytes()[:-1])
    assert len(run.results(4)) == IMAGES - 1


def test_the_testbench_is_where_its_name_says():
    assert importlib.util.find_spec(TESTBENCH) is not None
