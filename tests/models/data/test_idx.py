"""IDX files: read whatever their spelling, each kind of damage named."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.data.catalogue import Split
from spinsc.models.data.images import Images
from spinsc.models.data.sources import load_dataset
from tests.models.data.files import NAMES, idx_files, write_folder


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("split", ["train", "test"])
def test_folder_of_idx_files(tmp_path: Path, few: Images, compress: bool, dotted: bool, split: Split) -> None:
    for name, content in zip(NAMES[split], idx_files(few), strict=True):
        name = name.replace("-idx", ".idx") if dotted else name
        (tmp_path / (name + ".gz" * compress)).write_bytes(gzip.compress(content) if compress else content)
    found = load_dataset("mnist", split, tmp_path)
    assert np.array_equal(found.images, few.images)
    assert np.array_equal(found.labels, few.labels)
    assert str(tmp_path) in found.source


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize(("damage", "message"), [
    (lambda content: content[:3], "truncated"),
    (lambda content: content[:-1], "truncated"),
    (lambda content: content + b"x", "too long"),
    (lambda content: b"\0\0\0\0" + content[4:], "magic number is 0x00000000"),
    (lambda content: gzip.compress(content)[:-9], "damaged or truncated"),
    (lambda content: gzip.compress(content[:-1]), "truncated"),
    (lambda content: b"\x1f\x8b" + content[2:], "damaged"),
])
def test_damaged_idx_file(tmp_path: Path, few: Images, which: int, damage, message: str) -> None:  # type: ignore[no-untyped-def]
    write_folder(tmp_path, few)
    path = tmp_path / NAMES["train"][which]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=message) as caught:
        load_dataset("mnist", "train", tmp_path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folder_without_files(tmp_path: Path, few: Images) -> None:
    with pytest.raises(InputError, match="no data folder"):
        load_dataset("mnist", "train", tmp_path / "absent")
    write_folder(tmp_path, few)
    (tmp_path / NAMES["train"][1]).unlink()
    with pytest.raises(InputError, match="has no train-labels-idx1-ubyte"):
        load_dataset("mnist", "train", tmp_path)
