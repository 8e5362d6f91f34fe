"""Labelled samples of your own: images or tables of features, from NumPy archives, text tables and IDX files."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.archives import DamagedArchive, memory_bytes, open_archive
from spinsc.errors import InputError, did_you_mean
from spinsc.models.contract import PIXEL_LEVELS
from spinsc.models.data.catalogue import Split
from spinsc.models.data.features import FeatureScaling
from spinsc.models.data.images import MAX_CLASSES, Images, check_images
from spinsc.models.data.sources import load_dataset

#: Names that arrays have, and columns of labels, in the order in which they are looked for.
VALUES, LABELS = ("images", "x", "features", "data"), ("labels", "y", "targets", "target", "class", "label")
#: Names of their parts in an archive that has both sets, before or behind the array's name.
PARTS: dict[Split, tuple[str, ...]] = {"train": ("train",), "test": ("test", "val")}
TABLES = (".csv", ".tsv", ".txt")
#: Whole numbers up to a byte, at least one of which is beyond this, are pixels.
_PIXELS_BEYOND = 127


@dataclass(frozen=True, eq=False, repr=False)
class Samples:
    """Samples and, perhaps, their classes.

    Attributes
    ----------
    values : uint8 or float64, shape (n, features)
        Bytes, as images are, or real numbers.
    labels : uint8, shape (n,), or None
        From 0.
    source : str
        Where they come from, in words.
    classes : tuple of str
        Names of the classes, where the labels were words.
    shape : tuple of int
        Height and width of images.
    """

    values: npt.NDArray[Any]
    labels: npt.NDArray[np.uint8] | None
    source: str
    classes: tuple[str, ...] = ()
    shape: tuple[int, int] = (1, 1)

    def __repr__(self) -> str:
        kind = "real numbers" if self.real else "bytes"
        return f"Samples({len(self):,} of {self.values.shape[1]} features, {kind}: {self.source})"

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Any) -> Samples:
        return dataclasses.replace(self, values=self.values[rows],
                                   labels=None if self.labels is None else self.labels[rows])

    @property
    def real(self) -> bool:
        """Whether the features are real numbers, which have to be scaled to bytes."""
        return self.values.dtype != np.uint8

    def images(self, scaling: FeatureScaling | None) -> Images:
        """As bytes, by a scaling of real numbers."""
        if self.labels is None:
            raise InputError(f"{self.source} has no labels; give an array or a column named labels, y or class")
        if self.real and scaling is None:
            raise InputError(f"{self.source} holds real numbers, but the network was trained on bytes; scale them to 0 "
                             "to 255, as the training data were")
        values = scaling.bytes(self.values) if self.real and scaling is not None else self.values
        return Images(values, self.labels, self.source, self.shape)


def load_samples(path: str | os.PathLike[str], split: Split = "test", *, label_column: str | None = None) -> Samples:
    """Samples of a file or folder.

    Parameters
    ----------
    path : path
        A NumPy archive (.npz) with the arrays ``images`` (or ``x``, ``features``, ``data``) and ``labels`` (or ``y``,
        ``targets``), perhaps as ``x_train``, ``y_train``, ``x_test``, ``y_test``; a table (.csv, .tsv, .txt), a row per
        sample; a .npy file of values alone; or a folder of IDX files.
    split : "train" or "test"
        Which of two sets, where there are two.
    label_column : str, optional
        Name or position from 0 of a table's labels; by default the column named label, class, target or y, else the
        last one.

    Raises
    ------
    InputError
    """
    path = Path(path)
    if path.is_dir() or not (path.suffix or path.exists()):
        found = load_dataset("", split, path)
        return Samples(found.images, found.labels, found.source, shape=found.shape)
    try:
        if path.suffix == ".npz":
            return _from_archive(path, split)
        if path.suffix == ".npy":
            return as_samples(np.load(path, allow_pickle=False), None, str(path))
        if path.suffix.lower() in TABLES:
            return _from_table(path, label_column)
    except FileNotFoundError:
        raise InputError(f"no file {path}; give a .npz file with 'images' and 'labels', a table, or a folder of IDX "
                         "files") from None
    except (DamagedArchive, OSError, UnicodeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not readable as samples ({str(error).splitlines()[0]}); give a .npz file with the "
                         "arrays 'images' and 'labels', or a table") from None
    raise InputError(f"{path}: samples come as .npz, .npy, {', '.join(TABLES)} or a folder of IDX files, not as "
                     f"{path.suffix or 'a file without a suffix'}")


def has_both_sets(path: str | os.PathLike[str]) -> bool:
    """Whether a file or folder holds a training and a test set."""
    path = Path(path)
    if path.is_dir():
        return True
    if path.suffix != ".npz" or not path.exists():
        return False
    try:
        with open_archive(path) as archive:
            return all(_array_name(archive.names, VALUES, split, alone=False) for split in PARTS)
    except DamagedArchive:
        return False


def _array_name(names: list[str], wanted: tuple[str, ...], split: Split, *, alone: bool = True) -> str | None:
    """The array of a set, or of the only set if ``alone``."""
    lower = {name.lower(): name for name in names}
    known = [spelling for part in PARTS[split] for name in wanted
             for spelling in (f"{name}_{part}", f"{part}_{name}")] + list(wanted if alone else ())
    return next((lower[name] for name in known if name in lower), None)


def _from_archive(path: Path, split: Split) -> Samples:
    with open_archive(path) as archive:
        values, labels = (_array_name(archive.names, wanted, split) for wanted in (VALUES, LABELS))
        if values is None:
            raise InputError(f"{path} has the arrays {', '.join(archive.names) or 'none'}, but none named "
                             f"{', '.join(VALUES)}")
        read = archive.read(values, memory_bytes() // 2)
        return as_samples(read, None if labels is None else archive.read(labels, memory_bytes() // 8), str(path))


def as_samples(values: npt.NDArray[Any], labels: npt.NDArray[Any] | None, source: str,
               classes: tuple[str, ...] = ()) -> Samples:
    """Samples of arrays: numbers (n, ...), and labels that are integers, words, or a column per class.

    Whole numbers up to 255, some of which are beyond 127, are bytes, as images have; others are real numbers.
    """
    if not len(values):
        raise InputError(f"{source} holds no samples")
    if values.dtype.kind not in "fiub" or values.ndim < 2 or 0 in values.shape:
        raise InputError(f"{source}: samples must be numbers of shape (n, features), not {values.dtype} {values.shape}")
    if labels is not None and labels.ndim == 2 and labels.shape[1] > 1 and len(labels) == len(values):
        labels = labels.argmax(1)  # one column per class
    if labels is not None and labels.dtype.kind == "f" and np.array_equal(labels, np.rint(labels)):
        labels = labels.astype(np.int64)
    if labels is not None and labels.dtype.kind in "US":
        classes = tuple(sorted({str(name) for name in labels}))
        labels = np.searchsorted(classes, labels.astype(str))
    if labels is not None:
        labels = labels.reshape(-1) if labels.size == len(values) else labels
    whole = values.dtype.kind in "iub" or np.array_equal(values, np.rint(values))
    if values.dtype != np.uint8 and whole and values.min() >= 0 and _PIXELS_BEYOND < values.max() < PIXEL_LEVELS:
        values = values.astype(np.uint8)
    if values.dtype == np.uint8:
        shaped = values if values.ndim == 3 else values.reshape(len(values), -1)
        checked = check_images(shaped, np.zeros(len(values), np.int64) if labels is None else labels, source)
        return Samples(checked.images, None if labels is None else checked.labels, source, classes, checked.shape)
    real = values.reshape(len(values), -1).astype(np.float64)
    bad = np.argwhere(~np.isfinite(real))
    if len(bad):
        raise InputError(f"{source}: feature {bad[0][1]} of sample {bad[0][0]} is {real[tuple(bad[0])]}; leave such "
                         "samples out")
    # checked as images of bytes are
    checked = check_images(np.zeros((len(real), 1), np.uint8), np.zeros(len(real), np.int64) if labels is None
                           else labels, source)
    return Samples(real, None if labels is None else checked.labels, source, classes, (1, real.shape[1]))


def _from_table(path: Path, label_column: str | None) -> Samples:
    """Rows of numbers, with or without names above them; labels may be words."""
    text = path.read_text(encoding="utf-8-sig")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count) if any(mark in first for mark in ",;\t") else None
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row] if delimiter \
        else [line.split() for line in text.splitlines() if line.strip()]
    if len(rows) < 2:
        raise InputError(f"{path} has {len(rows)} rows; give a row per sample")
    titled = sum(not _is_number(cell) for cell in rows[0]) > 1 or \
        sum(not _is_number(cell) for cell in rows[0]) > sum(not _is_number(cell) for cell in rows[1])
    names = [cell.strip() for cell in rows[0]] if titled else []
    rows = rows[1:] if titled else rows
    width = len(rows[0])
    odd = next((number for number, row in enumerate(rows) if len(row) != width), None)
    if odd is not None:
        raise InputError(f"{path}: row {odd + 1 + titled} has {len(rows[odd])} cells, the first one {width}")
    place = _label_place(path, names, width, label_column)
    cells = np.array(rows)
    others = np.delete(np.arange(width), place)
    try:
        values = cells[:, others].astype(np.float64)
    except ValueError:
        row, column = next((row, column) for row in range(len(cells)) for column in others
                           if not _is_number(cells[row, column]))
        raise InputError(f"{path}: row {row + 1 + titled}, column {column} is {str(cells[row, column])!r}, but "
                         "features must be numbers") from None
    labels = np.char.strip(cells[:, place])
    numeric = all(map(_is_number, labels[:MAX_CLASSES])) and all(map(_is_number, labels))
    return as_samples(values, labels.astype(np.float64) if numeric else labels, str(path))


def _label_place(path: Path, names: list[str], width: int, label_column: str | None) -> int:
    if label_column is None:
        lower = [name.lower() for name in names]
        return next((lower.index(name) for name in reversed(LABELS) if name in lower), width - 1)
    if label_column in names:
        return names.index(label_column)
    if label_column.isdecimal() and int(label_column) < width:
        return int(label_column)
    raise InputError(f"{path} has no column {label_column!r}{did_you_mean(label_column, names)}; give a name or a "
                     f"position from 0 to {width - 1}")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
