"""Post-training quantization: what is real in a trained network is rounded to states, by the data it will meet.

Layer by layer from the input on, each sees what the quantized layers before it give:

* Weights are rounded one input after the other, and each rounding error is made good by the inputs not yet rounded as
  far as the data let them predict it (optimal brain quantization in a fixed order: Frantar et al., GPTQ, arXiv
  2210.17323). What is left of the mean error goes into the thresholds. Hidden neurons have a scale of their own, which
  costs nothing; classes share one.
* Activations are rounded to even steps over the range that loses least of their variance; where the next layer's
  weights are real, each neuron has a range of its own, which those weights take over.
"""

from __future__ import annotations

import numpy as np

from spinsc.errors import InputError
from spinsc.models.importing.steps import Affine, Floats, Linear, Quantizer, Step, TrainedNetwork

#: Shares of the largest weight, and of the widest range, that are tried.
SHARES = np.linspace(0.3, 1.0, 29)
#: Of the mean variance of the inputs, added to each, so that inputs that never change do no harm.
DAMPING = 0.01
#: Samples that are looked at.
MOST_SAMPLES = 4096


def quantize(trained: TrainedNetwork, states: int, samples: Floats) -> TrainedNetwork:
    """The chain with everything quantized to K states, what is quantized already as it is.

    Parameters
    ----------
    trained : TrainedNetwork
        With a quantizer of its input.
    states : int
        K of the weights and activations that are real.
    samples : float64, shape (n, features)
        What the network takes.
    """
    if len(samples) < 2:
        raise InputError(f"calibration data must have at least 2 samples, not {len(samples)}")
    x = samples[:: max(1, len(samples) // MOST_SAMPLES)][:MOST_SAMPLES]
    done: list[Step] = []
    waiting = list(trained.steps)
    inner = False
    while waiting:
        step = waiting.pop(0)
        if isinstance(step, Linear):
            if not inner:
                found = _quantized_inputs(step, states, x)
                waiting[:0] = found
                inner = True
                continue
            inner = False
            if step.unit is None:
                rounded = rounded_weights(step, states, x, one_scale=not any(
                    isinstance(later, Linear) for later in waiting))
                error = (step.weights - rounded.weights) @ x.mean(0)
                waiting.insert(0, Affine(step.name, np.ones(()), error))
                step = rounded
        elif isinstance(step, Quantizer):
            inner = True
        x = step(x)
        done.append(step)
    return TrainedNetwork(trained.features, tuple(done), trained.source, trained.notes)


def _quantized_inputs(linear: Linear, states: int, x: Floats) -> list[Step]:
    """A quantizer of the inputs of a linear layer, and that layer on its values."""
    name = f"inputs of {linear.name}"
    if linear.unit is not None:
        return [Quantizer.even(name, *best_range(x.ravel(), states), states), linear]
    low, high = np.array([best_range(of_neuron, states) for of_neuron in x.T]).T
    return in_own_ranges(name, linear, low, high, states)


def in_own_ranges(name: str, linear: Linear, low: Floats, high: Floats, states: int) -> list[Step]:
    """A real layer whose inputs, called ``name``, are rounded each in a range of its own, which its weights take over.

    Parameters
    ----------
    name : str
    linear : Linear
    low, high : float64, shape (inputs,)
    states : int
        K of the inputs.
    """
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-12)
    return [Affine(name, 1 / half, -middle / half), Quantizer.even(name, -1.0, 1.0, states),
            Linear(linear.name, linear.weights * half), Affine(linear.name, np.ones(()), linear.weights @ middle)]


def best_range(x: Floats, states: int) -> tuple[float, float]:
    """The range whose even steps are nearest to the numbers, in the mean of squares."""
    low, high = float(x.min()), float(x.max())
    if low == high:
        return low - 0.5, high + 0.5
    anchor = low if low >= 0 else (low + high) / 2  # what ReLU gives begins at 0
    best, chosen = np.inf, (low, high)
    for share in SHARES:
        bounds = anchor + share * (low - anchor), anchor + share * (high - anchor)
        step = (bounds[1] - bounds[0]) / (states - 1)
        nearest = bounds[0] + step * np.clip(np.rint((x - bounds[0]) / step), 0, states - 1)
        error = float(np.square(x - nearest).sum())
        if error < best:
            best, chosen = error, bounds
    return chosen


def rounded_weights(linear: Linear, states: int, x: Floats, *, one_scale: bool) -> Linear:
    """A layer whose weights have K states, chosen for the least error of its sums of these inputs.

    Parameters
    ----------
    linear : Linear
    states : int
        K.
    x : float64, shape (n, inputs)
    one_scale : bool
        The same for all neurons, as the classes need it.
    """
    weights, inputs = linear.weights, linear.weights.shape[1]
    covariance = np.cov(x, rowvar=False, bias=True).reshape(inputs, inputs)
    covariance[np.diag_indices(inputs)] += DAMPING * max(float(np.trace(covariance)) / inputs, 1e-12)
    # rows of the inverse's Cholesky factor say how an error of an input is spread over those after it
    order = np.argsort(-np.diag(covariance), kind="stable")  # those that matter most have the most to mend them
    factor = np.linalg.cholesky(np.linalg.inv(covariance[np.ix_(order, order)])).T
    largest = np.abs(weights).max(initial=1e-12) if one_scale else np.abs(weights).max(1, initial=1e-12)
    best, chosen = np.full(1 if one_scale else len(weights), np.inf), np.zeros_like(weights)
    scales = np.ones(len(best))
    for share in SHARES[::2]:
        scale = np.broadcast_to(share * largest, len(weights))[:, None]
        rounded = _mended(weights[:, order], scale, states, factor)[:, np.argsort(order)]
        difference = weights - rounded
        error = np.einsum("ji,ik,jk->j", difference, covariance, difference, optimize=True)
        error = error.sum(keepdims=True) if one_scale else error
        better = error < best
        best = np.where(better, error, best)
        chosen = np.where(better[:, None], rounded, chosen)
        scales = np.where(better, np.broadcast_to(share * largest, len(best)), scales)
    # integers: all of them for an odd K, the odd ones for an even K
    top = (states - 1) // 2 if states % 2 else states - 1
    return Linear.of(linear.name, chosen, scales / top)


def _mended(weights: Floats, scale: Floats, states: int, factor: Floats) -> Floats:
    """Weights rounded input by input, each error spread over the inputs that follow."""
    rest, rounded = weights.copy(), np.empty_like(weights)
    for place in range(weights.shape[1]):
        k = np.clip(np.rint((rest[:, place:place + 1] / scale + 1) * (states - 1) / 2), 0, states - 1)
        rounded[:, place:place + 1] = scale * (2 * k / (states - 1) - 1)
        error = (rest[:, place] - rounded[:, place]) / factor[place, place]
        rest[:, place + 1:] -= error[:, None] * factor[place, place + 1:]
    return rounded
