"""The network as it is trained: real weights behind rounding, with the noise of the bitstreams, and its export.

States and thresholds follow ``docs/bit-contract.md``. Here a state k of K is kept as the integer 2k - (K-1), so that
sums of products are exact in float32 (784 of them for K up to 147); rounding passes gradients straight through. Each
sum z over I products can get Gaussian noise of the variance that independent bitstreams of L bits give it. The XNOR of
bits of means a and w, read as -1 or 1, has mean a w and variance 1 - a^2 w^2; z is estimated by the sum over I
products of the mean of L such bits, hence

    var(z) = sum_i (1 - a_i^2 w_i^2) / L.
"""

from __future__ import annotations

import itertools
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from spinsc.models.builders import balanced_folding
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Outcome, Scores, Thresholds
from spinsc.models.side import Side
from spinsc.models.training.products import MOST_INTERVALS, Rounded, sums

FAR = 1e12  # in z; beyond every sum
# the largest; training moves most weights by less than 1, so a wider start would leave many where chance left them
INITIAL_WEIGHT = 0.3


def input_thresholds(states: int) -> npt.NDArray[np.int64]:
    """Pixel thresholds that round pixel/255 to the nearest of ``states`` even steps, shape (states - 1,)."""
    k = np.arange(1, states, dtype=np.int64)
    return -((-255 * (2 * k - 1)) // (2 * (states - 1)))


class _Round(torch.autograd.Function):
    """Integer 2k - (K-1) of the state nearest to a real number; gradients pass where it is in [-1, 1]."""

    @staticmethod
    def forward(ctx: Any, real: torch.Tensor, intervals: int) -> torch.Tensor:
        ctx.save_for_backward(real.abs() <= 1)
        ctx.intervals = intervals
        return _integers(real, intervals)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        within, = ctx.saved_tensors
        return gradients[0] * within * ctx.intervals, None


class _Sums(torch.autograd.Function):
    """z of integer activations and real weights, with the streams' noise; gradients pass the rounding of the weights.

    z and its variance are exact; gradients are products of GRADIENT_TYPE, which rounds them by less than the noise.
    """

    @staticmethod
    def forward(ctx: Any, a: torch.Tensor, weight: torch.Tensor, intervals: int, length: int,
                noise: torch.Generator | None) -> torch.Tensor:
        w = _integers(weight, intervals)
        gradient_type = _gradient_type(a.device)
        ctx.save_for_backward(a.to(gradient_type), w.to(gradient_type))
        ctx.intervals = intervals
        exact = a.device.type == "cpu" and intervals <= MOST_INTERVALS
        found = sums(a, w, intervals) if exact else Rounded(a.float(), w, intervals)
        z = found.products() * (1 / intervals**2)
        if noise is None:
            return z
        variance = (found.squares() * (-1 / (intervals**4 * length))).add_(a.shape[1] / length)
        draw = torch.empty_like(z).normal_(generator=noise)
        return z.addcmul_(draw, variance.clamp_(min=0).sqrt_())

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor, None, None, None]:
        a, w = ctx.saved_tensors
        gradient = (gradients[0] * (1 / ctx.intervals**2)).to(a.dtype)
        to_a = (gradient @ w).float() if ctx.needs_input_grad[0] else None
        to_weight = (gradient.T @ a).float().mul_(ctx.intervals)
        return to_a, to_weight, None, None, None


def _integers(real: torch.Tensor, intervals: int) -> torch.Tensor:
    state = torch.add(0.5 * (intervals + 1), real, alpha=0.5 * intervals).floor_().clamp_(0, intervals)
    return state.mul_(2).sub_(intervals)


def _gradient_type(device: torch.device) -> torch.dtype:
    """bfloat16 where the processor multiplies it (twice as fast as float32 at least), else float32."""
    fast = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def rounded(real: torch.Tensor, states: int) -> torch.Tensor:
    return cast(torch.Tensor, _Round.apply(real, states - 1))  # type: ignore[no-untyped-call]


class QuantizedNetwork(nn.Module):
    """The network as it is trained: real weights behind rounding, batch norm, and the streams' noise.

    Attributes
    ----------
    weights : list of float32 parameters, shape (neurons, inputs)
        Real weights, kept in [-1, 1]; the forward pass sees their nearest states.
    norms : list of nn.BatchNorm1d
        One for each hidden layer, on z.
    log_scale : parameter, shape ()
        Logarithm of the one factor from the output layer's z to logits. One for all classes, because the hardware
        compares the sums as they are.
    bias : parameter, shape (classes,)
        Added to the logits.
    """

    def __init__(self, sizes: tuple[int, ...], states: int, length: int, generator: torch.Generator) -> None:
        super().__init__()
        self.states = states
        self.length = length
        self.weights = nn.ParameterList(
            nn.Parameter(torch.empty(neurons, inputs).uniform_(-INITIAL_WEIGHT, INITIAL_WEIGHT, generator=generator))
            for inputs, neurons in itertools.pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm1d(neurons) for neurons in sizes[1:-1])
        for norm in self.norms:
            cast(nn.BatchNorm1d, norm).weight.data.fill_(0.5)
        self.log_scale = nn.Parameter(torch.tensor(float(-np.log(np.sqrt(sizes[-2])))))
        self.bias = nn.Parameter(torch.zeros(sizes[-1]))

    def sums(self, number: int, a: torch.Tensor, noise: torch.Generator | None) -> torch.Tensor:
        """z of layer ``number`` for activations ``a``, integers 2k - (K-1) of shape (n, inputs)."""
        return cast(torch.Tensor, _Sums.apply(  # type: ignore[no-untyped-call]
            a, self.weights[number], self.states - 1, self.length, noise))

    def forward(self, a: torch.Tensor, noise: torch.Generator | None = None) -> torch.Tensor:
        """Logits, shape (n, classes), of input states as integers 2k - (K-1); with ``noise``, those of bitstreams."""
        for number, norm in enumerate(self.norms):
            a = rounded(norm(self.sums(number, a, noise)), self.states)
        return self.sums(len(self.norms), a, noise) * self.log_scale.exp() + self.bias

    def clamp_weights(self) -> None:
        with torch.no_grad():
            for weight in self.weights:
                weight.clamp_(-1, 1)

    def export(self, length: int, provenance: dict[str, Any] | None = None) -> Network:
        """The integer network, with batch norm folded into thresholds (see the bit contract)."""
        sizes = (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))
        midpoints = (2 * np.arange(1, self.states) - 1) / (self.states - 1) - 1
        layers = []
        for number, folding in enumerate(balanced_folding(sizes)):
            integers = rounded(self.weights[number].detach(), self.states).cpu().numpy().astype(np.int64)
            weights = ((integers + self.states - 1) // 2).astype(np.uint8)
            if number < len(self.norms):
                gamma, beta = _affine(cast(nn.BatchNorm1d, self.norms[number]))
                weights[gamma < 0] = self.states - 1 - weights[gamma < 0]
                outcome: Outcome = Thresholds(fold_thresholds(np.abs(gamma), beta, midpoints))
            else:
                bias = self.bias.detach().cpu().double().numpy() / np.exp(float(self.log_scale.detach()))
                outcome = Scores(bias)
            layers.append(Layer(weights, Side(self.states), Side(self.states), folding, outcome))
        return Network(tuple(layers), input_thresholds(self.states), length, provenance or {})


def _affine(norm: nn.BatchNorm1d) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Batch norm in evaluation as y = gamma z + beta, each of shape (neurons,)."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    mean, variance, scale, shift = (tensor.detach().cpu().double().numpy()
                                    for tensor in (norm.running_mean, norm.running_var, norm.weight, norm.bias))
    gamma = scale / np.sqrt(variance + norm.eps)
    return gamma, shift - gamma * mean


def fold_thresholds(gamma: npt.NDArray[np.float64], beta: npt.NDArray[np.float64],
                    midpoints: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The z from which on gamma z + beta reaches each midpoint, shape (neurons, midpoints).

    A gamma of (nearly) zero is a neuron of constant state: its thresholds are always or never reached.
    """
    gap = midpoints - beta[:, None]
    # far beyond every sum, yet finite, so that differences of thresholds are numbers
    never = np.where(gap > 0, FAR, -FAR)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        z = gap / gamma[:, None]
    return np.where(np.abs(z) < FAR, z, never)


class PixelQuantizer:
    """From pixels to integers 2k - (K-1), by `input_thresholds`."""

    def __init__(self, states: int) -> None:
        self.intervals = states - 1

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        # no pixel lies within 1/510 of halfway between two states, far more than rounding errors
        return (pixels * (self.intervals / 255)).round_().mul_(2).sub_(self.intervals)
