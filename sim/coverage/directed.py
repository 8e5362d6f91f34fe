"""Directed images of a run, kept so that the same run finds them again."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.archives import DamagedArchive, open_archive
from spinsc.files import write_atomically
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.sim.coverage.search import Progress, directed_images

Pixels = npt.NDArray[np.uint8]
#: A file larger than this was not written here.
_MOST_BYTES = 1 << 34


@dataclass(frozen=True, eq=False)
class Directed:
    """Images that follow those of a run.

    Attributes
    ----------
    images : uint8, shape (n, inputs)
    path : Path
        The run's images and these: image n of the file is image n of the run, with blank ones before its first. The
        label of a directed image is the golden model's class.
    found_again : bool
        They were there, and nothing was searched for.
    """

    images: Pixels
    path: Path
    found_again: bool


def direct(folder: Path, network: Network, streams: Streams, images: Pixels, labels: npt.NDArray[np.integer[Any]], *,
           first: int, quantizers: int, seconds: float, progress: Progress | None = None) -> Directed:
    """The directed images of a run: those that were kept, and more if they were searched for in less time.

    Parameters
    ----------
    folder : Path
        Where they are kept, one file for each network, source of random numbers and set of images.
    network, streams, images, first, quantizers, seconds, progress
        See `directed_images`.
    labels : integers, shape (n,)
        Of the run's images, for the file.
    """
    path = folder / f"{_key(network, streams, images, first)}.npz"
    known, spent = _load(path, len(images), first, network.inputs)
    if spent >= seconds:
        return Directed(known, path, True)
    more = directed_images(network, streams, np.concatenate([images, known]), first=first, quantizers=quantizers,
                           seconds=seconds - spent, seed=len(known), progress=progress)
    found = np.concatenate([known, more])
    classes = evaluate(network, found, streams, first=first + len(images)).classes
    before: Pixels = np.zeros((first, network.inputs), np.uint8)
    content = io.BytesIO()
    np.savez_compressed(content, images=np.concatenate([before, images, found]), seconds=np.array(float(seconds)),
                        labels=np.concatenate([np.zeros(first, np.uint8), labels, classes]).astype(np.uint8))
    write_atomically(path, content.getvalue())
    return Directed(found, path, False)


def _key(network: Network, streams: Streams, images: Pixels, first: int) -> str:
    recording = getattr(streams, "recording", None)
    digest = hashlib.sha256(repr((network.hash, type(streams).__name__, streams.period, first, images.shape,
                                  getattr(recording, "hash", ""))).encode())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()[:16]


def _load(path: Path, images: int, first: int, inputs: int) -> tuple[Pixels, float]:
    """Directed images that were kept, and for how many seconds they were searched; none if there is no such file."""
    try:
        with open_archive(path) as archive:
            seconds, kept = archive.read("seconds", 8), archive.read("images", _MOST_BYTES)
    except (FileNotFoundError, DamagedArchive):
        return np.zeros((0, inputs), np.uint8), 0.0
    return kept[first + images:], float(seconds)
