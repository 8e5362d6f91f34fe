"""Modules of PyTorch become networks that compute the same; what has no place in hardware is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.models.nn import ClassScores, InputQuantizer, SCLinear, StateActivation, export
from spinsc.models.nn.export import FAR, fold_thresholds
from spinsc.models.outcome import Activation


def small(*states: int) -> list[Any]:
    """Layers 6-5-4-3; K of input, weights 0, activations 0, weights 1, activations 1, weights 2."""
    of_input, w0, a0, w1, a1, w2 = states
    return [InputQuantizer(of_input), SCLinear(6, 5, w0, input_states=of_input, length=9), nn.BatchNorm1d(5),
            StateActivation(a0), SCLinear(5, 4, w1, input_states=a0), nn.BatchNorm1d(4), StateActivation(a1),
            SCLinear(4, 3, w2, input_states=a1), ClassScores(4, 3)]


def shaken(model: nn.Module, seed: int) -> nn.Module:
    """With weights over all states, and batch norms of both signs, as no training makes them."""
    generator = torch.Generator().manual_seed(seed)
    for module in model.modules():
        if isinstance(module, SCLinear):
            module.weight.data.uniform_(-1, 1, generator=generator)
        elif isinstance(module, nn.BatchNorm1d) and module.running_mean is not None:
            module.running_mean.normal_(generator=generator)
            module.weight.data.normal_(generator=generator)
            module.bias.data.normal_(std=0.3, generator=generator)
    return model.eval()


def scores(network: Network, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """By the description alone, without streams."""
    k = np.searchsorted(network.input_thresholds, pixels, side="right")
    for layer in network.layers:
        full_a, full_w = layer.activation.states - 1, layer.weight.states - 1
        z = (2 * k - full_a) @ (2 * layer.weights.astype(int) - full_w).T / (full_a * full_w)
        if isinstance(layer.outcome, Activation):
            k = layer.outcome.states_of_z(z)
    found: npt.NDArray[np.float64] = z + network.layers[-1].outcome.z
    return found


@pytest.mark.parametrize("states", [(2,) * 6, (5,) * 6, (11,) * 6, (16,) * 6, (5, 3, 5, 3, 5, 3), (3, 11, 2, 5, 16, 4)])
def test_the_network_computes_what_the_module_does(states: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (500, 6), dtype=np.uint8)
    for seed in range(4):
        model = shaken(nn.Sequential(*small(*states)), seed)
        network = export(model, 50)
        with torch.no_grad():
            logits = model(torch.as_tensor(pixels)).double().numpy()
        # one scale for all classes: e^0 / sqrt(inputs)
        agree = np.abs(scores(network, pixels) / 2 - logits).max(1) < 1e-4
        assert agree.mean() > 0.99  # the rest: float32 against float64 right at a threshold
        assert [layer.activation.states for layer in network.layers] == [states[0], states[2], states[4]]
        assert [layer.weight.states for layer in network.layers] == [states[1], states[3], states[5]]


class Written(nn.Module):
    """Forward as people write it."""

    def __init__(self, change: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(small(5, 5, 5, 5, 5, 5))
        self.change = change

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert x.shape[0] == x.size(0)
        x = x.view(x.size(0), -1)
        for number, layer in enumerate(self.layers):
            before, x = x, layer(x)
            if number == 4 and self.change is not None:
                x = self.change(before, x)
        return torch.log_softmax(x, dim=1)


def test_whatever_the_forward_looks_like() -> None:
    written, model = Written(), nn.Sequential(*small(5, 5, 5, 5, 5, 5))
    model.load_state_dict({name.removeprefix("layers."): value for name, value in written.state_dict().items()})
    written.train()
    network = export(written, 30)
    assert network.hash == export(model, 30).hash
    assert written.training
    assert network.dataset == ""


@pytest.mark.parametrize(("change", "words"), [
    (lambda before, x: x + before.mean(1, keepdim=True), r"'add' joins two results.*no residual"),
    (lambda before, x: torch.cat([x, before], 1)[:, :4], r"'cat' joins two results"),
    (lambda before, x: torch.relu(x), "'relu' has no place"), (lambda before, x: 2 * x, "'mul' has no place"),
    (lambda before, x: nn.functional.dropout(x), "'dropout' has no place")])
def test_what_a_forward_must_not_do(change: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], words: str) -> None:
    with pytest.raises(InputError, match=words):
        export(Written(change), 30)


@pytest.mark.parametrize(("change", "words"), [
    (lambda m: m.__setitem__(2, nn.LayerNorm(5)), r"2 \(LayerNorm\) has no place"),
    (lambda m: m.__setitem__(3, nn.ReLU()), r"3 \(ReLU\) has no place"),
    (lambda m: m.insert(3, nn.Dropout(0.1)), r"3 \(Dropout\) has no place"),
    (lambda m: m.pop(0), r"0 \(SCLinear\) comes first.*InputQuantizer"),
    (lambda m: (m.pop(8), m.pop(7)), r"ends with an SCLinear.*StateActivation after 4"),
    (lambda m: m.insert(1, nn.BatchNorm1d(6)), r"1 \(BatchNorm1d\) does not follow an SCLinear"),
    (lambda m: m.__setitem__(2, nn.BatchNorm1d(5, track_running_stats=False)), "track_running_stats"),
    (lambda m: m.__setitem__(8, nn.BatchNorm1d(3)), r"7 \(SCLinear\): classes . and . have the scales"),
    (lambda m: m.__setitem__(0, InputQuantizer(9)), r"1 \(SCLinear\) takes values of 5.*InputQuantizer gives 9"),
    (lambda m: m.__setitem__(6, StateActivation(9)), r"takes values of 5.*activation of 4 \(SCLinear\) gives 9")])
def test_what_has_no_place_is_refused_by_name(change: Callable[[nn.Sequential], object], words: str) -> None:
    model = nn.Sequential(*small(5, 5, 5, 5, 5, 5))
    change(model)
    shaken(model, 1)
    for module in model.modules():
        if isinstance(module, SCLinear):
            module._checked = True  # so that it is export that speaks
    with pytest.raises(InputError, match=words):
        export(model, 30)


def test_modules_that_are_none_or_cannot_run() -> None:
    with pytest.raises(InputError, match="no SCLinear"):
        export(nn.Linear(3, 2), 30)
    with pytest.raises(InputError, match="cannot be run on a batch of 6 features"):
        export(nn.Sequential(nn.Conv2d(1, 2, 3), *small(5, 5, 5, 5, 5, 5)), 30)


def test_a_last_batch_norm_of_one_scale_is_folded_whatever_its_signs() -> None:
    model = nn.Sequential(*small(5, 5, 5, 5, 5, 5)[:-1], nn.BatchNorm1d(3))
    norm: Any = model[-1]
    norm.weight.data.copy_(torch.tensor([2.0, -2.0, 2.0]))
    norm.running_mean.copy_(torch.tensor([0.1, -0.2, 0.3]))
    model.eval()
    pixels = np.random.default_rng(2).integers(0, 256, (200, 6), dtype=np.uint8)
    found = scores(export(model, 30), pixels)
    with torch.no_grad():
        assert np.allclose(found * 2 / np.sqrt(1 + 1e-5), model(torch.as_tensor(pixels)).numpy(), atol=1e-4)


def test_norms_in_a_row_are_one() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (300, 6), dtype=np.uint8)
    layers = small(5, 5, 5, 5, 5, 5)
    model = shaken(nn.Sequential(*layers[:3], nn.BatchNorm1d(5), *layers[3:]), 7)
    with torch.no_grad():
        logits = model(torch.as_tensor(pixels)).double().numpy()
    assert (np.abs(scores(export(model, 50), pixels) / 2 - logits).max(1) < 1e-4).mean() > 0.99


def test_features_of_any_range_are_kept_with_the_network() -> None:
    layers = small(5, 5, 5, 5, 5, 5)
    layers[0] = InputQuantizer(5, [10, 20, 30, 40], low=[0.0] * 5 + [-3.0], high=2.0)
    network = export(nn.Sequential(*layers), 30, provenance={"note": "x"})
    assert network.input_thresholds.tolist() == [10, 20, 30, 40]
    assert network.provenance["features"]["gain"][0] == 127.5
    assert network.provenance["features"]["offset"][5] == 0.5 + 3 * 51
    assert network.provenance["note"] == "x"


def test_folding_of_constant_and_extreme_neurons() -> None:
    found = fold_thresholds(np.array([0.0, 1e-40, 2.0]), np.array([0.25, 5.0, 1.0]), np.array([-0.5, 0.5]))
    assert found.tolist() == [[-FAR, FAR], [-FAR, -FAR], [-0.75, -0.25]]
