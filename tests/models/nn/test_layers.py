"""Layers for training loops: exact values, straight-through gradients, the noise of streams, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinsc.errors import InputError
from spinsc.models.nn import ClassScores, InputQuantizer, SCLinear, StateActivation
from spinsc.models.nn.quantizer import input_thresholds
from spinsc.models.nn.rounding import integers_of_values, rounded


@pytest.mark.parametrize("states", range(2, 257))
def test_input_states_are_the_nearest(states: int) -> None:
    pixels = np.arange(256)
    found = np.searchsorted(input_thresholds(states), pixels, side="right")
    distance = np.abs(255 * np.arange(states) - (states - 1) * pixels[:, None])
    assert np.array_equal(distance[pixels, found], distance.min(1))
    values = InputQuantizer(states)(torch.as_tensor(pixels, dtype=torch.uint8)[:, None])
    assert np.array_equal(integers_of_values(values, states - 1).numpy()[:, 0], 2 * found - (states - 1))


def test_other_thresholds_and_real_numbers() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)[:, None]
    thresholds = [0, 3, 3, 256]
    values = InputQuantizer(5, thresholds)(pixels)
    assert np.array_equal(values.numpy()[:, 0] * 2 + 2, np.searchsorted(thresholds, np.arange(256), side="right"))
    assert torch.equal(InputQuantizer(5)(pixels / 255), InputQuantizer(5)(pixels))
    assert torch.equal(InputQuantizer(5)(pixels.double()[:, None, :] / 255), InputQuantizer(5)(pixels))
    quantizer = InputQuantizer(3, low=[-1.0, 10.0], high=[1.0, 20.0])
    assert quantizer.bytes(torch.tensor([[-5.0, 15.0], [1.0, 9.0]])).tolist() == [[0, 128], [255, 0]]
    for wrong in ([1, 2], [3, 2, 4, 5], [0, 1, 2, 257], [0.5, 1, 2, 3]):
        with pytest.raises(InputError, match="thresholds"):
            InputQuantizer(5, wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="low must be below high"):
        InputQuantizer(5, low=1.0)


def test_gradients_pass_the_rounding_within_the_range() -> None:
    real = torch.tensor([-1.5, -1.0, -0.3, 0.3, 1.0, 1.5], requires_grad=True)
    values = rounded(real, 5)
    values.sum().backward()  # type: ignore[no-untyped-call]
    assert values.tolist() == [-1, -1, -0.5, 0.5, 1, 1]
    assert real.grad is not None
    assert real.grad.tolist() == [0, 1, 1, 1, 1, 0]
    assert torch.equal(values, StateActivation(5)(real.detach()))


def random_values(states: int, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.randint(states, shape, generator=generator) - (states - 1)).float() / (states - 1)


@pytest.mark.parametrize(("input_states", "states"), [(2, 2), (5, 5), (11, 11), (12, 12), (13, 13), (256, 256), (5, 3),
                                                      (16, 2), (3, 11)])
def test_sums_and_their_gradients(input_states: int, states: int) -> None:
    linear = SCLinear(300, 7, states, length=9, input_states=input_states)
    values = random_values(input_states, (40, 300), 1).requires_grad_()
    torch.nn.init.uniform_(linear.weight, -1, 1)
    w = rounded(linear.weight.detach(), states).double()
    z = linear.eval()(values)
    exact = values.detach().double() @ w.T
    assert torch.allclose(z.detach().double(), exact, rtol=1e-5, atol=1e-5)
    if input_states == states <= 12:
        full = (states - 1) ** 2
        assert torch.equal((z.detach().double() * full).round(), (exact * full).round())
    gradient = torch.randn(40, 7, generator=torch.Generator().manual_seed(2))
    z.backward(gradient)  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert linear.weight.grad is not None
    for found, expected in ((values.grad, gradient.double() @ w),
                            (linear.weight.grad, gradient.double().T @ values.detach().double())):
        assert (found - expected).abs().max() < 0.02 * expected.abs().max()


@pytest.mark.parametrize("states", [2, 5, 11, 12, 13, 100])
def test_sums_are_exact(states: int) -> None:
    """z and the noise's variance, in bytes (up to 12 states) and in float32, against integers; and its gradients."""
    rng = np.random.default_rng(states)
    full, length = states - 1, 7
    a = 2 * rng.integers(0, states, (30, 784)) - full
    # seeded, as in float64 a weight in the middle of two states may be rounded to the other one
    linear = SCLinear(784, 20, states, generator=torch.Generator().manual_seed(states))
    real = linear.weight
    w = 2 * np.floor((real.detach().numpy().astype(float) + 1) * full / 2 + 0.5).astype(int) - full
    values = (torch.as_tensor(a, dtype=torch.float32) / full).requires_grad_()
    z = linear.sums(values)
    assert np.allclose(z.detach().numpy() * full**2, a @ w.T, rtol=1e-6)
    noisy = linear.sums(values, length, torch.Generator().manual_seed(5))
    draw = torch.empty(30, 20).normal_(generator=torch.Generator().manual_seed(5)).numpy()
    deviation = np.sqrt((784 - (a * a) @ (w * w).T / full**4) / length)
    assert np.allclose((noisy - z).detach().numpy(), draw * deviation, rtol=1e-3, atol=1e-4)
    gradient = rng.standard_normal((30, 20))
    noisy.backward(torch.as_tensor(gradient, dtype=torch.float32))  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert real.grad is not None
    for found, expected in ((values.grad, gradient @ w / full), (real.grad, gradient.T @ a / full)):
        assert np.abs(found.numpy() - expected).max() < 0.01 * np.abs(expected).max()


def test_noise_is_that_of_real_bitstreams() -> None:
    """Variance of z of simulated XNOR bits, of the formula, and of what training adds: all the same."""
    inputs, neurons, states, length, draws = 40, 3, 5, 16, 20_000
    rng = np.random.default_rng(2)
    a = rng.integers(0, states, inputs)
    linear = SCLinear(inputs, neurons, states)
    w = (np.floor((linear.weight.detach().numpy() + 1) * 2 + 0.5)).astype(int)
    ones = np.zeros((draws, neurons))
    for _ in range(length):
        a_bits = rng.random((draws, 1, inputs)) < a / (states - 1)
        w_bits = rng.random((draws, neurons, inputs)) < w / (states - 1)
        ones += (a_bits == w_bits).sum(2)
    z = 2 * ones / length - inputs
    va, vw = 2 * a / (states - 1) - 1, 2 * w / (states - 1) - 1
    values = torch.as_tensor(va, dtype=torch.float32).repeat(draws, 1)
    with torch.no_grad():
        noisy = linear.sums(values, length, torch.Generator().manual_seed(5)).numpy()
        exact = linear.sums(values[:1]).numpy()[0]
    expected = (1 - va**2 * vw**2).sum(1) / length
    assert np.allclose(exact, vw @ va)
    for sample in (z, noisy):
        # 6 standard errors, of the mean and of the variance
        assert np.all(np.abs(sample.mean(0) - exact) < 6 * np.sqrt(expected / draws))
        assert np.all(np.abs(sample.var(0) / expected - 1) < 6 * np.sqrt(2 / draws))


def test_noise_only_in_training_and_of_the_streams_variance() -> None:
    linear = SCLinear(50, 4, states=5, length=8, input_states=3)
    values = random_values(3, (1, 50), 3).repeat(20_000, 1)
    exact = linear.eval()(values[:1])
    assert torch.equal(exact, linear(values[:1]))
    noisy = linear.train()(values)
    w = rounded(linear.weight.detach(), 5)
    expected = (1 - values[0] ** 2 * w ** 2).sum(1) / 8
    # 6 standard errors, of the mean and of the variance
    assert ((noisy.mean(0) - exact[0]).abs() < 6 * (expected / 20_000).sqrt()).all()
    assert ((noisy.var(0) / expected - 1).abs() < 6 * (2 / 20_000) ** 0.5).all()
    assert torch.equal(SCLinear(50, 4, states=5, input_states=3)(values[:5]).isfinite(), torch.ones(5, 4).bool())


def test_weights_are_kept_in_range_in_training() -> None:
    linear = SCLinear(3, 2, states=5)
    with torch.no_grad():
        linear.weight.fill_(3)
    linear(torch.ones(1, 3))
    assert linear.weight.max() == 1


def test_what_is_no_value_of_a_state_is_refused() -> None:
    for wrong in (torch.full((2, 3), 0.3), torch.full((2, 3), 2.0), torch.full((2, 3), 0.25), torch.rand(2, 3) * 255):
        with pytest.raises(InputError, match="takes values of 5 states from -1 to 1"):
            SCLinear(3, 2, states=5)(wrong)
    for arguments, words in (((0, 2, 5), "in_features"), ((3, 2, 1), "states"), ((3, 2, 257), "states"),
                             ((3, 2, 5, 0), "length")):
        with pytest.raises(InputError, match=words):
            SCLinear(*arguments)
    with pytest.raises(InputError, match="states"):
        StateActivation(1)


def test_scores_are_affine_with_one_scale() -> None:
    scores = ClassScores(64, 3)
    assert torch.allclose(scores(torch.full((1, 3), 8.0)), torch.ones(1, 3))
    scale, bias = scores.affine()
    assert len(set(scale)) == 1
    assert bias.tolist() == [0, 0, 0]
