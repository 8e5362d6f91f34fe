"""Sums of table entries, compiled by numba: for each row and input, a whole row of entries is added at once.

With K states, the table of an input has K rows of entries, one for each column of the result; a row of states picks one
of them for each input. An entry is added in a lane of 16 bits of a vector register, so a sum over inputs takes as many
additions as a binary layer would, whatever K is. LLVM turns the vectors into what the processor has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from spinsc.integers import ceil_div
from spinsc.models.compiled import compiled

# Columns of a block: 128 lanes of 16 bits are eight registers of 256 bits, four of 512 or sixteen of 128.
BLOCK, _NARROW_BLOCK = 128, 32
_SLICE_BYTES = 1 << 15  # entries that stay in a core's first cache while rows pass
_ROWS_AT_ONCE = 256  # whose sums stay in its second
_LARGEST_BYTE, LARGEST_SHORT = 1 << 3, 1 << 12  # larger entries leave too few inputs for a sum of as many bits


@dataclass(frozen=True, eq=False)
class Table:
    """Entries by state.

    Attributes
    ----------
    entries : int8, int16 or int32, shape (blocks, inputs, states, columns of a block)
        Those of missing columns may have any value.
    columns : int
    largest : int
        No entry is larger, without its sign.
    """

    entries: npt.NDArray[np.signedinteger[Any]]
    columns: int
    largest: int

    @property
    def nbytes(self) -> int:
        return self.entries.nbytes


def empty_table(columns: int, inputs: int, states: int, largest: int, *, least_bits: int = 16) -> Table:
    """Table whose entries, none of them larger than ``largest`` without its sign, are still to be written.

    Entries have as many bits as lets enough of them be summed, and no fewer than ``least_bits`` (8, 16 or 32).
    """
    width = min(BLOCK, _NARROW_BLOCK, key=lambda wide: ceil_div(columns, wide) * (wide + 24))  # and 24 to find the rows
    fitting = 8 if largest <= _LARGEST_BYTE else 16 if largest <= LARGEST_SHORT else 32
    dtype = {8: torch.int8, 16: torch.int16, 32: torch.int32}[max(fitting, least_bits)]
    # torch's memory begins at a cache line, so that no vector is in two of them
    entries = torch.empty((ceil_div(columns, width), inputs, states, width), dtype=dtype)
    return Table(entries.numpy(), columns, largest)


def sum_entries(table: Table, states: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """Sum over the inputs of their entries for a row's states.

    Parameters
    ----------
    states : uint8, shape (rows, inputs), C-contiguous

    Returns
    -------
    int32, shape (rows, columns)
    """
    result = np.empty((len(states), table.columns), np.int32)
    largest, (_, inputs, _, width) = max(1, table.largest), table.entries.shape
    inputs_at_once = min(_SLICE_BYTES // table.entries[0, 0].nbytes, int(np.iinfo(table.entries.dtype).max) // largest)
    short = table.entries.dtype != np.int32 and inputs * largest <= np.iinfo(np.int16).max
    sums = torch.empty(min(_ROWS_AT_ONCE, len(states)) * width, dtype=torch.int16 if short else torch.int32).numpy()
    _sum(table.entries, states, max(1, inputs_at_once), sums, result)
    return result


def _adder(width: int) -> Callable[..., None]:
    @intrinsic  # type: ignore[untyped-decorator]
    def add(_: Any, entries: Any, at: Any, states: Any, states_at: Any, inputs: Any, pitch: Any, sums: Any,
            sums_at: Any) -> tuple[Any, Callable[..., Any]]:
        """Add to ``width`` sums the sums of entries of some inputs (at least 1), which lie ``pitch`` apart.

        All arrays are one-dimensional, each with the index of the first element used; no bounds are checked.
        """
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def address(number: int) -> Any:
                array = context.make_array(signature.args[number])(context, builder, arguments[number])
                return builder.gep(array.data, [arguments[number + 1]])

            index = ir.IntType(64)
            vector = ir.VectorType(ir.IntType(entries.dtype.bitwidth), width)
            wide_vector = ir.VectorType(ir.IntType(sums.dtype.bitwidth), width)
            inputs, pitch = arguments[4:6]
            first_entry, first_state = address(0), address(2)
            before, loop, after = builder.block, *(builder.append_basic_block(name) for name in ("loop", "after"))
            builder.branch(loop)
            builder.position_at_end(loop)
            input_, offset, partial = builder.phi(index), builder.phi(index), builder.phi(vector)
            state = builder.zext(builder.load(builder.gep(first_state, [input_])), index)
            row = builder.gep(first_entry, [builder.add(offset, builder.mul(state, index(width)))])
            row = builder.bitcast(row, vector.as_pointer())
            values = (builder.add(input_, index(1)), builder.add(offset, pitch),
                      builder.add(partial, builder.load(row, align=entries.dtype.bitwidth // 8)))
            for variable, value in zip((input_, offset, partial), values, strict=True):
                variable.add_incoming(variable.type(None if variable is partial else 0), before)
                variable.add_incoming(value, loop)
            builder.cbranch(builder.icmp_signed("<", values[0], inputs), loop, after)
            builder.position_at_end(after)
            place = builder.bitcast(address(6), wide_vector.as_pointer())
            partial = values[2] if vector == wide_vector else builder.sext(values[2], wide_vector)
            alignment = sums.dtype.bitwidth // 8
            builder.store(builder.add(builder.load(place, align=alignment), partial), place, align=alignment)
            return context.get_dummy_value()

        return types.void(entries, types.intp, states, types.intp, types.intp, types.intp, sums, types.intp), code

    return add  # type: ignore[no-any-return]


_add_wide, _add_narrow = _adder(BLOCK), _adder(_NARROW_BLOCK)


@compiled
def _sum(entries: Any, states: Any, inputs_at_once: int, sums: Any, result: Any) -> None:
    """See `sum_entries`; ``sums`` are those of some rows and a block, in memory."""
    blocks, inputs, number_of_states, width = entries.shape
    pitch = number_of_states * width
    all_entries, all_states = entries.reshape(-1), states.reshape(-1)
    for block in range(blocks):
        first_column = block * width
        columns = min(width, result.shape[1] - first_column)
        for first_row in range(0, len(states), _ROWS_AT_ONCE):
            rows = min(_ROWS_AT_ONCE, len(states) - first_row)
            sums[:] = 0
            for first in range(0, inputs, inputs_at_once):
                used = min(inputs_at_once, inputs - first)
                at = (block * inputs + first) * pitch
                states_at = first_row * inputs + first
                for row in range(rows):
                    if width == BLOCK:
                        _add_wide(all_entries, at, all_states, states_at, used, pitch, sums, row * width)
                    else:
                        _add_narrow(all_entries, at, all_states, states_at, used, pitch, sums, row * width)
                    states_at += inputs
            for row in range(rows):
                for column in range(columns):
                    result[first_row + row, first_column + column] = sums[row * width + column]
