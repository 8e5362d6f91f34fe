"""IDX files, written without the code that reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spinsc.models.data.images import Images

NAMES = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
         "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}


def idx_file(magic: int, shape: tuple[int, ...], payload: bytes) -> bytes:
    return np.array([magic, *shape], ">u4").tobytes() + payload


def idx_files(few: Images) -> tuple[bytes, bytes]:
    return (idx_file(0x803, (len(few), *few.shape), few.images.tobytes()),
            idx_file(0x801, (len(few),), few.labels.tobytes()))


def write_folder(folder: Path, few: Images, split: str = "train") -> None:
    for name, content in zip(NAMES[split], idx_files(few), strict=True):
        (folder / name).write_bytes(content)
