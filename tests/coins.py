"""Coin flips for the replay memories of a network."""

import numpy as np

from spinsc.gen.random_sources.replay import Replay
from spinsc.gen.random_sources.source import RecordedImage


def replay_of_coins(network, rng):
    """Random source whose memories hold an image's coin flips."""
    return Replay(RecordedImage({
        number: rng.integers(0, 2, (network.samples[number], layer.devices), dtype=np.uint8)
        for number, layer in enumerate(network.layers)}, "coins"))
