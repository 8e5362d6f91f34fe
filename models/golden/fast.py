"""The golden model's fast form: the same accumulators as matrix products of small integers, without simulating time.

A bit depends on the state and the random number of its step alone. Within the L steps of a pass and chunk, input i
therefore adds C_i[x, w] = (steps at which the bit of x equals that of w), a table. With
[..] = 1 where true and 0 elsewhere, C_i is written over the steps of one of its two arguments,

    C_i[x, w] = C_i[0, w] + sum_p [x > p] * (C_i[p+1, w] - C_i[p, w]),

so the sum over inputs is a matrix product of inner size inputs * (states - 1), whatever L is. Either side can have the
steps, and `spinsc.models.golden.words` counts the other operand's entries; `FastAccumulator` takes what costs least:

``tables``  steps of the images' states, times entries counted for each neuron and slot, for very many images of a slot
``pairs``   entries taken for each image from those counted for all pairs of states in its slot, times steps of the
            weights
``words``   entries counted for each image in its own slot, times steps of the weights, for one image of a slot, or two

How the product is formed is another choice, see `spinsc.models.golden.product`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from spinsc.integers import ceil_div
from spinsc.models.golden.choice import Choice, Kept, fastest
from spinsc.models.golden.lookup import BLOCK, Table
from spinsc.models.golden.words import Counter, PairCounter
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.streams.packing import packed_bits
from spinsc.models.streams.protocol import PackedBits, PackedStreams, Slots, Streams

FORMS = ("tables", "pairs", "words")

# Nanoseconds to draw a step's pair of random numbers and pack its bits, and to take up to 8 entries of an input, next
# to the figures in `words`.
_PACK, _TAKE = 2.1, 0.8
_OPERAND_BYTES = 1 << 21
_CACHE_BYTES = 1 << 29
_ROWS_OF_A_SLOT = 1000  # that are worked on before its pairs are counted again, or so


class _Room(threading.local):
    """The table that a thread filled last, whose memory serves again."""

    table: Table | None = None


@dataclass(frozen=True, eq=False)
class _LayerForms:
    """What does not depend on images and slots."""

    layer: Layer
    length: int
    device: torch.device
    product: str | None
    room: _Room = field(default_factory=_Room)

    @cached_property
    def of_neurons(self) -> Counter:
        return Counter(self.layer, self.length, of_neurons=True)

    @cached_property
    def of_images(self) -> Counter:
        return Counter(self.layer, self.length, of_neurons=False)

    @cached_property
    def of_pairs(self) -> PairCounter:
        return PairCounter(self.layer, self.length)

    @cached_property
    def passes(self) -> list[slice]:
        """Neurons of each pass."""
        return [slice(first, min(first + self.layer.folding.units, self.layer.neurons))
                for first in range(0, self.layer.neurons, self.layer.folding.units)]

    @cached_property
    def by_tables(self) -> Choice:
        return self._choose(self.layer.activation.states, "columns")

    @cached_property
    def by_words(self) -> Choice:
        return self._choose(self.layer.weight.states, "rows")

    def _choose(self, states: int, kept_are: Kept) -> Choice:
        if self.product is not None:
            return Choice(self.product)
        if self.device.type != "cpu":
            return Choice("int8" if self.device.type == "cuda" else "float32")
        rise = self.length / (states - 1)  # what is usual at an input of full scale
        return fastest(states, self.layer.neurons, kept_are, wide=rise + 5 * rise**0.5 > 127)

    @cached_property
    def weight_rows(self) -> list[Any]:
        """Operands of the weights of each pass's neurons."""
        weights = torch.tensor(self.layer.weights, device=self.device)
        return [self.by_words.product.rows(weights[neurons], self.layer.weight.states) for neurons in self.passes]

    def later(self, bits: PackedBits, a_pass: int | np.ndarray) -> PackedBits:
        """The same bits from the first step of a pass on, or of a pass for each row."""
        return PackedBits(bits.samples, bits.starts + a_pass * self.layer.chunks * self.length)


@dataclass(frozen=True)
class _Table:
    """Operand of some neurons in one slot."""

    neurons: slice
    columns: Any


class FastAccumulator:
    """Accumulators of a layer as matrix products, equal to `LiteralAccumulator`'s bit for bit.

    Parameters
    ----------
    network : Network
    streams : Streams
    device : torch.device
    form : str, optional
        One of `FORMS`; by default the cheapest for the number of images.
    product : str, optional
        One of `spinsc.models.golden.product.PRODUCTS`; by default the fastest on this device.
    """

    def __init__(self, network: Network, streams: Streams, device: torch.device, form: str | None = None,
                 product: str | None = None) -> None:
        self.network = network
        self.streams = streams
        self.device = device
        self.form = form
        self._layers = [_LayerForms(layer, network.length, device, product) for layer in network.layers]
        self._cache: dict[tuple[int, int], list[_Table]] = {}
        self._cache_room = _CACHE_BYTES

    @property
    def choices(self) -> list[Choice]:
        """The product of each layer, where many images share a slot."""
        return [forms.by_tables for forms in self._layers]

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
        tables, product = self._cached(number, slot), self._layers[number].by_tables.product
        acc = torch.empty(len(states), layer.neurons, dtype=torch.int32, device=self.device)
        at_once = self._at_once((layer.activation.states - 1) * layer.inputs * product.row_bytes)
        for first in range(0, len(states), at_once):
            rows = slice(first, first + at_once)
            operand = product.rows(states[rows], layer.activation.states)
            for table in tables:
                acc[rows, table.neurons] = product(operand, table.columns)
        return acc

    def form_for(self, images: float) -> str:
        """The form for slots that have ``images`` images each: all but tables are for `across_slots`."""
        forms = dict.fromkeys(FORMS, 0.0)
        if not all(known.of_pairs.possible for known in self._layers):
            del forms["pairs"]
        if self.form is not None:
            return self.form if self.form in forms else "words"
        for known in self._layers:
            layer = known.layer
            packed = isinstance(self.streams, PackedStreams) and not layer.fill
            draw = 0.0 if packed else _PACK * layer.steps(known.length) * layer.folding.lanes
            by_images = images * layer.inputs * known.by_words.nanoseconds
            takes = images * layer.inputs * _TAKE * ceil_div(layer.weight.states, 8)
            costs = {
                "tables": (draw + layer.neurons * known.of_neurons.cost
                           + images * layer.inputs * known.by_tables.nanoseconds),
                "pairs": ((1 + images / _ROWS_OF_A_SLOT) * (draw + layer.passes * known.of_pairs.cost)
                          + layer.passes * takes + by_images),
                "words": images * (draw + layer.passes * known.of_images.cost) + by_images}
            for form in forms:
                forms[form] += costs[form]
        return min(forms, key=lambda form: forms[form])

    def across_slots(self, form: str, number: int, slots: Slots, states: Tensor) -> Tensor:
        """Accumulators of layer ``number`` for images of any slots.

        Parameters
        ----------
        form : {"pairs", "words"}
        number : int
        slots : integers, shape (images,)
            Ascending for ``pairs``.
        states : uint8, shape (images, inputs)

        Returns
        -------
        int32, shape (images, neurons)
        """
        known = self._layers[number]
        layer, product = known.layer, known.by_words.product
        of_images = states.numpy(force=True)
        acc = torch.empty(len(states), layer.neurons, dtype=torch.int32, device=self.device)
        tables = self._tables_of_pairs if form == "pairs" else self._tables_of_words
        for rows, a_pass, table in tables(number, slots, of_images):
            columns = product.columns(table, self.device)
            acc[rows, known.passes[a_pass]] = product(known.weight_rows[a_pass], columns).T
        return acc

    def _tables_of_words(self, number: int, slots: Slots, states: np.ndarray) -> Iterator[tuple[slice, int, Table]]:
        """Rows of the images, a pass, and a table of them, whose memory serves again."""
        known = self._layers[number]
        for rows in self._parts(known, 0, len(states)):
            bits = packed_bits(self.network, self.streams, number, slots[rows])
            for a_pass in range(known.layer.passes):
                known.room.table = known.of_images(known.later(bits, a_pass), states[rows], known.room.table)
                yield rows, a_pass, known.room.table

    def _tables_of_pairs(self, number: int, slots: Slots, states: np.ndarray) -> Iterator[tuple[slice, int, Table]]:
        known = self._layers[number]
        different, begins = np.unique(slots, return_index=True)
        ends = np.append(begins[1:], len(slots))
        for first in range(0, len(different), known.of_pairs.columns_at_once):
            last = min(first + known.of_pairs.columns_at_once, len(different)) - 1
            bits = packed_bits(self.network, self.streams, number, different[first:last + 1])
            for a_pass in range(known.layer.passes):
                pairs = known.of_pairs(known.later(bits, a_pass))
                for rows in self._parts(known, begins[first], ends[last]):
                    columns = np.searchsorted(different[first:last + 1], slots[rows])
                    known.room.table = known.of_pairs.table(pairs, columns, states[rows], known.room.table)
                    yield rows, a_pass, known.room.table

    def _parts(self, known: _LayerForms, first: int, last: int) -> Iterator[slice]:
        """Images whose table to make at a time."""
        layer = known.layer
        at_once = self._at_once((layer.weight.states - 1) * layer.inputs * known.by_words.product.column_bytes)
        for begin in range(first, last, at_once):
            yield slice(begin, min(begin + at_once, last))

    def _cached(self, number: int, slot: int) -> list[_Table]:
        """Tables of a slot. What no longer fits is not kept: as slots come round, the first serve best."""
        if (number, slot) in self._cache:
            return self._cache[number, slot]
        forms = self._layers[number]
        layer = forms.layer
        bits = packed_bits(self.network, self.streams, number, np.array([slot]))
        bits = forms.later(bits, np.arange(layer.neurons) // layer.folding.units)
        tables, product = [], forms.by_tables.product
        at_once = self._at_once((layer.activation.states - 1) * layer.inputs * product.column_bytes)
        for first in range(0, layer.neurons, at_once):
            neurons = slice(first, min(first + at_once, layer.neurons))
            some = PackedBits(bits.samples, bits.starts[neurons])
            table = forms.of_neurons(some, layer.weights[neurons])
            tables.append(_Table(neurons, product.columns(table, self.device)))
        size = sum(table.columns.nbytes for table in tables)
        if size <= self._cache_room:
            self._cache_room -= size
            self._cache[number, slot] = tables
        return tables

    @staticmethod
    def _at_once(bytes_each: int) -> int:
        """Rows or columns whose operands to make at a time, in whole blocks of a table if they are not far smaller."""
        fitting = max(16, _OPERAND_BYTES // bytes_each)
        return max(1, round(fitting / BLOCK)) * BLOCK if 2 * fitting > BLOCK else fitting
