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
    along_y, along_x : float32, shapes (functions, height) and (functions, width)
        The functions: bumps around centres, whose products are those of the elastic field; the coordinate; and 1.
    """

    def __init__(self, strength: float, shape: tuple[int, int], device: torch.device) -> None:
        self.strength = strength
        self.shape = shape
        self.along_y, self.along_x = (torch.as_tensor(_functions(n), dtype=torch.float32, device=device) for n in shape)

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """The images (n, pixels), uint8, mapped; between pixels linear, and black around the image."""
        if self.strength == 0:
            return images
        places = self.places(len(images), generator)
        if images.device.type != "cpu":
            return self.sampled(images, places)
        mapped = torch.empty_like(images)
        _sample(images.numpy(), *self.shape, places.numpy(), mapped.numpy())
        return mapped

    def places(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Where n random maps take the pixels from: x and y, in pixels from the centre, shape (n, 2, pixels)."""
        device = self.along_x.device
        draw = torch.empty(n, 6, device=device).uniform_(-1, 1, generator=generator) * self.strength
        angle, shear = draw[:, 0] * ANGLE, draw[:, 1] * STRETCH
        wide, high = torch.exp(draw[:, 2] * STRETCH), torch.exp(draw[:, 3] * STRETCH)
        cos, sin = torch.cos(angle), torch.sin(angle)
        coefficients = torch.zeros(n, 2, len(self.along_y), len(self.along_x), device=device)
        elastic = coefficients[:, :, :-2, :-2]
        elastic.copy_(torch.empty(elastic.shape, device=device).normal_(std=ELASTIC_PIXELS * self.strength,
                                                                        generator=generator))
        coefficients[:, :, -1, -2] = torch.stack((wide * cos, high * sin), 1)
        coefficients[:, :, -2, -1] = torch.stack((wide * (shear * cos - sin), high * (shear * sin + cos)), 1)
        coefficients[:, :, -1, -1] = draw[:, 4:] * SHIFT_PIXELS
        return self.fields(coefficients)

    def fields(self, coefficients: torch.Tensor) -> torch.Tensor:
        """Sums of products of the functions, with coefficients (..., functions of y, functions of x); (..., pixels).

        As x and y, they are in pixels from the centre of the image.
        """
        *shape, of_y, of_x = coefficients.shape
        return (self.along_y.T @ (coefficients.view(-1, of_y, of_x) @ self.along_x)).view(*shape, -1)

    def sampled(self, images: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Images (n, pixels) at places x and y, shape (n, 2, pixels), by torch's operations, on any device."""
        n, (height, width) = len(images), self.shape
        # `grid_sample` counts -1 to 1 between the edges of the image
        scale = torch.tensor([2 / width, 2 / height], device=images.device)
        grid = places.view(n, 2, height, width) * scale[:, None, None]
        mapped = functional.grid_sample(images.view(n, 1, height, width).float(), grid.permute(0, 2, 3, 1),
                                        align_corners=False)
        return mapped.round_().to(torch.uint8).view(n, -1)


def _functions(pixels: int) -> npt.NDArray[np.float64]:
    """Of the pixels of a row or column, counted from the centre of the image: bumps, the coordinate, and 1.

    The bumps are Gaussians around centres that reach beyond the image, with squares that sum to 1 at every pixel.
    """
    at = np.arange(pixels) - (pixels - 1) / 2
    centres = np.arange(-(pixels + SMOOTHNESS_PIXELS) / 2, pixels / 2 + SMOOTHNESS_PIXELS, SMOOTHNESS_PIXELS)
    bumps = np.exp(-(at - centres[:, None]) ** 2 / (2 * SMOOTHNESS_PIXELS ** 2))
    return np.concatenate((bumps / np.sqrt((bumps ** 2).sum(0)), [at, np.ones(pixels)]))


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
