"""A state dict with a small description, in JSON or TOML: for networks of any framework.

    {"features": 16, "tensors": "weights.npz",
     "layers": [{"linear": "fc1.weight", "bias": "fc1.bias", "scale": 0.25},
                {"batch_norm": "bn1", "eps": 1e-5}, {"relu": true}, {"quantize": 0.5, "bits": 2, "signed": false},
                ...]}

Numbers may stand in place of the names of tensors. ``docs/own-networks.md`` has all keys.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.archives import LARGEST_NETWORK_BYTES, DamagedArchive, open_archive
from spinsc.errors import InputError, did_you_mean
from spinsc.models.contract import check_range
from spinsc.models.importing.importers.modules import integer_range
from spinsc.models.importing.steps import Affine, Linear, Monotone, Quantizer, Step, TrainedNetwork

#: Keys of a layer by its kind, which is the first of them.
KEYS: dict[str, tuple[str, ...]] = {
    "linear": ("bias", "scale", "transposed"), "batch_norm": ("eps",), "scale": ("shift",), "relu": (), "tanh": (),
    "sigmoid": (), "clip": (), "quantize": ("bits", "signed", "narrow", "zero_point", "rounding"), "bipolar": ()}


class Description:
    """See `spinsc.models.importing.importer.NetworkImporter`."""

    title = "a state dict (.npz, .pt) described by a .json or .toml file"

    def recognize(self, source: Any) -> bool:
        return isinstance(source, Path) and source.suffix.lower() in (".json", ".toml")

    def read(self, source: Any) -> TrainedNetwork:
        described = _parsed(source)
        if unknown := [key for key in described if key not in ("features", "tensors", "layers")]:
            raise InputError(f"{source} has the unknown key {unknown[0]!r}"
                             f"{did_you_mean(unknown[0], ('features', 'tensors', 'layers'))}")
        for key, kind in (("tensors", str), ("layers", list)):
            if not isinstance(described.get(key), kind):
                raise InputError(f"{source} must have {key!r}: "
                                 + ("the file of the state dict" if key == "tensors" else "a list of layers"))
        tensors = _tensors(source.parent / described["tensors"])
        steps: list[Step] = []
        for number, layer in enumerate(described["layers"]):
            if not isinstance(layer, Mapping) or not layer:
                raise InputError(f"{source}: layer {number} must be an object, not {layer!r}")
            try:
                steps += _layer(f"layer {number}", layer, tensors)
            except InputError:
                raise
            except (TypeError, ValueError) as error:  # of int(), float() and the like
                raise InputError(f"{source}: layer {number}, {dict(layer)!r:.100}, has a value of the wrong kind "
                                 f"({error})") from None
        features = described.get("features", next((step.weights.shape[1] for step in steps
                                                   if isinstance(step, Linear)), 0))
        if not isinstance(features, int):
            raise InputError(f"{source}: 'features' must be a whole number, not {features!r}")
        return TrainedNetwork(features, tuple(steps), str(source))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise InputError(f"no file {path}; give a description of the network") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not readable as {path.suffix[1:].upper()} ({error})") from None
    if not isinstance(found, dict):
        raise InputError(f"{path} must hold an object with 'tensors' and 'layers'")
    return found


def _tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    if path.suffix == ".npz":
        try:
            with open_archive(path) as archive:
                return {name: archive.read(name, LARGEST_NETWORK_BYTES) for name in archive.names}
        except FileNotFoundError:
            raise InputError(f"no file {path}, which the description names as its tensors") from None
        except DamagedArchive as error:
            raise InputError(f"{path} is not a readable archive of tensors ({error})") from None
    import torch

    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise InputError(f"no file {path}, which the description names as its tensors") from None
    except Exception as error:  # what an unpickler of any bytes raises
        raise InputError(f"{path} is not a readable state dict ({type(error).__name__}); save it by "
                         "torch.save(model.state_dict(), ...) or numpy.savez") from None
    return {name: value.detach().double().numpy() for name, value in dict(found).items()
            if isinstance(value, torch.Tensor)}


def _layer(name: str, layer: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]) -> Iterator[Step]:
    # a linear layer has a scale of its own
    kind = next((key for key in KEYS if key in layer and not (key == "scale" and "linear" in layer)), None)
    if kind is None:
        raise InputError(f"{name} has none of {', '.join(KEYS)}, but {', '.join(layer)}"
                         f"{did_you_mean(next(iter(layer)), KEYS)}")
    if unknown := [key for key in layer if key != kind and key not in KEYS[kind]]:
        raise InputError(f"{name} ({kind}) has the unknown key {unknown[0]!r}{did_you_mean(unknown[0], KEYS[kind])}")
    name = f"{name} ({kind})"

    def numbers(value: Any) -> npt.NDArray[np.float64]:
        if isinstance(value, str):
            if value not in tensors:
                raise InputError(f"{name} names the tensor {value!r}, which is not there"
                                 f"{did_you_mean(value, tensors)}; there are {', '.join(tensors) or 'none'}")
            value = tensors[value]
        try:
            return np.asarray(value, np.float64)
        except (TypeError, ValueError):
            raise InputError(f"{name}: {value!r} is neither a number, a list of them nor a tensor's name") from None

    if kind == "linear":
        weights = numbers(layer["linear"])
        yield Linear.of(name, weights.T if layer.get("transposed") else weights,
                        numbers(layer["scale"]) if "scale" in layer else None)
        if "bias" in layer:
            yield Affine.of(name, 1.0, numbers(layer["bias"]))
    elif kind == "batch_norm":
        prefix = layer["batch_norm"]
        mean, variance = numbers(f"{prefix}.running_mean"), numbers(f"{prefix}.running_var")
        weight = numbers(f"{prefix}.weight") if f"{prefix}.weight" in tensors else np.ones_like(mean)
        bias = numbers(f"{prefix}.bias") if f"{prefix}.bias" in tensors else np.zeros_like(mean)
        gamma = weight / np.sqrt(variance + float(layer.get("eps", 1e-5)))
        yield Affine.of(name, gamma, bias - gamma * mean)
    elif kind == "scale":
        yield Affine.of(name, numbers(layer["scale"]), numbers(layer.get("shift", 0.0)))
    elif kind == "clip":
        low, high = numbers(layer["clip"])
        yield Monotone(name, "clip", float(low), float(high))
    elif kind == "quantize":
        bits = int(layer.get("bits", 8))
        check_range(f"{name}: bits", bits, 1, 32)
        integers = integer_range(bits, signed=bool(layer.get("signed", True)), narrow=bool(layer.get("narrow", False)))
        yield Quantizer.uniform(name, numbers(layer["quantize"]).item(), *integers,
                                zero_point=float(layer.get("zero_point", 0)),
                                rounding=str(layer.get("rounding", "half even")))
    elif kind == "bipolar":
        yield Quantizer.bipolar(name, numbers(layer["bipolar"]).item())
    else:
        yield Monotone(name, kind)


IMPORTER = Description()
