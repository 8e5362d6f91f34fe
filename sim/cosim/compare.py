"""Comparison of what a simulation recorded with what the golden model computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.gen.manifest import Manifest
from spinsc.models.golden.trace import Trace

#: Mismatches that are listed one by one; the rest is counted.
LISTED = 20
#: Images from the first one on whose cycles are kept; no shard of a longer run has fewer.
TIMED = 16


@dataclass(frozen=True)
class Mismatch:
    """One word that differs. ``got`` is None where the hardware gave nothing."""

    image: int
    layer: int
    neuron: int
    quantity: str
    expected: int
    got: int | None

    def __str__(self) -> str:
        place = f"neuron {self.neuron} " if self.quantity != "class" else ""
        got = "nothing" if self.got is None else self.got
        return f"image {self.image}, layer {self.layer}, {place}{self.quantity}: expected {self.expected}, got {got}"


@dataclass
class Comparison:
    """What was compared in one stretch of images, and what differed.

    Attributes
    ----------
    images, words, bits : int
        Compared with the hardware's; words are accumulators, states, scores and classes.
    mismatches : int
    listed : list of Mismatch
        The first few, by image, layer, neuron.
    bad_neurons : dict of layer to {neuron: number of wrong accumulators}
        Of the first layer that is wrong in an image, so consequences in later layers do not count.
    correct, correct_golden : int
        Images whose class is their label, in the hardware and in the golden model.
    result_cycles : list of int
        Clock cycles after the reset at which the first classes came, of up to `TIMED` images.
    timely : bool
        Every class came in the cycle that the manifest predicts.
    """

    images: int = 0
    words: int = 0
    bits: int = 0
    mismatches: int = 0
    listed: list[Mismatch] = field(default_factory=list)
    bad_neurons: dict[int, dict[int, int]] = field(default_factory=dict)
    correct: int = 0
    correct_golden: int = 0
    result_cycles: list[int] = field(default_factory=list)
    timely: bool = True

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Comparison:
        listed = [Mismatch(**item) for item in data["listed"]]
        bad = {int(layer): {int(n): count for n, count in neurons.items()}
               for layer, neurons in data["bad_neurons"].items()}
        return cls(**{**data, "listed": listed, "bad_neurons": bad})


def compare(manifest: Manifest, expected: Trace, labels: npt.NDArray[np.integer[Any]], run: Path,
            first: int) -> Comparison:
    """Compare every accumulator, state, score and class of a run.

    Parameters
    ----------
    manifest : Manifest
        Of the emitted network.
    expected : Trace
        The golden model's integers for the images of the run.
    labels : integers, shape (images,)
    run : Path
        Folder with the files that the testbench recorded.
    first : int
        Index of the run's first image.
    """
    result = Comparison(images=len(expected))
    mismatches: list[Mismatch] = []
    blamed = np.zeros(len(expected), bool)
    for number, layer in enumerate(manifest.layers):
        neurons = layer.neurons
        got = np.fromfile(run / f"layer{number}.trace", np.uint32).reshape(-1, 3).astype(np.int64)
        words = len(expected) * neurons
        known = np.full((words, 3), -1, np.int64)
        known[:len(got)] = got[:words]
        columns = [("index", np.tile(np.arange(neurons), len(expected))),
                   ("accumulator", expected.accumulators[number].reshape(-1).astype(np.int64))]
        if layer.output_states is not None:
            columns.append(("state", expected.states[number].reshape(-1).astype(np.int64)))
        wrong_here = np.zeros(words, bool)
        for name, values in columns:
            recorded = known[:, {"index": 0, "state": 1, "accumulator": 2}[name]]
            differs = recorded != values
            wrong_here |= differs
            mismatches += _listed(differs, recorded, values, neurons, first, number, name)
            result.mismatches += int(differs.sum())
        width = layer.accumulator_width
        if layer.output_states is not None:
            result.words += words
            result.bits += words * (layer.output_states - 1).bit_length()
        result.words += words
        result.bits += words * width
        if len(got) > words:
            result.mismatches += len(got) - words
            surplus = got[words]
            mismatches.append(Mismatch(
                first + len(expected), number, int(surplus[0]), "surplus accumulator", 0, int(surplus[2])))
        guilty = wrong_here.reshape(len(expected), neurons) & ~blamed[:, None]
        for neuron in np.flatnonzero(guilty.any(0)):
            result.bad_neurons.setdefault(number, {})[int(neuron)] = int(guilty[:, neuron].sum())
        blamed |= guilty.any(1)
    _compare_results(result, mismatches, manifest, expected, labels, run, first)
    result.listed = sorted(mismatches, key=lambda m: (m.image, m.layer, m.neuron))[:LISTED]
    return result


def merge(parts: list[Comparison]) -> Comparison:
    """Comparison of consecutive stretches together; the same however they were cut."""
    total = Comparison(result_cycles=parts[0].result_cycles)
    for part in parts:
        total.timely &= part.timely
        for name in ("images", "words", "bits", "mismatches", "correct", "correct_golden"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
        total.listed += part.listed
        for layer, neurons in part.bad_neurons.items():
            known = total.bad_neurons.setdefault(layer, {})
            for neuron, count in neurons.items():
                known[neuron] = known.get(neuron, 0) + count
    total.listed = sorted(total.listed, key=lambda m: (m.image, m.layer, m.neuron))[:LISTED]
    return total


def result_type(classes: int) -> np.dtype[Any]:
    """Record of one image in the file ``results``."""
    return np.dtype([("cycle", "<u8"), ("class", "<u4"), ("scores", "<i4", (classes,))])


def _listed(differs: npt.NDArray[np.bool_], got: npt.NDArray[np.int64], expected: npt.NDArray[np.int64], neurons: int,
            first: int, layer: int, name: str) -> Iterator[Mismatch]:
    for word in np.flatnonzero(differs)[:LISTED]:
        yield Mismatch(first + int(word) // neurons, layer, int(word) % neurons, name, int(expected[word]),
                       int(got[word]) if got[word] >= 0 else None)


def _compare_results(result: Comparison, mismatches: list[Mismatch], manifest: Manifest, expected: Trace,
                     labels: npt.NDArray[np.integer[Any]], run: Path, first: int) -> None:
    classes = manifest.classes
    last_layer = len(manifest.layers) - 1
    kind = result_type(classes)
    raw = (run / "results").read_bytes()
    got = np.frombuffer(raw[:len(raw) // kind.itemsize * kind.itemsize], kind)
    images = len(expected)
    present = got[:images]
    result.words += images * (classes + 1)
    result.bits += images * (classes * manifest.score_width + 8)

    for name, known, values in (
            ("score", present["scores"].reshape(-1), expected.scores.reshape(-1)),
            ("class", present["class"], expected.classes)):
        each = len(values) // max(images, 1)
        differs = known != values[:len(known)]
        missing = len(values) - len(known)
        result.mismatches += int(differs.sum()) + missing
        wrong = [*np.flatnonzero(differs)[:LISTED], *range(len(known), min(len(known) + LISTED, len(values)))]
        mismatches += [
            Mismatch(first + int(word) // each, last_layer, int(word) % each, name, int(values[word]),
                     int(known[word]) if word < len(known) else None) for word in wrong]
    if len(got) > images:
        result.mismatches += len(got) - images
        mismatches.append(Mismatch(first + images, last_layer, 0, "surplus class", 0, int(got["class"][images])))
    result.correct = int((present["class"] == labels[:len(present)]).sum())
    result.correct_golden = int((expected.classes == labels).sum())
    result.result_cycles = present["cycle"][:TIMED].tolist()
    predicted = manifest.latency_cycles + np.arange(images, dtype=np.uint64) * manifest.cycles_per_image
    result.timely = np.array_equal(present["cycle"], predicted)
