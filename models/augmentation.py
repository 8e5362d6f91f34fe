"""Random maps of training images: affine ones, and elastic distortions after Simard, Steinkraus and Platt (2003)."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from .data import IMAGE_SHAPE, PIXELS

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

    def __init__(self, strength: float, device: torch.device) -> None:
        self.strength = strength
        height, width = IMAGE_SHAPE
        # pixel centres as `grid_sample` counts them, from -1 to 1 between the edges of the image
        y, x = ((2 * np.arange(n) + 1) / n - 1 for n in (height, width))
        yy, xx = (field.ravel() for field in np.meshgrid(y, x, indexing="ij"))
        step = 2 * SMOOTHNESS_PIXELS / width
        cy, cx = (field.reshape(-1, 1) for field in np.meshgrid(*[np.arange(-1 - step / 2, 1 + step, step)] * 2))
        bumps = np.exp(-((xx - cx) ** 2 + (yy - cy) ** 2) / (2 * step ** 2))
        bumps *= ELASTIC_PIXELS * 2 / width / np.sqrt((bumps ** 2).sum(0))
        self.fields = torch.as_tensor(np.stack([xx, yy, np.ones(PIXELS), *bumps]), dtype=torch.float32, device=device)

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The images (n, 784), float pixels, mapped and rounded to bytes."""
        if self.strength == 0:
            return images
        n, device = len(images), images.device
        draw = torch.empty(n, 6, device=device).uniform_(-1, 1, generator=generator) * self.strength
        angle, shear = draw[:, 0] * ANGLE, draw[:, 1] * STRETCH
        wide, high = torch.exp(draw[:, 2] * STRETCH), torch.exp(draw[:, 3] * STRETCH)
        shift = draw[:, 4:] * (SHIFT_PIXELS * 2 / IMAGE_SHAPE[0])
        cos, sin = torch.cos(angle), torch.sin(angle)
        affine = torch.stack((wide * cos, wide * (shear * cos - sin), shift[:, 0],
                              high * sin, high * (shear * sin + cos), shift[:, 1]), 1).view(n, 2, 3)
        elastic = torch.empty(n, 2, len(self.fields) - 3, device=device).normal_(generator=generator)
        factors = torch.cat((affine, elastic * self.strength), 2)
        grid = (factors.view(2 * n, -1) @ self.fields).view(n, 2, *IMAGE_SHAPE).permute(0, 2, 3, 1)
        mapped = functional.grid_sample(images.view(n, 1, *IMAGE_SHAPE), grid, align_corners=False)
        return mapped.round_().view(n, PIXELS)
