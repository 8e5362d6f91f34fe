"""Images of your own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.data.images import Images, check_images, load_images


def test_own_images(tmp_path: Path, few: Images) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, images=few.images.reshape(-1, 28, 28), labels=few.labels.astype(np.int64))
    found = load_images(path)
    assert np.array_equal(found.images, few.images)
    assert found.labels.dtype == np.uint8
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a readable image file"):
        load_images(path)
    np.savez(path, images=few.images)
    with pytest.raises(InputError, match="'images' and 'labels'"):
        load_images(path)
    with pytest.raises(InputError, match="no image file"):
        load_images(tmp_path / "absent.npz")


@pytest.mark.parametrize(("images", "labels", "message"), [
    (np.zeros((3, 784)), np.zeros(3, np.uint8), "not float64"),
    (np.zeros((3, 0), np.uint8), np.zeros(3, np.uint8), r"\(3, 0\)"),
    (np.zeros((3, 1, 28, 28), np.uint8), np.zeros(3, np.uint8), r"\(3, 1, 28, 28\)"),
    (np.zeros(784, np.uint8), np.zeros(1, np.uint8), r"\(784,\)"),
    (np.zeros((3, 784), np.uint8), np.zeros(4, np.uint8), "3 integers"),
    (np.zeros((3, 784), np.uint8), np.zeros(3), "not float64"),
    (np.zeros((3, 784), np.uint8), np.array([0, 1, 256]), "0 to 256"),
    (np.zeros((3, 784), np.uint8), np.array([-1, 1, 9]), "-1 to 9"),
    (np.zeros((0, 784), np.uint8), np.zeros(0, np.uint8), "no images"),
])
def test_wrong_arrays(images: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_images(images, labels, "these")
