"""Designs whose costs are compared."""

from __future__ import annotations

from typing import NamedTuple

#: Inputs and neurons in parallel of all of them; the network is 784-100-10.
LANES, NEURONS = 16, 10
INPUTS = 784
#: Lengths, and time steps in a cycle, of the energy over the length.
OVER_LENGTH, UNROLLED = (4, 8, 16, 100), (4, 8)
#: Numbers of states that are compared at one length.
MANY, EQUAL_LENGTH = (5, 11, 256), 16


class Design(NamedTuple):
    """What is emitted: K, L, B, P, arithmetic, whether images of random pixels are counted, and ``--pipeline``."""

    states: int
    length: int
    unroll: int
    neurons: int
    arithmetic: str
    noise: bool
    pipeline: bool


def stochastic(states: int, length: int, unroll: int = 1, neurons: int = NEURONS, noise: bool = False,
               pipeline: bool = False) -> Design:
    return Design(states, length, unroll, neurons, "stochastic", noise, pipeline)


def binary(states: int, noise: bool = False, pipeline: bool = False) -> Design:
    return Design(states, 1, 1, NEURONS, "binary", noise, pipeline)


BINARIZED = stochastic(2, 1)


def designs() -> list[Design]:
    """All that are emitted, each once."""
    chosen = [stochastic(states, EQUAL_LENGTH) for states in MANY]
    chosen += [stochastic(5, length) for length in OVER_LENGTH]
    chosen += [stochastic(5, steps, steps) for steps in UNROLLED]
    chosen += [BINARIZED, binary(5)]
    chosen += [stochastic(5, 4, 4, pipeline=True), binary(5, pipeline=True)]
    chosen += [stochastic(5, 8, neurons=2), stochastic(5, 8, noise=True), binary(5, noise=True)]
    return list(dict.fromkeys(chosen))
