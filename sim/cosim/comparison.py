"""What a comparison found: types that a shard's process writes and the run's process reads and joins."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    violations : list of str
        What the harness noted besides: words that a four-valued simulator sees with bits that nobody has set, and
        frames that are not the images.
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
    violations: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Comparison:
        """From what :meth:`to_json` gave, perhaps by way of a JSON file."""
        listed = [Mismatch(**item) for item in data["listed"]]
        bad = {int(layer): {int(n): count for n, count in neurons.items()}
               for layer, neurons in data["bad_neurons"].items()}
        return cls(**{**data, "listed": listed, "bad_neurons": bad})

    def keep_first_listed(self) -> None:
        """Sort the listed mismatches by place, and forget them and violations beyond `LISTED`."""
        self.listed = sorted(self.listed, key=lambda m: (m.image, m.layer, m.neuron))[:LISTED]
        del self.violations[LISTED:]


def merge(parts: list[Comparison]) -> Comparison:
    """Comparison of consecutive stretches together; the same however they were cut."""
    total = Comparison(result_cycles=parts[0].result_cycles)
    for part in parts:
        total.timely &= part.timely
        for name in ("images", "words", "bits", "mismatches", "correct", "correct_golden"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
        total.listed += part.listed
        total.violations += part.violations
        for layer, neurons in part.bad_neurons.items():
            known = total.bad_neurons.setdefault(layer, {})
            for neuron, count in neurons.items():
                known[neuron] = known.get(neuron, 0) + count
    total.keep_first_listed()
    return total
