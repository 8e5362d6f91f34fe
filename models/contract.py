"""Limits, default widths and comparators of ``docs/bit-contract.md``."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError

#: K of inputs, weights and activations.
MAX_STATES = 256
#: m, the width of a comparator's random numbers.
MAX_RANDOM_BITS = 16
#: Junctions of a lane with a tuned source, K - 2.
MAX_TUNED_BITS = 16
#: L.
MAX_LENGTH = 1 << 20
#: How products are formed: from bits of streams, or as integers of the states, without random numbers.
ARITHMETICS = ("stochastic", "binary")
#: What training takes for streams: Gaussian noise of each sum's variance, as if its bits were its own; or bits
#: themselves, which a layer's neurons share as they do in hardware.
NOISES = ("independent", "shared")
#: A pixel is a byte.
PIXEL_LEVELS = 256


def default_random_bits(states: int) -> int:
    """Width m of the random numbers for ``states`` states: the smallest exact one, else 8."""
    intervals = states - 1
    return intervals.bit_length() - 1 if intervals & (intervals - 1) == 0 else 8


def default_comparator_thresholds(states: int, random_bits: int) -> npt.NDArray[np.int64]:
    """T[k] = floor(2^m k/(K-1) + 1/2) for k = 0..K-1, shape (states,)."""
    k = np.arange(states, dtype=np.int64)
    return ((k << (random_bits + 1)) + (states - 1)) // (2 * (states - 1))


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a value that is none of the choices."""
    if value not in choices:
        raise InputError(f"{name} must be {' or '.join(choices)}, not {value!r}")


def check_range(name: str, value: int, low: int, high: int) -> None:
    """Refuse a value that is not from ``low`` to ``high``."""
    if not low <= value <= high:
        raise InputError(f"{name} must be from {low} to {high}, not {value}")
