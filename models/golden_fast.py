"""The golden model's fast form: the same accumulators as matrix products of small integers, without simulating time.

A comparator's bit is ``state > level`` with a level that depends on the random number alone. Within the L steps of a
pass and chunk, input i therefore adds C_i[x, w] = (steps at which x > level_a equals w > level_w), a table. With
[..] = 1 where true and 0 elsewhere, C_i is written over the steps of one of its two arguments,

    C_i[x, w] = C_i[0, w] + sum_p [x > p] * (C_i[p+1, w] - C_i[p, w]),

so the sum over inputs is a matrix product of inner size inputs * (states - 1), whatever L is. Three pairs of operands
give the same integers; `FastAccumulator` takes the pair that costs least:

``activations``  steps of the activation states, times the table looked up by weight state (once for all images)
``weights``      the table looked up by activation state, times steps of the weight states (once for all slots)
``bits``         the bits themselves, for streams shorter than the number of states

These work on images of one slot; ``words`` (`golden_words`) on images of any slots, for streams that move on often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .golden_product import multiply
from .golden_words import Rises, WordLayer
from .network import Layer, Network
from .plan import Side
from .streams import Numbers, PackedStreams, Streams, checked_numbers, fill_planes

FORMS = ("activations", "weights", "bits", "words")

# Nanoseconds for each element of an operand or table and each multiply-add, measured on one CPU; only ratios count.
_COMPARE, _LOOK_UP, _TABULATE, _MULTIPLY = 0.3, 1.0, 10.0, 0.003
_PACK = 2.1  # to draw a step's pair of random numbers and pack its bits
_TABLE_ENTRIES = 1 << 23
_OPERAND_BYTES = 1 << 22
_CACHE_BYTES = 1 << 29

# From states, uint8 (images, inputs of a block), to the block's share of the accumulators, int32 (images, neurons).
_Share = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class _Block:
    """Some consecutive inputs of a layer, few enough for their tables to fit in memory."""

    layer: Layer
    number: int
    inputs: slice
    device: torch.device

    @property
    def size(self) -> int:
        return int(self.inputs.stop - self.inputs.start)

    @property
    def columns(self) -> int:
        """Tables of the block: one for each pass and input."""
        return self.layer.passes * self.size

    @cached_property
    def lane_columns(self) -> npt.NDArray[np.int64]:
        """Column each lane works for, shape (passes, chunks, 1, lanes); ``columns`` where it is of no input here."""
        of_input = np.arange(self.layer.chunks * self.layer.lanes) - self.inputs.start
        columns: npt.NDArray[np.int64] = np.arange(self.layer.passes)[:, None] * self.size + of_input
        columns[:, (of_input < 0) | (of_input >= self.size)] = self.columns
        return columns.reshape((self.layer.passes, self.layer.chunks, 1, self.layer.lanes))

    @cached_property
    def weights(self) -> Tensor:
        return torch.tensor(self.layer.weights[:, self.inputs], device=self.device)

    @cached_property
    def weight_steps(self) -> Tensor:
        return _steps(self.weights, self.layer.weight_states)

    @cached_property
    def weight_entries(self) -> Tensor:
        """Where a table looked up by weight state holds each weight, shape (neurons, inputs)."""
        a_pass = torch.arange(self.layer.neurons, device=self.device)[:, None] // self.layer.units
        column = a_pass * self.size + torch.arange(self.size, device=self.device)
        return (column * self.layer.weight_states + self.weights).int()


class FastAccumulator:
    """Accumulators of a layer as matrix products, equal to `LiteralAccumulator`'s bit for bit.

    Parameters
    ----------
    network : Network
    streams : Streams
    device : torch.device
    form : str, optional
        One of `FORMS`; by default the cheapest for each layer and number of images. Tuned sources have no ``bits``,
        and neither they nor calibrated comparators ``words``.
    """

    def __init__(self, network: Network, streams: Streams, device: torch.device, form: str | None = None) -> None:
        self.network = network
        self.streams = streams
        self.device = device
        self.form = form
        sides = [side for layer in network.layers for side in layer.sides]
        self._any_tuned = any(side.tuned for side in sides)
        self._any_calibrated = any(side.plan.thresholds is not None for side in sides)
        if form in self.unsuitable:
            raise ValueError(f"the form {form} does not suit the network's plan")
        self._blocks = [self._split(number) for number in range(len(network.layers))]
        self._levels_of_number = [
            [None if side.tuned else _levels_of_number(side) for side in layer.sides] for layer in network.layers]
        self._word_layers = [WordLayer(layer, network.length) for layer in network.layers]
        self._cache: dict[Any, tuple[list[Tensor], Tensor]] = {}
        self._cache_room = _CACHE_BYTES

    def _split(self, number: int) -> list[_Block]:
        layer = self.network.layers[number]
        size = max(1, _TABLE_ENTRIES // (layer.passes * layer.input_states * layer.weight_states))
        return [_Block(layer, number, slice(first, min(first + size, layer.inputs)), self.device)
                for first in range(0, layer.inputs, size)]

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
        acc = torch.zeros(len(states), layer.neurons, dtype=torch.int32, device=self.device)
        for block in self._blocks[number]:
            form = self.form or self._cheapest(block, slot, len(states))
            share = getattr(self, f"_by_{form}")(block, slot)
            inner = {"activations": layer.input_states - 1, "weights": layer.weight_states - 1,
                     "bits": self.network.length}[form] * block.size
            at_once = max(16, _OPERAND_BYTES // inner)
            for first in range(0, len(states), at_once):
                acc[first:first + at_once] += share(states[first:first + at_once, block.inputs])
        return acc

    @property
    def unsuitable(self) -> set[str]:
        """Forms that rest on more than the network's plan gives: bits that ascend with the state, equal comparators."""
        return {"bits", "words"} if self._any_tuned else {"words"} if self._any_calibrated else set()

    def mixes_slots(self, images: int) -> bool:
        """Whether `across_slots` is the way for slots that have ``images`` images each."""
        if "words" in self.unsuitable:
            return False
        if self.form is not None:
            return self.form == "words"
        one_by_one = sum(min(self._costs(block, None, images).values()) for blocks in self._blocks for block in blocks)
        mixed = sum(words.cost for words in self._word_layers)
        if not isinstance(self.streams, PackedStreams):
            mixed += sum(_PACK * layer.steps(self.network.length) * layer.lanes for layer in self.network.layers)
        return images * mixed < one_by_one

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
        words = self._word_layers[number]
        layer = words.layer
        inner = (layer.weight_states - 1) * words.columns
        at_once = max(16, _OPERAND_BYTES // (layer.passes * inner))
        weights = [steps.to(self.device) for steps in words.weight_steps]
        all_states = states.numpy(force=True)
        block = min(words.block_images, at_once, len(states))
        planes = np.empty((layer.m_a + layer.m_w + 3, words.words, layer.passes, block, layer.chunks, layer.lanes),
                          np.uint64)
        acc = torch.empty(len(states), layer.neurons, dtype=torch.int32, device=self.device)
        for first in range(0, len(states), at_once):
            rows = min(at_once, len(states) - first)
            rises: Rises = np.empty((layer.passes, rows, layer.weight_states - 1, words.columns), np.int8)
            base = np.empty((layer.passes, rows), np.int32)
            for start in range(0, rows, block):
                some = slice(start, min(start + block, rows))
                of_images = slice(first + some.start, first + some.stop)
                used = planes[:, :, :, :some.stop - some.start]
                fill_planes(self.network, self.streams, number, slots[of_images], used[3:])
                wide, base[:, some] = words.rises(all_states[of_images], used[3:], used[:3])
                if rises.dtype == np.int8 and (wide.max() > 127 or wide.min() < -127):
                    rises = rises.astype(wide.dtype)
                rises[:, some] = wide
            tables = torch.from_numpy(rises.reshape(layer.passes, rows, inner)).to(self.device)
            rest = torch.from_numpy(base[:, :, None]).to(self.device)
            for a_pass, neurons in enumerate(_pass_neurons(layer)):
                torch.add(_product(_digits(tables[a_pass]), [weights[a_pass]]), rest[a_pass],
                          out=acc[first:first + rows, neurons])
        return acc

    def _cheapest(self, block: _Block, slot: int, images: int) -> str:
        costs = self._costs(block, slot, images)
        return min(costs, key=costs.__getitem__)

    def _costs(self, block: _Block, slot: int | None, images: int) -> dict[str, float]:
        """Nanoseconds that each form for images of one slot takes; without a slot, one for which nothing is kept."""
        layer, length = block.layer, self.network.length
        table = _TABULATE * block.columns * (length + layer.input_states * layer.weight_states)
        product = _MULTIPLY * images * layer.neurons
        x_steps, w_steps = (layer.input_states - 1) * block.size, (layer.weight_states - 1) * block.size
        costs = {
            "activations": images * x_steps * _COMPARE + x_steps * product,
            "weights": images * layer.passes * w_steps * _LOOK_UP + w_steps * product,
            "bits": length * block.size * (_COMPARE * (images * layer.passes + layer.neurons) + product),
        }
        if "bits" in self.unsuitable:
            del costs["bits"]
        if self._key("activations", block, slot) not in self._cache:
            costs["activations"] += table + layer.neurons * x_steps * _LOOK_UP
        if self._key("weights", block, slot) not in self._cache:
            costs["weights"] += table
        return costs

    def _by_activations(self, block: _Block, slot: int) -> _Share:
        def make() -> tuple[list[Tensor], Tensor]:
            digits, base = self._table(block, slot, "activations")
            return _look_up(digits, block.weight_entries), _sum_entries(base, block.weight_entries)

        tables, base = self._cached(self._key("activations", block, slot), make)
        return lambda states: _product([_steps(states, block.layer.input_states)], tables) + base

    def _by_weights(self, block: _Block, slot: int) -> _Share:
        digits, base = self._cached(self._key("weights", block, slot), lambda: self._table(block, slot, "weights"))

        def share(states: Tensor) -> Tensor:
            parts = []
            for number, neurons in enumerate(_pass_neurons(block.layer)):
                columns = torch.arange(number * block.size, (number + 1) * block.size, dtype=torch.int32,
                                       device=self.device)
                entries = columns * block.layer.input_states + states
                tables = _look_up(digits, entries)
                parts.append(_product(tables, [block.weight_steps[neurons]])
                             + _sum_entries(base, entries)[:, None])
            return torch.cat(parts, 1)

        return share

    def _by_bits(self, block: _Block, slot: int) -> _Share:
        layer = block.layer
        levels_a, levels_w = (
            torch.from_numpy(levels.astype(np.uint8).swapaxes(1, 2).reshape(layer.passes, self.network.length, -1)
                             [:, :, block.inputs]).to(self.device)
            for levels in self._levels(block, slot))
        signs, zeros = [], []
        for neurons, levels in zip(_pass_neurons(block.layer), levels_w, strict=True):
            bits = _compare(block.weights[neurons], levels)
            signs.append(bits * 2 - 1)
            zeros.append((1 - bits).sum(1, dtype=torch.int32))

        def share(states: Tensor) -> Tensor:
            # XNOR of bits a and w is (1 - w) + a * (2w - 1).
            return torch.cat([_product([_compare(states, levels)], [sign]) + zero
                              for levels, sign, zero in zip(levels_a, signs, zeros, strict=True)], 1)

        return share

    def _table(self, block: _Block, slot: int, stepped: str) -> tuple[list[Tensor], Tensor]:
        """C_i of the block's inputs in every pass, over the steps of one side, looked up by the other side's state.

        Returns
        -------
        digits : list of int8, shape (states - 1 of the side ``stepped``, columns * states of the other side)
            Rise of C_i at each step, in base 128, lowest digit first.
        base : int32, shape (columns * states of the other side,)
            C_i at state 0 of the side ``stepped``.
        """
        layer = block.layer
        if any(side.tuned for side in layer.sides):
            return self._table_of_bits(block, slot, stepped)
        entries, other_levels = self._levels(block, slot)
        steps, other_states = layer.input_states - 1, layer.weight_states
        if stepped == "weights":
            entries, other_levels = other_levels, entries
            steps, other_states = layer.weight_states - 1, layer.input_states
        entries *= (block.columns + 1) * (other_states - 1)
        entries += block.lane_columns * (other_states - 1)
        entries += other_levels
        counts = np.bincount(entries.ravel(), minlength=steps * (block.columns + 1) * (other_states - 1))
        counts = counts.reshape(steps, block.columns + 1, other_states - 1)[:, :-1]
        # below[p, column, w]: time steps whose level is p and at which the other side's bit is 1 for its state w
        below = torch.from_numpy(counts).to(self.device).cumsum(2, dtype=torch.int32)
        below = torch.nn.functional.pad(below, (1, 0))
        base = self.network.length - below.sum(0, dtype=torch.int32)
        rises = 2 * below - below[:, :, -1:]
        return _digits(rises.view(steps, -1)), base.view(-1)

    def _table_of_bits(self, block: _Block, slot: int, stepped: str) -> tuple[list[Tensor], Tensor]:
        """`_table` from the bits of all states, which need not ascend with the state."""
        layer = block.layer
        columns = block.lane_columns.reshape(-1)
        bits = []
        for side, numbers in zip(layer.sides, checked_numbers(self.network, self.streams, block.number, slot),
                                 strict=True):
            of_states = _bits_of_states(side, numbers).reshape(
                side.states, layer.passes, layer.chunks, self.network.length, side.lanes)
            of_columns = of_states.transpose(1, 2, 4, 0, 3).reshape(len(columns), side.states, -1)
            bits.append(torch.from_numpy(of_columns[columns < block.columns]).to(self.device, torch.float32))
        activations, weights = (2 * of_side - 1 for of_side in bits)
        # a sum of L products of 1 and -1 is exact in float32; equal bits are those above L/2
        table = (torch.bmm(activations, weights.transpose(1, 2)) + self.network.length).int() // 2
        if stepped == "weights":
            table = table.transpose(1, 2)
        table = table.transpose(0, 1).reshape(table.shape[1], -1)
        return _digits(table[1:] - table[:-1]), table[0]

    def _levels(self, block: _Block, slot: int) -> list[npt.NDArray[np.int64]]:
        """Levels of the activations' and the weights' comparators, each of shape (passes, chunks, L, lanes)."""
        layer = block.layer
        shape = (layer.passes, layer.chunks, self.network.length, layer.lanes)
        levels = []
        for numbers, of_number in zip(checked_numbers(self.network, self.streams, block.number, slot),
                                      self._levels_of_number[block.number], strict=True):
            assert of_number is not None
            of_lane = of_number.take(numbers) if of_number.ndim == 1 else of_number[np.arange(layer.lanes), numbers]
            levels.append(of_lane.reshape(shape))
        return levels

    @staticmethod
    def _key(form: str, block: _Block, slot: int | None) -> tuple[Any, ...]:
        return form, block.number, block.inputs.start, slot

    def _cached(self, key: tuple[Any, ...], make: Callable[[], tuple[list[Tensor], Tensor]],
                ) -> tuple[list[Tensor], Tensor]:
        """What was made for ``key``. What no longer fits is not kept: as slots come round, the first serve best."""
        if key in self._cache:
            return self._cache[key]
        made = make()
        size = sum(tensor.nbytes for tensor in (*made[0], made[1]))
        if size <= self._cache_room:
            self._cache_room -= size
            self._cache[key] = made
        return made


def _pass_neurons(layer: Layer) -> list[slice]:
    return [slice(first, first + layer.units) for first in range(0, layer.neurons, layer.units)]


def _levels_of_number(side: Side) -> npt.NDArray[np.int64]:
    """Level of each random number r: the bit ``r < T[k]`` is ``k > level``. Shape (2**bits,), or (lanes, 2**bits)."""
    numbers = np.arange(1 << side.bits)
    if side.plan.thresholds is None:
        return np.searchsorted(side.formula[1:-1], numbers, side="right")
    return np.stack([np.searchsorted(row[1:-1], numbers, side="right") for row in side.thresholds])


def _bits_of_states(side: Side, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """Bit of each state at each random number, shape (states, steps, lanes)."""
    if not side.tuned:
        return numbers < side.thresholds.T[:, None, :]
    bits = np.zeros((side.states, *numbers.shape), np.bool_)
    for k in range(1, side.states - 1):
        bits[k] = numbers >> (k - 1) & 1
    bits[-1] = True
    return bits


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


def _look_up(digits: list[Tensor], entries: Tensor) -> list[Tensor]:
    """Table entries of each digit, shape (rows, steps * inputs), for entries of shape (rows, inputs)."""
    flat = entries.reshape(-1)
    return [torch.stack([step.index_select(0, flat).view(entries.shape) for step in digit], 1).flatten(1)
            for digit in digits]


def _sum_entries(table: Tensor, entries: Tensor) -> Tensor:
    """Sum of each row's entries, int32, shape (rows,)."""
    return table.index_select(0, entries.reshape(-1)).view(entries.shape).sum(1, dtype=torch.int32)


def _product(left: list[Tensor], right: list[Tensor]) -> Tensor:
    """left @ right.T of numbers in int8 digits of base 128, one of the two of a single digit; int32."""
    parts = [multiply(a, b) for a in left for b in right]
    return sum((part << 7 * digit for digit, part in enumerate(parts[1:], 1)), start=parts[0])
