"""Designs whose costs are compared."""

from __future__ import annotations

from typing import NamedTuple

#: Inputs and neurons in parallel of all of them; the network is 784-100-10.
LANES, NEURONS = 16, 10
INPUTS = 784
#: Lengths, and time steps in a cycle, of the energy over the length.
OVER_LENGTH, UNROLLED = (4, 8, 16, 100), (4, 8)


class Design(NamedTuple):
    """What is emitted: K, L, B, P, arithmetic, and whether images of random pixels are counted."""

    states: int
    length: int
    unroll: int
    neurons: int
    arithmetic: str
    noise: bool


def stochastic(states: int, length: int, unroll: int = 1, neurons: int = NEURONS, noise: bool = False) -> Design:
    return Design(states, length, unroll, neurons, "stochastic", noise)


def binary(states: int, noise: bool = False) -> Design:
    return Design(states, 1, 1, NEURONS, "binary", noise)


BINARIZED = stochastic(2, 1)
