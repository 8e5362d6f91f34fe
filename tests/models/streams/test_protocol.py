"""Streams that do not fit the network are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.protocol import checked_numbers


class Altered:
    """Ideal streams with a change to the activations' numbers."""

    period = 1

    def __init__(self, network: Network, change: Any) -> None:
        self.streams = IdealStreams(network, 1, 1)
        self.change = change

    def numbers(self, layer: int, slot: int) -> Any:
        activations, weights = self.streams.numbers(layer, slot)
        return self.change(activations), weights


@pytest.mark.parametrize(("change", "message"), [
    (lambda r: r[1:], r"shape \(360, 13\), not uint8 \(359, 13\)"),
    (lambda r: r[:, 1:], "make the streams for this network"),
    (lambda r: r.astype(np.int8), "unsigned integers"),
    (lambda r: r.astype(np.uint16) + 200, "must be below 256"),
])
def test_streams_of_another_network_are_refused(change: Any, message: str, network: Network) -> None:
    with pytest.raises(InputError, match=message):
        checked_numbers(network, Altered(network, change), 0, 0)
