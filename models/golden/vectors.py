"""Vectors of 64-bit words for functions compiled by numba, and the few operations that counting takes.

A vector is a value like an integer. LLVM turns operations on it into the widest that the processor has: 32 words are
four registers of AVX-512, eight of AVX2, sixteen of NEON, and ones are counted by VPOPCNTDQ, by shuffles of bytes or by
CNT. Memory is addressed by integers, which keeps reference counts out of the loops; nothing is checked.

Numba's cache does not see a change of this file: change, or touch, the files whose functions use it, too.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.extending import intrinsic, models, register_model, type_callable

WORDS = 32
WORD_BYTES = 8
VECTOR_BYTES = WORD_BYTES * WORDS

_WORD, _INDEX, _BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8)
_SHORT = ir.IntType(16)
_VECTOR, _PAIR, _EIGHT = ir.VectorType(_WORD, WORDS), ir.VectorType(_WORD, 2), ir.VectorType(_SHORT, 8)
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
                                               f"llvm.ctpop.v{WORDS}i64")
        return builder.call(count, values)

    return VECTOR(VECTOR), code


@intrinsic  # type: ignore[untyped-decorator]
def gather(_: Any, base: Any, offsets: Any) -> Code:
    """Words from any bytes: ``base`` plus each of the 32 offsets, 64-bit integers that begin at ``offsets``."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        places = _places(builder, values[0], values[1], WORDS)
        return _collect(builder, [_load(builder, place, _WORD) for place in places])

    return VECTOR(types.int64, types.int64), code


@intrinsic  # type: ignore[untyped-decorator]
def gather_pairs(_: Any, base: Any, offsets: Any) -> Code:
    """Pairs of words, of 16 offsets."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        places = _places(builder, values[0], values[1], WORDS // 2)
        return _joined(builder, [_load(builder, place, _PAIR) for place in places])

    return VECTOR(types.int64, types.int64), code


def _widening(times: int) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def widen_ints(_: Any, at: Any) -> Code:
        def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
            ints = _load(builder, values[0], ir.VectorType(_INDEX, WORDS // times), 4)
            return builder.zext(_shuffled(builder, ints, [number // times for number in range(WORDS)]), _VECTOR)

        return VECTOR(types.int64), code

    return widen_ints


#: Unsigned integers of 32 bits as words, each once or twice.
widen, widen_pairs = _widening(1), _widening(2)


@intrinsic  # type: ignore[untyped-decorator]
def and_where_set(_: Any, thresholds: Any, bit: Any, a: Any, b: Any) -> Code:
    """a & b in words whose threshold has the bit (of this value), a | b in the others."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        thresholds, bit, a, b = values
        is_set = builder.icmp_unsigned("!=", builder.and_(thresholds, _fill(builder, bit)), ir.Constant(_VECTOR, None))
        return builder.select(is_set, builder.and_(a, b), builder.or_(a, b))

    return VECTOR(VECTOR, types.int64, VECTOR, VECTOR), code


@intrinsic  # type: ignore[untyped-decorator]
def where_equal(_: Any, words: Any, word: Any, a: Any, b: Any) -> Code:
    """a in words that equal ``word``, b in the others."""
    def code(_: Any, builder: Any, __: Any, values: Any) -> Any:
        words, word, a, b = values
        return builder.select(builder.icmp_unsigned("==", words, _fill(builder, word)), a, b)

    return VECTOR(VECTOR, types.int64, VECTOR, VECTOR), code


def _storing(bits: int, pairs: bool) -> Any:
    @intrinsic  # type: ignore[untyped-decorator]
    def store_numbers(_: Any, at: Any, vector: Any) -> Code:
        def code(context: Any, builder: Any, _: Any, values: Any) -> Any:
            at, vector = values
            if pairs:
                vector = builder.add(*(_shuffled(builder, vector, range(word, WORDS, 2)) for word in (0, 1)))
            number = ir.VectorType(ir.IntType(bits), vector.type.count)
            _store(builder, at, builder.trunc(vector, number), bits // 8)
            return context.get_dummy_value()

        return types.none(types.int64, VECTOR), code

    return store_numbers


#: A vector's words, or the sums of its pairs, as integers of 16 or 32 bits.
store_shorts, store_pairs_as_shorts = _storing(16, False), _storing(16, True)
store_ints, store_pairs_as_ints = _storing(32, False), _storing(32, True)


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


def _joined(builder: Any, parts: list[Any]) -> Any:
    """One vector of a power of two of vectors."""
    while len(parts) > 1:
        parts = [_shuffled(builder, low, range(2 * low.type.count), high)
                 for low, high in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def _collect(builder: Any, words: list[Any]) -> Any:
    vector: Any = ir.Constant(_VECTOR, ir.Undefined)
    for number, word in enumerate(words):
        vector = builder.insert_element(vector, word, _INDEX(number))
    return vector


def _fill(builder: Any, word: Any) -> Any:
    return _shuffled(builder, _collect(builder, [word]), [0] * WORDS)


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
