"""Random maps of training images: affine ones, and elastic distortions after Simard, Steinkraus and Platt (2003)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from spinsc.models.compiled import compiled

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
    along_y : float32, shape (centres, height)
        Factors of the elastic field's bumps, which are one for each pair of centres.
    along_x : float32, shape (centres + 2, width)
        The others, then x, and 1.
    """

    def __init__(self, strength: float, shape: tuple[int, int], device: torch.device) -> None:
        self.strength = strength
        self.shape = shape
        (self.y, self.along_y), (x, along_x) = (
            tuple(torch.as_tensor(array, dtype=torch.float32, device=device) for array in (_from_centre(n), _bumps(n)))
            for n in shape)
        self.along_x = torch.cat((along_x * ELASTIC_PIXELS, x[None], torch.ones_like(x)[None]))

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The images (n, pixels), uint8, mapped; between pixels linear, and black around the image."""
        if self.strength == 0:
            return images
        n, device = len(images), images.device
        draw = torch.empty(n, 6, device=device).uniform_(-1, 1, generator=generator) * self.strength
        angle, shear = draw[:, 0] * ANGLE, draw[:, 1] * STRETCH
        wide, high = torch.exp(draw[:, 2] * STRETCH), torch.exp(draw[:, 3] * STRETCH)
        shift = draw[:, 4:] * SHIFT_PIXELS
        cos, sin = torch.cos(angle), torch.sin(angle)
        affine = torch.stack((wide * cos, wide * (shear * cos - sin), shift[:, 0],
                              high * sin, high * (shear * sin + cos), shift[:, 1]), 1)
        bumps = len(self.along_y) * (len(self.along_x) - 2)
        elastic = torch.empty(n, 2 * bumps, device=device).normal_(generator=generator) * self.strength
        places = self.fields(affine.view(2 * n, 3), elastic.view(2 * n, bumps)).view(n, 2, -1)
        if device.type != "cpu":
            return self.sampled(images, places)
        mapped = torch.empty_like(images)
        _sample(images.numpy(), *self.shape, places.numpy(), mapped.numpy())
        return mapped

    def fields(self, affine: torch.Tensor, elastic: torch.Tensor) -> torch.Tensor:
        """Sums of the fields x, y and 1, and of the bumps, with coefficients (n, 3) and (n, bumps); (n, pixels).

        x and y are in pixels from the centre of the image.
        """
        n, (height, width), centres = len(affine), self.shape, len(self.along_x) - 2
        summed_over_y = elastic.view(n, -1, centres).transpose(1, 2) @ self.along_y
        factors = torch.empty(n, height, centres + 2, device=affine.device)
        factors[:, :, :-2] = summed_over_y.transpose(1, 2)
        factors[:, :, -2] = affine[:, :1]
        factors[:, :, -1] = affine[:, 1:2] * self.y + affine[:, 2:]
        return (factors.view(n * height, -1) @ self.along_x).view(n, height * width)

    def sampled(self, images: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Images (n, pixels) at places x and y, shape (n, 2, pixels), by torch's operations, on any device."""
        n, (height, width) = len(images), self.shape
        # `grid_sample` counts -1 to 1 between the edges of the image
        scale = torch.tensor([2 / width, 2 / height], device=images.device)
        grid = places.view(n, 2, height, width) * scale[:, None, None]
        mapped = functional.grid_sample(images.view(n, 1, height, width).float(), grid.permute(0, 2, 3, 1),
                                        align_corners=False)
        return mapped.round_().to(torch.uint8).view(n, -1)


def _from_centre(pixels: int) -> npt.NDArray[np.float64]:
    """Centres of the pixels of a row or column, from the centre of the image."""
    return np.asarray(np.arange(pixels) - (pixels - 1) / 2, np.float64)


def _bumps(pixels: int) -> npt.NDArray[np.float64]:
    """Gaussians around centres that reach beyond the image, with squares that sum to 1 at every pixel."""
    centres = np.arange(-(pixels + SMOOTHNESS_PIXELS) / 2, pixels / 2 + SMOOTHNESS_PIXELS, SMOOTHNESS_PIXELS)
    distances = _from_centre(pixels) - centres[:, None]
    bumps = np.exp(-distances ** 2 / (2 * SMOOTHNESS_PIXELS ** 2))
    return np.asarray(bumps / np.sqrt((bumps ** 2).sum(0)))


@compiled
def _sample(images: Any, height: int, width: int, places: Any, mapped: Any) -> None:
    """See `Augmentation.sampled`, for CPUs: without branches, in an image with a border that all other places have."""
    pitch = width + 3
    framed = np.zeros((height + 3) * pitch, np.float32)
    pixels = height * width
    index = np.empty(pixels, np.int32)
    right, down = np.empty(pixels, np.float32), np.empty(pixels, np.float32)
    zero, half, last_x, last_y = np.float32(0), np.float32(0.5), np.float32(width + 1), np.float32(height + 1)
    for image in range(len(images)):
        for y in range(height):
            for x in range(width):
                framed[(y + 1) * pitch + x + 1] = images[image, y * width + x]
        for k in range(pixels):
            x_there = min(max(places[image, 0, k] + half * last_x, zero), last_x)
            y_there = min(max(places[image, 1, k] + half * last_y, zero), last_y)
            column, row = np.int32(x_there), np.int32(y_there)
            right[k], down[k] = x_there - np.float32(column), y_there - np.float32(row)
            index[k] = row * pitch + column
        for k in range(pixels):
            above = np.uint64(np.uint32(index[k]))
            below = above + np.uint64(pitch)
            upper = framed[above] + right[k] * (framed[above + np.uint64(1)] - framed[above])
            lower = framed[below] + right[k] * (framed[below + np.uint64(1)] - framed[below])
            mapped[image, k] = np.uint8(np.rint(upper + down[k] * (lower - upper)))
