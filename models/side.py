"""One side of a layer: the states of its activations or of its weights, and the random numbers that make them bits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.contract import (
    MAX_RANDOM_BITS,
    MAX_STATES,
    MAX_TUNED_BITS,
    check_range,
    default_comparator_thresholds,
    default_random_bits,
)
from spinsc.models.plan import OWN, SidePlan


@dataclass(frozen=True, init=False)
class Side:
    """States of a layer's activations or weights, and where their random numbers come from.

    A layer works its sides out for its lanes (`for_lanes`); until then a side has one.

    Attributes
    ----------
    states : int
        K, 2..256.
    bits : int
        m, the random bits of a number, 0..16; by default the contract's. With a tuned source it is K-2, and bit k-1 of
        the number is the bit of state k.
    plan : SidePlan
        In a layer, cut to the lanes.
    lanes : int
        S.
    """

    states: int
    bits: int
    plan: SidePlan
    lanes: int

    def __init__(self, states: int, bits: int | None = None, plan: SidePlan = OWN, lanes: int = 1) -> None:
        states = int(states)
        check_range("states (K)", states, 2, MAX_STATES)
        if plan.source == "tuned":
            if states - 2 > MAX_TUNED_BITS:
                raise InputError(f"a tuned source has at most {MAX_TUNED_BITS} junctions per lane, but {states} states "
                                 f"need {states - 2}; take the comparator")
            if bits not in (None, states - 2):
                raise InputError(f"random bits (m) of a tuned source of {states} states must be {states - 2}, one for "
                                 f"each inner state, not {bits}")
            bits = states - 2
        bits = default_random_bits(states) if bits is None else bits
        check_range("random bits (m)", bits, 0, MAX_RANDOM_BITS)
        for name, value in (("states", states), ("bits", bits), ("plan", plan), ("lanes", lanes)):
            object.__setattr__(self, name, value)

    def for_lanes(self, lanes: int) -> Side:
        """The side in a layer of this many lanes, with a plan that has no more groups than are used."""
        side = Side(self.states, self.bits,
                    self.plan.fitted(lanes) if self.bits else SidePlan(thresholds=self.plan.thresholds), lanes)
        side._check_calibrated()
        return side

    def with_plan(self, plan: SidePlan) -> Side:
        """The side with another plan. Where that changes the source, the width m becomes its default."""
        return Side(self.states, self.bits if plan.source == self.plan.source else None, plan, self.lanes)

    def _check_calibrated(self) -> None:
        if self.plan.thresholds is None:
            return
        rows, full = np.array(self.plan.thresholds), 1 << self.bits
        if rows.shape != (self.groups, self.states):
            raise InputError(f"calibrated thresholds must have shape ({self.groups}, {self.states}), for each group of "
                             f"junctions and each state, not {rows.shape}")
        wrong = (rows[:, 0] != 0) | (rows[:, -1] != full) | (rows[:, 1:] < rows[:, :-1]).any(axis=1)
        if wrong.any():
            group = int(wrong.argmax())
            raise InputError(f"calibrated thresholds must ascend from 0 to 2^m = {full}, but those of group {group} "
                             f"are {', '.join(map(str, rows[group]))}")

    @property
    def tuned(self) -> bool:
        return self.plan.source == "tuned"

    @property
    def groups(self) -> int:
        """G, groups of junctions."""
        return self.plan.groups or self.lanes

    @property
    def devices(self) -> int:
        """Junctions of all groups."""
        return self.groups * self.bits

    @property
    def direct(self) -> bool:
        """Whether every lane has junctions of its own."""
        return self.plan.groups is None

    @property
    def _lanes_per_group(self) -> int:
        return ceil_div(self.lanes, self.groups)

    @cached_property
    def group_of_lane(self) -> npt.NDArray[np.int64]:
        lane = np.arange(self.lanes)
        return lane // self._lanes_per_group if self.plan.assignment == "blocks" else lane % self.groups

    @cached_property
    def delay_of_lane(self) -> npt.NDArray[np.int64]:
        """e, steps by which each lane sees its group's numbers later."""
        lane = np.arange(self.lanes)
        position = lane % self._lanes_per_group if self.plan.assignment == "blocks" else lane // self.groups
        return position * self.plan.delay

    @cached_property
    def longest_delay(self) -> int:
        return int(self.delay_of_lane.max())

    @property
    def flip_flops(self) -> int:
        """Those of the delay lines, as long as the longest delay, for each junction."""
        return self.devices * self.longest_delay

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """P(1) that each junction is tuned to, shape (devices,)."""
        if not self.tuned:
            return np.full(self.devices, 0.5)
        return np.repeat(np.arange(1, self.states - 1) / (self.states - 1), self.groups)

    @cached_property
    def comparator_thresholds(self) -> npt.NDArray[np.int64]:
        """T of each lane's comparator, shape (lanes, states)."""
        if self.plan.thresholds is None:
            return np.broadcast_to(default_comparator_thresholds(self.states, self.bits), (self.lanes, self.states))
        return np.array(self.plan.thresholds, np.int64)[self.group_of_lane]
