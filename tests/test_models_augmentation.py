"""Augmentation: small smooth maps of known size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinsc.models.augmentation import ELASTIC_PIXELS, Augmentation
from spinsc.models.data import PIXELS, embedded_digits

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.as_tensor(np.array(embedded_digits().images)).float()


def test_digits_are_moved_but_kept(pixels: torch.Tensor) -> None:
    moved = Augmentation(0.5, CPU)(pixels, torch.Generator().manual_seed(1))
    assert torch.equal(moved, moved.round())
    assert moved.min() >= 0
    assert moved.max() <= 255
    assert not torch.equal(moved, pixels)
    assert abs(float(moved.mean() / pixels.mean()) - 1) < 0.1
    assert torch.equal(moved, Augmentation(0.5, CPU)(pixels, torch.Generator().manual_seed(1)))


def test_no_strength_no_map(pixels: torch.Tensor) -> None:
    assert torch.equal(Augmentation(0, CPU)(pixels, torch.Generator()), pixels)
    assert torch.allclose(Augmentation(1e-9, CPU)(pixels, torch.Generator()), pixels, atol=1e-2)


def test_the_elastic_field_is_uniform_and_smooth() -> None:
    bumps = Augmentation(1, CPU).fields[3:].double() * 14  # in pixels
    assert torch.allclose(bumps.square().sum(0), torch.full((PIXELS,), float(ELASTIC_PIXELS ** 2)).double(), rtol=1e-4)
    field = (torch.randn(500, len(bumps), generator=torch.Generator().manual_seed(2)).double() @ bumps).view(-1, 28, 28)
    step = field.diff(dim=2).std() / field.std()
    assert 0.1 < step < 0.25  # of a Gaussian field: 1 / (sqrt(2) * 4 pixels) = 0.18
