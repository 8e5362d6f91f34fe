"""Where the known data sets may be: a folder, the cache, an installed package, public mirrors."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.models.data.catalogue import IDX_NAMES, SPLITS, Dataset, Split, find_dataset, is_canonical
from spinsc.models.data.idx import find_idx, read_idx
from spinsc.models.data.images import Images, check_images, load_images


@dataclass(frozen=True)
class DataSource:
    """A place where a data set may be: its name, whether it is ready for use, and where it is or how to get it."""

    name: str
    available: bool
    detail: str


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


def describe_sources(dataset: str = "mnist", folder: str | os.PathLike[str] | None = None) -> list[DataSource]:
    """What `load_dataset` would find, without downloading or parsing anything; the first available one is used."""
    known = find_dataset(dataset)
    sources = []
    if folder is not None:
        for split, names in IDX_NAMES.items():
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
    paths = [find_idx(folder, name) for name in IDX_NAMES[split]]
    for path, name in zip(paths, IDX_NAMES[split], strict=True):
        if path is None:
            raise InputError(f"{folder} has no {name} (.gz or not); give a folder that holds all four IDX files")
    found = [path for path in paths if path is not None]
    return check_images(read_idx(found[0], 3), read_idx(found[1], 1), str(found[0]))


def _has_idx(known: Dataset) -> bool:
    """Whether the package that brings IDX files is installed."""
    return bool(known.folder) and all(find_idx(Path(known.folder), name) for name in known.digests)


def _check_canonical(known: Dataset, split: Split, found: Images, path: Path) -> None:
    if not is_canonical(known, split, found):
        raise InputError(f"{path} is not the {known.title} {split} set; '{known.install}' again")


def _cache_path(known: Dataset, split: str) -> Path:
    return Path(platformdirs.user_cache_dir("spinsc")) / f"{known.name}_{split}.npz"


def _from_cache(known: Dataset, split: Split) -> Images | None:
    """The cached set, or None if there is none or it is damaged (then it is made again)."""
    try:
        found = load_images(_cache_path(known, split))
    except InputError:
        return None
    return dataclasses.replace(found, source="cache") if is_canonical(known, split, found) else None


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
    for name in IDX_NAMES[split]:
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
                             f"({', '.join(errors)}); {known.how_to_get}")
    return check_images(read_idx(paths[0], 3), read_idx(paths[1], 1), "public mirror")
