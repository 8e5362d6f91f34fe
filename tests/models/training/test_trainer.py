"""Training: the same network every time, whatever the images."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.artifact import load_artifact
from spinsc.models.data.images import Images
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import Trainer, train, train_on, validation_part
from tests.models.training.small import SMALL


def test_the_validation_part_is_what_training_sets_aside(digits: Images) -> None:
    for seed in (0, 4):
        trainer = Trainer(dataclasses.replace(SMALL, seed=seed), digits)
        part = validation_part(digits, seed, SMALL.validation_images)
        assert len(part) == SMALL.validation_images
        for found, held in zip((part.images, part.labels), trainer.validation, strict=True):
            assert np.array_equal(found, held.numpy())


def test_training_is_deterministic_and_learns(tmp_path: Path, digits: Images) -> None:
    config = dataclasses.replace(SMALL, hidden=(40,), epochs=12, batch_size=50)
    first = train_on(config, digits, digits, tmp_path / "a.npz", progress=False)
    train_on(config, digits, digits, tmp_path / "b.npz", progress=False)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert first.provenance["validation_accuracy_percent"] > 60
    assert first.provenance["settings"]["epochs"] == 12
    assert load_artifact(tmp_path / "a.npz").hash == first.hash
    assert not (tmp_path / "a.npz.checkpoint").exists()
    without = train_on(dataclasses.replace(config, sc=False), digits, digits, tmp_path / "c.npz", progress=False)
    assert without.hash != first.hash


def test_train_from_a_folder(tmp_path: Path, digits: Images) -> None:
    for stem, repeats in (("train", 6), ("t10k", 1)):
        for kind, array in (("images-idx3", digits.images.reshape(-1, 28, 28)), ("labels-idx1", digits.labels)):
            array = np.concatenate([array] * repeats)
            header = np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes()
            (tmp_path / f"{stem}-{kind}-ubyte").write_bytes(header + array.tobytes())
    network = train((8,), 3, 20, out=tmp_path / "sub" / "n.npz", sc=False, epochs=1, seed=9, data=tmp_path,
                    progress=False)
    assert network.sizes == (784, 8, 10)
    assert network.length == 20
    assert network.provenance["command"] == \
        "spinsc train --hidden 8 --states 3 --length 20 --no-sc --epochs 1 --seed 9 --batch-size 256 "\
        "--validation-images 750"


def test_wrong_output_and_too_few_images(tmp_path: Path, digits: Images) -> None:
    with pytest.raises(InputError, match="it is a folder"):
        train_on(SMALL, digits, digits, tmp_path, progress=False)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        train_on(SMALL, digits, digits, tmp_path / "file" / "n.npz", progress=False)
    with pytest.raises(InputError, match="too few"):
        train_on(SMALL, digits[:250], digits, tmp_path / "n.npz", progress=False)


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3, 2)])
def test_sizes_follow_the_images(tmp_path: Path, hidden: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    images = Images(rng.integers(0, 256, (40, 6 * 9), dtype=np.uint8),
                    rng.permutation(np.arange(40, dtype=np.uint8) % 7), "made here", (6, 9))
    config = TrainingConfig(hidden, states=3, length=8, epochs=1, batch_size=8, validation_images=10)
    network = train_on(config, images, images, tmp_path / "n.npz", progress=False)
    assert network.sizes == (54, *hidden, 7)
    assert network.provenance["data"] == "6 x 9 pixels, 7 classes, 30 training and 10 validation images"
    turned = dataclasses.replace(images, shape=(9, 6))
    unknown = dataclasses.replace(images, labels=images.labels + np.uint8(1))
    for other, words in ((turned, "9 x 6"), (unknown, "holds 8 classes")):
        with pytest.raises(InputError, match=rf"{words}.*same kind"):
            train_on(config, images, other, tmp_path / "n.npz", progress=False)
