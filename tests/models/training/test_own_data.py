"""Training on samples of one's own: small sets, tables, thresholds from the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spinsc
from spinsc.errors import InputError
from spinsc.models.artifact import load_artifact
from spinsc.models.data.own import own_sets
from spinsc.models.nn.quantizer import quantile_thresholds
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import fitting_settings, train, train_on
from tests.models.importing.networks import blobs


def table(path: Path, features: int = 5, rows: int = 400, *, skewed: bool = False) -> Path:
    points, labels = blobs(features, 3, rows)
    names = np.array(["ash", "beech", "oak"])[labels]
    rest = np.exp(2 * points) if skewed else points
    path.write_text("\n".join([",".join([*(f"f{n}" for n in range(features)), "label"]),
                               *(",".join([*map(str, row), name]) for row, name in zip(rest, names, strict=True))]))
    return path


def test_a_table_becomes_a_network_that_takes_the_table(tmp_path: Path) -> None:
    data = table(tmp_path / "trees.csv")
    network = train((8,), 5, 64, out=tmp_path / "trees.npz", data=data, epochs=20, progress=False)
    assert network.sizes == (5, 8, 3)
    assert network.provenance["classes"] == ["ash", "beech", "oak"]
    assert len(network.provenance["features"]["gain"]) == 5
    settings = network.provenance["settings"]
    assert (settings["validation_images"], settings["batch_size"], settings["augmentation"]) == (40, 16, 0)
    assert network.provenance["test_accuracy_percent"] > 80
    found = spinsc.evaluate(tmp_path / "trees.npz", data)
    assert found.accuracy > 0.8
    assert load_artifact(tmp_path / "trees.npz").dataset == ""
    assert "--batch-size 16 --augmentation 0.0 --validation-images 40" in network.provenance["command"]


def test_given_settings_hold(tmp_path: Path) -> None:
    data = table(tmp_path / "trees.csv")
    network = train((4,), 3, 16, out=tmp_path / "t.npz", data=data, test=data, epochs=1, progress=False,
                    validation_images=7, batch_size=5)
    assert network.provenance["data"] == "5 features, 3 classes, 393 training and 7 validation images"
    with pytest.raises(InputError, match="augmentation must be 0 for rows of features"):
        train((4,), 3, 16, out=tmp_path / "u.npz", data=data, augmentation=0.5, progress=False)
    with pytest.raises(InputError, match="data of your own"):
        train((4,), 3, 16, out=tmp_path / "u.npz", label_column="x", progress=False)


@pytest.mark.parametrize(("samples", "validation", "batch"), [
    (5, 1, 2), (16, 2, 2), (100, 12, 4), (1000, 125, 32), (60_000, 5000, 512)])
def test_settings_follow_the_size(tmp_path: Path, samples: int, validation: int, batch: int) -> None:
    rng = np.random.default_rng(1)
    np.savez(tmp_path / "d.npz", x=rng.normal(0, 1, (samples, 2)), y=rng.integers(0, 2, samples))
    np.savez(tmp_path / "t.npz", x=rng.normal(0, 1, (9, 2)), y=rng.integers(0, 2, 9))
    found = fitting_settings(own_sets(tmp_path / "d.npz", tmp_path / "t.npz"))
    assert (found["validation_images"], found["batch_size"]) == (validation, batch)
    assert found["dataset"] == ""


def test_thresholds_from_the_data(tmp_path: Path) -> None:
    """Of features that spread over decades, even steps see little; quantiles see them all."""
    sets = own_sets(table(tmp_path / "trees.csv", features=8, rows=800, skewed=True))
    accuracy = {}
    for kind in ("even", "quantiles"):
        config = TrainingConfig((16,), 5, 64, epochs=12, **fitting_settings(sets) | {"input_thresholds": kind})
        network = train_on(config, sets.training, sets.test, tmp_path / f"{kind}.npz", progress=False)
        accuracy[kind] = network.provenance["test_accuracy_percent"]
    assert accuracy["quantiles"] > accuracy["even"] + 5
    assert f"--input-thresholds {kind}" in network.provenance["command"]
    with pytest.raises(InputError, match="input_thresholds must be even or quantiles"):
        TrainingConfig((16,), 5, 64, input_thresholds="odd")


def test_quantiles_share_the_bytes_evenly() -> None:
    pixels = np.repeat(np.arange(256), 10).astype(np.uint8)
    for states in (2, 3, 5, 16, 256):
        thresholds = quantile_thresholds(states, pixels)
        share = np.bincount(np.searchsorted(thresholds, pixels[pixels > 0], side="right"), minlength=states)
        assert share.max() - share.min() <= 20
    assert quantile_thresholds(5, np.array([0, 0, 9, 9], np.uint8)).tolist() == [9, 10, 11, 12]
    assert quantile_thresholds(4, np.full(9, 255, np.uint8)).tolist() == [255, 255, 255]
    assert quantile_thresholds(3, np.zeros(9, np.uint8)).tolist() == [1, 2]
