"""The activation of a hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from spinsc.models.contract import MAX_STATES, check_range
from spinsc.models.nn.rounding import rounded


class StateActivation(nn.Module):
    """The value of the nearest of K states, v = 2k/(K-1) - 1; gradients pass straight through for -1 <= x <= 1.

    In hardware it becomes K-1 thresholds per neuron, into which the batch norm before it is folded.

    Parameters
    ----------
    states : int
        K, 2..256.
    """

    def __init__(self, states: int) -> None:
        super().__init__()
        check_range("states (K)", states, 2, MAX_STATES)
        self.states = states

    def forward(self, real: Tensor) -> Tensor:
        """Values, float32 of the shape of ``real``."""
        return rounded(real.to(torch.float32), self.states)

    def extra_repr(self) -> str:
        return f"states={self.states}"
