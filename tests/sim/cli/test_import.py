"""``spinsc import``: a trained network to a file, with what it lost; what is missing is said before any work."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from spinsc.models.artifact import load_artifact
from tests.models.importing.networks import JET_TAGGING, blobs
from tests.sim.cli.test_json import keys, promised


@pytest.fixture
def jets(tmp_path):
    """A described float network of hls4ml's shape, with random weights, and data of its kind."""
    rng = np.random.default_rng(1)
    tensors, layers = {}, []
    for number, (inputs, neurons) in enumerate(itertools.pairwise(JET_TAGGING)):
        tensors[f"fc{number}.weight"] = rng.normal(0, inputs ** -0.5, (neurons, inputs))
        tensors[f"fc{number}.bias"] = rng.normal(0, 0.1, neurons)
        layers += [{"linear": f"fc{number}.weight", "bias": f"fc{number}.bias"}, {"relu": True}]
    np.savez(tmp_path / "jets.npz", **tensors)
    (tmp_path / "jets.json").write_text(json.dumps({"tensors": "jets.npz", "layers": layers[:-1]}))
    points, labels = blobs(16, 5, 400)
    np.savez(tmp_path / "data.npz", x=points, y=labels)
    np.savez(tmp_path / "unlabelled.npz", x=points[:50])
    return tmp_path


def test_a_float_network_is_quantized_and_compared(run, jets):
    code, output, errors = run(f"import {jets}/jets.json --states 9 --calibration {jets}/data.npz --length 64 "
                               f"-o {jets}/net.npz")
    assert (code, errors) == (0, "")
    assert "network       16-64-32-32-5, K = 9, L = 64" in output
    assert "same class" in output
    assert "streams cost" in output
    network = load_artifact(jets / "net.npz")
    assert network.sizes == JET_TAGGING
    assert network.provenance["source"] == str(jets / "jets.json")
    code, output, _ = run(f"eval {jets}/net.npz --data {jets}/data.npz --rng lfsr")
    assert code == 0
    assert "of 400)" in output


def test_json_and_unlabelled_data(run, jets):
    code, output, errors = run(f"import {jets}/jets.json --states 5 --calibration {jets}/data.npz "
                               f"--data {jets}/unlabelled.npz -o {jets}/net.npz --json")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    assert keys(found) - {"sizes", "input_states", "weight_states", "activation_states", "length", "arithmetic", "plan",
                          "devices", "hash"} == promised("import MODEL")
    assert found["comparison"]["samples"] == 50
    assert found["comparison"]["trained"] is None
    assert 0.3 < found["comparison"]["agreement"] <= 1
    assert found["notes"][0].startswith("the input is not quantized")


def test_what_is_missing_is_said(refuses, jets):
    refuses("import jets.json -o net.npz", "the weights of layer 0 (linear)", "--states K", "--calibration DATA")
    refuses("import jets.json --states 1 -o net.npz", "--states must be at least 2")
    refuses("import jets.json --states 5 --calibration none.npz -o net.npz", "none.npz")
    refuses("import jets.json --states 5 --calibration data.npz -o data.npz", "--out data.npz is also an input")
    refuses("import jets.json --pixel-range 1 0 -o net.npz", "ascend")
    refuses("import jets.h5 -o net.npz", "jets.h5 is no network that spinsc imports", "ONNX")
