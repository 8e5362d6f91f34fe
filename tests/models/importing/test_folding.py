"""Folding is exact: whatever the scales, signs, halves and functions, states and scores are those of the chain."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spinsc.errors import InputError
from spinsc.models.exact import exact_scores
from spinsc.models.importing.folding import byte_inputs, fold, merged, real_inputs
from spinsc.models.importing.steps import Affine, Linear, Monotone, Quantizer, Step, TrainedNetwork
from spinsc.models.network import Network

BYTES = np.random.default_rng(5).integers(0, 256, (300, 6), dtype=np.uint8)


def quantizer(rng: np.random.Generator, states: int, scale: float) -> Quantizer:
    if states == 2 and rng.random() < 0.5:
        return Quantizer.bipolar("q", scale)
    low = int(rng.integers(-states, 1))
    return Quantizer.uniform("q", scale, low, low + states - 1, zero_point=int(rng.integers(-1, 2)),
                             rounding=str(rng.choice(["half even", "half up", "floor", "ceil"])))


def chain(seed: int, states: int, *, dyadic: bool) -> TrainedNetwork:
    """A random chain 6-5-4-3; with dyadic numbers only, sums hit the edges of quantizers again and again."""
    rng = np.random.default_rng(seed)

    def number(size: Any = None) -> Any:
        drawn = rng.choice([-2.0, -1, -0.5, 0.25, 0.5, 1, 2], size) if dyadic else rng.normal(0, 1, size)
        return np.asarray(drawn, np.float64)

    steps: list[Step] = [Affine.of("norm", 2.0, -1.0), quantizer(rng, states, 2.0 / states if not dyadic else 0.25)]
    for inputs, neurons in ((6, 5), (5, 4), (4, 3)):
        units = np.abs(number((neurons, 1))) if neurons > 3 else np.array([[0.5]])
        top = int(rng.integers(1, 8))
        weights = rng.integers(-top, top + 1, (neurons, inputs))
        weights = 2 * (weights // 2) + 1 if rng.random() < 0.3 else weights
        steps += [Linear.of("linear", weights * units, units), Affine.of("bias", 1.0, number(neurons))]
        if neurons > 3:
            scale = number(neurons)
            scale[0] *= rng.random() < 0.5  # a neuron that gives the same whatever its inputs
            function = rng.choice(["none", "relu", "clip", "tanh", "sigmoid"])
            steps += [Affine.of("bn", scale, number(neurons))]
            if function != "none":
                steps += [Monotone("f", str(function), -1.0, 1.5)]
                steps += [Affine.of("after", rng.choice([-1.0, 1.0], neurons), 0.0)] if rng.random() < 0.3 else []
            q = quantizer(rng, states, 0.5 if dyadic else float(rng.uniform(0.1, 1)))
            if function in ("tanh", "sigmoid"):  # float64 rounds them to -1, 0 and 1, which edges must not be
                q = dataclasses.replace(q, edges=0.9 * q.edges + 0.0123)
            steps.append(q)
            steps += [Affine.of("scaled", float(number()), float(number()))] if rng.random() < 0.3 else []
    steps += [Affine.of("out", rng.choice([-0.25, 0.25], 3), number(3))]
    return TrainedNetwork(6, tuple(steps), "a chain")


def folded(trained: TrainedNetwork) -> Network:
    steps = merged(trained.steps)
    return fold(dataclasses.replace(trained, steps=tuple(steps)), 20, byte_inputs(
        steps, trained.features, 0.0, 1.0), {})


@settings(deadline=None, max_examples=120)
@given(st.integers(0, 10**6), st.integers(2, 16), st.booleans())
def test_scores_are_those_of_the_chain(seed: int, states: int, dyadic: bool) -> None:
    trained = chain(seed, states, dyadic=dyadic)
    try:
        network = folded(trained)
    except InputError as error:
        assert "single value" in str(error)  # noqa: PT017  a clip that leaves nothing
        return
    expected = trained(BYTES / 255)
    assert np.allclose(exact_scores(network, BYTES) - exact_scores(network, BYTES)[:, :1],
                       ratio(trained, network) * (expected - expected[:, :1]), atol=1e-6)


def ratio(trained: TrainedNetwork, network: Any) -> float:
    """From the chain's scores to z of the network: one number."""
    last = next(step for step in reversed(trained.steps) if isinstance(step, Linear))
    given_by = [step for step in trained.steps[:trained.steps.index(last)] if isinstance(step, Quantizer | Affine)]
    place = max(number for number, step in enumerate(given_by) if isinstance(step, Quantizer))
    q = given_by[place]
    assert isinstance(q, Quantizer)
    factor = 1.0
    for step in given_by[place + 1:]:
        assert isinstance(step, Affine)
        factor *= float(step.scale)
    half = abs(q.step * factor) * (network.layers[-1].activation.states - 1) / 2
    top = np.abs(np.rint(last.weights / 0.5)).max()
    return float(1 / (0.25 * 0.5 * max(1, top) * half))


@pytest.mark.parametrize("rounding", ["half even", "half up", "floor", "ceil"])
@pytest.mark.parametrize(("low", "high"), [(-2, 1), (-1, 1), (0, 3), (0, 15), (-8, 7)])
def test_quantizers_round_as_they_say(rounding: str, low: int, high: int) -> None:
    x = np.arange(-40, 41) / 8
    for scale, zero in ((0.25, 0), (0.5, 1)):
        y = torch.as_tensor(x / scale + zero)
        q = {"half even": torch.round, "half up": lambda t: torch.floor(t + 0.5), "floor": torch.floor,
             "ceil": torch.ceil}[rounding](y)
        expected = scale * (q.clamp(low, high) - zero)
        found = Quantizer.uniform("q", scale, low, high, zero_point=zero, rounding=rounding)
        assert np.array_equal(found(x), expected.numpy())
        assert found.states == high - low + 1


@pytest.mark.parametrize(("scale", "low", "high"), [(0.5, -4, 3), (0.3, 0, 7), (1.0, -2, 2), (0.1, -3, 9),
                                                    (2.0, -1, 1)])
def test_two_quantizers_are_one(scale: float, low: int, high: int) -> None:
    first, second = Quantizer.uniform("q1", 0.5, -8, 7), Quantizer.uniform("q2", scale, low, high)
    x = np.arange(-60, 60) / 8
    both, = merged([first, second])
    assert np.allclose(both(x), second(first(x)))
    assert isinstance(both, Quantizer)
    three, = merged([first, Affine.of("half", 0.5, 0.25), Monotone("relu", "relu"), second])
    assert np.allclose(three(x), second(np.maximum(0.5 * first(x) + 0.25, 0)))


def test_what_no_number_reaches_is_left_out() -> None:
    signed = Quantizer.uniform("q", 0.5, -4, 3)
    assert signed.reachable(0.0, np.inf).base == 0
    assert signed.reachable(0.0, np.inf).states == 4
    assert signed.reachable(-0.5, 0.6).states == 3
    assert signed.reachable(0.1, 0.2) is signed
    x = np.linspace(0, 4, 50)
    assert np.array_equal(signed.reachable(0.0, np.inf)(x), signed(x))
    assert np.array_equal(signed.clipped(0.0, np.inf)(x - 2), np.maximum(signed(x - 2), 0))
    with pytest.raises(InputError, match="none of its values"):
        signed.clipped(0.2, 9.0)


def test_bytes_and_real_numbers_reach_the_same_states() -> None:
    steps = [Affine.of("norm", [2.0, -3.0, 0.5], [0.1, 0.2, 0.3]), Quantizer.uniform("q", 0.3, -3, 4)]
    found = real_inputs(steps, 3)
    assert found.scaling is not None
    x = np.random.default_rng(2).normal(0, 1, (2000, 3))
    bytes_ = found.scaling.bytes(x)
    expected = steps[1].states_of(steps[0](x))  # type: ignore[attr-defined]
    assert np.array_equal(np.searchsorted(found.thresholds, bytes_, side="right"), expected)
    with pytest.raises(InputError, match="norm makes different states of equal bytes"):
        byte_inputs(steps, 3, 0.0, 1.0)
    with pytest.raises(InputError, match="higher bytes have lower states"):
        byte_inputs([Affine.of("n", -1.0), steps[1]], 3, 0.0, 1.0)


def small(*extra: Step, unit: Any = 0.5) -> TrainedNetwork:
    q = Quantizer.uniform("q", 0.25, 0, 3)
    return TrainedNetwork(2, (q, Linear.of("fc", [[1.0, -1], [0.5, 1]], unit), *extra), "a chain")


@pytest.mark.parametrize(("trained", "words"), [
    (small(Affine.of("out", [1.0, 2.0])), "fc: classes 1 and 0 have the scales"),
    (small(unit=[0.5, 0.25]), "fc: classes"),
    (small(Monotone("relu", "relu")), "relu comes after the last layer"),
    (small(Quantizer.uniform("q2", 0.5, 0, 3)), "followed by a quantizer"),
    (small(Quantizer.uniform("q2", 0.5, 0, 3), Affine.of("bn", [1.0, 2.0]), Linear.of("fc2", [[1.0, 1]], 1.0)),
     "bn scales the inputs of the next layer one by one"),
    (small(Quantizer.uniform("q2", 0.5, 0, 3), Affine.of("bn", 1.0, [1.0, 2.0]), Linear.of("fc2", [[1.0, 1]], 1.0)),
     "bn shifts the inputs of the next layer one by one"),
    (small(Quantizer.uniform("q2", 0.5, 0, 3), Monotone("tanh", "tanh"), Linear.of("fc2", [[1.0, 1]], 1.0)),
     "tanh follows q2, whose values it makes uneven"),
    (small(Quantizer.uniform("q2", 0.5, 0, 3), Quantizer.uniform("q3", 9, 0, 3), Linear.of("fc2", [[1.0, 1]], 1.0)),
     "q3 rounds the values of q2 again"),
    (TrainedNetwork(2, (Quantizer.uniform("q", 1, 0, 3), Linear.of("fc", [[1.0, 200]], 1.0)), "a chain"),
     "fc has weights of 401 states")])
def test_what_has_no_place_is_refused_with_the_reason(trained: TrainedNetwork, words: str) -> None:
    with pytest.raises(InputError, match=words):
        folded(trained)


def test_numbers_that_do_not_fit_are_refused() -> None:
    for make, words in ((lambda: Linear.of("fc", [[0.3]], 0.25), "integers times their scale"),
                        (lambda: Linear.of("fc", [[0.5]], [0.5, 0.5]), "one for each of 1 neurons"),
                        (lambda: Linear.of("fc", [1.0]), "matrix"),
                        (lambda: Affine.of("bn", [[1.0, 2], [3, 4]]), "feature by"),
                        (lambda: Affine.of("bn", np.nan), "not finite"),
                        (lambda: Quantizer.uniform("q", 0.0, 0, 3), "scale of a quantizer"),
                        (lambda: Quantizer.uniform("q", 1.0, 0, 256), "2 to 256 states"),
                        (lambda: TrainedNetwork(3, (Linear.of("fc", [[1.0]]),), "c"), "fc takes 1 inputs"),
                        (lambda: TrainedNetwork(3, (), "c"), "no linear layer"),
                        (lambda: TrainedNetwork(3, (Affine.of("bn", [1.0, 2]),), "c"), "bn has 2 numbers for 3")):
        with pytest.raises(InputError, match=words):
            make()  # type: ignore[no-untyped-call]
