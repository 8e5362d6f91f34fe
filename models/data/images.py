"""Labelled images, from arrays and from files of your own."""

from __future__ import annotations

import dataclasses
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.archives import DamagedArchive, memory_bytes, open_archive
from spinsc.errors import InputError

#: Height and width of an image of MNIST.
IMAGE_SHAPE = (28, 28)
MAX_CLASSES = 256


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """Labelled images.

    Attributes
    ----------
    images : uint8, shape (n, height * width)
        Pixels, row-major; in MNIST from 0 (paper) to 255 (ink).
    labels : uint8, shape (n,)
        Classes, from 0.
    source : str
        Where they come from, in words.
    shape : tuple of int
        Height and width.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    source: str
    shape: tuple[int, int] = IMAGE_SHAPE

    def __repr__(self) -> str:
        height, width = self.shape
        return f"Images({len(self):,} of {height} x {width} pixels, {self.classes} classes: {self.source})"

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, part: slice) -> Images:
        return dataclasses.replace(self, images=self.images[part], labels=self.labels[part])

    @property
    def classes(self) -> int:
        """One more than the highest label."""
        return int(self.labels.max()) + 1


def check_images(images: Any, labels: Any, source: str) -> Images:
    """Make `Images` of arrays: images uint8 (n, pixels) or (n, height, width), labels integers 0..255 of shape (n,).

    Rows of pixels count as square images where that is possible, else as images of height 1.

    Raises
    ------
    InputError
        If a shape, a dtype or a label is wrong.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype != np.uint8 or images.ndim not in (2, 3) or 0 in images.shape[1:]:
        raise InputError(f"{source}: images must be uint8 of shape (n, pixels) or (n, height, width), "
                         f"not {images.dtype} {images.shape}; scale them to bytes")
    if labels.dtype.kind not in "iu" or labels.shape != (len(images),):
        raise InputError(f"{source}: labels must be {len(images)} integers, one per image, "
                         f"not {labels.dtype} {labels.shape}")
    if not len(images):
        raise InputError(f"{source} holds no images")
    if labels.min() < 0 or labels.max() >= MAX_CLASSES:
        raise InputError(f"{source}: labels must be from 0 to {MAX_CLASSES - 1}, not {labels.min()} to {labels.max()}")
    pixels = math.prod(images.shape[1:])
    side = math.isqrt(pixels)
    height, width = images.shape[1:] if images.ndim == 3 else (side, side) if side * side == pixels else (1, pixels)
    return Images(images.reshape(len(images), pixels), labels.astype(np.uint8), source, (height, width))


def load_images(path: str | os.PathLike[str]) -> Images:
    """Images of your own: a .npz file with the arrays ``images`` and ``labels`` (see `check_images`)."""
    path = Path(path)
    try:
        with open_archive(path) as archive:
            labels = archive.read("labels", memory_bytes() // 8)
            shape, dtype = archive.header("images")
            if dtype != np.uint8 or shape[:1] != labels.shape[:1]:
                raise InputError(f"{path}: 'images' must be uint8, one for each of {len(labels.ravel())} labels, "
                                 f"not {dtype} {shape}; scale them to bytes")
            images = archive.read("images", memory_bytes() // 2)
    except FileNotFoundError:
        raise InputError(f"no image file {path}; give a .npz file with the arrays 'images' and 'labels'") from None
    except DamagedArchive as error:
        raise InputError(f"{path} is not a readable image file ({error}); "
                         "give a .npz file with the arrays 'images' and 'labels'") from None
    return check_images(images, labels, str(path))
