"""The golden model's fast form: the same accumulators as matrix products of small integers, without simulating time.

A bit depends on the state and the random number of its step alone. Within the L steps of a pass and chunk, input i
therefore adds C_i[x, w] = (steps at which the bit of x equals that of w), a table. With
[..] = 1 where true and 0 elsewhere, C_i is written over the steps of one of its two arguments,

    C_i[x, w] = C_i[0, w] + sum_p [x > p] * (C_i[p+1, w] - C_i[p, w]),

so the sum over inputs is a matrix product of inner size inputs * (states - 1), whatever L is. Either side can have the
steps, and `golden_words` counts the other operand's entries; `FastAccumulator` takes what costs least:

``tables``  steps of the images' states, times entries counted for each neuron and slot, for many images of a slot
``words``   entries counted for each image in its own slot, times steps of the weights, for streams that move on often
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from spinsc.models.golden.product import multiply
from spinsc.models.golden.words import Counter
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.streams.packing import packed_bits
from spinsc.models.streams.protocol import PackedBits, PackedStreams, Streams

FORMS = ("tables", "words")

# Nanoseconds to compare an element of an operand, and to draw a step's pair of random numbers and pack its bits,
# measured on one CPU; only ratios count.
_COMPARE, _PACK = 0.3, 2.1
_OPERAND_BYTES = 1 << 22
_CACHE_BYTES = 1 << 29


@dataclass(frozen=True, eq=False)
class _LayerForms:
    """What does not depend on images and slots."""

    layer: Layer
    length: int
    device: torch.device

    @cached_property
    def of_neurons(self) -> Counter:
        return Counter(self.layer, self.length, of_neurons=True)

    @cached_property
    def of_images(self) -> Counter:
        return Counter(self.layer, self.length, of_neurons=False)

    @cached_property
    def passes(self) -> list[slice]:
        """Neurons of each pass."""
        return [slice(first, min(first + self.layer.folding.units, self.layer.neurons))
                for first in range(0, self.layer.neurons, self.layer.folding.units)]

    @cached_property
    def weight_steps(self) -> list[Tensor]:
        """[w > p] for the neurons of each pass."""
        steps = _steps(torch.tensor(self.layer.weights, device=self.device), self.layer.weight.states)
        return [steps[neurons] for neurons in self.passes]

    def later(self, bits: PackedBits, a_pass: int | np.ndarray) -> PackedBits:
        """The same bits from the first step of a pass on, or of a pass for each row."""
        return PackedBits(bits.samples, bits.starts + a_pass * self.layer.chunks * self.length)


@dataclass(frozen=True)
class _Table:
    """Some neurons' accumulators in one slot: ``steps @ digits.T + base``."""

    neurons: slice
    digits: list[Tensor]
    base: Tensor


class FastAccumulator:
    """Accumulators of a layer as matrix products, equal to `LiteralAccumulator`'s bit for bit.

    Parameters
    ----------
    network : Network
    streams : Streams
    device : torch.device
    form : str, optional
        One of `FORMS`; by default the cheapest for the number of images.
    """

    def __init__(self, network: Network, streams: Streams, device: torch.device, form: str | None = None) -> None:
        self.network = network
        self.streams = streams
        self.device = device
        self.form = form
        self._layers = [_LayerForms(layer, network.length, device) for layer in network.layers]
        self._cache: dict[tuple[int, int], list[_Table]] = {}
        self._cache_room = _CACHE_BYTES

    def __call__(self, number: int, slot: int, states: Tensor) -> Tensor:
        """Accumulators of layer ``number`` for images of one slot.

        Parameters
        ----------
        states : uint8, shape (images, inputs)

        Returns
        -------
        int32, shape (images, neurons)
        """
        layer = self.network.layers[number]
        tables = self._cached(number, slot)
        acc = torch.empty(len(states), layer.neurons, dtype=torch.int32, device=self.device)
        at_once = self._rows((layer.activation.states - 1) * layer.inputs)
        for first in range(0, len(states), at_once):
            rows = slice(first, first + at_once)
            steps = _steps(states[rows], layer.activation.states)
            for table in tables:
                torch.add(_product([steps], table.digits), table.base, out=acc[rows, table.neurons])
        return acc

    def mixes_slots(self, images: int) -> bool:
        """Whether `across_slots` is the way for slots that have ``images`` images each."""
        if self.form is not None:
            return self.form == "words"
        mixed = one_by_one = 0.0
        for forms in self._layers:
            layer = forms.layer
            packed = isinstance(self.streams, PackedStreams) and not layer.fill
            draw = 0.0 if packed else _PACK * layer.steps(forms.length) * layer.folding.lanes
            mixed += images * (draw + layer.passes * forms.of_images.cost)
            one_by_one += (draw + layer.neurons * forms.of_neurons.cost
                           + images * _COMPARE * (layer.activation.states - 1) * layer.inputs)
        return mixed < one_by_one

    def across_slots(self, number: int, slots: Sequence[int], states: Tensor) -> Tensor:
        """Accumulators of layer ``number`` for images of any slots.

        Parameters
        ----------
        slots : sequence of int
            Of each image.
        states : uint8, shape (images, inputs)

        Returns
        -------
        int32, shape (images, neurons)
        """
        forms = self._layers[number]
        of_images = states.numpy(force=True)
        acc = torch.empty(len(states), forms.layer.neurons, dtype=torch.int32, device=self.device)
        at_once = self._rows(forms.of_images.steps * forms.layer.inputs)
        for first in range(0, len(states), at_once):
            rows = slice(first, first + at_once)
            bits = packed_bits(self.network, self.streams, number, slots[rows])
            for a_pass, (neurons, steps) in enumerate(zip(forms.passes, forms.weight_steps, strict=True)):
                digits, base = self._count(forms.of_images, forms.later(bits, a_pass), of_images[rows])
                torch.add(_product(digits, [steps]), base[:, None], out=acc[rows, neurons])
        return acc

    def _cached(self, number: int, slot: int) -> list[_Table]:
        """Tables of a slot. What no longer fits is not kept: as slots come round, the first serve best."""
        if (number, slot) in self._cache:
            return self._cache[number, slot]
        forms = self._layers[number]
        layer = forms.layer
        bits = packed_bits(self.network, self.streams, number, [slot])
        bits = forms.later(bits, np.arange(layer.neurons) // layer.folding.units)
        tables = []
        at_once = self._rows(forms.of_neurons.steps * layer.inputs)
        for first in range(0, layer.neurons, at_once):
            neurons = slice(first, min(first + at_once, layer.neurons))
            some = PackedBits(bits.samples, bits.starts[neurons])
            tables.append(_Table(neurons, *self._count(forms.of_neurons, some, layer.weights[neurons])))
        size = sum(tensor.nbytes for table in tables for tensor in (*table.digits, table.base))
        if size <= self._cache_room:
            self._cache_room -= size
            self._cache[number, slot] = tables
        return tables

    def _count(self, counter: Counter, bits: PackedBits, states: np.ndarray) -> tuple[list[Tensor], Tensor]:
        """Rises in int8 digits, each of shape (rows, steps * inputs), and the base of each row."""
        rises, base = counter(bits, states)
        return (_digits(torch.from_numpy(rises.reshape(len(rises), -1)).to(self.device)),
                torch.from_numpy(base).to(self.device))

    @staticmethod
    def _rows(inner: int) -> int:
        """Rows of an operand to make at a time."""
        return max(16, _OPERAND_BYTES // inner)


def _digits(values: Tensor) -> list[Tensor]:
    """Signed digits of base 128, int8, lowest first, none of them -128."""
    digits: list[Tensor] = []
    if values.dtype == torch.int8:
        return [values]
    while int(values.abs().max()) > 127:
        low = ((values + 64) & 127) - 64
        digits.append(low.to(torch.int8))
        values = (values - low) >> 7
    return [*digits, values.to(torch.int8)]


def _compare(states: Tensor, levels: Tensor) -> Tensor:
    """[state > level] as int8, shape (rows, levels * inputs), for levels of shape (levels, 1 or inputs)."""
    bits = torch.empty(len(states), len(levels), states.shape[1], dtype=torch.bool, device=states.device)
    if bits.device.type == "cpu":  # many times faster than torch.gt on bytes
        np.greater(states.numpy()[:, None, :], levels.numpy(), out=bits.numpy())
    else:
        torch.gt(states[:, None, :], levels, out=bits)
    return bits.view(torch.int8).reshape(len(states), -1)


def _steps(states: Tensor, number_of_states: int) -> Tensor:
    """[state > p] for p = 0..K-2 as int8, shape (rows, (K-1) * inputs)."""
    return _compare(states, torch.arange(number_of_states - 1, dtype=torch.uint8, device=states.device)[:, None])


def _product(left: list[Tensor], right: list[Tensor]) -> Tensor:
    """left @ right.T of numbers in int8 digits of base 128, one of the two of a single digit; int32."""
    parts = [multiply(a, b) for a in left for b in right]
    return sum((part << 7 * digit for digit, part in enumerate(parts[1:], 1)), start=parts[0])
