"""A trained network as a chain of steps on real numbers, whatever format it came in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.contract import MAX_STATES

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]

#: How a quantizer rounds halves: to the even integer (as ``torch.round`` does), up, or always down or up.
ROUNDINGS = ("half even", "half up", "floor", "ceil")


@dataclass(frozen=True, eq=False)
class Step(ABC):
    """What is done to a batch of real numbers.

    Attributes
    ----------
    name : str
        In the file or module it comes from, for messages.
    """

    name: str

    @abstractmethod
    def __call__(self, x: Floats) -> Floats:
        """Results, shape (n, outputs), of inputs (n, inputs)."""


@dataclass(frozen=True, eq=False)
class Affine(Step):
    """scale x + shift, with one of each for all features or for each feature."""

    scale: Floats
    shift: Floats

    @classmethod
    def of(cls, name: str, scale: npt.ArrayLike = 1.0, shift: npt.ArrayLike = 0.0) -> Affine:
        """One with numbers or lists, of which one per feature or a single one is needed."""
        parts = [np.asarray(part, np.float64) for part in (scale, shift)]
        if any(part.size != max(part.shape, default=1) for part in parts):
            raise InputError(f"{name} does not work feature by feature: its shapes are {parts[0].shape} and "
                             f"{parts[1].shape}")
        scales, shifts = (part.reshape(-1) if part.size > 1 else part.reshape(()) for part in parts)
        if not (np.isfinite(scales).all() and np.isfinite(shifts).all()):
            raise InputError(f"{name} has numbers that are not finite")
        return cls(name, scales, shifts)

    def __call__(self, x: Floats) -> Floats:
        return self.scale * x + self.shift


@dataclass(frozen=True, eq=False)
class Linear(Step):
    """Sums of products; a bias is an `Affine` after it.

    Attributes
    ----------
    weights : float64, shape (neurons, inputs)
    unit : float64, shape (neurons, 1) or (1, 1), or None
        Weights are integers times it, if they are quantized.
    """

    weights: Floats
    unit: Floats | None = None

    @classmethod
    def of(cls, name: str, weights: npt.ArrayLike, unit: npt.ArrayLike | None = None) -> Linear:
        """One whose weights are checked to be multiples of a unit, if there is one (for all, or for each neuron)."""
        matrix = np.array(weights, np.float64)
        if matrix.ndim != 2 or not matrix.size or not np.isfinite(matrix).all():
            raise InputError(f"{name}: weights must be a matrix of finite numbers (neurons, inputs), not "
                             f"{matrix.shape}")
        if unit is None:
            return cls(name, matrix)
        units = np.asarray(unit, np.float64).reshape(-1, 1)
        if len(units) not in (1, len(matrix)) or not (units > 0).all():
            raise InputError(f"{name}: there must be one positive scale of the weights, or one for each of "
                             f"{len(matrix)} neurons, not {np.asarray(unit).shape}")
        integers = matrix / units
        off = np.abs(integers - np.rint(integers))
        if off.max() > 1e-3:
            neuron, place = (int(v) for v in np.argwhere(off == off.max())[0])
            raise InputError(f"{name}: weights must be integers times their scale, but that of neuron {neuron}, input "
                             f"{place} is {integers[neuron, place]:.4g} times it; give the weights as they are used")
        return cls(name, np.rint(integers) * units, units)

    def __call__(self, x: Floats) -> Floats:
        return x @ self.weights.T


@dataclass(frozen=True, eq=False)
class Monotone(Step):
    """A function that never falls.

    Attributes
    ----------
    function : str
        relu, clip (to ``low`` and ``high``), tanh or sigmoid.
    """

    function: str
    low: float = -np.inf
    high: float = np.inf

    def __call__(self, x: Floats) -> Floats:
        if self.function == "tanh":
            return np.tanh(x)
        if self.function == "sigmoid":
            return 1 / (1 + np.exp(-x))
        return np.clip(x, 0 if self.function == "relu" else self.low, self.high)

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest result."""
        return {"relu": (0.0, np.inf), "tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}.get(self.function,
                                                                                       (self.low, self.high))

    def reached(self, value: Floats) -> Floats:
        """The x from which on the function is at least ``value``: -inf if always, inf if never."""
        low = 0.0 if self.function == "relu" else self.low
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.function == "tanh":
                inner = np.arctanh(np.clip(value, -1, 1))
            elif self.function == "sigmoid":
                share = np.clip(value, 0, 1)
                inner = np.log(share) - np.log1p(-share)
            else:
                inner = np.where(value <= low, -np.inf, np.where(value > self.high, np.inf, value))
        return inner

    def passed(self, value: Floats) -> Floats:
        """The x beyond which the function is more than ``value``, likewise."""
        low = 0.0 if self.function == "relu" else self.low
        if self.function in ("tanh", "sigmoid"):
            return self.reached(value)
        return np.where(value < low, -np.inf, np.where(value >= self.high, np.inf, value))


@dataclass(frozen=True, eq=False)
class Quantizer(Step):
    """Rounding to K even steps: base + k step, with k the number of edges that are reached.

    Attributes
    ----------
    base, step : float
        step above 0.
    edges : float64, shape (K-1,)
        Non-descending.
    closed : bool, shape (K-1,)
        Whether the edge itself belongs to the higher state.
    """

    base: float
    step: float
    edges: Floats
    closed: Flags

    @classmethod
    def uniform(cls, name: str, scale: float, low: int, high: int, *, zero_point: float = 0.0,
                rounding: str = "half even") -> Quantizer:
        """scale (clip(round(x / scale + zero_point), low, high) - zero_point)."""
        if rounding not in ROUNDINGS:
            raise InputError(f"{name}: rounding must be {', '.join(ROUNDINGS[:-1])} or {ROUNDINGS[-1]}, not "
                             f"{rounding!r}")
        if not 0 < scale < np.inf:
            raise InputError(f"{name}: the scale of a quantizer must be above 0, not {scale}")
        if not low < high < low + MAX_STATES:
            raise InputError(f"{name}: a quantizer must have 2 to {MAX_STATES} states, not {high - low + 1}")
        q = np.arange(low + 1, high + 1)
        half = {"floor": 0.0, "ceil": 1.0}.get(rounding, 0.5)
        closed = {"half even": q % 2 == 0, "ceil": np.zeros(len(q), bool)}.get(rounding, np.ones(len(q), bool))
        return cls(name, scale * (low - zero_point), scale, scale * (q - half - zero_point), closed)

    @classmethod
    def bipolar(cls, name: str, scale: float) -> Quantizer:
        """scale where x >= 0, else -scale."""
        return cls(name, -scale, 2 * scale, np.zeros(1), np.ones(1, bool))

    @classmethod
    def even(cls, name: str, low: float, high: float, states: int) -> Quantizer:
        """Rounding to the nearest of even steps from ``low`` to ``high``."""
        step = (high - low) / (states - 1)
        return cls(name, low, step, low + step * (np.arange(states - 1) + 0.5), np.ones(states - 1, bool))

    @property
    def states(self) -> int:
        """K."""
        return len(self.edges) + 1

    def states_of(self, x: Floats) -> npt.NDArray[np.int64]:
        """k of numbers of any shape."""
        reached = np.where(self.closed, x[..., None] >= self.edges, x[..., None] > self.edges)
        states: npt.NDArray[np.int64] = reached.sum(-1)
        return states

    def __call__(self, x: Floats) -> Floats:
        return self.base + self.step * self.states_of(x)

    def reachable(self, low: float, high: float) -> Quantizer:
        """The same for numbers from ``low`` to ``high``, without the states that they do not reach."""
        ends = np.clip([low, high], -1e300, 1e300)
        first, last = (int(k) for k in self.states_of(ends))
        if first == last:
            return self
        return Quantizer(self.name, self.base + first * self.step, self.step, self.edges[first:last],
                         self.closed[first:last])

    def clipped(self, low: float, high: float) -> Quantizer:
        """The same, with its values cut to a range."""
        values = self.base + self.step * np.arange(self.states)
        cut = np.clip(values, low, high)
        kept = (values >= low - 1e-9 * self.step) & (values <= high + 1e-9 * self.step)
        if not np.allclose(cut[kept], values[kept]) or not np.isin(np.round((cut - self.base) / self.step, 9),
                                                                   np.flatnonzero(kept)).all():
            raise InputError(f"{self.name} is cut to {low:g} to {high:g}, which are none of its values; the states of "
                             "a network are evenly spaced")
        inner = kept[1:] & kept[:-1]
        if not inner.any():
            raise InputError(f"{self.name} has a single value left between {low:g} and {high:g}")
        return Quantizer(self.name, float(values[kept][0]), self.step, self.edges[inner], self.closed[inner])


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A chain of steps from real inputs to the classes' scores.

    Attributes
    ----------
    features : int
    steps : tuple of Step
    source : str
        Where it comes from, in words.
    notes : tuple of str
        What the user should know of it.
    """

    features: int
    steps: tuple[Step, ...]
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        width = self.features
        for step in self.steps:
            if isinstance(step, Linear):
                if step.weights.shape[1] != width:
                    raise InputError(f"{step.name} takes {step.weights.shape[1]} inputs, but there are {width}")
                width = len(step.weights)
            elif isinstance(step, Affine) and (wrong := {step.scale.size, step.shift.size} - {1, width}):
                raise InputError(f"{step.name} has {max(wrong)} numbers for {width} features")
        if not any(isinstance(step, Linear) for step in self.steps):
            raise InputError(f"{self.source} has no linear layer")

    def __call__(self, x: npt.ArrayLike) -> Floats:
        """Scores, shape (n, classes)."""
        y: Floats = np.asarray(x, np.float64)
        for step in self.steps:
            y = step(y)
        return y


def unquantized(steps: Sequence[Step]) -> list[str]:
    """Names of what is real: weights, and inputs of layers but the first."""
    found, inner, first = [], False, True
    for step in steps:
        if isinstance(step, Quantizer):
            inner = True
        elif isinstance(step, Linear):
            if step.unit is None:
                found.append(f"the weights of {step.name}")
            if not inner and not first:
                found.append(f"the inputs of {step.name}")
            inner, first = False, False
    return found
