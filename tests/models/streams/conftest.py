"""A network whose lanes and widths differ."""

from __future__ import annotations

import pytest

from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    """Widths of 8, 2 and 0 bits, several passes, and lanes that do not divide the inputs."""
    return random_network((30, 9, 4), input_states=11, weight_states=5, activation_states=2, length=40, seed=1,
                          folding=[Folding(13, 4), Folding(9, 4)])
