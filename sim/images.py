"""Images that a command uses."""

from __future__ import annotations

import dataclasses

from spinsc.errors import InputError
from spinsc.models.data.catalogue import DATASETS, embedded_images, find_dataset
from spinsc.models.data.features import FeatureScaling
from spinsc.models.data.images import Images
from spinsc.models.data.samples import load_samples
from spinsc.models.data.sources import load_dataset
from spinsc.models.network import Network


def choose_images(network: Network, dataset: str | None, path: str | None, first: int, count: int | None, *,
                  embedded: bool = False, default: int | None = None) -> Images:
    """Images ``first`` to ``first + count - 1`` of a test set.

    The first 1,000 images of the test sets come with the package, so nothing is searched for where they suffice.

    Parameters
    ----------
    network : Network
        What the images are for.
    dataset : str or None
        Name of a data set, by default that which the network was trained on.
    path : str or None
        Folder of IDX files, or a .npz file; otherwise the test set of ``dataset``.
    first : int
    count : int or None
        By default all that there are from ``first`` on, at most ``default``.
    embedded : bool
        Take the images from the package, whatever the others ask for.

    Raises
    ------
    InputError
        If there are not as many, or they do not suit the network.
    """
    wanted = default if count is None else count
    found = _found(network, dataset, path, first, wanted, embedded)
    return stretch(network, found, first, count, default)


def stretch(network: Network, found: Images, first: int, count: int | None, default: int | None = None) -> Images:
    """Images ``first`` to ``first + count - 1`` of those found; see `choose_images`."""
    wanted = default if count is None else count
    if found.images.shape[1] != network.inputs:
        raise InputError(f"{found.source}: the images have {found.shape[0]} x {found.shape[1]} = "
                         f"{found.images.shape[1]} pixels, but the network takes {network.inputs}; "
                         "give images of its kind by --data")
    if found.classes > network.classes:
        raise InputError(f"{found.source}: there are labels up to {found.classes - 1}, but the classes of the network "
                         f"are 0 to {network.classes - 1}; give images of its kind by --data")
    if first >= len(found) or (count is not None and first + count > len(found)):
        raise InputError(f"image {first + (count or 1) - 1} is wanted, but {found.source} has {len(found)} images, "
                         f"numbers 0 to {len(found) - 1}; lower --images or --first")
    return found[first:len(found) if wanted is None else first + wanted]


def _found(network: Network, dataset: str | None, path: str | None, first: int, wanted: int | None,
           embedded: bool) -> Images:
    name = network.dataset if dataset is None else find_dataset(dataset).name
    if path is not None:
        found = load_samples(path).images(FeatureScaling.of_network(network))
    elif not name:
        raise InputError("the network was trained on images of your own; give test images of their kind by --data, "
                         f"or --dataset {' or '.join(DATASETS)}")
    else:
        found = embedded_images(name)
        if not embedded and (wanted is None or first + wanted > len(found)):
            found = load_dataset(name, "test")
            found = dataclasses.replace(found, source=f"{DATASETS[name].title} test set ({found.source})")
    return found
