"""Lies in `spinsc.models`, of which hardware and expected values know nothing else: the oracle finds each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spinsc.models import side as models_side
from spinsc.models.contract import default_random_bits
from spinsc.models.golden import evaluation as golden
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.plan import SidePlan
from spinsc.models.side import Side
from spinsc.models.streams import lanes, lfsr
from spinsc.models.streams.recorded import RecordedStreams
from tests.test_oracle import LFSR, RECORDED, differences, draw

Patch = pytest.MonkeyPatch


def thresholds_by_floor(patch: Patch) -> None:
    patch.setattr(Thresholds, "integers", lambda self, inputs, length: np.clip(
        np.floor(length * (inputs + self.z) / 2), 0, inputs * length + 1).astype(np.int64))


def thresholds_cut_to_the_largest_sum(patch: Patch) -> None:
    right = Thresholds.integers
    patch.setattr(Thresholds, "integers", lambda self, inputs, length: right(self, inputs, length).clip(
        max=inputs * length))


def thresholds_to_be_exceeded(patch: Patch) -> None:
    right = Thresholds.states_of_accumulators
    patch.setattr(Thresholds, "states_of_accumulators", lambda self, sums, integers: right(self, sums - 1, integers))


def biases_by_trunc(patch: Patch) -> None:
    patch.setattr(Scores, "integers", lambda self, inputs, length: np.clip(
        np.trunc(length * self.z / 2), -inputs * length, inputs * length).astype(np.int64))


def halves_of_biases_up(patch: Patch) -> None:
    patch.setattr(Scores, "integers", lambda self, inputs, length: np.clip(
        np.floor(length * self.z / 2 + 0.5), -inputs * length, inputs * length).astype(np.int64))


def ties_to_the_highest_class(patch: Patch) -> None:
    right = golden._Golden._fill

    def fill(self: Any, trace: Trace, images: Any, rows: slice, *rest: Any) -> None:
        right(self, trace, images, rows, *rest)
        trace.classes[rows] = trace.scores.shape[1] - 1 - trace.scores[rows, ::-1].argmax(1)

    patch.setattr(golden._Golden, "_fill", fill)


def pixels_to_exceed_their_thresholds(patch: Patch) -> None:
    right = Network.__post_init__

    def post_init(self: Network) -> None:
        right(self)
        object.__setattr__(self, "input_thresholds", self.input_thresholds + 1)

    patch.setattr(Network, "__post_init__", post_init)


def random_numbers_a_bit_wider(patch: Patch) -> None:
    right = default_random_bits
    patch.setattr(models_side, "default_random_bits", lambda states: right(states) + 1)


def comparators_by_floor(patch: Patch) -> None:
    patch.setattr(models_side, "default_comparator_thresholds", lambda states, bits: (
        np.arange(states) << bits) // (states - 1))


def calibrated_comparators_round_robin(patch: Patch) -> None:
    right = Side.comparator_thresholds.func  # type: ignore[attr-defined]

    def thresholds(side: Side) -> Any:
        if side.plan.thresholds is None:
            return right(side)
        return np.array(side.plan.thresholds)[np.arange(side.lanes) % side.groups]

    patch.setattr(Side, "comparator_thresholds", property(thresholds))


def junctions_tuned_in_the_opposite_order(patch: Patch) -> None:
    right = Side.probabilities.fget  # type: ignore[attr-defined]
    patch.setattr(Side, "probabilities", property(lambda side: right(side)[::-1]))


def first_devices_0(patch: Patch) -> None:
    patch.setattr(Network, "device_bases", property(lambda network: (0,) * len(network.layers)))


def of_plans(change: Callable[[SidePlan], SidePlan]) -> Callable[[Patch], None]:
    """A lie about every plan, as hardware and golden model get it."""

    def tell(patch: Patch) -> None:
        right = SidePlan.fitted
        patch.setattr(SidePlan, "fitted", lambda plan, lanes: change(right(plan, lanes)))

    return tell


def highest_bit_first(patch: Patch) -> None:
    right = lanes._assemble
    patch.setattr(lanes, "_assemble", lambda bits, side: right(
        bits.reshape(side.bits, side.groups, bits.shape[1])[::-1].reshape(bits.shape), side))


def devices_of_a_group_side_by_side(patch: Patch) -> None:
    right = lanes._assemble
    patch.setattr(lanes, "_assemble", lambda bits, side: right(
        bits.reshape(side.groups, side.bits, bits.shape[1]).swapaxes(0, 1).reshape(bits.shape), side))


def samples_of_the_longest_layer(patch: Patch) -> None:
    def layer_bits(self: RecordedStreams, layer: int, slot: int) -> Any:
        base, start = self.network.device_bases[layer], slot * max(self.network.samples)
        return self.recording.bits(slice(base, base + self.network.layers[layer].devices),
                                   slice(start, start + self.network.samples[layer]))

    patch.setattr(RecordedStreams, "layer_bits", layer_bits)


def period_shorter_by_an_image(patch: Patch) -> None:
    right = RecordedStreams.__init__

    def init(self: RecordedStreams, *args: Any, **options: Any) -> None:
        right(self, *args, **options)
        self.period = max(1, self.period - 1)

    patch.setattr(RecordedStreams, "__init__", init)


def seeds_in_the_opposite_order(patch: Patch) -> None:
    right = lfsr.mix
    patch.setattr(lfsr, "mix", lambda numbers: right(numbers[::-1]))


def one_shift_a_step(patch: Patch) -> None:
    def numbers(seeds: Any, steps: int, bits: int) -> Any:
        sequence = lfsr.lfsr_bits(seeds, steps)
        return sum((sequence[31 - b:31 - b + steps].astype(np.uint16) << b for b in range(bits)),
                   np.zeros((steps, len(seeds)), np.uint16))

    patch.setattr(lfsr, "_lfsr_numbers", numbers)


#: What is told, by whom, and what must be found otherwise: the lie itself, and what follows from it.
LIES: dict[str, tuple[Callable[[Patch], None], set[str]]] = {
    "thresholds by floor": (thresholds_by_floor, {"thresholds", "states"}),
    "no threshold above all sums": (thresholds_cut_to_the_largest_sum, {"thresholds"}),
    "thresholds to be exceeded": (thresholds_to_be_exceeded, {"states"}),
    "biases by trunc": (biases_by_trunc, {"biases", "scores"}),
    "halves of biases up": (halves_of_biases_up, {"biases", "scores"}),
    "ties to the highest class": (ties_to_the_highest_class, {"classes"}),
    "pixels to exceed their thresholds": (pixels_to_exceed_their_thresholds, {"input states", "accumulators"}),
    "random numbers a bit wider": (random_numbers_a_bit_wider, {"widths", "random numbers"}),
    "comparators by floor": (comparators_by_floor, {"accumulators"}),
    "calibrated comparators round robin": (calibrated_comparators_round_robin, {"accumulators"}),
    "junctions tuned in the opposite order": (junctions_tuned_in_the_opposite_order, {"probabilities"}),
    "every layer's first device is 0": (first_devices_0, {"device bases", "random numbers", "accumulators"}),
    "blocks round robin": (of_plans(lambda plan: replace(plan, assignment="round-robin")),
                           {"random numbers", "accumulators"}),
    "delays a step longer": (of_plans(lambda plan: replace(plan, delay=plan.delay and plan.delay + 1)),
                             {"samples", "random numbers", "accumulators"}),
    "highest bit first": (highest_bit_first, {"random numbers", "accumulators"}),
    "a group's devices side by side": (devices_of_a_group_side_by_side, {"random numbers", "accumulators"}),
    "layers begin an image where the longest does": (samples_of_the_longest_layer, {"random numbers", "accumulators"}),
    "a period shorter by an image": (period_shorter_by_an_image, {"period", "random numbers"}),
    "seeds in the opposite order": (seeds_in_the_opposite_order, {"random numbers", "accumulators"}),
    "one shift of an LFSR a step": (one_shift_a_step, {"random numbers", "accumulators"}),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_found(lie: str, monkeypatch: Patch) -> None:
    tell, expected = LIES[lie]
    tell(monkeypatch)
    missing = set(expected)
    for case in [*map(draw, RECORDED), *(draw(seed, lfsr=True) for seed in LFSR)]:
        missing -= differences(case)
        if not missing:
            return
    pytest.fail(f"not found: {', '.join(sorted(missing))}")
