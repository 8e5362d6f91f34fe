"""Python integers that are hardware: a component's ``model()`` run on them becomes the logic that it describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from amaranth.hdl import Cat, Const, Mux, Value


@dataclass
class Path:
    """One way through a model: what its conditions are taken to be, and the hardware that says so.

    Attributes
    ----------
    taken : list of bool
        Outcome of each condition, in the order in which they are met; more are added as they are met.
    conditions : list of Value
        One bit each: the condition came out as it was taken.
    """

    taken: list[bool]
    conditions: list[Value] = field(default_factory=list)

    def decide(self, condition: Value) -> bool:
        """Outcome of the next condition, true where none is laid down yet."""
        number = len(self.conditions)
        if number == len(self.taken):
            self.taken.append(True)
        outcome = self.taken[number]
        self.conditions.append(condition.bool() if outcome else ~condition.bool())
        return outcome


class Number:
    """An integer of a model, as exact hardware: results are as wide as they must be.

    Where Python must know its value, as in ``if``, ``max`` or an index, all values are followed one by one.
    """

    def __init__(self, value: Value, path: Path, below: int | None = None) -> None:
        self.value, self.path = value, path
        self.below = 1 << len(value) if below is None else below

    def _with(self, value: Value) -> Number:
        return Number(value, self.path)

    def __add__(self, other: Number | int) -> Number:
        return self._with(self.value + hardware(other))

    def __sub__(self, other: Number | int) -> Number:
        return self._with(self.value - hardware(other))

    def __rsub__(self, other: int) -> Number:
        return self._with(hardware(other) - self.value)

    def __mul__(self, other: Number | int) -> Number:
        return self._with(self.value * hardware(other))

    def __and__(self, other: Number | int) -> Number:
        operands = self.value, hardware(other)
        # what is masked by a number that is not negative is not negative either
        widths = [len(operand) for operand in operands if not operand.shape().signed]
        both = operands[0] & operands[1]
        return self._with(both[:min(widths)] if widths else both)

    def __or__(self, other: Number | int) -> Number:
        return self._with(self.value | hardware(other))

    def __xor__(self, other: Number | int) -> Number:
        return self._with(self.value ^ hardware(other))

    __radd__, __rand__, __ror__, __rxor__ = __add__, __and__, __or__, __xor__

    def __invert__(self) -> Number:
        return self._with(-1 - self.value)  # Amaranth's ~ of an unsigned value is not Python's

    def __lshift__(self, amount: int) -> Number:
        return self._with(self.value.shift_left(amount))

    def __rshift__(self, amount: int) -> Number:
        return self._with(self.value.shift_right(amount))

    def __lt__(self, other: Number | int) -> Number:
        return self._with(self.value < hardware(other))

    def __le__(self, other: Number | int) -> Number:
        return self._with(self.value <= hardware(other))

    def __gt__(self, other: Number | int) -> Number:
        return self._with(self.value > hardware(other))

    def __ge__(self, other: Number | int) -> Number:
        return self._with(self.value >= hardware(other))

    def __eq__(self, other: object) -> Number:  # type: ignore[override]
        assert isinstance(other, Number | int)
        return self._with(self.value == hardware(other))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self.path.decide(self.value)

    def __index__(self) -> int:
        """Its value on this path: 0, or 1, and so on, below what it is said to be below."""
        assert not self.value.shape().signed, "an index is not negative"
        return next((number for number in range(self.below - 1) if self.path.decide(self.value == number)),
                    self.below - 1)

    def bit_count(self) -> Number:
        """See `int.bit_count`."""
        assert not self.value.shape().signed
        return self._with(sum((bit for bit in self.value), start=Const(0, 1)))


def hardware(number: Number | int) -> Value:
    """The hardware of an integer."""
    return number.value if isinstance(number, Number) else Value.cast(number)


def logic_of(model: Callable[[Callable[..., Number]], list[Any]]) -> list[Value]:
    """What a model gives, as logic for all values of its arguments.

    Parameters
    ----------
    model : callable
        Gives a list of integers, always of the same length; takes a function that makes a value into a `Number`,
        and perhaps what it is below, where it serves as an index.
    """
    outcomes: list[tuple[Value, list[Value]]] = []
    taken: list[bool] = []
    while not outcomes or taken:
        path = Path(taken)
        results = [hardware(number) for number in model(partial(_number, path))]
        outcomes.append((Cat(*path.conditions, 1).all(), results))
        # the next path: the last condition that was taken to be true comes out false
        while taken and not taken[-1]:
            taken.pop()
        taken = [*taken[:-1], False] if taken else []
    selected = outcomes[-1][1]
    for condition, results in reversed(outcomes[:-1]):
        selected = [Mux(condition, new, old) for new, old in zip(results, selected, strict=True)]
    return selected


def _number(path: Path, value: Value, below: int | None = None) -> Number:
    return Number(value, path, below)
