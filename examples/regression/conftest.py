"""The hardware under test: a shipped network, folded small so that it builds in seconds."""

from pathlib import Path

import pytest

from spinsc.gen.emit import emit
from spinsc.models.shipped import load_network

HARDWARE = Path(__file__).parent / "build" / "mlp1"


@pytest.fixture(scope="session", autouse=True)
def hardware():
    if not HARDWARE.exists():
        emit(load_network("mlp1-k5").with_folding(28, 50), HARDWARE)
    return HARDWARE
