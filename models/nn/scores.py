"""From the sums of the output layer to logits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn


class ClassScores(nn.Module):
    """Logits e^s z + b of the output layer's sums z.

    One scale for all classes, because the hardware compares the sums as they are; b becomes the classes' biases.

    Parameters
    ----------
    inputs : int
        Of the output layer, whose square root is the size of z at the beginning.
    classes : int

    Attributes
    ----------
    log_scale : parameter, shape ()
        s.
    bias : parameter, shape (classes,)
        b.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(float(-np.log(np.sqrt(inputs)))))
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, z: Tensor) -> Tensor:
        """Logits, shape (n, classes)."""
        return z * self.log_scale.exp() + self.bias

    def affine(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Scale and bias of each class, shape (classes,)."""
        bias = self.bias.detach().cpu().double().numpy()
        return np.full(len(bias), np.exp(float(self.log_scale.detach()))), bias

    def extra_repr(self) -> str:
        return f"classes={len(self.bias)}"
