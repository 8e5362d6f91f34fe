"""Comparison of what a simulation recorded with what the golden model computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.models.golden.trace import Trace
from spinsc.sim.cosim.comparison import LISTED, NO_LABEL, TIMED, Comparison, Mismatch
from spinsc.sim.cosim.run_folder import Layout, RunFolder

Integers = npt.NDArray[np.integer[Any]]


def compare(run: RunFolder) -> Comparison:
    """Compare every accumulator, state, score and class of a run."""
    layout, expected = run.layout(), run.expected()
    images = len(expected.trace)
    words = Words(layout, expected.trace, np.arange(expected.first, expected.first + images))
    found = Comparison(images=images)
    already_wrong = np.zeros(images, bool)
    for number in range(len(layout.neurons)):
        wrong = words.compare_layer(found, number, run.trace(number)) & ~already_wrong[:, None]
        for neuron in np.flatnonzero(wrong.any(0)):
            found.bad_neurons.setdefault(number, {})[int(neuron)] = int(wrong[:, neuron].sum())
        already_wrong |= wrong.any(1)
    results = run.results(layout.classes)
    words.compare_results(found, results)
    present = results[:images]
    found.correct = int((present["class"] == expected.labels[:len(present)]).sum())
    found.correct_golden = int((expected.trace.classes == expected.labels).sum())
    found.unlabelled = int((expected.labels == NO_LABEL).sum())
    found.confusion = _confusion(expected.labels, present["class"], layout.classes)
    found.result_cycles = present["cycle"][:TIMED].tolist()
    predicted = layout.latency + np.arange(images, dtype=np.uint64) * layout.cycles_per_image
    found.timely = np.array_equal(present["cycle"], predicted)
    found.violations = [f"after the reset before image {expected.first}, {line}" for line in run.violations()]
    found.keep_first_listed()
    return found


@dataclass(frozen=True, eq=False)
class Words:
    """Words that the hardware should give from a reset on.

    Attributes
    ----------
    layout : Layout
    trace : Trace
        Of the images.
    numbers : integers, shape (images,)
        Numbers of the images.
    complete : bool
        Words that are missing are wrong; otherwise, the hardware was not given the time.
    """

    layout: Layout
    trace: Trace
    numbers: Integers
    complete: bool = True

    def compare_layer(self, found: Comparison, number: int, records: npt.NDArray[np.void],
                      cycles: Integers | None = None) -> npt.NDArray[np.bool_]:
        """Compare one layer's words; which neurons of which images are wrong, shape (images, neurons)."""
        layout, images, neurons = self.layout, len(self.trace), self.layout.neurons[number]
        words = images * neurons
        columns: dict[str, Integers] = {"index": np.tile(np.arange(neurons), images),
                                        "accumulator": self.trace.accumulators[number].reshape(-1)}
        bits = layout.accumulator_bits[number]
        if layout.state_bits[number]:
            columns["state"] = self.trace.states[number].reshape(-1)
            bits += layout.state_bits[number]
        found.bits += bits * (words if self.complete else min(words, len(records)))
        wrong = np.zeros(words, bool)
        for name, values in columns.items():
            wrong |= self._compare(found, values, records[name], neurons, number, name, cycles)
        if len(records) > words:
            surplus = records[words]
            self._surplus(found, len(records) - words, Mismatch(
                int(self.numbers[-1]) + 1, number, int(surplus["index"]), "surplus accumulator", 0,
                int(surplus["accumulator"]), None if cycles is None else int(cycles[words])))
        return wrong.reshape(images, neurons)

    def compare_results(self, found: Comparison, records: npt.NDArray[np.void],
                        cycles: Integers | None = None) -> None:
        """Compare scores and classes."""
        layout, images, classes, last = self.layout, len(self.trace), self.layout.classes, len(self.layout.neurons) - 1
        found.bits += (classes * layout.score_bits + layout.class_bits) * (
            images if self.complete else min(images, len(records)))
        for quantity, values, got in (("score", self.trace.scores, records["scores"]),
                                      ("class", self.trace.classes, records["class"])):
            an_image = values.size // images
            self._compare(found, values.reshape(-1), got.reshape(-1), an_image, last, quantity,
                          None if cycles is None else cycles.repeat(an_image))
        if len(records) > images:
            self._surplus(found, len(records) - images, Mismatch(
                int(self.numbers[-1]) + 1, last, 0, "surplus class", 0, int(records["class"][images]),
                None if cycles is None else int(cycles[images])))

    def _compare(self, found: Comparison, expected: Integers, got: Integers, an_image: int, layer: int, quantity: str,
                 cycles: Integers | None) -> npt.NDArray[np.bool_]:
        """Count and list the words that differ or are missing; which they are. An image has ``an_image`` of them."""
        got = got[:len(expected)]
        differs = np.full(len(expected), self.complete)
        differs[:len(got)] = got != expected[:len(got)]
        # an index says whose the record is, and is no word of the network
        compared = 0 if quantity == "index" else len(expected) if self.complete else len(got)
        found.count(f"layer {layer} {quantity}", compared, int(differs.sum()))

        def mismatch(word: int) -> Mismatch:
            there = word < len(got)
            cycle = int(cycles[word]) if there and cycles is not None else None
            return Mismatch(int(self.numbers[word // an_image]), layer, word % an_image, quantity, int(expected[word]),
                            int(got[word]) if there else None, cycle)

        wrong = np.flatnonzero(differs)
        found.listed += [mismatch(word) for word in wrong[:LISTED].tolist()]
        first_of_images = wrong[np.unique(wrong // an_image, return_index=True)[1]]
        found.origins += [mismatch(word) for word in first_of_images[:LISTED].tolist()]
        return differs

    @staticmethod
    def _surplus(found: Comparison, words: int, first: Mismatch) -> None:
        found.count(f"layer {first.layer} {first.quantity}", 0, words)
        found.listed.append(first)


def _confusion(labels: Integers, got: Integers, classes: int) -> list[list[int]]:
    """See `Comparison.confusion`; labels that are no class are left out."""
    counts = np.zeros((classes, classes + 1), np.int64)
    column = np.full(len(labels), classes)
    column[:len(got)] = np.minimum(got, classes)
    known = (labels >= 0) & (labels < classes)
    np.add.at(counts, (labels[known], column[known]), 1)
    rows: list[list[int]] = counts.tolist()
    return rows
