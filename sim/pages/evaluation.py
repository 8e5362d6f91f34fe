"""The page of an evaluation by the golden model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spinsc.sim.pages.facts import input_digests, provenance
from spinsc.sim.pages.figures import picture
from spinsc.sim.pages.layers import confusion, confusion_section, layers_section
from spinsc.sim.pages.page import Card, Cards, Page, Pairs, Section

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams

#: Images that are classified wrong and drawn.
MOST_CARDS = 12


def evaluation_page(name: str, network: Network, images: Images, first: int, streams: Streams,
                    classes: npt.NDArray[np.integer[Any]], rows: Sequence[tuple[str, str]], command: str,
                    data: Mapping[str, Any]) -> Page:
    """Everything of an evaluation.

    Parameters
    ----------
    name, network, images, first, streams
        As of `spinsc.sim.report.evaluation.evaluation_report`.
    classes : integers, shape (images,)
    rows : sequence of (name, value)
        The table that is printed.
    command : str
        As a shell takes it.
    data : mapping
        What ``--json`` prints.
    """
    right = classes == images.labels
    sections = [Section("Summary", [Pairs(rows)]),
                confusion_section(confusion(images.labels, classes, network.classes), "Classes of the golden model"),
                layers_section(network, images, first, streams)]
    wrong = np.flatnonzero(~right)[:MOST_CARDS]
    if len(wrong):
        sections.append(Section("First images that are classified wrong", [Cards([
            Card(picture(images.images[n].reshape(images.shape)), f"image {first + n}",
                 [f"label {images.labels[n]}, class {classes[n]}"]) for n in wrong])]))
    sections.append(provenance(command, input_digests(network, images, streams), []))
    verdict = f"{100 * right.mean():.2f} % of {len(images):,} images classified right by {name}, bit for bit"
    return Page(f"spinsc eval: {name}", verdict, None, sections, data)
