"""Fully connected layers on bitstreams, as they are trained.

The XNOR of bits of means a and w, read as -1 or 1, has mean a w and variance 1 - a^2 w^2; z is estimated by the sum
over I products of the mean of L such bits, hence with independent bitstreams

    var(z) = sum_i (1 - a_i^2 w_i^2) / L.

The neurons of a layer meet the same random numbers, though, so that their errors are correlated: two weights w and w'
behind one random number agree with probability 1 - |w - w'|/2. Which matters where streams are short.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from spinsc.errors import InputError
from spinsc.models.contract import (
    MAX_LENGTH,
    MAX_STATES,
    NOISES,
    check_choice,
    check_range,
    default_comparator_thresholds,
    default_random_bits,
)
from spinsc.models.nn.products import MOST_INTERVALS, Rounded, sums
from spinsc.models.nn.rounding import integers_of_values, nearest_integers

#: The largest weight at the beginning; training moves most weights by less than 1, so a wider start would leave many
#: where chance left them.
INITIAL_WEIGHT = 0.3
#: Images that meet the same bits in training. Batch norm would take away what all images of a batch have in common.
_IMAGES_OF_A_DRAW = 32


class SCLinear(nn.Module):
    """Sums z of products of values and weights, with the noise of bitstreams of L bits while it is trained.

    Takes values of states, as `InputQuantizer` and `StateActivation` give them. Weights are real numbers in [-1, 1]
    behind rounding to states, which gradients pass straight through. z is exact up to K = 12 on CPUs, and as exact as
    float32 beyond; gradients are products of bfloat16 where the processor multiplies these, which rounds them by less
    than the noise. There is no bias: batch norm, or `ClassScores` at the end, has one.

    Parameters
    ----------
    in_features, out_features : int
        I and the number of neurons.
    states : int
        K of the weights, 2..256.
    length : int, optional
        L of the noise in training, 1 or more; by default there is none.
    input_states : int, optional
        K of the values that it takes; by default that of the weights.
    noise : {"independent", "shared"}
        Of the streams in training: Gaussian noise of their variance for each sum alone, or sums of bits from
        comparators whose random numbers all neurons share, as in hardware with a plan of the default and one pass.
        The time of the latter grows with L.
    generator : torch.Generator, optional
        Of the initial weights; by default torch's own. The noise is drawn from torch's own, see `sums`.

    Attributes
    ----------
    weight : float32 parameter, shape (out_features, in_features)
    """

    def __init__(self, in_features: int, out_features: int, states: int, length: int | None = None, *,
                 input_states: int | None = None, noise: str = "independent",
                 generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_choice("noise", noise, NOISES)
        input_states = states if input_states is None else input_states
        for name, value, low, high in (("in_features", in_features, 1, 1 << 20),
                                       ("out_features", out_features, 1, 1 << 20),
                                       ("states (K)", states, 2, MAX_STATES),
                                       ("input_states", input_states, 2, MAX_STATES),
                                       ("length (L)", 1 if length is None else length, 1, MAX_LENGTH)):
            check_range(name, value, low, high)
        self.in_features, self.out_features, self.states, self.length = in_features, out_features, states, length
        self.input_states, self.noise = input_states, noise
        self.weight = nn.Parameter(torch.empty(out_features, in_features).uniform_(-INITIAL_WEIGHT, INITIAL_WEIGHT,
                                                                                   generator=generator))
        self._checked = False

    def forward(self, values: Tensor) -> Tensor:
        """z, float32, shape (n, out_features), of values (n, in_features)."""
        if not self._checked:
            self._check(values)
        if not self.training:
            return self.sums(values)
        self.clamp_weight()
        return self.sums(values, self.length)

    def sums(self, values: Tensor, length: int | None = None, generator: torch.Generator | None = None) -> Tensor:
        """z, with the noise of streams of ``length`` bits if given, drawn from ``generator``."""
        return cast(Tensor, _Sums.apply(  # type: ignore[no-untyped-call]
            values, self.weight, self.input_states - 1, self.states - 1, length, self.noise == "shared", generator))

    def clamp_weight(self) -> None:
        """Take the weights back into [-1, 1], beyond which they would have no effect."""
        with torch.no_grad():
            self.weight.clamp_(-1, 1)

    def _check(self, values: Tensor) -> None:
        """Refuse what are no values of states; only at the first time, as it would cost."""
        scaled = values.detach() * (self.input_states - 1)
        integers = scaled.round()
        # as k goes up by 1, the integer goes up by 2
        wrong = ((scaled - integers).abs() > 1e-3) | (integers.abs() > self.input_states - 1) \
            | ((integers + self.input_states - 1) % 2 != 0)
        if bool(wrong.any()):
            raise InputError(f"SCLinear takes values of {self.input_states} states from -1 to 1, not "
                             f"{float(values.detach()[wrong][0]):.4g}; put InputQuantizer({self.input_states}) or "
                             f"StateActivation({self.input_states}) right before it, or say input_states")
        self._checked = True

    def extra_repr(self) -> str:
        inputs = f", input_states={self.input_states}" if self.input_states != self.states else ""
        return f"{self.in_features}, {self.out_features}, states={self.states}, length={self.length}{inputs}, " \
               f"noise={self.noise}"


class _Sums(torch.autograd.Function):
    """See `SCLinear.sums`."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: Tensor, of_values: int, of_weights: int, length: int | None,
                shared: bool, generator: torch.Generator | None) -> Tensor:
        a, w = integers_of_values(values, of_values), nearest_integers(weight, of_weights)
        gradient_type = _gradient_type(a.device)
        ctx.save_for_backward(a.to(gradient_type), w.to(gradient_type))
        ctx.of_values, ctx.of_weights = of_values, of_weights
        if shared and length is not None:
            return _sums_of_bits(a, w, of_values, of_weights, length, generator)
        exact = a.device.type == "cpu" and of_values == of_weights <= MOST_INTERVALS
        found = sums(a, w, of_weights) if exact else Rounded(a.float(), w, of_weights)
        z = found.products() * (1 / (of_values * of_weights))
        if length is None:
            return z
        variance = (found.squares() * (-1 / (of_values**2 * of_weights**2 * length))).add_(a.shape[1] / length)
        draw = torch.empty_like(z).normal_(generator=generator)
        return z.addcmul_(draw, variance.clamp_(min=0).sqrt_())

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, None, None, None, None, None]:
        a, w = ctx.saved_tensors
        gradient = (gradients[0] * (1 / (ctx.of_values * ctx.of_weights))).to(a.dtype)
        to_values = (gradient @ w).float().mul_(ctx.of_values) if ctx.needs_input_grad[0] else None
        to_weight = (gradient.T @ a).float().mul_(ctx.of_weights)
        return to_values, to_weight, None, None, None, None, None


def _sums_of_bits(a: Tensor, w: Tensor, of_values: int, of_weights: int, length: int,
                  generator: torch.Generator | None) -> Tensor:
    """z of bits of streams, for integers of states; `_IMAGES_OF_A_DRAW` images at a time meet other bits."""
    thresholds_a, thresholds_w = _thresholds_of(a, of_values), _thresholds_of(w, of_weights)
    z = torch.empty(len(a), len(w), device=a.device)
    for first in range(0, len(a), _IMAGES_OF_A_DRAW):
        rows = slice(first, first + _IMAGES_OF_A_DRAW)
        signs = _bits(thresholds_a[rows], of_values, length, generator).mul_(2).sub_(1)
        bits = _bits(thresholds_w, of_weights, length, generator)
        # a sign times 2b - 1, where b is 0 or 1: whole matrices of signs would take longer to make
        found = sums(signs, bits, 1) if a.device.type == "cpu" else Rounded(signs.float(), bits.float(), 1)
        z[rows] = (2 * found.products() - signs.sum(1, keepdim=True)) * (1 / length)
    return z


def _thresholds_of(integers: Tensor, intervals: int) -> Tensor:
    """Comparators' thresholds of the states of integers, of the narrowest type, which makes comparing fast."""
    width = default_random_bits(intervals + 1)
    table = torch.as_tensor(default_comparator_thresholds(intervals + 1, width), device=integers.device)
    return table.to(torch.int16 if width > 6 else torch.int8)[((integers + intervals) / 2).int()]


def _bits(thresholds: Tensor, intervals: int, length: int, generator: torch.Generator | None) -> Tensor:
    """Bits of rows of thresholds, int8 of shape (rows, length * inputs); all rows meet the same random numbers."""
    numbers = torch.randint(1 << default_random_bits(intervals + 1), (length, thresholds.shape[1]),
                            generator=generator, device=thresholds.device, dtype=thresholds.dtype)
    return (numbers < thresholds[:, None]).flatten(1).view(torch.int8)


def _gradient_type(device: torch.device) -> torch.dtype:
    """bfloat16 where the processor multiplies it (twice as fast as float32 at least), else float32."""
    fast = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if fast else torch.float32
