"""Rounding to states, in training: values and the integers that stand for them.

State k of K is the value v = 2k/(K-1) - 1 in [-1, 1]. Where sums are to be exact, it is the integer 2k - (K-1), which
is v (K-1); a value of float32 is near enough to be taken back to it.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor


def nearest_integers(real: Tensor, intervals: int) -> Tensor:
    """2k - (K-1) of the state nearest to each real number, as float32; of two as near, the higher."""
    state = torch.add(0.5 * (intervals + 1), real, alpha=0.5 * intervals).floor_().clamp_(0, intervals)
    return state.mul_(2).sub_(intervals)


def integers_of_values(values: Tensor, intervals: int) -> Tensor:
    """2k - (K-1) of values 2k/(K-1) - 1."""
    return (values * intervals).round_()


class _Round(torch.autograd.Function):
    """Value of the state nearest to a real number; gradients pass straight through where it is in [-1, 1]."""

    @staticmethod
    def forward(ctx: Any, real: Tensor, intervals: int) -> Tensor:
        ctx.save_for_backward(real.abs() <= 1)
        return nearest_integers(real, intervals).div_(intervals)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        within, = ctx.saved_tensors
        return gradients[0] * within, None


def rounded(real: Tensor, states: int) -> Tensor:
    """Values of the nearest of ``states`` states, with gradients that pass the rounding."""
    return cast(Tensor, _Round.apply(real, states - 1))  # type: ignore[no-untyped-call]
