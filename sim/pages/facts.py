"""What every page says of where it came from: the command, versions, digests."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from typing import TYPE_CHECKING

from spinsc.sim.pages.page import Pairs, Section

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams

_PACKAGES = ("spinsc", "numpy", "torch", "amaranth", "cocotb", "numba")


def provenance(command: str, digests: list[tuple[str, str]], programs: list[tuple[str, str]]) -> Section:
    """The section that tells how to do it again: command, digests of what went in, versions of what computed.

    Parameters
    ----------
    command : str
        As a shell takes it.
    digests, programs : list of (name, value)
        sha256 of inputs; further programs with their versions.
    """
    versions = [("Python", f"{platform.python_version()}, {platform.system()} {platform.machine()}"),
                *((name, importlib.metadata.version(name)) for name in _PACKAGES), *programs]
    return Section("How it came about", [Pairs([("command", command), *digests, *versions])])


def input_digests(network: Network, images: Images, streams: Streams) -> list[tuple[str, str]]:
    """Digests of a network, of images with their labels, and of recorded bits."""
    pixels = hashlib.sha256(images.images.tobytes() + images.labels.tobytes()).hexdigest()
    recording = getattr(streams, "recording", None)
    found = [("network, sha256", network.hash), ("images, sha256", pixels)]
    return found if recording is None else [*found, ("random bits, sha256", recording.hash)]
