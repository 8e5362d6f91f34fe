"""How a text table is laid out: delimiter, decimal mark, where the rows begin, and what the columns are called."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.columns import Columns, ascends
from spinsc.sim.recordings.importing.settings import interval_of
from spinsc.sim.recordings.importing.text import find_encoding, lines
from spinsc.sim.recordings.importing.units import is_unit

_HEAD_LINES = 400
_BODY_LINES = 60
#: Share of the rows that must have a number of delimiters for it to be right.
USUAL = 0.05
_COMMENT = "#;%"
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(nan|inf|infinity)", re.IGNORECASE)
_SETTING = re.compile(r"(\D.*?)[\s:=]+([-+]?(?:\d+[.,]?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)")
_THOUSANDS = re.compile(r"\s*[-+]?\d{1,3}((\.\d{3})+,\d*|(,\d{3})+\.\d*|('\d{3})+([.,]\d*)?)\s*")
_INTEGER = re.compile(r"[-+]?\d+")


@dataclass(frozen=True)
class Dialect:
    """How lines are taken apart.

    Attributes
    ----------
    delimiter : str or None
        None for blanks.
    comma : bool
        The decimal mark is a comma.
    """

    delimiter: str | None
    comma: bool

    def plain(self, line: str) -> str:
        """The line with decimal points."""
        if '"' in line:
            line = re.sub(r'"([^"]*)"', self._unquoted, line)
        return line.replace(",", ".") if self.comma and self.delimiter != "," else line

    def _unquoted(self, quoted: re.Match[str]) -> str:
        text = quoted.group(1).replace(",", ".") if self.comma else quoted.group(1)
        return text.replace(self.delimiter or " ", "\x1f")  # which no number has

    def fields(self, line: str) -> list[str]:
        """Fields of a line, as in `plain`."""
        parts = self.plain(line).split(self.delimiter)
        return [part.strip().strip('"') for part in parts]


@dataclass(frozen=True)
class Layout:
    """A text table.

    Attributes
    ----------
    encoding : str
    dialect : Dialect
    first : int
        Lines before the first row.
    columns : Columns
    separators : frozenset of int
        Numbers of delimiters that rows have, as far as was looked; empty where blanks delimit.
    interval_s : float or None
        Sampling interval that the settings state.
    odd_first : bool
        The first row is of whole numbers, and the others are not.
    has_header : bool
        There are lines above the rows.
    """

    encoding: str
    dialect: Dialect
    first: int
    columns: Columns
    separators: frozenset[int]
    interval_s: float | None
    odd_first: bool
    has_header: bool


def find_layout(path: Path, decimal: str | None) -> Layout:
    """Look at the first lines of a text table.

    Oscilloscopes put lines of settings above the table or beside its first rows, so the rows begin where as many
    columns hold numbers as further below.

    Parameters
    ----------
    path : Path
    decimal : {"point", "comma"} or None
        Decimal mark, where it is known.

    Raises
    ------
    InputError
        If there is no table, or it can be read in more than one manner.
    """
    encoding = find_encoding(path)
    head = list(itertools.islice(lines(path, encoding), _HEAD_LINES))
    _refuse_thousands(path, head)
    marks = {mark for mark in '\t;,"' if any(mark in line for line in head)}
    candidates = [_Candidate(head, Dialect(delimiter, comma)) for delimiter in ("\t", ";", ",", None)
                  for comma in (False, True) if (delimiter is None or delimiter in marks)
                  and (decimal is None or comma == (decimal == "comma"))
                  and (delimiter != "," or not comma or '"' in marks)]
    sound = [candidate for candidate in candidates if candidate.sound]
    if not sound:
        more = f" in its first {_HEAD_LINES} lines" if len(head) == _HEAD_LINES else ""
        raise InputError(f"{path} holds no line of numbers{more}; check that it is complete, and its format (--format)")
    best = max(sound, key=lambda candidate: candidate.merit)
    if decimal is None:
        best = _unambiguous(path, best, sound)
    return best.layout(path, encoding)


def _refuse_thousands(path: Path, head: Sequence[str]) -> None:
    """Refuse numbers with marks of thousands, whose parts would be taken for columns."""
    for number, line in enumerate(head, start=1):
        if "\t" not in line and ";" not in line:
            continue
        if found := next(filter(_THOUSANDS.fullmatch, re.split(r"[;\t]", line.replace('"', ""))), None):
            raise InputError(f"line {number} of {path} has {found.strip()!r}, a number with marks of thousands; export "
                             "it without them")


class _Candidate:
    """The first lines of a file, taken apart in one manner."""

    def __init__(self, head: Sequence[str], dialect: Dialect) -> None:
        self.head, self.dialect = head, dialect
        self.fields = [dialect.fields(line) if line.strip() else [] for line in head]
        filled = [n for n, line in enumerate(head) if line.strip() and not line.lstrip().startswith("#")]
        body = [self.fields[n] for n in filled[-max(1, min(_BODY_LINES, (len(filled) + 1) // 2)):]]
        counts = Counter(map(len, body))
        self.count = max(counts, key=lambda count: (counts[count], count), default=0)
        whole = [fields for fields in body if len(fields) == self.count]
        self.numeric = [n for n in range(self.count)
                        if sum(_is_number(fields[n]) for fields in whole) >= len(whole) / 2]
        words = sum(bool(field) and not _is_number(field) for fields in whole for field in fields)
        self.first = self._first_row(filled)
        numbers = sum(_is_number(field) for fields in whole for field in fields)
        self.rows = sum(self._is_row(n) for n in filled if n >= self.first)
        self.sound = bool(self.numeric) and self.first < len(head) and words <= numbers
        self.merit = self.rows, numbers / max(1, numbers + words)

    def _is_row(self, number: int) -> bool:
        fields = self.fields[number]
        return len(fields) > max(self.numeric, default=0) and all(_is_number(fields[n]) for n in self.numeric)

    def _first_row(self, filled: Sequence[int]) -> int:
        """The line after the last that belongs to a header; others between rows are rows that cannot be read."""
        is_row = [self._is_row(n) for n in filled]
        headers = [place for place, row in enumerate(is_row) if not row and not self._follows_rows(is_row[:place])]
        start = headers[-1] + 1 if headers else 0
        return next((n for n, row in zip(filled[start:], is_row[start:], strict=True) if row), len(self.head))

    @staticmethod
    def _follows_rows(above: Sequence[bool]) -> bool:
        """Whether a line belongs to the rows above it: two stand directly above it, or one of very few lines."""
        return bool(above) and above[-1] and (len(above) <= 3 or above[-2])

    def column(self, number: int) -> list[str]:
        """Fields of a column in the rows that were looked at."""
        rows = range(self.first, len(self.fields))
        return [self.fields[n][number] for n in rows if self.fields[n] and self._is_row(n)]

    def layout(self, path: Path, encoding: str) -> Layout:
        names, header = self._names()
        beside = [[field if n not in self.numeric else "" for n, field in enumerate(fields)]
                  for fields in self.fields[self.first:] if fields]
        settings = [self._setting(line.lstrip(_COMMENT + " ")) for line in header]
        values = {n: [float(text) for text in self.column(n)[1 if self._odd_first() else 0:]] for n in self.numeric}
        columns = Columns(
            path, names, self.count, self.numeric, frozenset(n for n in self.numeric if ascends(values[n])),
            frozenset(n for n in self.numeric if set(values[n]) <= {0.0, 1.0}))
        delimiter = self.dialect.delimiter
        counts = Counter(self.dialect.plain(self.head[n]).count(delimiter or " ") for n in range(
            self.first, len(self.head)) if self.fields[n] and self._is_row(n))
        separators = frozenset(count for count, rows in counts.items() if rows >= USUAL * counts.total())
        return Layout(encoding, self.dialect, self.first, columns, separators if delimiter else frozenset(),
                      interval_of(path, [*settings, *beside]), self._odd_first(), bool(header))

    @property
    def named(self) -> bool:
        """Whether the columns have names."""
        return self._names()[0] is not None

    def _names(self) -> tuple[list[str] | None, list[str]]:
        """Names of the columns, if there are any, and the lines of the header."""
        header = [line for line in self.head[:self.first] if line.strip()]
        rows = [self._header_fields(line.lstrip(_COMMENT + " ")) for line in header]
        named = [row for row in rows[-2:] if self._may_name(row)]
        if not named or not self._may_name(rows[-1]):
            return None, header
        names = [rows[-1][n] if n < len(rows[-1]) else "" for n in range(self.count)]
        units = [name for n, name in enumerate(names) if n in self.numeric and name]
        if len(named) == 2 and any(is_unit(name) for name in units):
            above = rows[-2]
            names = [f"{above[n]} ({names[n].strip('[]()')})" if n < len(above) and above[n] and is_unit(names[n])
                     else above[n] if n < len(above) and _is_number(names[n]) else names[n] for n in range(self.count)]
        return names, header

    def _setting(self, line: str) -> list[str]:
        """Fields of a line of settings; between blanks, all words before the number are its name."""
        match = _SETTING.fullmatch(self.dialect.plain(line)) if self.dialect.delimiter is None else None
        return list(match.groups("")) if match else self.dialect.fields(line)

    def _header_fields(self, line: str) -> list[str]:
        """Fields of a line of the header, in which names between blanks may have blanks themselves."""
        if self.dialect.delimiter is not None:
            return self.dialect.fields(line)
        text = line.strip()
        for parts in (text.split(), re.split(r"\s*\t\s*|\s{2,}", text), re.split(r"\s+(?![\[(])", text)):
            if len(parts) == self.count:
                return [part.strip('"') for part in parts]
        return []

    def _may_name(self, row: Sequence[str]) -> bool:
        """Whether a row of the header can be the names of the columns."""
        texts = [row[n] for n in self.numeric if n < len(row)]
        return len(texts) == len(self.numeric) and any(text and not _is_number(text) for text in texts)

    def _odd_first(self) -> bool:
        """Whether the first row alone is of whole numbers."""
        columns = [self.column(n) for n in self.numeric]
        return len(columns[0]) > 3 and all(_INTEGER.fullmatch(column[0]) for column in columns) and all(
            sum(_INTEGER.fullmatch(text) is None for text in column[1:]) > 0.9 * (len(column) - 1)
            for column in columns)


def _unambiguous(path: Path, best: _Candidate, sound: Sequence[_Candidate]) -> _Candidate:
    """The candidate that is right where commas may delimit or mark decimals; `InputError` if that cannot be told."""
    both = {candidate.dialect.comma: candidate for candidate in sound
            if candidate.dialect.delimiter == ("," if not candidate.dialect.comma else None)}
    if len(both) < 2 or best not in both.values() or len(both[True].numeric) != 1:
        return best
    table, decimals = both[False], both[True]
    texts = [table.column(n) for n in table.numeric]
    whole = all(_INTEGER.fullmatch(text) for column in texts for text in column)
    if len(table.numeric) != 2 or table.named or any(text[0] in "+-" or "." in text for text in texts[1]):
        return table
    first, second = texts
    padded = any(re.match(r"0\d", text) for text in second)  # as no whole number is written
    if decimals.named or "-0" in first or padded:
        return decimals
    if not whole:
        return table
    if (set(first) | set(second) <= {"0", "1"} and len(set(second)) == 2) or ascends([float(text) for text in first]):
        return table
    raise InputError(f"the commas of {path} may separate columns or mark decimals; give --decimal point or --decimal "
                     "comma")


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None
