"""Augmentation: small smooth maps of known size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spinsc.models.data.catalogue import embedded_images
from spinsc.models.data.images import IMAGE_SHAPE
from spinsc.models.training.augmentation import Augmentation, _sample

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.as_tensor(np.array(embedded_images().images))


def test_digits_are_moved_but_kept(pixels: torch.Tensor) -> None:
    moved = Augmentation(0.5, IMAGE_SHAPE, CPU)(pixels, torch.Generator().manual_seed(1))
    assert moved.dtype == torch.uint8
    assert not torch.equal(moved, pixels)
    assert abs(float(moved.float().mean() / pixels.float().mean()) - 1) < 0.1
    assert torch.equal(moved, Augmentation(0.5, IMAGE_SHAPE, CPU)(pixels, torch.Generator().manual_seed(1)))


def test_no_strength_no_map(pixels: torch.Tensor) -> None:
    assert torch.equal(Augmentation(0, IMAGE_SHAPE, CPU)(pixels, torch.Generator()), pixels)
    assert torch.equal(Augmentation(1e-9, IMAGE_SHAPE, CPU)(pixels, torch.Generator()), pixels)


@pytest.mark.parametrize("spread", [0.1, 3.0, 1000.0])
def test_the_loop_for_cpus_does_what_torch_does(pixels: torch.Tensor, spread: float) -> None:
    """Near the image's own pixels, between them, and far outside; sums in another order may round to the next byte."""
    y, x = np.mgrid[-13.5:14, -13.5:14].reshape(2, -1)
    places = torch.tensor(np.stack([x, y])).float().repeat(len(pixels), 1, 1)
    places += spread * torch.randn(places.shape, generator=torch.Generator().manual_seed(1))
    found = torch.empty_like(pixels)
    _sample(pixels.numpy(), *IMAGE_SHAPE, places.numpy(), found.numpy())
    difference = (found.int() - Augmentation(1, IMAGE_SHAPE, CPU).sampled(pixels, places).int()).abs()
    assert difference.max() <= 1
    assert difference.float().mean() < 1e-4


def test_the_elastic_field_is_uniform_and_smooth() -> None:
    """Of standard normal coefficients: a standard deviation of 1 everywhere."""
    augmentation = Augmentation(1, (20, 28), CPU)
    of_y, of_x = len(augmentation.along_y), len(augmentation.along_x)
    bumps = augmentation.fields(torch.eye(of_y * of_x).view(-1, of_y, of_x)).view(of_y, of_x, -1)[:-2, :-2].double()
    assert torch.allclose(bumps.square().sum((0, 1)), torch.ones(20 * 28).double(), rtol=1e-4)
    field = (torch.randn(500, bumps[..., 0].numel(), generator=torch.Generator().manual_seed(2)).double()
             @ bumps.flatten(0, 1)).view(-1, 20, 28)
    step = field.diff(dim=2).std() / field.std()
    assert 0.1 < step < 0.25  # of a Gaussian field: 1 / (sqrt(2) * 4 pixels) = 0.18


def test_fields_are_what_their_names_say() -> None:
    """x, y and 1 from the centre of the image, and Gaussians around centres 4 pixels apart."""
    height, width = 20, 28
    y, x = (field.ravel() for field in np.mgrid[-9.5:10, -13.5:14])
    centres_y, centres_x = (np.arange(-(n + 4) / 2, n / 2 + 4, 4) for n in (height, width))
    gaussians = np.array([[np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 32) for cx in centres_x] for cy in centres_y])
    gaussians /= np.sqrt((gaussians ** 2).sum((0, 1)))
    coefficients = np.random.default_rng(1).standard_normal((5, len(centres_y) + 2, len(centres_x) + 2))
    coefficients[:, -2:, :-2] = coefficients[:, :-2, -2:] = 0
    expected = np.einsum("nij,ijk->nk", coefficients[:, :-2, :-2], gaussians) + np.einsum(
        "nij,ijk->nk", coefficients[:, -2:, -2:], np.array([[x * y, y], [x, np.ones(x.size)]]))
    found = Augmentation(1, (height, width), CPU).fields(torch.tensor(coefficients).float())
    assert np.abs(found.numpy() - expected).max() < 1e-3


@pytest.mark.parametrize("strength", [0.1, 1.0])
def test_displacements_are_as_large_as_stated(strength: float) -> None:
    """In the centre, where only the shift (uniform, to 2 pixels) and the elastic field (normal, 2 pixels) displace."""
    places = Augmentation(strength, (21, 29), CPU).places(4000, torch.Generator().manual_seed(1)).view(-1, 2, 21, 29)
    displacement = places[:, :, 10, 14]
    assert (displacement.mean(0).abs() < 0.2 * strength).all()
    assert torch.allclose(displacement.var(0), torch.full((2,), (2 * strength) ** 2 * (1 / 3 + 1)), rtol=0.1)


def test_images_of_any_shape() -> None:
    """A spot in the centre of wide images, under affine maps: shifted by up to 1 pixel, up and down and sideways."""
    augmentation = Augmentation(0.5, (10, 30), CPU)
    augmentation.along_x[:-2] = 0
    spot = torch.zeros(1, 10, 30, dtype=torch.uint8)
    spot[0, 4:6, 14:16] = 200
    moved = augmentation(spot.view(1, 300).repeat(400, 1), torch.Generator().manual_seed(3)).view(400, 10, 30).float()
    for size, other in ((10, 2), (30, 1)):
        centre = (moved.sum(other) * (torch.arange(size) - (size - 1) / 2)).sum(1) / moved.sum((1, 2))
        assert centre.abs().max() < 1.2
        assert abs(centre.std() - 1 / 3 ** 0.5) < 0.07  # of uniform numbers from -1 to 1
