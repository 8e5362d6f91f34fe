"""Probabilities and moments of the bits that comparators make of devices which are not ideal."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.models.side import Side

Floats = npt.NDArray[np.float64]
Tables = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def distribution(p1: Floats) -> Floats:
    """P(r < T) for T = 0..2^m, shape (groups, 2^m + 1), from P(1) of independent bits, shape (m, groups)."""
    mass = np.ones((p1.shape[1], 1))
    for of_bit in p1[::-1]:
        mass = np.stack([mass * (1 - of_bit)[:, None], mass * of_bit[:, None]], axis=2).reshape(len(mass), -1)
    return np.concatenate([np.zeros((len(mass), 1)), np.cumsum(mass, axis=1)], axis=1)


def side_tables(side: Side, p1: Floats, r: Floats, lags: npt.NDArray[np.int64]) -> Tables:
    """Mean and second moments of the bits (as -1 and 1) of each lane and state.

    Devices are two-state chains, independent of each other.

    Parameters
    ----------
    side : Side
    p1, r : float64, shape (at least `Side.devices`,)
        P(1) and autocorrelation at lag 1 of the side's devices, which come first.
    lags : int64

    Returns
    -------
    mean : float32, shape (lanes, states)
    moments : float32, shape (len(lags), lanes, states)
        E[b(t) b(t + lag)].
    """
    p, chain = (values[:side.devices].reshape(side.bits, side.groups) for values in (p1, r))
    both = p**2 + p * (1 - p) * chain ** lags[:, None, None]  # P(1 now, 1 later): (lags, bits, groups)
    group = side.group_of_lane
    one = np.zeros((side.lanes, side.states))
    joint = np.zeros((len(lags), side.lanes, side.states))
    one[:, -1], joint[:, :, -1] = 1, 1
    if side.tuned:
        one[:, 1:-1] = p.T[group]
        joint[:, :, 1:-1] = both.transpose(0, 2, 1)[:, group]
    else:
        below = distribution(p)
        for state in range(1, side.states - 1):
            threshold = side.comparator_thresholds[:, state]
            one[:, state] = below[group, threshold]
            joint[:, :, state] = _both_below(threshold, p[:, group], both[:, :, group])
    return (2 * one - 1).astype(np.float32), (1 - 4 * (one - joint)).astype(np.float32)


def _both_below(threshold: npt.NDArray[np.int64], p: Floats, both: Floats) -> Floats:
    """P(r < T now and later), shape (lags, lanes), bit by bit from the highest.

    ``p`` (bits, lanes) is P(1), ``both`` (lags, bits, lanes) that of 1 now and later.
    """
    bits = len(p)
    equal = np.ones(both[:, 0].shape) if bits else np.ones((len(both), len(threshold)))
    one_less, less = np.zeros_like(equal), np.zeros_like(equal)  # one_less: now or later, each with this probability
    for b in reversed(range(bits)):
        ones, zeros = both[:, b], 1 - 2 * p[b] + both[:, b]
        set_bit = (threshold >> b & 1).astype(bool)
        less = less + np.where(set_bit, 2 * one_less * (1 - p[b]) + equal * zeros, 0)
        one_less = np.where(set_bit, one_less * p[b] + equal * (p[b] - ones), one_less * (1 - p[b]))
        equal = equal * np.where(set_bit, ones, zeros)
    return np.where(threshold >= 1 << bits, 1.0, less)
