"""From a quantized chain of steps to a network: scales, shifts and batch norms become thresholds and biases.

Inputs of a layer are x = c + h v with values v of states, weights are u v_w with one u for each neuron. So a layer has

    y = gamma z + beta,    gamma = u h,    beta = c sum_i w_i,

through which, and through all that follows it, the edges of the next quantizer are taken back to thresholds on z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.builders import balanced_folding
from spinsc.models.contract import MAX_STATES, PIXEL_LEVELS
from spinsc.models.data.features import FeatureScaling
from spinsc.models.importing.steps import Affine, Flags, Floats, Linear, Monotone, Quantizer, Step, TrainedNetwork
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.nn.export import FAR, common_scale
from spinsc.models.outcome import Outcome, Scores, Thresholds
from spinsc.models.side import Side

#: A threshold that is nearer to a possible sum, in steps between these, is meant to be that sum.
TIE = 1e-5


@dataclass(frozen=True)
class Inputs:
    """How the hardware's bytes come from what the trained network takes.

    Attributes
    ----------
    thresholds : int64, shape (states - 1,)
        Of the bytes.
    scaling : FeatureScaling or None
        Of real numbers; None where bytes are taken as they are.
    """

    thresholds: npt.NDArray[np.int64]
    scaling: FeatureScaling | None = None


@dataclass
class _Edges:
    """Conditions ``direction * y >= edge`` (> where not closed) of each neuron and state, on the way back to z."""

    direction: npt.NDArray[np.int64]
    edge: Floats
    closed: Flags

    def before(self, step: Step) -> None:
        """Make them conditions on the input of a step."""
        if isinstance(step, Affine):
            scale, shift = (np.broadcast_to(part, self.direction.shape) for part in (step.scale, step.shift))
            self._before_affine(scale, shift)
        elif isinstance(step, Monotone):
            up, value = self.direction[:, None] > 0, self.edge * self.direction[:, None]
            # downwards, y <= value is where y > value is not, and y < value where y >= value is not
            strict = np.where(up, ~self.closed, self.closed)
            inner = np.where(strict, step.passed(value), step.reached(value))
            self.edge = inner * self.direction[:, None]
        else:
            raise InputError(f"{step.name} cannot come between a linear layer and the next quantizer")

    def _before_affine(self, scale: Floats, shift: Floats) -> None:
        signed = self.direction * scale
        gap = self.edge - (self.direction * shift)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = gap / np.abs(signed)[:, None]
        never = np.where((gap < 0) | ((gap == 0) & self.closed), -np.inf, np.inf)
        self.edge = np.where(signed[:, None] == 0, never, found)
        self.direction = np.where(signed < 0, -1, 1)


def fold(trained: TrainedNetwork, length: int, inputs: Inputs, provenance: dict[str, Any]) -> Network:
    """The network of a quantized and `merged` chain whose first quantizer, of the input, has become ``inputs``.

    Raises
    ------
    InputError
        If a part of it has no place in the hardware; the message names it and the reason.
    """
    parts = _layers(trained.steps)
    sizes = (trained.features, *(len(linear.weights) for _, linear, _, _ in parts))
    foldings = balanced_folding(sizes)
    layers = []
    for number, (given, linear, between, quantizer) in enumerate(parts):
        h = given.step * (given.states - 1) / 2
        c = given.base + h
        weights, states, unit = weight_states(linear)
        gamma, beta = unit * h, c * linear.weights.sum(1)
        if quantizer is not None:
            first = Affine("", gamma, beta)
            edges = _Edges(np.ones(len(weights), np.int64), np.broadcast_to(
                quantizer.edges, (len(weights), quantizer.states - 1)), np.broadcast_to(
                quantizer.closed, (len(weights), quantizer.states - 1)))
            for step in (*reversed(between), first):
                edges.before(step)
            flipped = edges.direction < 0
            per_unit = (given.states - 1) * (states - 1)
            outcome: Outcome = Thresholds(_apart(edges, per_unit, linear.weights.shape[1]))
        else:
            for step in between:
                if not isinstance(step, Affine):
                    raise InputError(f"{step.name} comes after the last layer, and could make classes equal; leave it "
                                     "out")
                gamma, beta = gamma * step.scale, beta * step.scale + step.shift
            gamma, beta = (np.broadcast_to(part, len(weights)) for part in (gamma, beta))
            flipped = gamma < 0
            outcome = Scores(beta / common_scale(np.abs(gamma), linear.name))
        weights[flipped] = states - 1 - weights[flipped]
        layers.append(Layer(weights, Side(given.states), Side(states), foldings[number], outcome))
    facts = provenance if inputs.scaling is None else provenance | {"features": inputs.scaling.facts}
    return Network(tuple(layers), inputs.thresholds, length, facts)


def weight_states(linear: Linear) -> tuple[npt.NDArray[np.uint8], int, Floats]:
    """States of the weights, K, and what a value of 1 stands for in each neuron: as few states as hold all weights.

    Where all weights are odd multiples of their unit, as in binary networks, the even ones are no states.
    """
    assert linear.unit is not None
    integers = np.rint(linear.weights / linear.unit).astype(np.int64)
    top = max(1, int(np.abs(integers).max()))
    states = top + 1 if (integers % 2 != 0).all() else 2 * top + 1
    if states > MAX_STATES:
        raise InputError(f"{linear.name} has weights of {states} states (integers to {top}); at most {MAX_STATES} are "
                         "possible; quantize it to fewer bits, or here to K states (--states K)")
    weights = ((integers + top) * (states - 1) // (2 * top)).astype(np.uint8)
    return weights, states, np.broadcast_to(linear.unit[:, 0] * top, len(integers))


def _layers(steps: Sequence[Step]) -> list[tuple[Quantizer, Linear, list[Step], Quantizer | None]]:
    """For each layer: the quantizer of its inputs, the layer, what follows it, and the next quantizer; of `merged`."""
    found: list[tuple[Quantizer, Linear, list[Step], Quantizer | None]] = []
    given: Quantizer | None = None
    linear: Linear | None = None
    between: list[Step] = []
    for step in steps:
        if isinstance(step, Linear):
            if given is None or linear is not None:
                raise InputError(f"the inputs of {step.name} are not quantized")
            linear, between = step, []
        elif isinstance(step, Quantizer):
            if given is not None and linear is not None:
                if between and isinstance(between[-1], Monotone):
                    step = step.reachable(*between[-1].bounds)
                found.append((given, linear, between, step))
            given, linear = step, None
        else:
            between.append(step)
    assert given is not None
    if linear is None:
        raise InputError("the last linear layer is followed by a quantizer")
    return [*found, (given, linear, between, None)]


def _mapped(given: Quantizer, step: Step) -> Quantizer:
    """The values of a quantizer, changed by a step before the next layer takes them."""
    if isinstance(step, Quantizer):
        return _rounded_again(given, step)
    if isinstance(step, Affine):
        if step.scale.size > 1 and np.ptp(step.scale) > 1e-9 * np.abs(step.scale).max():
            raise InputError(f"{step.name} scales the inputs of the next layer one by one, but they share their "
                             "states; put it before the quantizer")
        if step.shift.size > 1 and np.ptp(step.shift) > 1e-9 * np.abs(step.shift).max():
            raise InputError(f"{step.name} shifts the inputs of the next layer one by one, but they share their "
                             "states; put it before the quantizer")
        scale, shift = float(np.mean(step.scale)), float(np.mean(step.shift))
        # a negative step is as good: values fall as states rise
        return Quantizer(given.name, scale * given.base + shift, scale * given.step, given.edges, given.closed)
    if isinstance(step, Monotone) and step.function in ("relu", "clip"):
        return given.clipped(0.0 if step.function == "relu" else step.low, step.high)
    raise InputError(f"{step.name} follows {given.name}, whose values it makes uneven; put it before the quantizer")


def _rounded_again(given: Quantizer, step: Quantizer) -> Quantizer:
    """The quantizer that does what two do, one after the other: its edges are some of the first one's."""
    after = step.states_of(given.base + given.step * np.arange(given.states))
    if (np.diff(after) < 0).any() or after[0] == after[-1]:
        raise InputError(f"{step.name} rounds the values of {given.name} again, and leaves no rising states; leave one "
                         "of them out")
    states = np.arange(after[0] + 1, after[-1] + 1)
    edge = np.searchsorted(after, states) - 1
    return Quantizer(step.name, step.base + step.step * int(after[0]), step.step, given.edges[edge], given.closed[edge])


def merged(steps: Sequence[Step]) -> list[Step]:
    """The same steps with what changes the values of a quantizer, before a layer takes them, in that quantizer.

    Raises
    ------
    InputError
        If they are not even afterwards, or differ from input to input.
    """
    found: list[Step] = []
    for step in steps:
        given = found[-1] if found else None
        if isinstance(given, Quantizer) and not isinstance(step, Linear):
            found[-1] = _mapped(given, step)
        else:
            found.append(step)
    return found


def _apart(edges: _Edges, per_unit: int, terms: int) -> npt.NDArray[np.float64]:
    """Thresholds on z, none of which is a sum that can occur: half a step below one that reaches it, else above.

    z times ``per_unit``, of ``terms`` products, is an integer with the parity of ``terms * per_unit``.
    """
    with np.errstate(invalid="ignore"):
        place = (edges.edge * per_unit - terms * per_unit) / 2
        nearest = np.rint(place)
        tie = np.abs(place - nearest) < TIE
        place = np.where(tie, nearest + np.where(edges.closed, -0.5, 0.5), place)
        place = np.maximum.accumulate(place, axis=1)  # two edges between the same sums are as good in either order
    z = (2 * place + terms * per_unit) / per_unit
    return np.clip(z, -FAR, FAR).astype(np.float64)


def byte_inputs(steps: Sequence[Step], features: int, low: float, high: float) -> Inputs:
    """Thresholds of bytes b that stand for low + (high - low) b/255, before the first quantizer."""
    before, quantizer = _until_quantizer(steps)
    x: Floats = np.broadcast_to(low + (high - low) * np.arange(PIXEL_LEVELS)[:, None] / (PIXEL_LEVELS - 1),
                        (PIXEL_LEVELS, features))
    for step in before:
        x = step(x)
    states = quantizer.states_of(x)
    if (states != states[:, :1]).any():
        raise InputError(f"{(*before, quantizer)[0].name} makes different states of equal bytes in different features, "
                         "but all inputs share their thresholds; give calibration data of real numbers, which are "
                         "scaled to bytes feature by feature")
    of_byte = states[:, 0]
    if (np.diff(of_byte) < 0).any():
        raise InputError(f"{quantizer.name}: higher bytes have lower states; invert the images")
    return Inputs(np.searchsorted(of_byte, np.arange(1, quantizer.states)).astype(np.int64))


def real_inputs(steps: Sequence[Step], features: int) -> Inputs:
    """Bytes of real numbers such that each state of the first quantizer has as many bytes as the others."""
    before, quantizer = _until_quantizer(steps)
    scale, shift = np.ones(features), np.zeros(features)
    for step in before:
        if not isinstance(step, Affine):
            raise InputError(f"{step.name} comes before the quantizer of the inputs; only scales and shifts can")
        scale, shift = scale * step.scale, shift * step.scale + step.shift
    each = PIXEL_LEVELS // quantizer.states
    edges = quantizer.edges
    width = float(np.ptp(edges) / (len(edges) - 1)) if len(edges) > 1 else quantizer.step
    if len(edges) > 1 and not np.allclose(np.diff(edges), width):
        raise InputError(f"{quantizer.name} has uneven edges, from which no bytes can be made")
    gain = each / width
    return Inputs(each * np.arange(1, quantizer.states),
                  FeatureScaling(gain * scale, gain * (shift - edges[0]) + each))


def _until_quantizer(steps: Sequence[Step]) -> tuple[list[Step], Quantizer]:
    place = next(number for number, step in enumerate(steps) if isinstance(step, Quantizer))
    quantizer = steps[place]
    assert isinstance(quantizer, Quantizer)
    return list(steps[:place]), quantizer
