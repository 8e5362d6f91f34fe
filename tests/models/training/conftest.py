"""Images that are there without a download."""

from __future__ import annotations

import pytest

from spinsc.models.data.catalogue import embedded_images
from spinsc.models.data.images import Images


@pytest.fixture(scope="module")
def digits() -> Images:
    return embedded_images()
