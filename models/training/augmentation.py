"""Random maps of training images: affine ones, and elastic distortions after Simard, Steinkraus and Platt (2003)."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

ANGLE = np.radians(12)
STRETCH = 0.15
SHIFT_PIXELS = 2
ELASTIC_PIXELS = 2
# of the Gaussian by which random displacements are smoothed, and of the grid of their centres
SMOOTHNESS_PIXELS = 4


class Augmentation:
    """Images, each under a smooth random map of its own.

    A map is an affine part (rotation up to 12 degrees, stretch and shear up to 15 %, shift up to 2 pixels) and an
    elastic one (a smooth Gaussian field, with a standard deviation of 2 pixels everywhere), each times ``strength``.
    All are sums of fixed fields with random coefficients. Each field is a function of y times one of x, so the maps of
    a batch are two small matrix products.

    Attributes
    ----------
    along_y, along_x : float32, shape (centres, height), (centres, width)
        Factors of the elastic field's bumps, which are one for each pair of centres.
    """

    def __init__(self, strength: float, shape: tuple[int, int], device: torch.device) -> None:
        self.strength = strength
        self.shape = shape
        # pixel centres, from the centre of the image; `grid_sample` counts -1 to 1 between its edges
        self.y, self.x = (torch.arange(n, dtype=torch.float32, device=device) - (n - 1) / 2 for n in shape)
        self.along_y, along_x = (_bumps(n, device) for n in shape)
        self.along_x = along_x * ELASTIC_PIXELS
        self.scale = torch.tensor([2 / shape[1], 2 / shape[0]], dtype=torch.float32, device=device).view(1, 2, 1)

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The images (n, pixels), float, mapped and rounded to bytes."""
        if self.strength == 0:
            return images
        n, device = len(images), images.device
        draw = torch.empty(n, 6, device=device).uniform_(-1, 1, generator=generator) * self.strength
        angle, shear = draw[:, 0] * ANGLE, draw[:, 1] * STRETCH
        wide, high = torch.exp(draw[:, 2] * STRETCH), torch.exp(draw[:, 3] * STRETCH)
        shift = draw[:, 4:] * SHIFT_PIXELS
        cos, sin = torch.cos(angle), torch.sin(angle)
        affine = torch.stack((wide * cos, wide * (shear * cos - sin), shift[:, 0],
                              high * sin, high * (shear * sin + cos), shift[:, 1]), 1).view(n, 2, 3)
        elastic = torch.empty(n, 2, len(self.along_y) * len(self.along_x), device=device).normal_(generator=generator)
        elastic *= self.scale * self.strength
        grid = self.fields((affine * self.scale).view(2 * n, 3), elastic.view(2 * n, -1))
        mapped = functional.grid_sample(images.view(n, 1, *self.shape),
                                        grid.view(n, 2, *self.shape).permute(0, 2, 3, 1), align_corners=False)
        return mapped.round_().view(n, -1)

    def fields(self, affine: torch.Tensor, elastic: torch.Tensor) -> torch.Tensor:
        """Sums of the fields x, y and 1, and of the bumps, with coefficients (n, 3) and (n, bumps); (n, pixels)."""
        n, (height, width), centres = len(affine), self.shape, len(self.along_x)
        summed_over_y = elastic.view(n, -1, centres).transpose(1, 2) @ self.along_y
        factors = torch.empty(n, height, centres + 2, device=affine.device)
        factors[:, :, :-2] = summed_over_y.transpose(1, 2)
        factors[:, :, -2] = affine[:, :1]
        factors[:, :, -1] = affine[:, 1:2] * self.y + affine[:, 2:]
        along_x = torch.cat((self.along_x, self.x[None], torch.ones_like(self.x)[None]))
        return (factors.view(n * height, -1) @ along_x).view(n, height * width)


def _bumps(pixels: int, device: torch.device) -> torch.Tensor:
    """Gaussians around centres that reach beyond the image, with squares that sum to 1 at every pixel."""
    at = np.arange(pixels) - (pixels - 1) / 2
    centres = np.arange(-(pixels + SMOOTHNESS_PIXELS) / 2, pixels / 2 + SMOOTHNESS_PIXELS, SMOOTHNESS_PIXELS)
    bumps = np.exp(-((at - centres[:, None]) ** 2) / (2 * SMOOTHNESS_PIXELS ** 2))
    return torch.as_tensor(bumps / np.sqrt((bumps ** 2).sum(0)), dtype=torch.float32, device=device)
