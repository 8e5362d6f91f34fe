"""The network as it is trained: exact sums, exact noise, exact export."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from tqdm import tqdm  # type: ignore[import-untyped]

from spinsc.models.artifact import load_artifact, save_artifact
from spinsc.models.data.images import Images
from spinsc.models.layer import Layer
from spinsc.models.training import quantization
from spinsc.models.training.quantization import PixelQuantizer, QuantizedNetwork
from spinsc.models.training.trainer import Trainer
from tests.models.training.small import SMALL


@pytest.mark.parametrize("states", range(2, 257))
def test_input_states_are_the_nearest(states: int) -> None:
    pixels = np.arange(256)
    found = np.searchsorted(quantization.input_thresholds(states), pixels, side="right")
    distance = np.abs(255 * np.arange(states) - (states - 1) * pixels[:, None])
    assert np.array_equal(distance[pixels, found], distance.min(1))
    assert np.array_equal(PixelQuantizer(states)(torch.as_tensor(pixels)).numpy(), 2 * found - (states - 1))


@pytest.mark.parametrize("states", [2, 5, 11, 12, 13, 100])
def test_sums_are_exact(states: int) -> None:
    """z and the noise's variance, in bytes (up to 12 states) and in float32, against integers; and its gradients."""
    rng = np.random.default_rng(states)
    full, length = states - 1, 7
    a = 2 * rng.integers(0, states, (30, 784)) - full
    model = QuantizedNetwork((784, 20), states, length, torch.Generator().manual_seed(3))
    real = model.weights[0]
    w = 2 * np.floor((real.detach().numpy().astype(float) + 1) * full / 2 + 0.5).astype(int) - full
    signed = torch.as_tensor(a, dtype=torch.float32).requires_grad_()
    z = model.sums(0, signed, None)
    assert np.allclose(z.detach().numpy() * full**2, a @ w.T, rtol=1e-6)
    noisy = model.sums(0, signed, torch.Generator().manual_seed(5))
    draw = torch.empty(30, 20).normal_(generator=torch.Generator().manual_seed(5)).numpy()
    deviation = np.sqrt((784 - (a * a) @ (w * w).T / full**4) / length)
    assert np.allclose((noisy - z).detach().numpy(), draw * deviation, rtol=1e-3, atol=1e-4)
    gradient = rng.standard_normal((30, 20))
    noisy.backward(torch.as_tensor(gradient, dtype=torch.float32))  # type: ignore[no-untyped-call]
    assert signed.grad is not None
    assert real.grad is not None
    # the activation is rounded with a slope of K-1 before, the weight with one of K-1 here
    for found, expected in ((signed.grad, gradient @ w / full**2), (real.grad, gradient.T @ a / full)):
        assert np.abs(found.numpy() - expected).max() < 0.01 * np.abs(expected).max()


def test_noise_is_that_of_real_bitstreams() -> None:
    """Variance of z of simulated XNOR bits, of the formula, and of what training adds: all the same."""
    inputs, neurons, states, length, draws = 40, 3, 5, 16, 20_000
    rng = np.random.default_rng(2)
    a = rng.integers(0, states, inputs)
    model = QuantizedNetwork((inputs, neurons), states, length, torch.Generator().manual_seed(3))
    w = (np.floor((model.weights[0].detach().numpy() + 1) * 2 + 0.5)).astype(int)
    ones = np.zeros((draws, neurons))
    for _ in range(length):
        a_bits = rng.random((draws, 1, inputs)) < a / (states - 1)
        w_bits = rng.random((draws, neurons, inputs)) < w / (states - 1)
        ones += (a_bits == w_bits).sum(2)
    z = 2 * ones / length - inputs
    signed = torch.as_tensor(2 * a - (states - 1), dtype=torch.float32).repeat(draws, 1)
    with torch.no_grad():
        noisy = model.sums(0, signed, torch.Generator().manual_seed(5)).numpy()
        exact = model.sums(0, signed[:1], None).numpy()[0]
    va, vw = 2 * a / (states - 1) - 1, 2 * w / (states - 1) - 1
    expected = (1 - va**2 * vw**2).sum(1) / length
    assert np.allclose(exact, vw @ va)
    for sample in (z, noisy):
        # 6 standard errors, of the mean and of the variance
        assert np.all(np.abs(sample.mean(0) - exact) < 6 * np.sqrt(expected / draws))
        assert np.all(np.abs(sample.var(0) / expected - 1) < 6 * np.sqrt(2 / draws))


def test_gradients_pass_the_rounding_within_the_range() -> None:
    real = torch.tensor([-1.5, -1.0, -0.3, 0.3, 1.0, 1.5], requires_grad=True)
    rounded = quantization.rounded(real, 5)
    rounded.sum().backward()
    assert rounded.tolist() == [-4, -4, -2, 2, 4, 4]
    assert real.grad is not None
    assert real.grad.tolist() == [0, 4, 4, 4, 4, 0]


def noiseless_sums(layer: Layer, states: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
    """acc = L (I + z)/2 in integers; L must make it whole."""
    full_a, full_w = layer.activation.states - 1, layer.weight.states - 1
    z = (2 * states - full_a) @ (2 * layer.weights.astype(np.int64) - full_w).T
    acc, rest = np.divmod(length * (layer.inputs * full_a * full_w + z), 2 * full_a * full_w)
    assert not rest.any()
    return acc


@pytest.mark.parametrize("states", [2, 3, 5, 11])
def test_export_is_exact(tmp_path: Path, digits: Images, states: int) -> None:
    """The float model without noise and the integer network without noise agree, state by state."""
    config = dataclasses.replace(SMALL, states=states, epochs=2)
    trainer = Trainer(config, digits)
    with tqdm(disable=True) as bar:
        trainer.run_epoch(bar)
    model = trainer.model
    with torch.no_grad():  # the cases that training seldom makes: negative and zero gamma
        for norm in model.norms:
            norm.weight[:3] *= -1
            norm.weight[3] = 0
        model.bias.add_(torch.linspace(-1, 1, 10))
    length = 2 * (states - 1) ** 2 * 1000
    network = model.eval().export(length)
    save_artifact(network, tmp_path / "n.npz")
    network = load_artifact(tmp_path / "n.npz")

    midpoints = (2 * np.arange(1, states) - 1) / (states - 1) - 1
    k = np.searchsorted(network.input_thresholds, digits.images, side="right").astype(np.int64)
    assert torch.equal(trainer.quantizer(torch.as_tensor(np.array(digits.images))),
                       torch.as_tensor(2 * k - (states - 1)).float())
    for number, layer in enumerate(network.layers[:-1]):
        with torch.no_grad():
            y = model.norms[number](model.sums(number, torch.as_tensor(2 * k - (states - 1)).float(), None))
            expected = (quantization.rounded(y, states).numpy().astype(np.int64) + states - 1) // 2
        acc = noiseless_sums(layer, k, length)
        k = (acc[:, :, None] >= layer.outcome_integers(length)).sum(2)
        # a threshold is rounded up by less than one count, 2/L in z
        tie = (np.abs(y.numpy()[:, :, None] - midpoints) < 1e-3).any(2)
        assert tie.mean() < 0.04
        assert np.array_equal(k[~tie], expected[~tie])
        assert len(np.unique(k[:, 3])) == 1
        k = expected
    output = network.layers[-1]
    with torch.no_grad():
        logits = (model.sums(len(model.norms), torch.as_tensor(2 * k - (states - 1)).float(), None)
                  * model.log_scale.exp() + model.bias).numpy()
    scores = noiseless_sums(output, k, length) + output.outcome_integers(length)
    best = np.sort(logits, 1)
    clear = best[:, -1] - best[:, -2] > 1e-3
    assert clear.mean() > 0.9
    assert np.array_equal(scores.argmax(1)[clear], logits.argmax(1)[clear])


def test_folding_of_constant_and_extreme_neurons() -> None:
    found = quantization.fold_thresholds(np.array([0.0, 1e-40, 2.0]), np.array([0.25, 5.0, 1.0]), np.array([-0.5, 0.5]))
    far = quantization.FAR
    assert found.tolist() == [[-far, far], [-far, -far], [-0.75, -0.25]]
