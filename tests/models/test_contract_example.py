"""The worked example of the contract: by its own table, and by every form of the golden model."""

from __future__ import annotations

import numpy as np
import pytest

from spinsc.models.golden import evaluation
from spinsc.models.golden.fast import FORMS, FastAccumulator
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.recording import Recording
from tests import contract_example as example

T = (0, 1, 2)


def test_the_table_follows_from_the_numbers_above_it() -> None:
    states = [sum(pixel >= theta for theta in example.integers("theta")) for pixel in example.integers("pixels")]
    assert states == example.integers("states x")
    weights = [example.integers("weights w_0"), example.integers("weights w_1")]
    sums = [0, 0]
    places = []
    for n, chunk, t, lane, i, x, r_a, bit, r_w, *of_neurons in example.rows():
        places.append((n, lane))
        assert (chunk, lane, n) == (i // 2, i % 2, chunk * 4 + t)
        assert (x, r_a, r_w) == (states[i], example.bits()[lane, n], example.bits()[2 + lane, n])
        assert bit == (r_a < T[x])
        assert of_neurons[:2] == [r_w < T[of_neuron[i]] for of_neuron in weights]
        assert of_neurons[2:] == [bit == weight_bit for weight_bit in of_neurons[:2]]
        sums = [a + b for a, b in zip(sums, of_neurons[2:], strict=True)]
    assert places == sorted({(i // 2 * 4 + t, i % 2) for i in range(3) for t in range(4)})
    assert sums == example.integers("accumulators")
    scores = [a + b for a, b in zip(sums, example.integers("biases"), strict=True)]
    assert scores == example.integers("scores")
    assert example.integers("class") == [scores.index(max(scores))]
    assert example.integers("next states") == [sum(acc >= threshold for threshold in example.integers("thresholds"))
                                               for acc in sums]


@pytest.mark.parametrize("form", ["literal", *FORMS])
def test_the_golden_model_gives_the_same(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = example.network()
    assert network.layers[0].outcome_integers(network.length).tolist() == example.integers("biases")
    assert example.hidden_layer().outcome_integers(network.length).tolist() == [example.integers("thresholds")] * 2
    streams = RecordedStreams(Recording.from_bits(example.bits(), {"kind": "simulated"}), network)
    assert streams.period == 1
    if form != "literal":
        monkeypatch.setitem(evaluation.METHODS, "fast", lambda *args: FastAccumulator(*args, form=form))
    trace = evaluation.evaluate(network, example.image(), streams, method="literal" if form == "literal" else "fast")
    assert trace.input_states.tolist() == [example.integers("states x")]
    assert trace.accumulators[0].tolist() == [example.integers("accumulators")]
    assert trace.scores.tolist() == [example.integers("scores")]
    assert trace.classes.tolist() == example.integers("class")


def test_another_bit_gives_another_sum() -> None:
    network = example.network()
    bits = example.bits()
    bits[1, 2] ^= 1
    streams = RecordedStreams(Recording.from_bits(bits, {"kind": "simulated"}), network)
    trace = evaluation.evaluate(network, example.image(), streams, method="literal")
    assert np.any(trace.accumulators[0] != example.integers("accumulators"))
