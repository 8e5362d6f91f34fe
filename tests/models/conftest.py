"""A network for tests that only need one."""

from __future__ import annotations

import pytest

from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return random_network((12, 5, 3), input_states=5, weight_states=4, activation_states=3, length=20, seed=1,
                          folding=[Folding(5, 2), Folding(5, 3)])
