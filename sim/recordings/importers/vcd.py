"""Value-change dumps of logic analysers and simulators; read by pyvcd, which Amaranth brings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from vcd.reader import ScopeDecl, TokenKind, VarDecl, VCDParseError, tokenize

from spinsc.errors import InputError
from spinsc.sim.recordings.importing.columns import Columns
from spinsc.sim.recordings.importing.importer import Block, Options, Signals
from spinsc.sim.recordings.importing.raw import open_raw
from spinsc.sim.recordings.importing.units import ColumnName

_BLOCK_CHANGES = 1 << 16
_KINDS = ("fs", "ps", "ns", "us", "ms", "s")


class VcdImporter:
    title = "value-change dump; signals of one bit, chosen by --voltage-column"
    suffixes = (".vcd",)
    takes = ("voltage_columns",)
    compressed = True

    def recognize(self, head: bytes) -> bool:
        return head.lstrip().startswith((b"$date", b"$version", b"$timescale", b"$comment", b"$scope"))

    def read(self, path: Path, options: Options) -> Signals:
        header = _Header(path)
        names = list(header.signals)
        if not names:
            raise InputError(f"{path} has no signal of one bit; check the format (--format)")
        columns = Columns(path, names, len(names), range(len(names)), digital=frozenset(range(len(names))))
        if options.voltage_columns:
            _, chosen = columns.choose(options)
        elif len(names) == 1:
            chosen = [0]
        else:
            raise InputError(f"{path} has signals {', '.join(names)}; say which are devices (--voltage-column, once "
                             "for each)")
        codes = [header.signals[names[n]] for n in chosen]
        return Signals([columns.label(n) for n in chosen], lambda: _changes(path, codes, header.scale),
                       ColumnName("time", "time", "s"), place="change", digital=True, changes=True)


IMPORTER = VcdImporter()


class _Header:
    """Declarations of a dump: identifier of each signal of one bit by its name, and the time scale in seconds."""

    def __init__(self, path: Path) -> None:
        self.signals: dict[str, str] = {}
        self.scale = 1.0
        scopes: list[str] = []
        try:
            with open_raw(path) as file:
                for token in tokenize(file):
                    if token.kind is TokenKind.TIMESCALE:
                        scale = token.timescale
                        self.scale = scale.magnitude.value * 10.0 ** (3 * (_KINDS.index(scale.unit.value) - 5))
                    elif isinstance(token.data, ScopeDecl):
                        scopes.append(token.data.ident)
                    elif token.kind is TokenKind.UPSCOPE:
                        scopes.pop()
                    elif isinstance(token.data, VarDecl) and token.data.size == 1:
                        name = token.data.reference
                        name = name if name not in self.signals else ".".join([*scopes, name])
                        self.signals[name] = token.data.id_code
                    elif token.kind is TokenKind.ENDDEFINITIONS:
                        return
        except (VCDParseError, ValueError, IndexError, UnicodeDecodeError) as error:
            raise InputError(f"{path} is not a readable value-change dump ({str(error).splitlines()[0]}); check the "
                             "format (--format)") from None
        raise InputError(f"{path} is not a complete value-change dump; check the file")


def _changes(path: Path, codes: list[str], scale: float) -> Iterator[Block]:
    """Values from each time of a change on, and at the end those at the last time."""
    rows: dict[str, list[int]] = {}
    for row, code in enumerate(codes):
        rows.setdefault(code, []).append(row)
    state: list[str] = ["x"] * len(codes)
    times: list[int] = []
    values: list[list[bool]] = []
    now, changed = 0, False
    try:
        with open_raw(path) as file:
            for token in tokenize(file):
                if token.kind is TokenKind.CHANGE_TIME:
                    if changed:
                        _keep(path, times, values, now, state)
                    now, changed = token.time_change, False
                    if len(times) >= _BLOCK_CHANGES:
                        yield Block(scale * np.array(times, np.float64), np.array(values).T)
                        times, values = [], []
                elif token.kind is TokenKind.CHANGE_SCALAR and token.scalar_change.id_code in rows:
                    for row in rows[token.scalar_change.id_code]:
                        state[row], changed = token.scalar_change.value, True
    except (VCDParseError, ValueError, UnicodeDecodeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a readable value-change dump ({str(error).splitlines()[0]}); check that it is "
                         "complete") from None
    _keep(path, times, values, now, state)
    yield Block(scale * np.array(times, np.float64), np.array(values).T)


def _keep(path: Path, times: list[int], values: list[list[bool]], now: int, state: list[str]) -> None:
    unknown = next((n for n, value in enumerate(state) if value not in "01"), None)
    if unknown is not None:
        raise InputError(f"signal {unknown} of those chosen in {path} is {state[unknown]!r} at time {now}, not 0 or 1; "
                         "cut the dump to where all are known")
    times.append(now)
    values.append([value == "1" for value in state])
