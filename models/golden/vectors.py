"""Vectors of 64-bit words for functions compiled by numba, and the few operations that counting takes.

A vector is a value like an integer, of as many words as fill eight of the processor's registers. LLVM turns operations
on it into the widest that the processor has; ones are counted by VPOPCNTDQ, by shuffles of bytes or by CNT. Words come
in *pairs*, 128 bits that lie side by side. Memory is addressed by integers, which keeps reference counts out of the
loops; nothing is checked.

Numba's cache does not see a change of this file: change, or touch, the files whose functions use it, too.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import njit, types
from numba.core import cgutils, config
from numba.core.imputils import lower_builtin
from numba.extending import intrinsic, models, register_model, type_callable

_WIDE_REGISTERS = config.CPU_NAME is None and get_host_cpu_features().get("avx512f", False)
PAIRS = 32 if _WIDE_REGISTERS else 16
WORD_BYTES, PAIR_BYTES, VECTOR_BYTES = 8, 16, 16 * PAIRS

_WORD, _INDEX, _SHORT, _BYTE = (ir.IntType(bits) for bits in (64, 32, 16, 8))
_VECTOR, _PAIR, _EIGHT = ir.VectorType(_WORD, 2 * PAIRS), ir.VectorType(_WORD, 2), ir.VectorType(_SHORT, 8)
_TO_ALL_CACHES = 3

# What an intrinsic is: the signature, and the function that makes the code from context, builder, signature and values.
Code = tuple[Any, Callable[..., Any]]


class _Vector(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="Vector")


VECTOR = _Vector()


@register_model(_Vector)
class _Model(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, type_: Any) -> None:
        super().__init__(manager, type_, _VECTOR)


def _add_operator(function: Any, instruction: str) -> None:
    @type_callable(function)  # type: ignore[untyped-decorator]
    def _(_: Any) -> Any:
        return lambda a, b: VECTOR if a is VECTOR and b is VECTOR else None

    @lower_builtin(function, VECTOR, VECTOR)  # type: ignore[untyped-decorator]
    def _(_: Any, builder: Any, __: Any, values: Any) -> Any:
        return getattr(builder, instruction)(*values)


for _function, _instruction in ((operator.and_, "and_"), (operator.or_, "or_"), (operator.xor, "xor"),
                                (operator.add, "add")):
    _add_operator(_function, _instruction)


@intrinsic  # type: ignore[untyped-decorator]
def address(_: Any, array: Any) -> Code:
    """Of an array's first element. The caller keeps the array."""
    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ptrtoint(context.make_array(signature.args[0])(context, builder, values[0]).data, _WORD)

    return types.int64(array), code


@intrinsic  # type: ignore[untyped-decorator]
def load(_: Any, at: Any) -> Code:
    """A vector."""
    return VECTOR(types.int64), lambda _, builder, __, values: _load(builder, values[0], _VECTOR)


@intrinsic  # type: ignore[untyped-decorator]
def store(_: Any, at: Any, vector: Any) -> Code:
    def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
        _store(builder, values[0], values[1])
        return context.get_dummy_value()

    return types.none(types.int64, VECTOR), code


@intrinsic  # type: ignore[untyped-decorator]
def load_word(_: Any, at: Any) -> Code:
    return types.int64(types.int64), lambda _, builder, __, values: _load(builder, values[0], _WORD)


@intrinsic  # type: ignore[untyped-decorator]
def fill(_: Any, word: Any) -> Code:
    """A vector of the same words."""
    return VECTOR(types.int64), lambda _, builder, __, values: _fill(builder, values[0])


@intrinsic  # type: ignore[untyped-decorator]
def ones(_: Any, vector: Any) -> Code:
    """Number of ones in each word."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        count = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_VECTOR, [_VECTOR]),
                                               f"llvm.ctpop.v{2 * PAIRS}i64")
        return builder.call(count, values)

    return VECTOR(VECTOR), code


@intrinsic  # type: ignore[untyped-decorator]
def gather(_: Any, base: Any, offsets: Any) -> Code:
    """Pairs from any bytes: ``base`` plus each of as many integers of 64 bits, which begin at ``offsets``."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        parts = [_load(builder, place, _PAIR) for place in _places(builder, values[0], values[1], PAIRS)]
        while len(parts) > 1:
            parts = [_shuffled(builder, low, range(2 * low.type.count), high)
                     for low, high in zip(parts[::2], parts[1::2], strict=True)]
        return parts[0]

    return VECTOR(types.int64, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def widen(_: Any, at: Any) -> Code:
    """Unsigned integers of 32 bits, each as both words of a pair."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        ints = _load(builder, values[0], ir.VectorType(_INDEX, PAIRS), 4)
        return builder.zext(_shuffled(builder, ints, [number // 2 for number in range(2 * PAIRS)]), _VECTOR)

    return VECTOR(types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def and_where_set(_: Any, thresholds: Any, bit: Any, a: Any, b: Any) -> Code:
    """a & b in words whose threshold has the bit of this number, a | b in the others."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        thresholds, bit, a, b = values
        first = builder.shl(thresholds, _fill(builder, builder.sub(_WORD(63), bit)))
        is_set = builder.ashr(first, ir.Constant(_VECTOR, [63] * (2 * PAIRS)))  # in all bits; AVX-512 has few masks
        return builder.or_(builder.and_(a, b), builder.and_(builder.or_(a, b), builder.not_(is_set)))

    return VECTOR(VECTOR, types.int64, VECTOR, VECTOR), code


@intrinsic  # type: ignore[untyped-decorator]
def where_equal(_: Any, words: Any, word: Any, a: Any, b: Any) -> Code:
    """a in words that equal ``word``, b in the others."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        words, word, a, b = values
        return builder.select(builder.icmp_unsigned("==", words, _fill(builder, word)), a, b)

    return VECTOR(VECTOR, types.int64, VECTOR, VECTOR), code


def _storing(bits: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def store_sums(_: Any, at: Any, vector: Any) -> Code:
        def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
            at, vector = values
            sums = builder.add(*(_shuffled(builder, vector, range(word, 2 * PAIRS, 2)) for word in (0, 1)))
            _store(builder, at, builder.trunc(sums, ir.VectorType(ir.IntType(bits), PAIRS)), bits // 8)
            return context.get_dummy_value()

        return types.none(types.int64, VECTOR), code

    return store_sums


def _subtracting(bits: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def store_differences(_: Any, at: Any, total: Any, numbers: Any) -> Code:
        def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
            at, total, numbers = values
            integer = ir.IntType(bits)
            vector = ir.VectorType(integer, PAIRS)
            one = builder.insert_element(ir.Constant(vector, ir.Undefined), builder.trunc(total, integer), _INDEX(0))
            totals = _shuffled(builder, one, [0] * PAIRS)
            _store(builder, at, builder.sub(totals, _load(builder, numbers, vector, bits // 8)), bits // 8)
            return context.get_dummy_value()

        return types.none(types.int64, types.int64, types.int64), code

    return store_differences


#: Sums of the words of each pair, as integers of 16 or 32 bits; and a total less as many such integers from elsewhere.
store_short_sums, store_int_sums = _storing(16), _storing(32)
store_short_differences, store_int_differences = _subtracting(16), _subtracting(32)


@intrinsic  # type: ignore[untyped-decorator]
def turn_shorts(_: Any, at: Any, pitch: Any, to: Any, to_pitch: Any, columns: Any) -> Code:
    """Turn 16 rows of shorts: their first 8 columns, or fewer, become rows of 16. All 8 are read."""
    def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
        at, pitch, to, to_pitch, columns = values
        rows = [_load(builder, place, _EIGHT, 2) for place in _steps(builder, at, pitch, 16)]
        _store_columns(builder, _interleaved(builder, rows), to, to_pitch, columns)
        return context.get_dummy_value()

    return types.none(*[types.int64] * 5), code


@intrinsic  # type: ignore[untyped-decorator]
def turn_picked_shorts(_: Any, base: Any, offsets: Any, states: Any, pitch: Any, size: Any, to: Any, to_pitch: Any,
                       columns: Any) -> Code:
    """`turn_shorts` of rows from anywhere: ``base`` plus one of 16 offsets plus a state times the size of its row.

    The states are bytes that lie ``pitch`` apart.
    """
    def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
        base, offsets, states, pitch, size, to, to_pitch, columns = values
        rows = []
        for place, at in zip(_places(builder, base, offsets, 16), _steps(builder, states, pitch, 16), strict=True):
            state = builder.zext(_load(builder, at, _BYTE), _WORD)
            rows.append(_load(builder, builder.add(place, builder.mul(state, size)), _EIGHT, 2))
        _store_columns(builder, _interleaved(builder, rows), to, to_pitch, columns)
        return context.get_dummy_value()

    return types.none(*[types.int64] * 8), code


@intrinsic  # type: ignore[untyped-decorator]
def scatter_columns(_: Any, at: Any, pitch: Any, base: Any, offsets: Any) -> Code:
    """Turn 8 rows of 16 shorts: each column goes to ``base`` plus its offset."""
    def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
        at, pitch, base, offsets = values
        sixteen = ir.VectorType(_SHORT, 16)
        turned = _interleaved(builder, [_load(builder, place, sixteen, 2) for place in _steps(builder, at, pitch, 8)])
        for column, place in enumerate(_places(builder, base, offsets, 16)):
            _store(builder, place, _shuffled(builder, turned, range(8 * column, 8 * (column + 1))), 2)
        return context.get_dummy_value()

    return types.none(*[types.int64] * 4), code


@intrinsic  # type: ignore[untyped-decorator]
def copy_int(_: Any, at: Any, to: Any) -> Code:
    def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
        _store(builder, values[1], _load(builder, values[0], _INDEX), 4)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(_: Any, at: Any) -> Code:
    """Ask for a cache line, which need not exist."""
    def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
        pointer = builder.inttoptr(values[0], _BYTE.as_pointer())
        function = ir.FunctionType(ir.VoidType(), [pointer.type, _INDEX, _INDEX, _INDEX])
        builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0"),
                     [pointer, _INDEX(0), _INDEX(_TO_ALL_CACHES), _INDEX(1)])
        return context.get_dummy_value()

    return types.none(types.int64), code


_REGISTERS = {"zmm": "AVX-512", "ymm": "AVX2", "xmm": "SSE2", r"v\d+\.": "NEON"}
_COUNTS = {"vpopcntq": "VPOPCNTQ", "v?pshufb": "shuffles of bytes", "popcnt": "POPCNT", r"cnt\s+v": "CNT"}


@cache
def instruction_set() -> str:
    """What the vectors are compiled to on this processor: the widest registers, and what counts ones."""
    # Of a function of its own, as numba cannot show code that it has from its cache.
    probe = njit(lambda at: store(at, ones(load(at))))
    probe.compile((types.int64,))
    code, = probe.inspect_asm().values()
    registers, count = (next((name for pattern, name in names.items() if re.search(rf"\b{pattern}", code)), others)
                        for names, others in ((_REGISTERS, "general"), (_COUNTS, "shifts and masks")))
    return f"{registers} registers, ones counted by {count}"


def _load(builder: Any, at: Any, type_: Any, alignment: int = 1) -> Any:
    return builder.load(builder.inttoptr(at, type_.as_pointer()), align=alignment)


def _store(builder: Any, at: Any, value: Any, alignment: int = WORD_BYTES) -> None:
    builder.store(value, builder.inttoptr(at, value.type.as_pointer()), align=alignment)


def _shuffled(builder: Any, vector: Any, indices: Sequence[int], other: Any = None) -> Any:
    other = ir.Constant(vector.type, ir.Undefined) if other is None else other
    return builder.shuffle_vector(vector, other, ir.Constant(ir.VectorType(_INDEX, len(indices)), list(indices)))


def _fill(builder: Any, word: Any) -> Any:
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), word, _INDEX(0))
    return _shuffled(builder, one, [0] * (2 * PAIRS))


def _places(builder: Any, base: Any, offsets: Any, count: int) -> list[Any]:
    return [builder.add(base, _load(builder, builder.add(offsets, _WORD(WORD_BYTES * number)), _WORD, WORD_BYTES))
            for number in range(count)]


def _steps(builder: Any, at: Any, pitch: Any, count: int) -> list[Any]:
    places = [at]
    while len(places) < count:
        places.append(builder.add(places[-1], pitch))
    return places


def _interleaved(builder: Any, rows: list[Any]) -> Any:
    """The rows' elements, column by column."""
    while len(rows) > 1:  # a row with that which is half of the rows further on, element by element
        half, width = len(rows) // 2, rows[0].type.count
        order = [index // 2 + width * (index % 2) for index in range(2 * width)]
        rows = [_shuffled(builder, low, order, high) for low, high in zip(rows[:half], rows[half:], strict=True)]
    return rows[0]


def _store_columns(builder: Any, turned: Any, to: Any, to_pitch: Any, columns: Any) -> None:
    """Store the first columns of 8, each of 16 shorts."""
    for column, place in enumerate(_steps(builder, to, to_pitch, 8)):
        with builder.if_then(builder.icmp_signed("<", _WORD(column), columns), likely=True):
            _store(builder, place, _shuffled(builder, turned, range(16 * column, 16 * (column + 1))), 2)
