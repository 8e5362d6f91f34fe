"""From a trained module to a network: weights to states, batch norm to thresholds (see the bit contract)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from spinsc.errors import InputError
from spinsc.models.builders import balanced_folding
from spinsc.models.data.features import FeatureScaling
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.nn.activation import StateActivation
from spinsc.models.nn.chain import RESHAPING, Step, chain, without_softmax
from spinsc.models.nn.linear import SCLinear
from spinsc.models.nn.quantizer import InputQuantizer
from spinsc.models.nn.rounding import nearest_integers
from spinsc.models.nn.scores import ClassScores
from spinsc.models.outcome import Outcome, Scores, Thresholds
from spinsc.models.side import Side

#: In z; beyond every sum.
FAR = 1e12
#: Scales of classes that differ by less, relative to the largest, count as equal.
EQUAL_SCALES = 1e-6

Floats = npt.NDArray[np.float64]


@dataclass
class Stage:
    """An `SCLinear` and what follows it: y = gamma z + beta, and the activation if it is not the last.

    Attributes
    ----------
    linear : SCLinear
    name : str
        For messages.
    gamma, beta : float64, shape (neurons,)
    activation : StateActivation or None
    """

    linear: SCLinear
    name: str = ""
    gamma: Floats = field(default_factory=lambda: np.ones(1))
    beta: Floats = field(default_factory=lambda: np.zeros(1))
    activation: StateActivation | None = None

    def then(self, gamma: Floats, beta: Floats) -> None:
        """Follow it by y = gamma x + beta."""
        self.gamma, self.beta = gamma * self.gamma, gamma * self.beta + beta


def export(model: nn.Module, length: int, *, provenance: Mapping[str, Any] | None = None) -> Network:
    """The network that a trained module has become, at stream length ``length``.

    Parameters
    ----------
    model : nn.Module
        Applies, in this order and whatever its forward looks like: `InputQuantizer`; for each hidden layer `SCLinear`,
        batch norm and `StateActivation`; then `SCLinear` and, if wanted, `ClassScores`. Shapes may be changed between,
        and a softmax may end it.
    length : int
        L, bits.
    provenance : mapping, optional
        JSON-compatible facts to keep with it.

    Raises
    ------
    InputError
        If a part of it has no place in the hardware; the message names it.
    """
    if not isinstance(model, nn.Module):
        raise InputError(f"export takes a module of PyTorch, not {type(model).__name__}")
    first = next((module for module in model.modules() if isinstance(module, SCLinear)), None)
    if first is None:
        raise InputError(f"{type(model).__name__} has no SCLinear; build it of the layers in spinsc.models.nn, or give "
                         "it to spinsc.models.importing if it is trained already")
    steps = [step for step in chain(model, first.in_features, _is_layer) if not _changes_nothing(step)]
    if not steps or not isinstance(steps[0].layer, InputQuantizer):
        raise InputError(f"{steps[0].name if steps else 'the module'} comes first, but a network begins with an "
                         "InputQuantizer, as the hardware takes bytes")
    facts = {"origin": "exported", "module": type(model).__name__, "dataset": "",
             "versions": {"torch": torch.__version__, "numpy": np.__version__}}
    return assemble(steps[0].layer, stages(without_softmax(steps[1:])), length, facts | dict(provenance or {}))


def stages(steps: Sequence[Step]) -> list[Stage]:
    """Steps after the input, layer by layer of the network.

    Raises
    ------
    InputError
        If one is of no use there.
    """
    found: list[Stage] = []
    for step in steps:
        layer, open_stage = step.layer, bool(found) and found[-1].activation is None
        if isinstance(layer, SCLinear) and not open_stage:
            found.append(Stage(layer, step.name))
        elif isinstance(layer, StateActivation) and open_stage:
            found[-1].activation = layer
        elif isinstance(layer, nn.BatchNorm1d) and open_stage:
            found[-1].then(*affine_of_norm(layer))
        elif isinstance(layer, ClassScores) and open_stage:
            found[-1].then(*layer.affine())
        elif isinstance(layer, SCLinear | StateActivation | nn.BatchNorm1d | ClassScores):
            where = "follows an SCLinear" if isinstance(layer, SCLinear) else "does not follow an SCLinear"
            raise InputError(f"{step.name} {where}; a hidden layer is SCLinear, batch norm, StateActivation")
        else:
            raise InputError(f"{step.name} has no place in the hardware; a network is a chain of InputQuantizer, "
                             "SCLinear, BatchNorm1d and StateActivation, with ClassScores at the end")
    return found


def assemble(quantizer: InputQuantizer, found: Sequence[Stage], length: int, provenance: Mapping[str, Any]) -> Network:
    """The network of a quantizer and stages; see `export`."""
    if not found or found[-1].activation is not None:
        raise InputError("a network ends with an SCLinear, whose sums are the classes' scores, not with "
                         + (f"StateActivation after {found[-1].name}" if found else "InputQuantizer"))
    states, before = quantizer.states, "InputQuantizer"
    layers = []
    sizes = (found[0].linear.in_features, *(stage.linear.out_features for stage in found))
    for stage, folding in zip(found, balanced_folding(sizes), strict=True):
        if stage.linear.input_states != states:
            raise InputError(f"{stage.name} takes values of {stage.linear.input_states} states, but {before} gives "
                             f"{states}; give input_states={states}")
        layers.append(_layer(stage, states, folding))
        if stage.activation is not None:
            states, before = stage.activation.states, f"the activation of {stage.name}"
    facts = dict(provenance)
    if bool((quantizer.low != 0).any()) or bool((quantizer.high != 1).any()):
        facts["features"] = FeatureScaling(*(part.expand(sizes[0]).cpu().numpy() for part in quantizer.scaling)).facts
    return Network(tuple(layers), quantizer.thresholds.cpu().numpy(), length, facts)


def _layer(stage: Stage, input_states: int, folding: Folding) -> Layer:
    linear, top = stage.linear, stage.linear.states - 1
    integers = nearest_integers(linear.weight.detach(), top).cpu().numpy().astype(np.int64)
    weights = ((integers + top) // 2).astype(np.uint8)
    gamma = np.broadcast_to(stage.gamma, len(weights))
    beta = np.broadcast_to(stage.beta, len(weights))
    weights[gamma < 0] = top - weights[gamma < 0]
    gamma = np.abs(gamma)
    if stage.activation is not None:
        k = stage.activation.states
        outcome: Outcome = Thresholds(fold_thresholds(gamma, beta, (2 * np.arange(1, k) - 1) / (k - 1) - 1))
    else:
        outcome = Scores(beta / common_scale(gamma, stage.name))
    return Layer(weights, Side(input_states), Side(linear.states), folding, outcome)


def common_scale(gamma: Floats, name: str) -> float:
    """The one positive scale of all classes; `InputError` where there is none."""
    largest = int(gamma.argmax())
    differ = np.flatnonzero(gamma < gamma[largest] * (1 - EQUAL_SCALES))
    if len(differ) or gamma[largest] == 0:
        other = int(differ[0]) if len(differ) else largest
        raise InputError(f"{name}: classes {largest} and {other} have the scales {gamma[largest]:.4g} and "
                         f"{gamma[other]:.4g}, but the hardware compares the classes' sums as they are; give all "
                         "classes one scale (ClassScores, or one scale per layer)")
    return float(gamma[0])


def affine_of_norm(norm: nn.BatchNorm1d) -> tuple[Floats, Floats]:
    """Batch norm in evaluation as y = gamma z + beta, each of shape (neurons,)."""
    if norm.running_mean is None or norm.running_var is None:
        raise InputError("batch norm without running statistics depends on the batch; give track_running_stats=True")
    ones = torch.ones_like(norm.running_mean)
    mean, variance, scale, shift = (tensor.detach().cpu().double().numpy() for tensor in (
        norm.running_mean, norm.running_var, ones if norm.weight is None else norm.weight,
        0 * ones if norm.bias is None else norm.bias))
    gamma = scale / np.sqrt(variance + norm.eps)
    return gamma, shift - gamma * mean


def fold_thresholds(gamma: Floats, beta: Floats, midpoints: Floats) -> Floats:
    """The z from which on gamma z + beta reaches each midpoint, shape (neurons, midpoints).

    A gamma of (nearly) zero is a neuron of constant state: its thresholds are always or never reached.
    """
    gap = midpoints - beta[:, None]
    # far beyond every sum, yet finite, so that differences of thresholds are numbers
    never = np.where(gap > 0, FAR, -FAR)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        z = gap / gamma[:, None]
    return np.where(np.abs(z) < FAR, z, never)


def _is_layer(module: nn.Module) -> bool:
    return isinstance(module, InputQuantizer | SCLinear | StateActivation | ClassScores)


def _changes_nothing(step: Step) -> bool:
    return isinstance(step.layer, nn.Identity | nn.Flatten) or step.function in RESHAPING
