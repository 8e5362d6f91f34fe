"""The frozen, validated description of a stochastic-computing network, and the file it is kept in.

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
from spinsc.models.plan import MAX_TUNED, OWN, SIDES, Plan, Side, SidePlan, describe_layers

FORMAT = "spinsc-network"
FORMAT_VERSION = 1
MAX_STATES = 256
MAX_RANDOM_BITS = 16
PIXEL_LEVELS = 256


def default_random_bits(states: int) -> int:
    """Width m of the random numbers for ``states`` states: the smallest exact one, else 8."""
    intervals = states - 1
    return intervals.bit_length() - 1 if intervals & (intervals - 1) == 0 else 8


def comparator_thresholds(states: int, random_bits: int) -> npt.NDArray[np.int64]:
    """T[k] = floor(2^m k/(K-1) + 1/2) for k = 0..K-1, shape (states,)."""
    k = np.arange(states, dtype=np.int64)
    return ((k << (random_bits + 1)) + (states - 1)) // (2 * (states - 1))


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} must be from {low} to {high}, not {value}")


def _frozen(array: Any, dtype: Any) -> Any:
    result = np.array(array, dtype=dtype)
    result.flags.writeable = False
    return result


def _check_ascending(name: str, rows: npt.NDArray[Any]) -> None:
    falls = np.argwhere(rows[..., 1:] < rows[..., :-1])  # no np.diff, which warns of infinities
    if len(falls):
        where = tuple(int(v) for v in falls[0])
        raise InputError(f"{name} must not descend, but entry {where[-1] + 1}"
                         + (f" of neuron {where[0]}" if len(where) > 1 else "")
                         + f" is {rows[(*where[:-1], where[-1] + 1)]} after {rows[where]}")


@dataclass(frozen=True, eq=False)
class Layer:
    """One fully connected layer.

    Exactly one of ``z_thresholds`` (a hidden layer) and ``z_biases`` (the output layer) is given.

    Attributes
    ----------
    weights : uint8, shape (neurons, inputs)
        Weight states 0..weight_states-1.
    input_states, weight_states : int
        K of the layer's inputs and of its weights, 2..256.
    lanes, units : int
        Folding: S input lanes (1..inputs) and P neurons in parallel (1..neurons).
    activation_bits, weight_bits : int
        Widths m_a and m_w of the random numbers, 0..16. None takes the default.
    unroll : int
        B, time steps that the hardware takes at once, 1..L. Decides no bit.
    activation_plan, weight_plan : SidePlan
        Where the random numbers of each side come from; cut to the lanes. With a tuned source the width is K-2.
    z_thresholds : float64, shape (neurons, output_states - 1)
        Non-descending along the last axis; infinities allowed, NaN not.
    z_biases : float64, shape (neurons,)
        Finite.
    """

    weights: npt.NDArray[np.uint8]
    input_states: int
    weight_states: int
    lanes: int
    units: int
    z_thresholds: npt.NDArray[np.float64] | None = None
    z_biases: npt.NDArray[np.float64] | None = None
    activation_bits: int | None = None
    weight_bits: int | None = None
    unroll: int = 1
    activation_plan: SidePlan = OWN
    weight_plan: SidePlan = OWN

    def __post_init__(self) -> None:
        def put(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        raw = np.asarray(self.weights)
        if raw.ndim != 2 or not raw.size or raw.dtype.kind not in "iu":
            raise InputError("weights must be a non-empty integer matrix (neurons, inputs), "
                             f"not {raw.dtype} {raw.shape}")
        for name in ("input_states", "weight_states"):
            put(name, int(getattr(self, name)))
            _check_range(name, getattr(self, name), 2, MAX_STATES)
        if raw.min() < 0 or raw.max() >= self.weight_states:
            bad = tuple(int(v) for v in np.argwhere((raw < 0) | (raw >= self.weight_states))[0])
            raise InputError(f"weight states must be from 0 to {self.weight_states - 1}, but neuron {bad[0]}, "
                             f"input {bad[1]} has {raw[bad]}")
        put("weights", _frozen(raw, np.uint8))
        put("lanes", int(self.lanes))
        put("units", int(self.units))
        _check_range("lanes (S)", self.lanes, 1, self.inputs)
        _check_range("neurons in parallel (P)", self.units, 1, self.neurons)
        put("unroll", int(self.unroll))
        if self.unroll < 1:
            raise InputError(f"unroll (B) must be at least 1, not {self.unroll}")
        for side, states in zip(SIDES, (self.input_states, self.weight_states), strict=True):
            plan = getattr(self, f"{side}_plan").fitted(self.lanes)
            bits = getattr(self, f"{side}_bits")
            if plan.source == "tuned":
                if states - 2 > MAX_TUNED:
                    raise InputError(f"a tuned source has at most {MAX_TUNED} junctions a lane, but {states} {side} "
                                     f"states need {states - 2}; take the comparator")
                if bits not in (None, states - 2):
                    raise InputError(f"{side}_bits of a tuned source must be {states - 2}, one for each inner state, "
                                     f"not {bits}")
                bits = states - 2
            bits = default_random_bits(states) if bits is None else bits
            _check_range(f"{side}_bits", bits, 0, MAX_RANDOM_BITS)
            put(f"{side}_bits", bits)
            put(f"{side}_plan", plan if bits else SidePlan(thresholds=plan.thresholds))
        if self.fill and self.unroll > 1:
            raise InputError(f"delays need unroll (B) 1, not {self.unroll}; leave out the delays or the unrolling")
        if (self.z_thresholds is None) == (self.z_biases is None):
            raise InputError("a layer has either z_thresholds (hidden) or z_biases (output), not both or neither")
        if self.z_thresholds is not None:
            z = _frozen(self.z_thresholds, np.float64)
            if z.ndim != 2 or z.shape[0] != self.neurons or not 1 <= z.shape[1] < MAX_STATES:
                raise InputError(f"z_thresholds must have shape ({self.neurons}, 1..{MAX_STATES - 1}), not {z.shape}")
            if np.isnan(z).any():
                raise InputError("z_thresholds contain NaN")
            _check_ascending("thresholds", z)
            put("z_thresholds", z)
        else:
            b = _frozen(self.z_biases, np.float64)
            if b.shape != (self.neurons,):
                raise InputError(f"z_biases must have shape ({self.neurons},), not {b.shape}")
            if not np.isfinite(b).all():
                raise InputError("z_biases must be finite")
            put("z_biases", b)

    @property
    def neurons(self) -> int:
        return int(self.weights.shape[0])

    @property
    def inputs(self) -> int:
        return int(self.weights.shape[1])

    @property
    def is_output(self) -> bool:
        return self.z_thresholds is None

    @property
    def output_states(self) -> int:
        """K of the activations; an error for the output layer, which has scores instead."""
        if self.z_thresholds is None:
            raise TypeError("the output layer has no states")
        return int(self.z_thresholds.shape[1]) + 1

    @property
    def m_a(self) -> int:
        """Width of the activations' random numbers."""
        assert self.activation_bits is not None
        return self.activation_bits

    @property
    def m_w(self) -> int:
        """Width of the weights' random numbers."""
        assert self.weight_bits is not None
        return self.weight_bits

    @property
    def chunks(self) -> int:
        return -(-self.inputs // self.lanes)

    @property
    def passes(self) -> int:
        return -(-self.neurons // self.units)

    @cached_property
    def activation_side(self) -> Side:
        """Plan of the activations' random numbers, worked out."""
        return Side(self.activation_plan, self.lanes, self.input_states, self.m_a,
                    comparator_thresholds(self.input_states, self.m_a))

    @cached_property
    def weight_side(self) -> Side:
        """Plan of the weights' random numbers, worked out."""
        return Side(self.weight_plan, self.lanes, self.weight_states, self.m_w,
                    comparator_thresholds(self.weight_states, self.m_w))

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.activation_side, self.weight_side

    @property
    def direct(self) -> bool:
        """Whether every lane has junctions of its own on both sides."""
        return all(side.direct for side in self.sides)

    @property
    def devices(self) -> int:
        """Random bits a step."""
        return sum(side.devices for side in self.sides)

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """P(1) that each junction is tuned to, shape (devices,)."""
        return np.concatenate([side.probabilities for side in self.sides])

    @property
    def fill(self) -> int:
        """D, steps at the beginning of an image that fill the delay lines."""
        return max(side.longest_delay for side in self.sides)

    def steps(self, length: int) -> int:
        """Compute steps an image at stream length ``length``."""
        return self.passes * self.chunks * length

    def samples(self, length: int) -> int:
        """Samples of each device that an image takes: those of the compute steps and those that fill delay lines."""
        return self.fill + self.steps(length)

    def thresholds(self, length: int) -> npt.NDArray[np.int64]:
        """Integer thresholds of a hidden layer, shape (neurons, output_states - 1)."""
        if self.z_thresholds is None:
            raise TypeError("the output layer has no thresholds")
        exact = np.ceil(length * (self.inputs + self.z_thresholds) / 2)
        return np.clip(exact, 0, self.inputs * length + 1).astype(np.int64)

    def biases(self, length: int) -> npt.NDArray[np.int64]:
        """Integer biases of the output layer, shape (neurons,)."""
        if self.z_biases is None:
            raise TypeError("a hidden layer has no biases")
        full_scale = self.inputs * length
        return np.clip(np.rint(length * self.z_biases / 2), -full_scale, full_scale).astype(np.int64)


@dataclass(frozen=True, eq=False)
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
    """

    layers: tuple[Layer, ...]
    input_thresholds: npt.NDArray[np.int64]
    length: int
    provenance: dict[str, Any] = dataclasses.field(default_factory=dict)
    shared_layers: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "length", int(self.length))
        if not self.layers:
            raise InputError("a network needs at least one layer")
        _check_range("length (L)", self.length, 1, 1 << 20)
        for number, layer in enumerate(self.layers):
            if layer.unroll > self.length:
                raise InputError(f"unroll (B) of layer {number} must be at most the length L = {self.length}, "
                                 f"not {layer.unroll}")
        raw = np.asarray(self.input_thresholds)
        if raw.ndim != 1 or raw.dtype.kind not in "iu":
            raise InputError(f"input_thresholds must be a list of integers, not {raw.dtype} {raw.shape}")
        if len(raw) != self.layers[0].input_states - 1:
            raise InputError(f"input_thresholds must have {self.layers[0].input_states - 1} entries, not {len(raw)}")
        if raw.min() < 0 or raw.max() > PIXEL_LEVELS:
            raise InputError(f"input_thresholds must be from 0 to {PIXEL_LEVELS}, not {raw.min()} to {raw.max()}")
        _check_ascending("input_thresholds", raw)
        object.__setattr__(self, "input_thresholds", _frozen(raw, np.int64))
        for number, (layer, following) in enumerate(itertools.pairwise(self.layers)):
            if layer.is_output:
                raise InputError(f"layer {number} is an output layer, "
                                 f"but {len(self.layers) - number - 1} layers follow")
            if following.inputs != layer.neurons or following.input_states != layer.output_states:
                raise InputError(
                    f"layer {number} gives {layer.neurons} values of {layer.output_states} states, "
                    f"but layer {number + 1} takes {following.inputs} of {following.input_states}")
        if not self.layers[-1].is_output:
            raise InputError("the last layer must be an output layer (biases instead of thresholds)")
        if self.shared_layers:
            self._check_shared()

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
        """Flip-flops of all delay lines: for each side of each layer R*m times its longest delay."""
        return sum(side.flip_flops for layer in self.layers for side in layer.sides)

    @property
    def plan(self) -> str:
        """Plan of the random numbers in the words of `Plan.parse`; empty where it is the default in all layers."""
        return describe_layers([(layer.activation_plan, layer.weight_plan) for layer in self.layers],
                               self.shared_layers)

    @property
    def device_bases(self) -> tuple[int, ...]:
        """Number of the first device of each layer."""
        if self.shared_layers:
            return (0,) * len(self.layers)
        return tuple(sum(layer.devices for layer in self.layers[:n]) for n in range(len(self.layers)))

    @property
    def steps(self) -> tuple[int, ...]:
        """Compute steps an image, of each layer."""
        return tuple(layer.steps(self.length) for layer in self.layers)

    @property
    def samples(self) -> tuple[int, ...]:
        """Samples of each of its devices that each layer takes an image."""
        return tuple(layer.samples(self.length) for layer in self.layers)

    @cached_property
    def hash(self) -> str:
        """sha256 over everything that decides a bit (so not the provenance)."""
        digest = hashlib.sha256(json.dumps(self._meta(), sort_keys=True).encode())
        for name, array in sorted(self._arrays().items()):
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def with_length(self, length: int) -> Network:
        """The same network at another stream length; its integer thresholds follow, and B is cut to the length."""
        layers = tuple(layer if layer.unroll <= length else dataclasses.replace(layer, unroll=max(1, length))
                       for layer in self.layers)
        return dataclasses.replace(self, layers=layers, length=length)

    def with_folding(self, lanes: int | None = None, units: int | None = None, unroll: int | None = None) -> Network:
        """The same network with S, P and B of every layer set to what is given, cut to each layer's size and to L."""
        for name, value in (("lanes (S)", lanes), ("neurons in parallel (P)", units), ("unroll (B)", unroll)):
            if value is not None and value < 1:
                raise InputError(f"{name} must be at least 1, not {value}")
        return dataclasses.replace(self, layers=tuple(
            dataclasses.replace(layer, lanes=min(lanes or layer.lanes, layer.inputs),
                                units=min(units or layer.units, layer.neurons),
                                unroll=min(unroll or layer.unroll, self.length))
            for layer in self.layers))

    def with_folds(self, folds: Sequence[tuple[int, int, int]]) -> Network:
        """The same network with (S, P, B) given for each layer."""
        if len(folds) != len(self.layers):
            raise InputError(f"a folding is needed for each of the {len(self.layers)} layers, not {len(folds)}")
        return dataclasses.replace(self, layers=tuple(
            dataclasses.replace(layer, lanes=lanes, units=units, unroll=unroll)
            for layer, (lanes, units, unroll) in zip(self.layers, folds, strict=True)))

    def with_plan(self, plan: Plan | str) -> Network:
        """The same network with a plan of its random numbers (or the text of one, see `Plan.parse`) in all layers.

        Layers take it as far as their size allows: R is cut to S. Where the source changes, the width of the random
        numbers becomes its default.
        """
        plan = Plan.parse(plan) if isinstance(plan, str) else plan
        layers = []
        for number, layer in enumerate(self.layers):
            sides = {f"{side}_plan": getattr(plan, side) for side in SIDES}
            for side in SIDES:
                if sides[f"{side}_plan"].source != getattr(layer, f"{side}_plan").source:
                    sides[f"{side}_bits"] = None
            try:
                layers.append(dataclasses.replace(layer, **sides))
            except InputError as error:
                raise InputError(f"layer {number}: {error}") from None
        return dataclasses.replace(self, layers=tuple(layers), shared_layers=plan.shared_layers)

    def with_thresholds(self, thresholds: Sequence[tuple[npt.ArrayLike | None, npt.ArrayLike | None]]) -> Network:
        """The same network with calibrated comparators.

        Parameters
        ----------
        thresholds : sequence of pairs of (int array of shape (groups, states), or None)
            Those of each layer's activations and weights; None for the contract's formula.
        """
        if len(thresholds) != len(self.layers):
            raise InputError(f"thresholds are needed for each of the {len(self.layers)} layers, not {len(thresholds)}")
        return dataclasses.replace(self, layers=tuple(
            dataclasses.replace(layer, activation_plan=layer.activation_plan.calibrated(of_a),
                                weight_plan=layer.weight_plan.calibrated(of_w))
            for layer, (of_a, of_w) in zip(self.layers, thresholds, strict=True)))

    def _meta(self) -> dict[str, Any]:
        meta: dict[str, Any] = {"format": FORMAT, "version": FORMAT_VERSION, "length": self.length, "layers": [
            {"input_states": layer.input_states, "weight_states": layer.weight_states, "lanes": layer.lanes,
             "units": layer.units, "activation_bits": layer.m_a, "weight_bits": layer.m_w}
            | {f"{side}_plan": options for side in SIDES if (options := getattr(layer, f"{side}_plan").options())}
            for layer in self.layers]}
        return meta | ({"shared_layers": True} if self.shared_layers else {})

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        arrays: dict[str, npt.NDArray[Any]] = {"input_thresholds": self.input_thresholds}
        for number, layer in enumerate(self.layers):
            arrays[f"layer{number}_weights"] = layer.weights
            if layer.z_thresholds is not None:
                arrays[f"layer{number}_z_thresholds"] = layer.z_thresholds
                arrays[f"layer{number}_thresholds"] = layer.thresholds(self.length)
            elif layer.z_biases is not None:
                arrays[f"layer{number}_z_biases"] = layer.z_biases
                arrays[f"layer{number}_biases"] = layer.biases(self.length)
        return arrays

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the artifact (.npz, no pickle), by way of a temporary file."""
        path = Path(path)
        meta = self._meta() | {"hash": self.hash, "provenance": self.provenance,
                               "unroll": [layer.unroll for layer in self.layers]}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8),
                            **self._arrays())  # type: ignore[arg-type]
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Network:
        """Read an artifact and check all of it.

        Raises
        ------
        InputError
            If the file is missing, truncated, of another kind, or inconsistent.
        """
        path = Path(path)
        remedy = "give a file written by 'spinsc train'"
        try:
            with np.load(path, allow_pickle=False) as archive:
                data = {name: archive[name] for name in archive.files}
            meta = json.loads(data.pop("meta").tobytes())
        except FileNotFoundError:
            raise InputError(f"no network file {path}; see 'spinsc networks' for the shipped ones") from None
        except Exception as error:  # zipfile, zlib and numpy raise a dozen kinds for damaged files
            reason = str(error).partition("\n")[0]
            raise InputError(f"{path} is not a readable network file ({type(error).__name__}: {reason}); "
                             f"{remedy}") from None
        if not isinstance(meta, dict) or meta.get("format") != FORMAT:
            raise InputError(f"{path} is not a spinsc network; {remedy}")
        if meta.get("version") != FORMAT_VERSION:
            raise InputError(f"{path} has format version {meta.get('version')}, this spinsc reads {FORMAT_VERSION}")
        try:
            unroll = meta.get("unroll", [1] * len(meta["layers"]))
            plans: list[dict[str, Any]] = [
                {f"{side}_plan": SidePlan(**fields.pop(f"{side}_plan", {})) for side in SIDES}
                for fields in meta["layers"]]
            layers = tuple(
                Layer(weights=data[f"layer{number}_weights"], z_thresholds=data.get(f"layer{number}_z_thresholds"),
                      z_biases=data.get(f"layer{number}_z_biases"), unroll=unroll[number], **plans[number],
                      **fields)
                for number, fields in enumerate(meta["layers"]))
            network = cls(layers, data["input_thresholds"], meta["length"], meta.get("provenance", {}),
                          bool(meta.get("shared_layers", False)))
            for name, array in network._arrays().items():
                if not np.array_equal(array, data[name]):
                    raise InputError(f"{name} does not follow from the rest of the file; {remedy}")
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        except (LookupError, TypeError, ValueError) as error:
            raise InputError(f"{path} is incomplete ({type(error).__name__}: {error}); {remedy}") from None
        if meta.get("hash") != network.hash:
            raise InputError(f"{path} was changed after it was written (its hash does not match); {remedy}")
        return network


def balanced_folding(sizes: tuple[int, ...], max_lanes: int = 64) -> list[tuple[int, int]]:
    """Default folding (S, P) of each layer: every neuron in parallel, and all layers in the same number of chunks.

    Layers work on successive images at the same time, so equal chunks keep all of them busy; 64 lanes fit the
    machine words of a simulator.
    """
    chunks = -(-sizes[0] // max_lanes)
    return [(-(-inputs // chunks), neurons) for inputs, neurons in itertools.pairwise(sizes)]


def random_network(sizes: tuple[int, ...], *, input_states: int, weight_states: int, activation_states: int,
                   length: int, seed: int, folding: list[tuple[int, int]] | None = None) -> Network:
    """An untrained network whose thresholds lie where its sums fall, so that every state occurs."""
    rng = np.random.default_rng(seed)
    layers = []
    states = input_states
    for number, (lanes, units) in enumerate(folding or balanced_folding(sizes)):
        inputs, neurons = sizes[number], sizes[number + 1]
        weights = rng.integers(0, weight_states, (neurons, inputs)).astype(np.uint8)
        spread = np.sqrt(inputs)
        if number == len(sizes) - 2:
            layer = Layer(weights, states, weight_states, lanes, units, z_biases=rng.normal(0, spread / 2, neurons))
        else:
            z = np.sort(rng.normal(0, spread, (neurons, activation_states - 1)), axis=1)
            layer = Layer(weights, states, weight_states, lanes, units, z_thresholds=z)
            states = activation_states
        layers.append(layer)
    thetas = np.sort(rng.integers(1, 256, input_states - 1))
    return Network(tuple(layers), thetas, length, {"origin": "random", "seed": seed})
