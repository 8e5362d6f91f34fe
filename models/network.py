"""The frozen, validated description of a stochastic-computing network.

All quantities follow ``docs/bit-contract.md``. States are integers; real numbers appear only as the z-domain
thresholds and biases from which the integer ones of any stream length are derived.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.models.arrays import check_ascending, frozen_copy
from spinsc.models.contract import ARITHMETICS, MAX_LENGTH, PIXEL_LEVELS, check_range
from spinsc.models.layer import Folding, Layer
from spinsc.models.outcome import Activation
from spinsc.models.plan import Plan, describe_layers
from spinsc.models.side import Side

#: Of the network file, `spinsc.models.artifact`; part of the hash.
FORMAT = "spinsc-network"
FORMAT_VERSION = 1


@dataclass(frozen=True, eq=False, repr=False)
class Network:
    """A whole network: input quantizer, hidden layers, output layer, stream length.

    Attributes
    ----------
    layers : tuple of Layer
        Hidden layers in order, then one output layer.
    input_thresholds : int64, shape (input_states - 1,)
        Pixel thresholds, non-descending, 0..256.
    length : int
        Stream length L, at least 1.
    shared_layers : bool
        All layers draw from the same junctions: device 0 of each layer is device 0 of the network.
    provenance : dict
        JSON-compatible facts about where the network comes from; not part of the hash.
    arithmetic : {"stochastic", "binary"}
        Of the products. Binary ones use no random numbers.
    """

    layers: tuple[Layer, ...]
    input_thresholds: npt.NDArray[np.int64]
    length: int
    provenance: dict[str, Any] = dataclasses.field(default_factory=dict)
    shared_layers: bool = False
    arithmetic: str = "stochastic"

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "length", int(self.length))
        if not self.layers:
            raise InputError("a network needs at least one layer")
        check_range("length (L)", self.length, 1, MAX_LENGTH)
        for number, layer in enumerate(self.layers):
            if layer.folding.unroll > self.length:
                raise InputError(f"unroll (B) of layer {number} must be at most the length L = {self.length}, "
                                 f"not {layer.folding.unroll}")
        self._check_arithmetic()
        raw = np.asarray(self.input_thresholds)
        if raw.ndim != 1 or raw.dtype.kind not in "iu":
            raise InputError(f"input_thresholds must be a list of integers, not {raw.dtype} {raw.shape}")
        needed = self.layers[0].activation.states - 1
        if len(raw) != needed:
            raise InputError(f"input_thresholds must have {needed} entries, not {len(raw)}")
        if raw.min() < 0 or raw.max() > PIXEL_LEVELS:
            raise InputError(f"input_thresholds must be from 0 to {PIXEL_LEVELS}, not {raw.min()} to {raw.max()}")
        check_ascending("input_thresholds", raw)
        object.__setattr__(self, "input_thresholds", frozen_copy(raw, np.int64))
        for number, (layer, following) in enumerate(itertools.pairwise(self.layers)):
            if not isinstance(layer.outcome, Activation):
                raise InputError(f"layer {number} is an output layer, "
                                 f"but {len(self.layers) - number - 1} layers follow")
            if following.inputs != layer.neurons or following.activation.states != layer.outcome.states:
                raise InputError(
                    f"layer {number} gives {layer.neurons} values of {layer.outcome.states} states, "
                    f"but layer {number + 1} takes {following.inputs} of {following.activation.states}")
        if isinstance(self.layers[-1].outcome, Activation):
            raise InputError("the last layer must be an output layer (biases instead of thresholds)")
        if self.shared_layers:
            self._check_shared()
        self._check_provenance()

    def _check_arithmetic(self) -> None:
        if self.arithmetic not in ARITHMETICS:
            raise InputError(f"arithmetic must be one of {', '.join(ARITHMETICS)}, not {self.arithmetic!r}")
        if self.arithmetic == "binary":
            for number, layer in enumerate(self.layers):
                if layer.devices or layer.folding.unroll > 1:
                    raise InputError(f"layer {number} must have random bits (m) 0 and unroll (B) 1, as binary "
                                     f"arithmetic has no streams, not {layer.activation.bits}, {layer.weight.bits} and "
                                     f"{layer.folding.unroll}")

    def _check_provenance(self) -> None:
        """It goes into the network's file as JSON, and is looked up by name."""
        if not isinstance(self.provenance, dict) or not all(isinstance(name, str) for name in self.provenance):
            raise InputError(f"provenance must be a dict of names and values, not {self.provenance!r:.60}")
        for name, value in self.provenance.items():
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise InputError(f"provenance {name!r} must be a value that JSON can hold, not {value!r:.60} "
                                 f"({error}); take int() or list() of NumPy's") from None

    def _check_shared(self) -> None:
        """Layers can share only junctions that are tuned to the same probability."""
        first = max(range(len(self.layers)), key=lambda number: self.layers[number].devices)
        probabilities = self.layers[first].probabilities
        for number, layer in enumerate(self.layers):
            differ = np.flatnonzero(layer.probabilities != probabilities[:layer.devices])
            if len(differ):
                a, b = sorted((first, number))
                raise InputError(
                    f"layers {a} and {b} cannot share junctions: device {differ[0]} would be tuned to a probability of "
                    f"{self.layers[a].probabilities[differ[0]]:.3g} for the one and "
                    f"{self.layers[b].probabilities[differ[0]]:.3g} for the other; take the comparator, or the same "
                    "states and groups in all layers")

    def __repr__(self) -> str:
        states = "/".join(map(str, dict.fromkeys(side.states for layer in self.layers for side in layer.sides)))
        streams = f"L={self.length}, {self.devices} devices" if self.arithmetic == "stochastic" else "binary arithmetic"
        plan = f", plan {self.plan}" if self.plan else ""
        return f"Network({'-'.join(map(str, self.sizes))}, K={states}, {streams}{plan})"

    @property
    def inputs(self) -> int:
        return self.layers[0].inputs

    @property
    def classes(self) -> int:
        return self.layers[-1].neurons

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden widths, classes: for example (784, 100, 10)."""
        return (self.inputs, *(layer.neurons for layer in self.layers))

    @property
    def dataset(self) -> str:
        """Name of the data set it was trained on (see `data.DATASETS`); empty if on other images."""
        return str(self.provenance.get("dataset", "mnist"))

    @property
    def devices(self) -> int:
        """Junctions of all layers together."""
        own = [layer.devices for layer in self.layers]
        return max(own) if self.shared_layers else sum(own)

    @property
    def device_probabilities(self) -> npt.NDArray[np.float64]:
        """P(1) that each junction is tuned to, shape (devices,): 1/2 but for tuned sources."""
        of_layers = [layer.probabilities for layer in self.layers]
        return max(of_layers, key=len) if self.shared_layers else np.concatenate(of_layers)

    @property
    def tuned(self) -> bool:
        """Whether any junction is tuned to a probability, which makes ``device_probabilities`` matter."""
        return any(side.tuned for layer in self.layers for side in layer.sides)

    @property
    def delay_flip_flops(self) -> int:
        """Flip-flops of all delay lines: for each side of each layer G*m times its longest delay."""
        return sum(side.flip_flops for layer in self.layers for side in layer.sides)

    @property
    def plan(self) -> str:
        """Plan of the random numbers in the words of `Plan.parse`; empty where it is the default in all layers."""
        return describe_layers([(layer.activation.plan, layer.weight.plan) for layer in self.layers],
                               self.shared_layers)

    @property
    def device_bases(self) -> tuple[int, ...]:
        """Number of the first device of each layer."""
        if self.shared_layers:
            return (0,) * len(self.layers)
        return tuple(sum(layer.devices for layer in self.layers[:n]) for n in range(len(self.layers)))

    @property
    def lengths(self) -> tuple[int, ...]:
        """Accumulated units of a product of ones, of each layer: L, or with binary arithmetic (K_a-1)(K_w-1)."""
        return tuple(self.length if self.arithmetic == "stochastic" else layer.product_levels for layer in self.layers)

    @property
    def steps(self) -> tuple[int, ...]:
        """Compute steps per image, of each layer."""
        return tuple(layer.steps(length) for layer, length in zip(self.layers, self.lengths, strict=True))

    @property
    def samples(self) -> tuple[int, ...]:
        """Samples of each of its devices that each layer takes per image."""
        return tuple(layer.samples(length) for layer, length in zip(self.layers, self.lengths, strict=True))

    @cached_property
    def hash(self) -> str:
        """sha256 over everything that decides a bit (so not the provenance)."""
        digest = hashlib.sha256(json.dumps(self.facts(), sort_keys=True).encode())
        for name, array in sorted(self.arrays().items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def with_length(self, length: int) -> Network:
        """The same network at another stream length; its integer thresholds follow, and B is cut to the length."""
        layers = tuple(dataclasses.replace(layer, folding=dataclasses.replace(
            layer.folding, unroll=min(layer.folding.unroll, max(1, length)))) for layer in self.layers)
        return dataclasses.replace(self, layers=layers, length=length)

    def with_binary_arithmetic(self) -> Network:
        """The same states, folding and thresholds in integer arithmetic, without random numbers and their plans."""
        layers = tuple(dataclasses.replace(
            layer, activation=Side(layer.activation.states, 0), weight=Side(layer.weight.states, 0),
            folding=dataclasses.replace(layer.folding, unroll=1)) for layer in self.layers)
        return dataclasses.replace(self, layers=layers, shared_layers=False, arithmetic="binary")

    def with_folding(self, lanes: int | None = None, units: int | None = None, unroll: int | None = None) -> Network:
        """The same network with S, P and B of every layer set to what is given, cut to each layer's size and to L."""
        for name, value in (("lanes (S)", lanes), ("neurons in parallel (P)", units), ("unroll (B)", unroll)):
            if value is not None and value < 1:
                raise InputError(f"{name} must be at least 1, not {value}")
        return self.with_foldings([Folding(min(lanes or layer.folding.lanes, layer.inputs),
                                           min(units or layer.folding.units, layer.neurons),
                                           min(unroll or layer.folding.unroll, self.length)) for layer in self.layers])

    def with_foldings(self, foldings: Sequence[Folding]) -> Network:
        """The same network with the folding given for each layer."""
        if len(foldings) != len(self.layers):
            raise InputError(f"a folding is needed for each of the {len(self.layers)} layers, not {len(foldings)}")
        return dataclasses.replace(self, layers=tuple(
            dataclasses.replace(layer, folding=folding) for layer, folding in zip(self.layers, foldings, strict=True)))

    def with_plan(self, plan: Plan | str) -> Network:
        """The same network with a plan of its random numbers (or the text of one, see `Plan.parse`) in all layers.

        Layers take it as far as their size allows: G is cut to S. Where the source changes, the width of the random
        numbers becomes its default.
        """
        plan = Plan.parse(plan) if isinstance(plan, str) else plan
        layers = []
        for number, layer in enumerate(self.layers):
            try:
                layers.append(dataclasses.replace(layer, activation=layer.activation.with_plan(plan.activation),
                                                  weight=layer.weight.with_plan(plan.weight)))
            except InputError as error:
                raise InputError(f"layer {number}: {error}") from None
        return dataclasses.replace(self, layers=tuple(layers), shared_layers=plan.shared_layers)

    def with_calibrated_thresholds(
            self, thresholds: Sequence[tuple[npt.ArrayLike | None, npt.ArrayLike | None]]) -> Network:
        """The same network with calibrated comparators.

        Parameters
        ----------
        thresholds : sequence of pairs of (int array of shape (groups, states), or None)
            Those of each layer's activations and weights; None for the contract's formula.
        """
        if len(thresholds) != len(self.layers):
            raise InputError(f"thresholds are needed for each of the {len(self.layers)} layers, not {len(thresholds)}")
        return dataclasses.replace(self, layers=tuple(
            dataclasses.replace(layer, activation=layer.activation.with_plan(layer.activation.plan.calibrated(of_a)),
                                weight=layer.weight.with_plan(layer.weight.plan.calibrated(of_w)))
            for layer, (of_a, of_w) in zip(self.layers, thresholds, strict=True)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the artifact (.npz), by way of a temporary file; `spinsc.models.artifact.load_artifact` reads it."""
        meta = self.facts() | {"hash": self.hash, "provenance": self.provenance,
                               "unroll": [layer.folding.unroll for layer in self.layers]}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8),
                            **self.arrays())  # type: ignore[arg-type]
        write_atomically(Path(path), buffer.getvalue())

    def facts(self) -> dict[str, Any]:
        """Everything that decides a bit, but for `arrays`; JSON-compatible."""
        facts: dict[str, Any] = {"format": FORMAT, "version": FORMAT_VERSION, "length": self.length, "layers": [
            {"input_states": layer.activation.states, "weight_states": layer.weight.states,
             "lanes": layer.folding.lanes, "units": layer.folding.units,
             "activation_bits": layer.activation.bits, "weight_bits": layer.weight.bits}
            | {name: options for name, side in (("activation_plan", layer.activation), ("weight_plan", layer.weight))
               if (options := side.plan.options())}
            for layer in self.layers]}
        return (facts | ({"shared_layers": True} if self.shared_layers else {})
                | ({"arithmetic": self.arithmetic} if self.arithmetic != "stochastic" else {}))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Numbers of the network by their names in its file, the integers that follow from others among them."""
        arrays: dict[str, npt.NDArray[Any]] = {"input_thresholds": self.input_thresholds}
        for number, (layer, length) in enumerate(zip(self.layers, self.lengths, strict=True)):
            name = layer.outcome.name
            arrays[f"layer{number}_weights"] = layer.weights
            arrays[f"layer{number}_z_{name}"] = layer.outcome.z
            arrays[f"layer{number}_{name}"] = layer.outcome_integers(length)
        return arrays
