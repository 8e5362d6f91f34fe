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
    All are sums of fixed fields with random coefficients, so the maps of a batch are one matrix product.
    """

    def __init__(self, strength: float, shape: tuple[int, int], device: torch.device) -> None:
        self.strength = strength
        self.shape = shape
        # pixel centres, from the centre of the image; `grid_sample` counts -1 to 1 between its edges
        y, x = (np.arange(n) - (n - 1) / 2 for n in shape)
        yy, xx = (field.ravel() for field in np.meshgrid(y, x, indexing="ij"))
        cy, cx = (np.arange(-(n + SMOOTHNESS_PIXELS) / 2, n / 2 + SMOOTHNESS_PIXELS, SMOOTHNESS_PIXELS) for n in shape)
        cyy, cxx = (field.reshape(-1, 1) for field in np.meshgrid(cy, cx, indexing="ij"))
        bumps = np.exp(-((xx - cxx) ** 2 + (yy - cyy) ** 2) / (2 * SMOOTHNESS_PIXELS ** 2))
        bumps *= ELASTIC_PIXELS / np.sqrt((bumps ** 2).sum(0))
        self.fields = torch.as_tensor(np.stack([xx, yy, np.ones(xx.size), *bumps]), dtype=torch.float32, device=device)
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
        elastic = torch.empty(n, 2, len(self.fields) - 3, device=device).normal_(generator=generator)
        factors = torch.cat((affine, elastic * self.strength), 2)
        grid = (factors * self.scale).view(2 * n, -1) @ self.fields
        mapped = functional.grid_sample(images.view(n, 1, *self.shape),
                                        grid.view(n, 2, *self.shape).permute(0, 2, 3, 1), align_corners=False)
        return mapped.round_().view(n, -1)
