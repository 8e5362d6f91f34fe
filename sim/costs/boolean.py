"""Functions of Liberty's outputs: "(!((A B)+C))" and the like."""

from __future__ import annotations

import re
from collections.abc import Callable

#: Binary operators by how tightly they bind, the loosest first; a blank is an and.
_LEVELS = (("+", "|"), ("*", "&"), ("^",))


def truth_table(function: str) -> tuple[int, tuple[str, ...]]:
    """Table of a function and its inputs, in the order of their names.

    Bit n of the table is the value where input i is bit i of n. Operators are ``!``, ``'``, ``^``, ``*`` or ``&`` or a
    blank, ``+`` or ``|``, tight to loose (Liberty reference manual, "function").

    Raises
    ------
    ValueError
        If it is no such function.
    """
    tokens = re.findall(r"\w+|\S", function)
    inputs = tuple(sorted({token for token in tokens if re.fullmatch(r"[A-Za-z_]\w*", token)}))
    rows = 1 << len(inputs)
    columns = {name: sum(1 << n for n in range(rows) if n >> i & 1) for i, name in enumerate(inputs)}
    parser = _Parser(tokens, columns, (1 << rows) - 1)
    table = parser.binary(0)
    if parser.at != len(tokens):
        raise ValueError(f"function {function!r}")
    return table, inputs


class _Parser:
    """Computes the column of values of an expression, one bit for each row of the table."""

    def __init__(self, tokens: list[str], columns: dict[str, int], ones: int) -> None:
        self.tokens, self.columns, self.ones, self.at = tokens, columns, ones, 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self.single()
        value = self.binary(level + 1)
        operate: Callable[[int, int], int] = (int.__or__, int.__and__, int.__xor__)[level]
        while self.next in _LEVELS[level] or (level == 1 and re.match(r"[\w(!]", self.next)):
            if self.next in _LEVELS[level]:
                self.at += 1
            value = operate(value, self.binary(level + 1))
        return value

    def single(self) -> int:
        token = self.next
        self.at += 1
        if token == "!":
            value = self.ones ^ self.single()
        elif token == "(":
            value = self.binary(0)
            if self.next != ")":
                raise ValueError("a bracket is not closed")
            self.at += 1
        elif token in ("0", "1"):
            value = self.ones * int(token)
        elif token in self.columns:
            value = self.columns[token]
        else:
            raise ValueError(f"unexpected {token!r} in a function")
        while self.next == "'":
            self.at += 1
            value ^= self.ones
        return value
