"""A network's estimate in standard cells, as the studies make it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.gen.emit import emit
from spinsc.models.network import Network
from spinsc.sim.costs.activity import images_in_flight
from spinsc.sim.costs.cost import estimate
from spinsc.sim.report.cost import cost_data
from spinsc.sim.studies.evaluation import images


def estimate_network(network: Network, data: str | None = None, *, noise: bool = False,
                     pipeline: bool = False) -> dict[str, Any]:
    """Emit a network with LFSRs and estimate it, with test images or with random pixels.

    Parameters
    ----------
    network : Network
    data : str, optional
        Folder of IDX files, otherwise MNIST is found.
    noise : bool
        Images of random pixels.
    pipeline : bool
        See `spinsc.gen.emit.emit`.

    Returns
    -------
    dict
        See `spinsc.sim.report.cost.cost_data`.
    """
    with tempfile.TemporaryDirectory(prefix="spinsc-") as parent:
        directory = Path(parent) / "hw"
        manifest = emit(network, directory, source="lfsr", pipeline=pipeline)
        pixels = images("test", data).images[:1 + images_in_flight(manifest)]
        if noise:
            pixels = np.random.default_rng(0).integers(0, 256, pixels.shape, np.uint8)
        found = estimate(directory, pixels, progress=lambda stage: None)
        values = cost_data(found, "hw", (180, 45, 28, 7))
    return {name: value for name, value in values.items() if name not in ("directory", "tools")}


def with_junctions(found: Mapping[str, Any]) -> tuple[float, float]:
    """Energy of an image with junctions in place of LFSRs, lowest and highest, of an estimate; joules."""
    low, high = found["junctions_j"]
    rest = found["energy_j"] - found["random_bits_j"]
    return rest + low, rest + high
