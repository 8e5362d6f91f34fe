"""Modules of PyTorch, and those of Brevitas among them.

Brevitas' layers say by methods what they quantize to, so this file needs no import of it. The rules: a weight is what
``quant_weight()`` gives; an activation rounds x / scale + zero point to an integer of so many bits, signed or not,
narrow (without the lowest) or not; a binary one is the scale with the sign of x, of 0 the positive one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from spinsc.errors import InputError
from spinsc.models.importing.steps import Affine, Linear, Monotone, Quantizer, Step, TrainedNetwork
from spinsc.models.nn.chain import RESHAPING, chain, without_softmax
from spinsc.models.nn.chain import Step as ModuleStep
from spinsc.models.nn.export import affine_of_norm

#: Ways of rounding by Brevitas' names.
_ROUNDINGS = {"ROUND": "half even", "HALF_EVEN": "half even", "FLOOR": "floor", "CEIL": "ceil"}


class Modules:
    """See `spinsc.models.importing.importer.NetworkImporter`."""

    title = "modules of PyTorch and Brevitas"

    def recognize(self, source: Any) -> bool:
        return isinstance(source, nn.Module)

    def read(self, source: Any) -> TrainedNetwork:
        first = next((module for module in source.modules() if isinstance(module, nn.Linear)), None)
        if first is None:
            raise InputError(f"{type(source).__name__} has no linear layer")
        found = without_softmax(chain(source, int(first.in_features), _is_layer))
        steps: list[Step] = []
        with torch.no_grad():
            for step in found:
                steps += _of_layer(step.name, step.layer, steps) if step.layer is not None else _of_function(step)
        notes: tuple[str, ...] = ()
        if isinstance(steps[-1], Quantizer):
            notes = (f"{steps.pop().name}, of the scores, is left out: the hardware compares the sums before it",)
        return TrainedNetwork(int(first.in_features), tuple(steps), type(source).__name__, notes)


def _is_layer(module: nn.Module) -> bool:
    of_brevitas = type(module).__module__.startswith("brevitas.nn")
    return of_brevitas or isinstance(module, nn.Linear) or hasattr(module, "running_mean")


def _of_layer(name: str, layer: Any, before: list[Step]) -> Iterator[Step]:
    of_brevitas = type(layer).__module__.startswith("brevitas.nn")
    if isinstance(layer, nn.Linear):
        yield from _linear(name, layer, before, of_brevitas)
    elif of_brevitas and hasattr(layer, "act_quant"):
        yield from _activation(name, layer)
    elif getattr(layer, "running_mean", None) is not None:
        yield Affine.of(name, *affine_of_norm(layer))
    elif isinstance(layer, nn.ReLU | nn.ReLU6):
        yield Monotone(name, "clip", 0.0, 6.0) if isinstance(layer, nn.ReLU6) else Monotone(name, "relu")
    elif isinstance(layer, nn.Hardtanh):
        yield Monotone(name, "clip", float(layer.min_val), float(layer.max_val))
    elif isinstance(layer, nn.Tanh | nn.Sigmoid):
        yield Monotone(name, "tanh" if isinstance(layer, nn.Tanh) else "sigmoid")
    elif not isinstance(layer, nn.Identity | nn.Flatten | nn.Dropout):
        raise InputError(f"{name} has no place in the hardware; a network is a chain of linear layers, batch norms, "
                         "rising activations and quantizers")


def _linear(name: str, layer: Any, before: list[Step], of_brevitas: bool) -> Iterator[Step]:
    if not of_brevitas:
        yield Linear.of(name, _numbers(layer.weight))
    else:
        if layer.input_quant.is_quant_enabled:
            yield _quantizer(f"the input of {name}", layer.input_quant)
        weight = layer.quant_weight()
        if layer.weight_quant.is_quant_enabled:
            if np.any(_numbers(weight.zero_point) != 0):
                raise InputError(f"{name}: weights with a zero point have no place in the hardware; take symmetric "
                                 "ones")
            yield Linear.of(name, _numbers(weight.value), _numbers(weight.scale))
        else:
            yield Linear.of(name, _numbers(layer.weight))
    if layer.bias is not None:
        bias = _numbers(layer.bias)
        if of_brevitas and layer.bias_quant.is_quant_enabled:
            given = next((step for step in reversed(before) if isinstance(step, Quantizer)), None)
            if layer.input_quant.is_quant_enabled:
                given = _quantizer(name, layer.input_quant)
            if given is None:
                raise InputError(f"{name}: a quantized bias needs a quantized input")
            unit = given.step * _numbers(weight.scale).reshape(-1)
            bias = np.rint(bias / unit) * unit
        yield Affine.of(name, 1.0, bias)
    if of_brevitas and layer.output_quant.is_quant_enabled:
        yield _quantizer(f"the output of {name}", layer.output_quant)


def _activation(name: str, layer: Any) -> Iterator[Step]:
    if layer.input_quant.is_quant_enabled:
        yield _quantizer(f"the input of {name}", layer.input_quant)
    inner = layer.act_quant.fused_activation_quant_proxy.activation_impl
    yield from _of_layer(name, inner, [])
    if layer.act_quant.is_quant_enabled:
        yield _quantizer(name, layer.act_quant)


def _quantizer(name: str, proxy: Any) -> Quantizer:
    """The rounding of one of Brevitas' activation proxies."""
    kind = str(getattr(proxy.quant_injector.quant_type, "value", proxy.quant_injector.quant_type)).lower()
    scale = _numbers(proxy.scale())
    if scale.size != 1:
        raise InputError(f"{name} has {scale.size} scales; a layer's activations share their states, so give it one")
    if kind == "binary":
        return Quantizer.bipolar(name, scale.item())
    if kind != "int":
        raise InputError(f"{name} rounds to {kind}; spinsc takes integers and binary ones")
    bits, rounding = int(_numbers(proxy.bit_width()).item()), str(proxy.rounding_mode).upper()
    if rounding not in _ROUNDINGS:
        raise InputError(f"{name} rounds by {rounding}; spinsc takes {', '.join(_ROUNDINGS)}")
    low, high = integer_range(bits, signed=bool(proxy.is_signed), narrow=bool(proxy.is_narrow_range))
    return Quantizer.uniform(name, scale.item(), low, high, zero_point=_numbers(proxy.zero_point()).item(),
                             rounding=_ROUNDINGS[rounding])


def integer_range(bits: int, *, signed: bool, narrow: bool) -> tuple[int, int]:
    """Lowest and highest integer of so many bits; a narrow range lacks its lowest one if signed, else its highest."""
    if signed:
        return -(1 << (bits - 1)) + narrow, (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1 - narrow


def _of_function(step: ModuleStep) -> Iterator[Step]:
    name, function = step.name, step.function
    numbers = [_numbers(item) for item in step.arguments if isinstance(item, int | float | torch.Tensor)]
    if function in RESHAPING or function == "dropout":
        return
    if function in ("mul", "rmul", "add", "radd", "sub", "rsub", "div", "truediv") and numbers:
        other, first = numbers[0], step.position == 0
        if function in ("mul", "rmul"):
            yield Affine.of(name, other)
        elif function in ("add", "radd"):
            yield Affine.of(name, 1.0, other)
        elif function == "rsub" or (function == "sub" and not first):
            yield Affine.of(name, -1.0, other)
        elif function == "sub":
            yield Affine.of(name, 1.0, -other)
        elif first:
            yield Affine.of(name, 1 / other)
        else:
            raise InputError(f"{name} divides by what the network computes; that has no place in the hardware")
    elif function == "neg":
        yield Affine.of(name, -1.0)
    elif function in ("relu", "tanh", "sigmoid"):
        yield Monotone(name, function)
    elif function in ("clamp", "clip", "hardtanh") and len(numbers) == 2:
        yield Monotone(name, "clip", numbers[0].item(), numbers[1].item())
    elif function == "linear" and len(numbers) in (1, 2):
        yield Linear.of(name, numbers[0])
        if len(numbers) == 2:
            yield Affine.of(name, 1.0, numbers[1])
    else:
        raise InputError(f"{name} has no place in the hardware; a network is a chain of linear layers, batch norms, "
                         "rising activations and quantizers")


def _numbers(value: Any) -> Any:
    """As float64."""
    return np.asarray(value.detach().cpu().double().numpy() if isinstance(value, torch.Tensor) else value, np.float64)


IMPORTER = Modules()
