"""The input of a network: numbers to bytes, bytes to states."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from spinsc.errors import InputError
from spinsc.models.arrays import check_ascending
from spinsc.models.contract import MAX_STATES, PIXEL_LEVELS, check_range


def input_thresholds(states: int) -> npt.NDArray[np.int64]:
    """Pixel thresholds that round pixel/255 to the nearest of ``states`` even steps, shape (states - 1,)."""
    k = np.arange(1, states, dtype=np.int64)
    return -((-255 * (2 * k - 1)) // (2 * (states - 1)))


def quantile_thresholds(states: int, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Thresholds between which equally many of the bytes lie that are not 0, as the background is; (states - 1,)."""
    seen = pixels[pixels > 0]
    shares = np.arange(1, states) / states
    thresholds = np.rint(np.quantile(seen, shares)).astype(np.int64) if len(seen) else np.ones(states - 1, np.int64)
    for k in range(1, states - 1):  # no state is left out while bytes suffice
        thresholds[k] = max(thresholds[k], thresholds[k - 1] + 1)
    return np.minimum(thresholds, PIXEL_LEVELS - 1)


class InputQuantizer(nn.Module):
    """Values v = 2k/(K-1) - 1 of the states of bytes: k is the number of thresholds that a byte reaches.

    The hardware takes bytes. Real numbers x are taken to bytes first, floor(255 (x - low)/(high - low) + 1/2), cut to
    0..255, which is what has to be done before the hardware, too.

    Parameters
    ----------
    states : int
        K, 2..256.
    thresholds : sequence of int, optional
        K-1 of them, non-descending, 0..256; by default even steps, see `input_thresholds`.
    low, high : float or sequence of float
        What becomes byte 0 and 255, for all features or for each; by default 0 and 1, as images have. Tensors of uint8
        are bytes already.
    """

    low: Tensor
    high: Tensor
    thresholds: Tensor

    def __init__(self, states: int, thresholds: Sequence[int] | npt.NDArray[np.integer] | None = None, *,
                 low: float | Sequence[float] | npt.NDArray[np.floating] = 0.0,
                 high: float | Sequence[float] | npt.NDArray[np.floating] = 1.0) -> None:
        super().__init__()
        check_range("states (K)", states, 2, MAX_STATES)
        self.states = states
        chosen = input_thresholds(states) if thresholds is None else np.asarray(thresholds)
        if chosen.shape != (states - 1,) or chosen.dtype.kind not in "iu" or chosen.min() < 0 \
                or chosen.max() > PIXEL_LEVELS:
            raise InputError(f"thresholds of {states} states must be {states - 1} integers from 0 to {PIXEL_LEVELS}, "
                             f"not {chosen.tolist()}")
        check_ascending("thresholds", chosen)
        self.even = np.array_equal(chosen, input_thresholds(states))
        # not persistent: they are no result of training
        self.register_buffer("thresholds", torch.as_tensor(chosen.astype(np.int64)), persistent=False)
        self.register_buffer("low", torch.as_tensor(low, dtype=torch.float64), persistent=False)
        self.register_buffer("high", torch.as_tensor(high, dtype=torch.float64), persistent=False)
        if not bool((self.low < self.high).all()):
            raise InputError(f"low must be below high, not {low} and {high}")

    def forward(self, inputs: Tensor) -> Tensor:
        """Values, float32, shape (n, features), of numbers (n, ...)."""
        return self.values(self.bytes(inputs.flatten(1)))

    def bytes(self, inputs: Tensor) -> Tensor:
        """Bytes, uint8 of the same shape."""
        if inputs.dtype == torch.uint8:
            return inputs
        gain, offset = self.scaling
        return (inputs * gain + offset).floor_().clamp_(0, PIXEL_LEVELS - 1).to(torch.uint8)

    def values(self, inputs: Tensor) -> Tensor:
        """Values of bytes."""
        intervals = self.states - 1
        if self.even:  # no byte lies within 1/510 of halfway between two states, far more than rounding errors
            return (inputs * (intervals / (PIXEL_LEVELS - 1))).round_().mul_(2).sub_(intervals).div_(intervals)
        by_byte = torch.bucketize(torch.arange(PIXEL_LEVELS, device=inputs.device), self.thresholds, right=True)
        of_states = (2 * by_byte - intervals).to(torch.float32) / intervals
        return of_states[inputs.int()]

    @property
    def scaling(self) -> tuple[Tensor, Tensor]:
        """Gain and offset of real numbers: the byte is floor(gain x + offset), cut to 0..255."""
        gain = (PIXEL_LEVELS - 1) / (self.high - self.low)
        return gain, 0.5 - self.low * gain

    def extra_repr(self) -> str:
        return f"states={self.states}"
