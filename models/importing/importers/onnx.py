"""ONNX files: float networks, QONNX (``Quant``, ``BipolarQuant``) and pairs of QuantizeLinear and DequantizeLinear.

From the specifications of ONNX and QONNX (qonnx, ``docs/qonnx-custom-ops``): ``Quant`` has the inputs
x, scale, zero point and bit width and the attributes signed, narrow and rounding_mode, and gives
scale (clip(round(x / scale + zero point)) - zero point); ``BipolarQuant`` gives scale where x >= 0, else -scale.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.extras import need
from spinsc.models.importing.importers.modules import integer_range
from spinsc.models.importing.steps import Affine, Linear, Monotone, Quantizer, Step, TrainedNetwork

_ROUNDINGS = {"ROUND": "half even", "HALF_EVEN": "half even", "FLOOR": "floor", "CEIL": "ceil", "HALF_UP": "half up"}
#: Operators that change shapes or types only, and those at the end that keep the order of the classes.
_NOTHING = {"Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Dropout"}
_ENDS = {"Softmax", "LogSoftmax", "ArgMax", "TopK"}


@dataclass(frozen=True, eq=False)
class Constant:
    """Numbers of a file.

    Attributes
    ----------
    values : array
    unit : array or None
        The values are integers times it, where they came out of a quantizer.
    """

    values: npt.NDArray[Any]
    unit: npt.NDArray[Any] | None = None


class Onnx:
    """See `spinsc.models.importing.importer.NetworkImporter`."""

    title = "ONNX and QONNX (.onnx)"

    def recognize(self, source: Any) -> bool:
        return isinstance(source, Path) and source.suffix.lower() == ".onnx"

    def read(self, source: Any) -> TrainedNetwork:
        need(f"reading {source}", "onnx")
        import onnx

        try:
            model = onnx.load(source)
        except FileNotFoundError:
            raise InputError(f"no file {source}; give an .onnx file") from None
        except Exception as error:  # what a parser of any bytes raises
            raise InputError(f"{source} is not a readable ONNX file ({type(error).__name__})") from None
        graph = model.graph
        constants = {each.name: Constant(onnx.numpy_helper.to_array(each)) for each in graph.initializer}
        inputs = [each for each in graph.input if each.name not in constants]
        if len(inputs) != 1:
            raise InputError(f"{source} has {len(inputs)} inputs; a network of spinsc has one")
        reader = _Reader(constants, inputs[0].name, functools.partial(_attributes, onnx))
        for node in graph.node:
            reader.read(node)
        steps, notes = reader.steps, []
        if not any(isinstance(step, Linear) for step in steps):
            raise InputError(f"{source} has no linear layer (MatMul or Gemm) on the way from its input")
        if isinstance(steps[-1], Quantizer):
            notes = [f"{steps.pop().name}, of the scores, is left out: the hardware compares the sums before it"]
        features = next(step.weights.shape[1] for step in steps if isinstance(step, Linear))
        return TrainedNetwork(features, tuple(steps), str(source), tuple(notes))


def _attributes(onnx: Any, node: Any) -> dict[str, Any]:
    found = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    return {name: onnx.numpy_helper.to_array(value) if hasattr(value, "raw_data") else value
            for name, value in found.items()}


class _Reader:
    """Follows the data from node to node; what depends on constants alone is computed."""

    def __init__(self, constants: dict[str, Constant], place: str, attributes: Callable[[Any], dict[str, Any]]) -> None:
        self.constants, self.place, self.attributes = constants, place, attributes
        self.steps: list[Step] = []
        self.shapes: set[str] = set()
        self.ended = ""

    def read(self, node: Any) -> None:
        name = f"{node.op_type} {node.name}".strip()
        given = list(node.input)  # an optional one that is left out is empty
        attributes = self.attributes(node)
        if node.op_type == "Constant":
            self.constants[node.output[0]] = Constant(np.asarray(next(iter(attributes.values()))))
            return
        if node.op_type == "Shape" or (any(each in self.shapes for each in given) and self.place not in given):
            self.shapes.update(node.output)  # sizes of the batch, for a Reshape
            return
        data = [position for position, each in enumerate(given) if each == self.place]
        unknown = [each for each in given if each and each not in self.constants and each != self.place
                   and each not in self.shapes]
        if not data and not unknown:
            self.constants[node.output[0]] = self._computed(name, node.op_type, given, attributes)
            return
        if unknown or len(data) != 1:
            raise InputError(f"{name} joins two results of the network, and spinsc takes chains of layers only (no "
                             "residual connections)")
        if self.ended:
            raise InputError(f"{name} follows {self.ended}, which must be the last")
        if node.op_type in _ENDS:
            self.ended = name
        elif node.op_type not in _NOTHING:
            others = [self.constants.get(each) for each in given]
            self.steps += self._steps(name, node.op_type, data[0], others, attributes)
        self.place = node.output[0]

    def _computed(self, name: str, kind: str, given: Sequence[str], attributes: dict[str, Any]) -> Constant:
        first, *rest = (self.constants[each] for each in given if each)
        values = first.values
        if kind in ("Quant", "BipolarQuant"):
            scale = np.asarray(rest[0].values, np.float64)
            if kind == "BipolarQuant":
                return Constant(np.where(values >= 0, scale, -scale), scale)
            low, high, rounding = _integers(name, rest, attributes)
            if np.any(rest[1].values != 0):
                raise InputError(f"{name}: weights with a zero point have no place in the hardware; take symmetric "
                                 "ones")
            integers = np.clip(_rounded(values / scale, rounding), low, high)
            return Constant(integers * scale, scale)
        if kind == "DequantizeLinear":
            zero = rest[1].values.astype(np.int64) if len(rest) > 1 else 0
            if np.any(zero != 0):
                raise InputError(f"{name}: weights with a zero point have no place in the hardware; take symmetric "
                                 "ones")
            shape = [1] * values.ndim
            if rest[0].values.size > 1:
                shape[int(attributes.get("axis", 1))] = -1
            scale = np.asarray(rest[0].values, np.float64).reshape(shape)
            return Constant(values.astype(np.int64) * scale, scale)
        if kind == "Clip":
            return Constant(np.clip(values, *_ends([self.constants.get(each) for each in given], attributes)),
                            first.unit)
        if kind == "Transpose":
            return Constant(values.T, None if first.unit is None or first.unit.ndim < 2 else first.unit.T)
        if kind in ("Mul", "Div") and rest[0].unit is None and first.unit is not None and rest[0].values.size == 1:
            factor = rest[0].values if kind == "Mul" else 1 / rest[0].values
            return Constant(values * factor, first.unit * factor)
        simple: dict[str, Callable[..., Any]] = {
            "Mul": np.multiply, "Div": np.divide, "Add": np.add, "Sub": np.subtract, "Sqrt": np.sqrt,
            "Neg": np.negative, "Pow": np.power, "Reciprocal": np.reciprocal}
        if kind in simple:
            return Constant(simple[kind](*(part.values for part in (first, *rest))))
        if kind in _NOTHING:
            return first if kind in ("Identity", "Cast", "Dropout") else Constant(values.reshape(
                rest[0].values.tolist() if kind == "Reshape" else -1))
        raise InputError(f"{name}, of constants, is not known to spinsc")

    def _steps(self, name: str, kind: str, position: int, others: Sequence[Constant | None],
               attributes: dict[str, Any]) -> Iterator[Step]:
        constants = [each for each in others if each is not None]
        values = [np.asarray(each.values) for each in constants]
        if kind in ("MatMul", "Gemm"):
            yield from _linear(name, kind, position, constants, attributes)
        elif kind in ("Add", "Mul", "Sub", "Div"):
            if kind == "Div" and position == 1:
                raise InputError(f"{name} divides by what the network computes; that has no place in the hardware")
            with np.errstate(divide="ignore"):
                yield {"Add": lambda: Affine.of(name, 1.0, values[0]), "Mul": lambda: Affine.of(name, values[0]),
                       "Div": lambda: Affine.of(name, 1 / np.asarray(values[0], np.float64)),
                       "Sub": lambda: Affine.of(name, 1.0, -values[0]) if position == 0
                       else Affine.of(name, -1.0, values[0])}[kind]()
        elif kind == "BatchNormalization":
            scale, shift, mean, variance = (part.astype(np.float64) for part in values)
            gamma = scale / np.sqrt(variance + float(attributes.get("epsilon", 1e-5)))
            yield Affine.of(name, gamma, shift - gamma * mean)
        elif kind in ("Quant", "BipolarQuant", "QuantizeLinear", "DequantizeLinear"):
            yield from _quantizer(name, kind, constants, attributes)
        elif kind == "Sign":
            yield Quantizer(name, -1.0, 1.0, np.zeros(2), np.array([True, False]))
        elif kind in ("Relu", "Tanh", "Sigmoid"):
            yield Monotone(name, kind.lower())
        elif kind == "Clip":
            yield Monotone(name, "clip", *_ends(others, attributes))
        elif kind == "Neg":
            yield Affine.of(name, -1.0)
        else:
            raise InputError(f"{name} has no place in the hardware; a network is a chain of MatMul or Gemm, batch "
                             "normalizations, rising activations and quantizers")


def _ends(others: Sequence[Constant | None], attributes: dict[str, Any]) -> tuple[float, float]:
    """Lowest and highest result of a Clip: its second and third input, or attributes in old files."""
    low, high = (attributes.get(key, otherwise) if given is None else given.values for given, key, otherwise in zip(
        (*others[1:], None, None), ("min", "max"), (-np.inf, np.inf), strict=False))
    return float(low), float(high)


def _linear(name: str, kind: str, position: int, constants: Sequence[Constant],
            attributes: dict[str, Any]) -> Iterator[Step]:
    if position != 0 or attributes.get("transA"):
        raise InputError(f"{name} takes the network's values as its second operand; give them first")
    weight = constants[0]
    if weight.values.ndim != 2:
        raise InputError(f"{name} multiplies by an array of shape {weight.values.shape}, not by a matrix")
    turned = not attributes.get("transB") if kind == "Gemm" else True
    unit = weight.unit
    if unit is not None and unit.size > 1:
        per_neuron = unit if unit.ndim < 2 else unit.T if turned else unit
        if per_neuron.size != (weight.values.shape[1] if turned else weight.values.shape[0]) or (
                unit.ndim == 2 and per_neuron.shape[0] != per_neuron.size):
            raise InputError(f"{name} has weights with a scale for each input; the hardware has one for each neuron")
        unit = per_neuron.reshape(-1)
    alpha = float(attributes.get("alpha", 1.0))
    yield Linear.of(name, alpha * (weight.values.T if turned else weight.values),
                    None if unit is None else alpha * unit)
    if len(constants) > 1:
        yield Affine.of(name, 1.0, float(attributes.get("beta", 1.0)) * constants[1].values)


def _quantizer(name: str, kind: str, constants: Sequence[Constant], attributes: dict[str, Any]) -> Iterator[Step]:
    scale = np.asarray(constants[0].values, np.float64)
    if scale.size != 1:
        raise InputError(f"{name} has {scale.size} scales; a layer's activations share their states, so give it one")
    if kind == "BipolarQuant":
        yield Quantizer.bipolar(name, scale.item())
        return
    zero = float(np.asarray(constants[1].values).reshape(-1)[0]) if len(constants) > 1 else 0.0
    if kind == "Quant":
        low, high, rounding = _integers(name, constants, attributes)
        yield Quantizer.uniform(name, scale.item(), low, high, zero_point=zero, rounding=rounding)
    elif kind == "QuantizeLinear":
        kept = constants[1].values.dtype if len(constants) > 1 else np.dtype(np.uint8)
        if kept.kind not in "iu" or kept.itemsize != 1:
            raise InputError(f"{name} quantizes to {kept}; spinsc takes int8 and uint8")
        # x / scale is rounded before the zero point is added; results are the integers themselves
        low, high = (int(end - zero) for end in (np.iinfo(kept).min, np.iinfo(kept).max))
        yield Quantizer.uniform(name, scale.item(), low, high)
        yield Affine.of(name, 1 / scale, 0.0)
        yield Affine.of(name, 1.0, zero)
    else:
        yield Affine.of(name, scale, -zero * scale)


def _integers(name: str, constants: Sequence[Constant], attributes: dict[str, Any]) -> tuple[int, int, str]:
    """Lowest and highest integer of a Quant node, and its rounding."""
    bits = float(np.asarray(constants[2].values).reshape(-1)[0])
    if bits != int(bits) or not 1 <= bits <= 32:
        raise InputError(f"{name} has {bits:g} bits; spinsc takes whole numbers of them")
    mode = attributes.get("rounding_mode", b"ROUND")
    mode = (mode.decode() if isinstance(mode, bytes) else str(mode)).upper()
    if mode not in _ROUNDINGS:
        raise InputError(f"{name} rounds by {mode}; spinsc takes {', '.join(_ROUNDINGS)}")
    return *integer_range(int(bits), signed=bool(attributes.get("signed", 1)),
                          narrow=bool(attributes.get("narrow", 0))), _ROUNDINGS[mode]


def _rounded(values: npt.NDArray[Any], rounding: str) -> npt.NDArray[Any]:
    real = np.asarray(values, np.float64)
    if rounding == "half up":
        return np.floor(real + 0.5)
    ways: dict[str, Callable[..., Any]] = {"half even": np.rint, "floor": np.floor, "ceil": np.ceil}
    rounded: npt.NDArray[Any] = ways[rounding](real)
    return rounded


IMPORTER = Onnx()
