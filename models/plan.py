"""The plan of a layer's random numbers: which junctions serve which lanes, when, and what they are tuned to.

``docs/bit-contract.md``, "Random numbers", says what each option means for the bits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError, did_you_mean
from spinsc.integers import ceil_div

ASSIGNMENTS = ("round-robin", "blocks")
SOURCES = ("comparator", "tuned")
#: Names of a layer's sides, in the order of its devices.
SIDES = ("activation", "weight")
_OPTIONS = ("groups", "assignment", "delay", "source")
#: Named plans, each short for options.
PRESETS = {
    "own": "",
    "crossed": "weight.assignment=blocks",
    "delayed": "activation.delay=1,weight.delay=2",
    "tuned": "source=tuned",
    "shared": "layers=shared",
}


@dataclass(frozen=True)
class SidePlan:
    """Plan of one side (activations or weights) of a layer.

    Attributes
    ----------
    groups : int or None
        G, groups of junctions that serve the lanes; None for as many as lanes.
    assignment : {"round-robin", "blocks"}
        Lane s uses group s mod G, or group s div ceil(S/G).
    delay : int
        d: the j-th lane (from 0) of a group sees the group's random numbers j*d steps later.
    source : {"comparator", "tuned"}
        Junctions are unbiased, and comparators make the bits of all states of their number; or each junction is tuned
        to the probability of one state, K-2 junctions per group.
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
        each = ceil_div(lanes, min(self.groups or lanes, lanes))
        groups = min(self.groups or lanes, lanes) if self.assignment == "round-robin" else ceil_div(lanes, each)
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
        holds, but no option may be given twice.
        """
        given = [word.partition("=")[0].strip() for word in text.split(",") if word.strip()]
        if twice := [key for key in given if given.count(key) > 1]:
            raise InputError(f"a plan must not give {twice[0]} twice; leave one out")
        sides: dict[str, dict[str, Any]] = {side: {} for side in SIDES}
        shared = False
        parts = [part.strip() for word in text.split(",") for part in PRESETS.get(word.strip(), word).split(",")]
        for part in filter(None, parts):
            key, _, value = part.partition("=")
            side, _, name = key.rpartition(".")
            if key == "layers" and value in ("own", "shared"):
                shared = value == "shared"
            elif name in _OPTIONS and value and side in ("", *SIDES):
                numeric = name in ("groups", "delay")
                if numeric and not value.isdecimal():
                    raise InputError(f"{name} of a plan must be a whole number, not {value!r}")
                for chosen in (side,) if side else SIDES:
                    sides[chosen][name] = int(value) if numeric else value
            else:
                known = [*PRESETS, "layers", *_OPTIONS, *(f"{side}.{name}" for side in SIDES for name in _OPTIONS)]
                raise InputError(f"a plan has no option {part!r}{did_you_mean(key, known)}; give groups=G, delay=d, "
                                 "assignment=round-robin or blocks, source=comparator or tuned, each perhaps with "
                                 f"activation. or weight. before it, layers=own or shared, or {', '.join(PRESETS)}")
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
