"""The network as `spinsc train` trains it, of the layers in `spinsc.models.nn`, and its export."""

from __future__ import annotations

import itertools
from typing import Any, cast

import torch
from torch import Tensor, nn

from spinsc.models.network import Network
from spinsc.models.nn.activation import StateActivation
from spinsc.models.nn.export import Stage, affine_of_norm, assemble
from spinsc.models.nn.linear import SCLinear
from spinsc.models.nn.quantizer import InputQuantizer
from spinsc.models.nn.scores import ClassScores


class QuantizedNetwork(nn.Module):
    """A chain of fully connected layers with one K, batch norm, and the streams' noise, of a kind that `SCLinear` has.

    Attributes
    ----------
    quantizer : InputQuantizer
    linears : list of SCLinear
    norms : list of nn.BatchNorm1d
        One for each hidden layer, on z.
    activation : StateActivation
        The same for all hidden layers.
    scores : ClassScores
    """

    def __init__(self, sizes: tuple[int, ...], quantizer: InputQuantizer, length: int,
                 generator: torch.Generator, noise: str = "independent") -> None:
        super().__init__()
        states = quantizer.states
        self.quantizer = quantizer
        self.linears = nn.ModuleList(SCLinear(inputs, neurons, states, length, noise=noise, generator=generator)
                                     for inputs, neurons in itertools.pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm1d(neurons) for neurons in sizes[1:-1])
        for norm in self.norms:
            cast(nn.BatchNorm1d, norm).weight.data.fill_(0.5)
        self.activation = StateActivation(states)
        self.scores = ClassScores(sizes[-2], sizes[-1])

    def sums(self, number: int, values: Tensor, noise: torch.Generator | None) -> Tensor:
        """z of layer ``number``; with ``noise``, that of bitstreams."""
        linear = cast(SCLinear, self.linears[number])
        return linear.sums(values, None if noise is None else linear.length, noise)

    def forward(self, pixels: Tensor, noise: torch.Generator | None = None) -> Tensor:
        """Logits, shape (n, classes), of bytes (n, pixels); with ``noise``, those of bitstreams."""
        values = self.quantizer(pixels)
        for number, norm in enumerate(self.norms):
            values = self.activation(norm(self.sums(number, values, noise)))
        logits: Tensor = self.scores(self.sums(len(self.norms), values, noise))
        return logits

    def clamp_weights(self) -> None:
        for linear in self.linears:
            cast(SCLinear, linear).clamp_weight()

    def export(self, length: int, provenance: dict[str, Any] | None = None) -> Network:
        """The integer network, with batch norm folded into thresholds (see the bit contract)."""
        stages = [Stage(cast(SCLinear, linear), f"layer {number}") for number, linear in enumerate(self.linears)]
        for stage, norm in zip(stages, self.norms, strict=False):
            stage.then(*affine_of_norm(cast(nn.BatchNorm1d, norm)))
            stage.activation = self.activation
        stages[-1].then(*self.scores.affine())
        return assemble(self.quantizer, stages, length, provenance or {})
