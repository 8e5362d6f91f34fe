"""spinsc against the oracle: the contract written a second time, with which it shares nothing.

Expected values and the hardware's memories come from the same code of `spinsc.models`, so a co-simulation passes
whatever that code says. Here each of its integers is held against the oracle's, on random networks and on emitted ones.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
import torch

from spinsc.errors import InputError
from spinsc.models.golden import evaluation as golden
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.golden.fast import FORMS, FastAccumulator
from spinsc.models.golden.trace import Trace
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.nn.linear import SCLinear
from spinsc.models.nn.quantizer import InputQuantizer
from spinsc.models.outcome import Outcome, Scores, Thresholds
from spinsc.models.plan import SidePlan
from spinsc.models.side import Side
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.models.training.quantization import QuantizedNetwork
from spinsc.sim.recordings.recording import Recording
from tests.oracle import contract
from tests.oracle.cases import Case, draw_case, parts

Compare = Callable[[str, Any, Any], None]

RECORDED, LFSR = range(60), range(100, 120)
draw = cache(draw_case)


def built(network: contract.Network) -> Network:
    """The same network in spinsc."""
    return Network(tuple(_layer(layer) for layer in network.layers), np.array(network.theta), network.L,
                   shared_layers=network.shared)


def _layer(layer: contract.Layer) -> Layer:
    outcome: Outcome
    if layer.z_biases is None:
        assert layer.z_thresholds is not None
        outcome = Thresholds(layer.z_thresholds)
    else:
        outcome = Scores(layer.z_biases)
    return Layer(layer.weights.astype(np.uint8), _side(layer.activation_side), _side(layer.weight_side),
                 Folding(layer.S, layer.P), outcome)


def _side(side: contract.Side) -> Side:
    return Side(side.states, side.width, SidePlan(
        side.groups, "blocks" if side.blocks else "round-robin", side.delay, "tuned" if side.tuned else "comparator",
        None if side.calibrated is None else tuple(map(tuple, side.calibrated))))


def streams_of(case: Case, network: Network) -> Streams:
    if case.recording is None:
        return LfsrStreams(network)
    recording = Recording.from_bits(case.recording, {"kind": "simulated"}, allow_constant=True)
    return RecordedStreams(recording, network, period=case.period)


def differences(case: Case, methods: tuple[str, ...] = ("literal",)) -> set[str]:
    """Names of what spinsc makes otherwise of a case than the oracle."""
    found: set[str] = set()

    def compare(name: str, got: npt.ArrayLike, expected: npt.ArrayLike) -> None:
        if not np.array_equal(np.asarray(got), np.asarray(expected)):
            found.add(name)

    try:
        network = built(case.network)
        compare_network(compare, network, case.network)
        streams = streams_of(case, network)
        compare_streams(compare, streams, case)
        for method in methods:
            compare_trace(compare, evaluate(network, case.pixels, streams, first=case.first, method=method), case)
    except InputError as error:
        found.add(f"refused: {error}")
    return found


def compare_network(compare: Compare, network: Network, oracle: contract.Network) -> None:
    compare("device bases", network.device_bases, oracle.first_devices)
    compare("probabilities", network.device_probabilities, [float(p) for p in oracle.probabilities])
    compare("samples", network.samples, [layer.steps(oracle.L) for layer in oracle.layers])
    for layer, of_oracle in zip(network.layers, oracle.layers, strict=True):
        compare("widths", [side.bits for side in layer.sides], [of_oracle.activation_side.m, of_oracle.weight_side.m])
        integers = layer.outcome_integers(oracle.L)
        if of_oracle.z_thresholds is None:
            compare("biases", integers, of_oracle.integer_biases(oracle.L))
        else:
            compare("thresholds", integers, of_oracle.integer_thresholds(oracle.L))


def compare_streams(compare: Compare, streams: Streams, case: Case) -> None:
    if case.recording is not None:
        compare("period", streams.period, case.period or case.network.period(case.recording.shape[1]))
    for image, result in enumerate(case.results, case.first):
        for number, expected in enumerate(result.lanes):
            for got_side, expected_side in zip(streams.numbers(number, image % streams.period), expected, strict=True):
                compare("random numbers", got_side, expected_side)


def compare_trace(compare: Compare, trace: Trace, case: Case) -> None:
    results = case.results
    compare("input states", trace.input_states, [result.input_states for result in results])
    for number, accumulators in enumerate(trace.accumulators):
        compare("accumulators", accumulators, [result.accumulators[number] for result in results])
    for number, states in enumerate(trace.states):
        compare("states", states, [result.states[number] for result in results])
    compare("scores", trace.scores, [result.scores for result in results])
    compare("classes", trace.classes, [result.digit for result in results])


@pytest.fixture
def every_form(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Methods of `evaluate`: each form of the golden model."""
    for form in FORMS:
        monkeypatch.setitem(golden.METHODS, form, partial(FastAccumulator, form=form, product="float32"))
    return ("literal", *FORMS)


def test_the_oracle_imports_nothing_of_spinsc() -> None:
    for path in (Path(contract.__file__).parent).glob("*.py"):
        imports = re.findall(r"^\s*(?:from|import) +(\S+)", path.read_text(), re.MULTILINE)
        assert {name for name in imports if name.split(".")[0] not in {*sys.stdlib_module_names, "numpy"}} <= {
            "tests.oracle.contract"}


@pytest.mark.parametrize("seed", RECORDED)
def test_recorded_bits(seed: int, every_form: tuple[str, ...]) -> None:
    assert differences(draw(seed), every_form) == set()


@pytest.mark.parametrize("seed", LFSR)
def test_lfsrs(seed: int, every_form: tuple[str, ...]) -> None:
    assert differences(draw(seed, lfsr=True), every_form) == set()


def test_the_cases_are_at_the_edges() -> None:
    cases = [draw(seed) for seed in RECORDED]
    found = Counter(part for case in cases for part in parts(case.network))
    for case in cases:
        network, recording = case.network, case.recording
        assert recording is not None
        found["four layers"] += len(network.layers) == 4
        found["replay memory"] += case.period is not None
        found["starts again"] += case.first + len(case.pixels) > (case.period or network.period(recording.shape[1]))
        biases = network.layers[-1].z_biases
        assert biases is not None
        found["half of a bias"] += bool((network.L * biases / 2 % 1 == 0.5).any())
        for image in case.results:
            found["tie of scores"] += bool((np.sort(image.scores)[:-1] == image.scores.max()).any())
            for number, layer in enumerate(network.layers[:-1]):
                missed = layer.integer_thresholds(network.L) - image.accumulators[number][:, None]
                found["threshold just reached"] += bool((missed == 0).any())
                found["threshold just missed"] += bool((missed == 1).any())
    assert {name for name, count in found.items() if count >= 5} == {
        "groups", "blocks", "delays", "tuned", "calibrated", "width", "shared", "four layers", "replay memory",
        "starts again", "half of a bias", "tie of scores", "threshold just reached", "threshold just missed"}


@pytest.mark.parametrize("flip", [True, False])
def test_batch_normalisation(flip: bool) -> None:
    """Gammas of both signs, of 0, and so small that no sum decides; without the flip, or its sign, it is found."""
    model = QuantizedNetwork((6, 8, 3), InputQuantizer(5), 4, torch.Generator().manual_seed(1)).eval()
    norm = cast(torch.nn.BatchNorm1d, model.norms[0])
    rng = np.random.default_rng(1)
    scale = np.array([1.0, -1, -0.25, 0, 0, 1e-30, -1e-30, 3])
    shift = np.array([0.0, 0.5, -0.25, 0.25, -0.25, 1, 0.75, 0.1])
    mean, variance = rng.normal(0, 2, 8).astype(np.float32), rng.uniform(0.5, 4, 8).astype(np.float32)
    weights, linear = rng.integers(0, 5, (8, 6)), cast(SCLinear, model.linears[0])
    with torch.no_grad():
        for tensor, values in ((norm.weight, scale), (norm.bias, shift), (norm.running_mean, mean),
                               (norm.running_var, variance), (linear.weight, weights / 2 - 1)):
            cast(torch.Tensor, tensor).copy_(torch.from_numpy(values))
    gamma = np.float32(scale) / np.sqrt(np.float64(variance) + norm.eps)
    beta = np.float32(shift) - gamma * mean
    layer = model.export(4).layers[0]
    expected, z = contract.batch_normalised(weights, 5, gamma if flip else np.abs(gamma), beta, 5)
    assert np.array_equal(layer.outcome.z, z)
    assert np.array_equal(layer.weights, expected) == flip
