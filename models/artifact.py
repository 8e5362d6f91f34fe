"""The artifact, a network's file: ``.npz``, no pickle, checked against its hash. `Network.save` writes it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.archives import LARGEST_NETWORK_BYTES, DamagedArchive, open_archive
from spinsc.errors import InputError
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import FORMAT, FORMAT_VERSION, Network
from spinsc.models.outcome import OUTCOMES
from spinsc.models.plan import SidePlan
from spinsc.models.side import Side

_REMEDY = "give a file written by 'spinsc train'"


def load_artifact(path: str | os.PathLike[str]) -> Network:
    """Read a network and check all of it.

    Raises
    ------
    InputError
        If the file is missing, truncated, of another kind, or inconsistent.
    """
    path = Path(path)
    meta, arrays = _read(path)
    try:
        unroll = meta.get("unroll", [1] * len(meta["layers"]))
        layers = [_layer(number, fields, unroll[number], arrays) for number, fields in enumerate(meta["layers"])]
        network = Network(tuple(layers), arrays["input_thresholds"], meta["length"], meta.get("provenance", {}),
                          bool(meta.get("shared_layers", False)), meta.get("arithmetic", "stochastic"))
        for name, array in network.arrays().items():
            if not np.array_equal(array, arrays[name]):
                raise InputError(f"{name} does not follow from the rest of the file; {_REMEDY}")
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (LookupError, TypeError, ValueError) as error:
        raise InputError(f"{path} is incomplete ({type(error).__name__}: {error}); {_REMEDY}") from None
    if meta.get("hash") != network.hash:
        raise InputError(f"{path} was changed after it was written (its hash does not match); {_REMEDY}")
    return network


def _read(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """What the file says of itself, and its arrays."""
    try:
        with open_archive(path) as archive:
            meta = archive.meta()
            if not isinstance(meta, dict) or meta.get("format") != FORMAT:
                raise InputError(f"{path} is not a spinsc network; {_REMEDY}")
            if meta.get("version") != FORMAT_VERSION:
                raise InputError(f"{path} has format version {meta.get('version')}, this spinsc reads {FORMAT_VERSION}")
            names = [name for name in archive.names if name != "meta"]
            size = sum(map(archive.size, names))
            if size > LARGEST_NETWORK_BYTES:
                raise InputError(f"{path} declares {size:,} bytes, more than any network has; {_REMEDY}")
            return meta, {name: archive.read(name, size) for name in names}
    except FileNotFoundError:
        raise InputError(f"no network file {path}; see 'spinsc networks' for the shipped ones") from None
    except DamagedArchive as error:
        raise InputError(f"{path} is not a readable network file ({error}); {_REMEDY}") from None


def _layer(number: int, fields: dict[str, Any], unroll: int, arrays: dict[str, npt.NDArray[Any]]) -> Layer:
    """A layer from its fields of `Network.facts` and its arrays.

    Raises
    ------
    InputError, LookupError, TypeError, ValueError
        If they are not what a layer needs.
    """
    outcomes = [kind(arrays[f"layer{number}_z_{name}"]) for name, kind in OUTCOMES.items()
                if f"layer{number}_z_{name}" in arrays]
    if len(outcomes) != 1:
        raise InputError("a layer has either z_thresholds (hidden) or z_biases (output), not both or neither")
    rest = dict(fields)
    activation = _side(f"layer {number}, activations", rest, "input_states", "activation_bits", "activation_plan")
    weight = _side(f"layer {number}, weights", rest, "weight_states", "weight_bits", "weight_plan")
    folding = Folding(rest.pop("lanes"), rest.pop("units"), unroll)
    if rest:
        raise LookupError(f"unknown {', '.join(rest)}")
    return Layer(arrays[f"layer{number}_weights"], activation, weight, folding, outcomes[0])


def _side(where: str, fields: dict[str, Any], states: str, bits: str, plan: str) -> Side:
    """A side from three fields of a layer, which are taken out; ``where`` is for messages."""
    try:
        return Side(fields.pop(states), fields.pop(bits), SidePlan(**fields.pop(plan, {})))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
