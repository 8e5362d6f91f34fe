"""The plan of a layer's random numbers: which junctions serve which lanes, when, and what they are tuned to.

``docs/bit-contract.md``, "Random numbers", says what each option means for the bits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError

if TYPE_CHECKING:
    from spinsc.models.network import Network

ASSIGNMENTS = ("round-robin", "blocks")
SOURCES = ("comparator", "tuned")
SIDES = ("activation", "weight")
#: Named plans, each short for options.
PRESETS = {
    "own": "",
    "crossed": "weight.assignment=blocks",
    "delayed": "activation.delay=1,weight.delay=2",
    "tuned": "source=tuned",
    "shared": "layers=shared",
}
#: Junctions of a lane with a tuned source, K - 2, at most.
MAX_TUNED = 16

#: Different random numbers of weights that a sum should meet, see `harm`.
ENOUGH_NUMBERS = 6000

Thresholds = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SidePlan:
    """Plan of one side (activations or weights) of a layer.

    Attributes
    ----------
    groups : int or None
        R, groups of junctions that serve the lanes; None for as many as lanes.
    assignment : {"round-robin", "blocks"}
        Lane s uses group s mod R, or group s div ceil(S/R).
    delay : int
        d: the j-th lane (from 0) of a group sees the group's random numbers j*d steps later.
    source : {"comparator", "tuned"}
        Junctions are unbiased, and comparators make the bits of all states of their number; or each junction is tuned
        to the probability of one state, K-2 junctions a group.
    thresholds : tuple of rows of integers, or None
        Calibrated thresholds T[0..K-1] of each group's comparator; None for the contract's formula.
    """

    groups: int | None = None
    assignment: str = "round-robin"
    delay: int = 0
    source: str = "comparator"
    thresholds: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self) -> None:
        if self.groups is not None:
            object.__setattr__(self, "groups", _whole("groups", self.groups, 1))
        object.__setattr__(self, "delay", _whole("delay", self.delay, 0))
        for name, allowed in (("assignment", ASSIGNMENTS), ("source", SOURCES)):
            if getattr(self, name) not in allowed:
                raise InputError(f"{name} must be {' or '.join(allowed)}, not {getattr(self, name)!r}")
        if self.thresholds is not None:
            if self.source == "tuned":
                raise InputError("a tuned source has no comparators, so it takes no calibrated thresholds")
            object.__setattr__(self, "thresholds", _rows(self.thresholds))

    def fitted(self, lanes: int) -> SidePlan:
        """The plan for a number of lanes, in its shortest form: no more groups than are used."""
        each = -(-lanes // min(self.groups or lanes, lanes))
        groups = min(self.groups or lanes, lanes) if self.assignment == "round-robin" else -(-lanes // each)
        if groups == lanes:
            return dataclasses.replace(self, groups=None, assignment="round-robin", delay=0)
        return dataclasses.replace(self, groups=groups, assignment="round-robin" if groups == 1 else self.assignment)

    def calibrated(self, thresholds: npt.ArrayLike | None) -> SidePlan:
        """The plan with these thresholds, integers of shape (groups, states), or with those of the formula."""
        return dataclasses.replace(self, thresholds=None if thresholds is None else _rows(thresholds))

    def options(self) -> dict[str, Any]:
        """What differs from the default, JSON-compatible."""
        return {field.name: value for field in dataclasses.fields(self)
                if (value := getattr(self, field.name)) != field.default}


def _rows(thresholds: npt.ArrayLike) -> tuple[tuple[int, ...], ...]:
    raw = np.asarray(thresholds)
    if raw.ndim != 2 or raw.dtype.kind not in "iu":
        raise InputError(f"calibrated thresholds must be integers of shape (groups, states), "
                         f"not {raw.dtype} {raw.shape}")
    return tuple(map(tuple, raw.tolist()))


def _whole(name: str, value: Any, low: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise InputError(f"{name} must be a whole number from {low}, not {value!r}")
    return int(value)


#: Every lane has unbiased junctions of its own.
OWN = SidePlan()


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a layer: its plan, worked out.

    Attributes
    ----------
    plan : SidePlan
        Fitted to the lanes.
    lanes, states, bits : int
        S, K, and m, the random bits of a number. Of a tuned source m is K-2, and bit k-1 of the number is the bit of
        state k.
    formula : int64, shape (states,)
        The contract's thresholds, for groups without calibrated ones.
    """

    plan: SidePlan
    lanes: int
    states: int
    bits: int
    formula: Thresholds

    def __post_init__(self) -> None:
        given = self.plan.thresholds
        if given is None:
            return
        rows, full = np.array(given), 1 << self.bits
        if rows.shape != (self.groups, self.states):
            raise InputError(f"calibrated thresholds must have shape ({self.groups}, {self.states}), for each group of "
                             f"junctions and each state, not {rows.shape}")
        if (rows[:, 0] != 0).any() or (rows[:, -1] != full).any() or (rows[:, 1:] < rows[:, :-1]).any():
            bad = np.flatnonzero((rows[:, 0] != 0) | (rows[:, -1] != full) | (rows[:, 1:] < rows[:, :-1]).any(1))[0]
            raise InputError(f"calibrated thresholds must ascend from 0 to 2^m = {full}, but those of group {bad} are "
                             f"{', '.join(map(str, rows[bad]))}")

    @property
    def tuned(self) -> bool:
        return self.plan.source == "tuned"

    @property
    def groups(self) -> int:
        """R, groups of junctions."""
        return self.plan.groups or self.lanes

    @property
    def devices(self) -> int:
        """Junctions of all groups."""
        return self.groups * self.bits

    @property
    def direct(self) -> bool:
        """Whether every lane has junctions of its own."""
        return self.plan.groups is None

    @cached_property
    def group_of_lane(self) -> npt.NDArray[np.int64]:
        lane = np.arange(self.lanes)
        return lane // -(-self.lanes // self.groups) if self.plan.assignment == "blocks" else lane % self.groups

    @cached_property
    def delay_of_lane(self) -> npt.NDArray[np.int64]:
        """Steps by which each lane sees its group's numbers later."""
        lane = np.arange(self.lanes)
        sharer = (lane % -(-self.lanes // self.groups) if self.plan.assignment == "blocks" else lane // self.groups)
        return sharer * self.plan.delay

    @property
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

    @property
    def thresholds(self) -> Thresholds:
        """T of each lane's comparator, shape (lanes, states)."""
        if self.plan.thresholds is None:
            return np.broadcast_to(self.formula, (self.lanes, self.states))
        return np.array(self.plan.thresholds, np.int64)[self.group_of_lane]


@dataclass(frozen=True)
class Plan:
    """A plan for all layers of a network, each of which takes it as far as its size allows.

    Attributes
    ----------
    activation, weight : SidePlan
    shared_layers : bool
        All layers draw from the same junctions.
    """

    activation: SidePlan = OWN
    weight: SidePlan = OWN
    shared_layers: bool = False

    @classmethod
    def parse(cls, text: str) -> Plan:
        """A plan from options such as ``groups=8,delay=3`` or ``crossed,groups=7``.

        Options are ``groups``, ``assignment``, ``delay`` and ``source`` of both sides, or of one with ``activation.``
        or ``weight.`` before it, ``layers=own`` or ``layers=shared``, and the names of `PRESETS`. What comes later
        holds.
        """
        sides: dict[str, dict[str, Any]] = {side: {} for side in SIDES}
        shared = False
        parts = [part.strip() for word in text.split(",") for part in PRESETS.get(word.strip(), word).split(",")]
        for part in filter(None, parts):
            key, _, value = part.partition("=")
            side, _, name = key.rpartition(".")
            if key == "layers" and value in ("own", "shared"):
                shared = value == "shared"
            elif name in ("groups", "delay", "assignment", "source") and value and side in ("", *SIDES):
                numeric = name in ("groups", "delay")
                if numeric and not value.isdecimal():
                    raise InputError(f"{name} of a plan must be a whole number, not {value!r}")
                for chosen in (side,) if side else SIDES:
                    sides[chosen][name] = int(value) if numeric else value
            else:
                raise InputError(f"a plan has no option {part!r}; give groups=R, delay=D, assignment=round-robin or "
                                 "blocks, source=comparator or tuned, each perhaps with activation. or weight. before "
                                 f"it, layers=own or shared, or {', '.join(PRESETS)}")
        return cls(SidePlan(**sides["activation"]), SidePlan(**sides["weight"]), shared)


def describe_sides(activation: SidePlan, weight: SidePlan) -> str:
    """Options of both sides in the words of `Plan.parse`; empty for the default plan."""
    def words(plan: SidePlan) -> dict[str, str]:
        return {name: "calibrated" if name == "thresholds" else f"{name}={value}"
                for name, value in plan.options().items()}

    of_a, of_w = words(activation), words(weight)
    both = [word for name, word in of_a.items() if of_w.get(name) == word]
    single = [f"{side}.{word}" for side, of_side, other in (("activation", of_a, of_w), ("weight", of_w, of_a))
              for name, word in of_side.items() if other.get(name) != word]
    return ",".join([*both, *single])


def describe_layers(sides: Sequence[tuple[SidePlan, SidePlan]], shared_layers: bool) -> str:
    """Plan of all layers; empty where all of it is the default."""
    words = [describe_sides(*layer) for layer in sides]
    if len(set(words)) > 1:
        words = [f"layer {number}: {word}" for number, word in enumerate(words) if word]
    else:
        words = words[:1]
    return "; ".join([*filter(None, words), *(["layers=shared"] if shared_layers else [])])


def harm(network: Network) -> str | None:
    """What is known to be wrong with a network's plan, with the remedy; None where nothing is.

    What decides is how many different random numbers of weights the sum of a neuron meets in its C*L steps,
    n = G_w (C L + F_w) with F_w the longest delay of the weights: inputs have a mean (the background of a digit), so
    an error of a weight number is multiplied by what all lanes that share it have in common. Points of accuracy lost
    against lanes with junctions of their own, by
    ``spinsc eval NET --plan weight.groups=G --rng ideal --period 64 --images 2000`` (mean of seeds 1 and 2; C = 13;
    seeds differ by some tenths):

    ===========  ====  ======  =====  =====  =====  =====
    network      L     G = 28  16     8      4      1
    ===========  ====  ======  =====  =====  =====  =====
    mlp1-k5      100           0.3    0.3    1.5    7.7
    mlp3-k5      100           -0.2   0.2    0.3    2.4
    mlp3-k5-l16  16    0.6     1.0    2.6    7.9    31
    mlp3-k5-l8   8     1.2     1.4    4.1    14     38
    ===========  ====  ======  =====  =====  =====  =====

    which is 0.3 to 1.5 for n from 2,900 to 5,800, at most 0.3 above 10,000, and 1.4 to 8 from 800 to 1,700. Delays
    count as far as they add numbers: G = 4 with a weight delay of L lost 0.7 (L = 100, n = 11,200) and 2.9 (L = 16,
    n = 1,792). Activations that share one group of junctions lost nothing at L = 100, 0.1 at 16 and 0.5 at 8; shared
    layers and tuned junctions lost nothing.
    """
    for number, layer in enumerate(network.layers):
        weights, steps = layer.weight_side, layer.chunks * network.length
        numbers = weights.groups * (steps + weights.longest_delay)
        if not weights.direct and numbers < ENOUGH_NUMBERS:
            better = min(-(-ENOUGH_NUMBERS // steps), layer.lanes)
            return (f"plan {network.plan}: a sum of layer {number} meets {numbers:,} different random numbers of "
                    f"weights; the shipped networks lost 0.3 to 1.5 points of accuracy just below "
                    f"{ENOUGH_NUMBERS:,}, and the more the fewer; give weight.groups={better} or more (activations may "
                    "share theirs)")
    return None
