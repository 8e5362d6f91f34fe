"""What a comparison found: types that a shard's process writes and the run's process reads and joins."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Mismatches that are listed one by one; the rest is counted.
LISTED = 20
#: Images from the first one on whose cycles are kept; no shard of a longer run has fewer.
TIMED = 16
#: Label of an image that has none: no class is it.
NO_LABEL = -1


@dataclass(frozen=True)
class Mismatch:
    """One word that differs. ``got`` is None where the hardware gave nothing, ``cycle`` where nobody noted it."""

    image: int
    layer: int
    neuron: int
    quantity: str
    expected: int
    got: int | None
    cycle: int | None = None

    def place(self) -> tuple[bool, int, int, int, int]:
        """For sorting: by cycle where that is known, then by image."""
        return self.cycle is None, self.cycle or 0, self.image, self.layer, self.neuron

    def __str__(self) -> str:
        place = f"neuron {self.neuron} " if self.quantity != "class" else ""
        got = "nothing" if self.got is None else self.got
        when = "" if self.cycle is None else f"cycle {self.cycle}, "
        return (f"{when}image {self.image}, layer {self.layer}, {place}{self.quantity}: expected {self.expected}, "
                f"got {got}")


@dataclass
class Comparison:
    """What was compared in one stretch of images, and what differed.

    Attributes
    ----------
    images, unlabelled, words, bits : int
        Compared with the hardware's, and those of the images that have no label; words are accumulators, states, scores
        and classes.
    mismatches : int
    listed : list of Mismatch
        The first few, by image, layer, neuron.
    origins : list of Mismatch
        The first mismatch of each of the first few images that have one.
    bad_neurons : dict of layer to {neuron: number of wrong accumulators}
        Of the first layer that is wrong in an image, so consequences in later layers do not count.
    correct, correct_golden : int
        Images whose class is their label, in the hardware and in the golden model.
    result_cycles : list of int
        Clock cycles after the reset at which the first classes came, of up to `TIMED` images.
    timely : bool
        Every class came in the cycle that the manifest predicts.
    violations : list of str
        What is wrong besides: words that a four-valued simulator sees with bits that nobody has set, and frames that
        are not the images; under stress also what a port does against its protocol, with cycle and image.
    """

    images: int = 0
    unlabelled: int = 0
    words: int = 0
    bits: int = 0
    mismatches: int = 0
    listed: list[Mismatch] = field(default_factory=list)
    origins: list[Mismatch] = field(default_factory=list)
    bad_neurons: dict[int, dict[int, int]] = field(default_factory=dict)
    correct: int = 0
    correct_golden: int = 0
    result_cycles: list[int] = field(default_factory=list)
    timely: bool = True
    violations: list[str] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    confusion: list[list[int]] = field(default_factory=list)

    @property
    def labelled(self) -> int:
        """Images that have a label, of which accuracy is a share."""
        return self.images - self.unlabelled

    @property
    def clean(self) -> bool:
        """Nothing is wrong."""
        return not self.mismatches and not self.violations

    @property
    def wrong_cycles(self) -> list[int]:
        """Cycles in which something listed is wrong, where they are known."""
        noted = [found for text in self.violations if (found := re.match(r"cycle (\d+)", text))]
        return [*(mismatch.cycle for mismatch in self.listed if mismatch.cycle is not None),
                *(int(found[1]) for found in noted)]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Comparison:
        """From what :meth:`to_json` gave, perhaps by way of a JSON file."""
        lists = {name: [Mismatch(**item) for item in data[name]] for name in ("listed", "origins")}
        bad = {int(layer): {int(n): count for n, count in neurons.items()}
               for layer, neurons in data["bad_neurons"].items()}
        return cls(**{**data, **lists, "bad_neurons": bad})

    def count(self, place: str, words: int, mismatches: int) -> None:
        """Add words that were compared at a place, and those of them that differ."""
        self.words += words
        self.mismatches += mismatches
        known = self.places.setdefault(place, [0, 0])
        known[:] = known[0] + words, known[1] + mismatches

    def keep_first_listed(self) -> None:
        """Sort the listed mismatches by cycle and place, and forget them and violations beyond `LISTED`."""
        self.listed = sorted(self.listed, key=Mismatch.place)[:LISTED]
        by_image: dict[int, Mismatch] = {}
        for mismatch in sorted(self.origins, key=Mismatch.place):
            by_image.setdefault(mismatch.image, mismatch)
        self.origins = list(by_image.values())[:LISTED]
        del self.violations[LISTED:]


def merge(parts: list[Comparison]) -> Comparison:
    """Comparison of consecutive stretches together; the same however they were cut."""
    total = Comparison(result_cycles=parts[0].result_cycles)
    for part in parts:
        total.timely &= part.timely
        for name in ("images", "unlabelled", "bits", "correct", "correct_golden"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
        for place, (words, mismatches) in part.places.items():
            total.count(place, words, mismatches)
        total.confusion = _sum(total.confusion, part.confusion)
        total.listed += part.listed
        total.origins += part.origins
        total.violations += part.violations
        for layer, neurons in part.bad_neurons.items():
            known = total.bad_neurons.setdefault(layer, {})
            for neuron, count in neurons.items():
                known[neuron] = known.get(neuron, 0) + count
    total.keep_first_listed()
    return total


def _sum(counts: list[list[int]], others: list[list[int]]) -> list[list[int]]:
    """Two tables of one shape together, or the one that is not empty."""
    if not counts or not others:
        return counts or others
    return [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(counts, others, strict=True)]
