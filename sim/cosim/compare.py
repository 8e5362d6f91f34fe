"""Comparison of what a simulation recorded with what the golden model computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.sim.cosim.comparison import LISTED, TIMED, Comparison, Mismatch
from spinsc.sim.cosim.run_folder import Expected, Layout, RunFolder

Integers = npt.NDArray[np.integer[Any]]


def compare(run: RunFolder) -> Comparison:
    """Compare every accumulator, state, score and class of a run."""
    layout, expected = run.layout(), run.expected()
    found = Comparison(images=len(expected.trace))
    already_wrong = np.zeros(len(expected.trace), bool)
    for number in range(len(layout.neurons)):
        wrong = _compare_layer(found, layout, expected, number, run.trace(number)) & ~already_wrong[:, None]
        for neuron in np.flatnonzero(wrong.any(0)):
            found.bad_neurons.setdefault(number, {})[int(neuron)] = int(wrong[:, neuron].sum())
        already_wrong |= wrong.any(1)
    _compare_results(found, layout, expected, run.results(layout.classes))
    found.violations = [f"after the reset before image {expected.first}, {line}" for line in run.violations()]
    found.keep_first_listed()
    return found


def _compare_layer(found: Comparison, layout: Layout, expected: Expected, number: int,
                   records: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Compare one layer's words; which neurons of which images are wrong, shape (images, neurons)."""
    images, neurons = len(expected.trace), layout.neurons[number]
    words = images * neurons
    columns: dict[str, Integers] = {"index": np.tile(np.arange(neurons), images),
                                    "accumulator": expected.trace.accumulators[number].reshape(-1)}
    if layout.state_bits[number]:
        columns["state"] = expected.trace.states[number].reshape(-1)
        found.bits += words * layout.state_bits[number]
    found.bits += words * layout.accumulator_bits[number]
    wrong = np.zeros(words, bool)
    for name, values in columns.items():
        wrong |= _compare_words(found, values, records[name], neurons, expected.first, number, name)
    if len(records) > words:
        surplus = records[words]
        found.count(f"layer {number} surplus accumulator", 0, len(records) - words)
        found.listed.append(Mismatch(expected.first + images, number, int(surplus["index"]), "surplus accumulator", 0,
                                     int(surplus["accumulator"])))
    return wrong.reshape(images, neurons)


def _compare_results(found: Comparison, layout: Layout, expected: Expected, records: npt.NDArray[np.void]) -> None:
    images, classes, last = len(expected.trace), layout.classes, len(layout.neurons) - 1
    found.bits += images * (classes * layout.score_bits + layout.class_bits)
    _compare_words(found, expected.trace.scores.reshape(-1), records["scores"].reshape(-1), classes, expected.first,
                   last, "score")
    _compare_words(found, expected.trace.classes, records["class"], 1, expected.first, last, "class")
    if len(records) > images:
        found.count(f"layer {last} surplus class", 0, len(records) - images)
        found.listed.append(Mismatch(expected.first + images, last, 0, "surplus class", 0,
                                     int(records["class"][images])))
    present = records[:images]
    found.correct = int((present["class"] == expected.labels[:len(present)]).sum())
    found.correct_golden = int((expected.trace.classes == expected.labels).sum())
    found.confusion = _confusion(expected.labels, present["class"], classes)
    found.result_cycles = present["cycle"][:TIMED].tolist()
    predicted = layout.latency + np.arange(images, dtype=np.uint64) * layout.cycles_per_image
    found.timely = np.array_equal(present["cycle"], predicted)


def _confusion(labels: Integers, got: Integers, classes: int) -> list[list[int]]:
    """See `Comparison.confusion`; labels that are no class are left out."""
    counts = np.zeros((classes, classes + 1), np.int64)
    column = np.full(len(labels), classes)
    column[:len(got)] = np.minimum(got, classes)
    known = labels < classes
    np.add.at(counts, (labels[known], column[known]), 1)
    rows: list[list[int]] = counts.tolist()
    return rows


def _compare_words(found: Comparison, expected: Integers, got: Integers, an_image: int, first: int, layer: int,
                   quantity: str) -> npt.NDArray[np.bool_]:
    """Count and list the words that differ or are missing; which they are. ``an_image`` words belong to an image."""
    got = got[:len(expected)]
    differs = np.ones(len(expected), bool)
    differs[:len(got)] = got != expected[:len(got)]
    # an index says whose the record is, and is no word of the network
    found.count(f"layer {layer} {quantity}", len(expected) if quantity != "index" else 0, int(differs.sum()))

    def mismatch(word: int) -> Mismatch:
        return Mismatch(first + word // an_image, layer, word % an_image, quantity, int(expected[word]),
                        int(got[word]) if word < len(got) else None)

    wrong = np.flatnonzero(differs)
    found.listed += [mismatch(word) for word in wrong[:LISTED].tolist()]
    first_of_images = wrong[np.unique(wrong // an_image, return_index=True)[1]]
    found.origins += [mismatch(word) for word in first_of_images[:LISTED].tolist()]
    return differs
