"""Likelihood of read samples under a two-state chain whose reads are inverted now and then, and what it predicts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from spinsc.sim.junctions.chain import STRETCH

#: Samples after which probabilities are scaled up again.
RESCALED = 32

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint8]


def transitions(log_dwell: float, bias: npt.ArrayLike) -> tuple[Floats, Floats]:
    """P(0 to 1) and P(1 to 0) from sample to sample.

    Parameters
    ----------
    log_dwell : float
        Logarithm of the geometric mean of both dwell times, in sampling intervals.
    bias : float array
        Half the logarithm of the ratio of the dwell times, tau_1 over tau_0; b of `SMTJ`.
    """
    b = np.asarray(bias, np.float64)
    one = 0.5 * (1 + np.tanh(b))
    change = -np.expm1(-2 * np.cosh(b) * np.exp(-log_dwell))
    return one * change, (1 - one) * change


@dataclass(frozen=True, eq=False)
class Wandering:
    """A slow drift of the bias as a Markov chain of a few values, each held for a number of samples.

    K. Rouwenhorst's chain (in Frontiers of Business Cycle Research, 1995) has the variance and the autocorrelation of
    the Ornstein-Uhlenbeck process exactly, and its values are binomial.

    Attributes
    ----------
    departures : float64, shape (values,)
        Of the bias from its mean, in kT.
    steps : float64, shape (values, values)
        Probabilities from one stretch to the next.
    share : float64, shape (values,)
        Of the time that each takes.
    hold : int
        Samples of a stretch.
    """

    departures: Floats
    steps: Floats
    share: Floats
    hold: int

    @classmethod
    def of(cls, deviation: float, time: float, hold: int = STRETCH, values: int = 21) -> Wandering:
        """With this standard deviation in kT and correlation time in samples; none if the deviation is 0."""
        if not deviation:
            return cls(np.zeros(1), np.ones((1, 1)), np.ones(1), hold)
        stay = (1 + math.exp(-hold / time)) / 2
        steps = np.array([[stay, 1 - stay], [1 - stay, stay]])
        for count in range(3, values + 1):
            wider = np.zeros((count, count))
            wider[:-1, :-1] += stay * steps
            wider[:-1, 1:] += (1 - stay) * steps
            wider[1:, :-1] += (1 - stay) * steps
            wider[1:, 1:] += stay * steps
            wider[1:-1] /= 2
            steps = wider
        share = np.array([math.comb(values - 1, n) for n in range(values)]) / 2.0 ** (values - 1)
        return cls(deviation * math.sqrt(values - 1) * np.linspace(-1, 1, values), steps, share, hold)


#: No drift at all.
STEADY = Wandering.of(0.0, 1.0)


def log_likelihood(bits: Bits, log_dwell: float, bias: float, flips: float, wandering: Wandering = STEADY) -> float:
    """Logarithm of the probability of some samples, over all that junction and drift may have done.

    Parameters
    ----------
    bits : uint8, shape (samples,)
    log_dwell, bias, flips : float
        See `transitions`; share of samples that are read inverted.
    wandering : Wandering
        Of the bias about ``bias``.
    """
    to_one, to_zero = transitions(log_dwell, bias + wandering.departures)
    return float(_forward(bits, wandering.hold, to_one, to_zero, wandering.steps, wandering.share, flips))


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def _forward(bits: Bits, hold: int, to_one: Floats, to_zero: Floats, steps: Floats, share: Floats,
             flips: float) -> float:
    # The forward algorithm (L. Rabiner, Proc. IEEE 77, 257 (1989)); zero[v] and one[v] are the probabilities of the
    # samples so far, of the drift's value v, and of the junction's state, divided by what `total` has the logarithm of.
    values = len(share)
    steady = to_one / (to_one + to_zero)
    zero, one = share * (1 - steady), share * steady
    total = 0.0
    for n in range(len(bits)):
        if n:
            if values > 1 and n % hold == 0:
                zero, one = zero @ steps, one @ steps
            for v in range(values):
                rising, falling = zero[v] * to_one[v], one[v] * to_zero[v]
                zero[v] += falling - rising
                one[v] += rising - falling
        high = 1 - flips if bits[n] else flips
        for v in range(values):
            zero[v] *= 1 - high
            one[v] *= high
        if n % RESCALED == RESCALED - 1 or n == len(bits) - 1:
            scale = 0.0
            for v in range(values):
                scale += zero[v] + one[v]
            if scale <= 0:
                return -np.inf
            total += np.log(scale)
            for v in range(values):
                zero[v] /= scale
                one[v] /= scale
    return total


def expected_dwells(log_dwell: float, bias: float, flips: float, longest: int) -> Floats:
    """Dwells of 1, 2, ... ``longest`` samples in each read state, per sample, shape (2, longest).

    A read state's dwells end at the next sample that reads otherwise: the product of chain and read-out is a phase-type
    distribution, whose survival is a vector times powers of a 2 x 2 matrix.
    """
    to_one, to_zero = (float(p) for p in transitions(log_dwell, bias))
    steady = np.array([to_zero, to_one]) / (to_one + to_zero)
    step = np.array([[1 - to_one, to_one], [to_zero, 1 - to_zero]])
    reads = np.array([[1 - flips, flips], [flips, 1 - flips]])  # of hidden states 0 and 1: read 0, read 1
    found = np.empty((2, longest))
    for state in (0, 1):
        inside = step * reads[:, state]
        start = (steady * reads[:, 1 - state]) @ inside
        survival = np.empty(longest + 1)
        for n in range(longest + 1):
            survival[n] = start.sum()
            start = start @ inside
        found[state] = survival[:-1] - survival[1:]
    return found
