"""The data sets known by name, and their images in the package."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from spinsc.models.data.catalogue import DATASETS, embedded_images, recognize
from spinsc.models.data.images import Images
from tests.models.data.files import NAMES


def test_data_sets_are_recognized(isolated: Path, few: Images) -> None:
    DATASETS["mnist"] = dataclasses.replace(DATASETS["mnist"], digests=dict.fromkeys(NAMES["train"], "other"))
    assert recognize(few, "train") == "fashion-mnist"
    assert recognize(few[:6], "train") == ""
    assert recognize(dataclasses.replace(few, labels=few.labels[::-1]), "train") == ""


def test_embedded_images() -> None:
    digits = embedded_images()
    assert digits.images.shape == (1000, 784)
    assert digits.images.dtype == digits.labels.dtype == np.uint8
    assert list(digits.labels[:10]) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert len(digits[:32]) == 32


def test_embedded_clothes() -> None:
    clothes = embedded_images("fashion-mnist")
    assert clothes.images.shape == (1000, 784)
    assert list(clothes.labels[:10]) == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
    assert "MIT" in (DATASETS["fashion-mnist"].embedded.parent / "LICENSE.fashion-mnist.txt").read_text()
