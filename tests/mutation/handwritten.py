"""Single faults in the modules that are written by hand, ``hdl/spinsc_*.sv``, which `verilog` does not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.mutation.operators import ARITHMETIC, CONDITIONS, CONNECTIONS, CONSTANTS, ENABLES, LOGIC, Change, Fault
from tests.mutation.verilog import Expression, Site

#: Connections by name alone, written out so that each has an expression.
_SHORT = (
    (".held(result), .*", ".held(result), .bits(bits), .valid(valid), .first(first), .last(last), .shift(shift), .*"),
    ("weights (.clk, .load, .address, .states)", "weights (.clk, .load(load), .address(address), .states)"),
    ("neuron (.states, .chain,", "neuron (.states(states), .chain(chain),"))


@dataclass(frozen=True)
class Edit:
    """A fault of the file whose name matches: ``place`` finds the expression as its group, ``{}`` in ``text``."""

    file: str
    operator: str
    what: str
    place: str
    text: str


def _of(file: str, place: str, *edits: tuple[str, str, str]) -> tuple[Edit, ...]:
    return tuple(Edit(file, operator, what, place, text) for operator, what, text in edits)


_POPCOUNT, _ROM, _WEIGHTS, _UNITS = r"spinsc_popcount\.sv", r"spinsc_rom\.sv", r"spinsc_weights\.sv", r".*_units\.sv"
EDITS = (
    *_of(_POPCOUNT, r"\((\$countones\(bits\))\)",
         (ARITHMETIC, "one more", "{} + 1"), (ARITHMETIC, "one less", "{} - 1"), (LOGIC, "parity", "32'(^bits)"),
         (CONNECTIONS, "bit 0 is not counted", "$countones(bits >> 1)"), (CONSTANTS, "none", "0"),
         (LOGIC, "zeros for ones", "$countones(~bits)")),
    *_of(_ROM, r"data = (words\[address\])",
         (CONNECTIONS, "bit 0 inverted", "{} ^ WIDTH'(1)"), (LOGIC, "inverted", "~{}"), (CONSTANTS, "zero", "'0"),
         (CONNECTIONS, "address bit 0 inverted", "words[address ^ ADDRESS_WIDTH'(1)]"),
         (CONSTANTS, "always word 0", "words[0]")),
    *_of(_WEIGHTS, r"if \((load)\)",
         (CONDITIONS, "negated", "!{}"), (ENABLES, "never", "1'b0"), (ENABLES, "always", "1'b1")),
    *_of(_WEIGHTS, r"plane <= (words\[address\]\[b\*LANES\+:LANES\])",
         (CONNECTIONS, "planes in the other order", "words[address][(PLANES-1-b)*LANES+:LANES]"),
         (CONNECTIONS, "address bit 0 inverted", "words[address ^ ADDRESS_WIDTH'(1)][b*LANES+:LANES]"),
         (CONSTANTS, "always word 0", "words[0][b*LANES+:LANES]"), (LOGIC, "inverted", "~{}"),
         (CONNECTIONS, "lane 0 stuck at 0", "{} & ~LANES'(1)"), (CONNECTIONS, "lane 0 stuck at 1", "{} | LANES'(1)")),
    *_of(_UNITS, r"chain = (g_unit\[u\+1\]\.result)",
         (CONSTANTS, "zero", "'0"), (CONNECTIONS, "bit 0 inverted", "{} ^ SUM_WIDTH'(1)"),
         (CONNECTIONS, "from the last unit", "g_unit[UNITS-1].result")),
    *_of(_UNITS, r"chain = ('0)", (CONSTANTS, "ones", "'1")),
    *_of(_UNITS, r"held = (g_unit\[0\]\.result)",
         (CONNECTIONS, "from the last unit", "g_unit[UNITS-1].result"), (LOGIC, "inverted", "~{}"),
         (CONNECTIONS, "bit 0 stuck at 0", "{} & ~SUM_WIDTH'(1)")),
    *_of(_UNITS, r"\.load\((load)\)", (ENABLES, "weights never loaded", "1'b0"),
         (ENABLES, "weights always loaded", "1'b1"), (CONDITIONS, "weights loaded where they are not", "!{}")),
    *_of(_UNITS, r"\.address\((address)\)", (CONNECTIONS, "address bit 0 inverted", "{} ^ ADDRESS_WIDTH'(1)")),
    *_of(_UNITS, r"\.states\((states)\)", (LOGIC, "inverted weights", "~{}"),
         (CONNECTIONS, "weights of the neighbour lane", "{} >> 1")),
    *_of(_UNITS, r"\.chain\((chain)\)", (CONSTANTS, "no chain", "'0")),
    *_of(_UNITS, r"\.bits\((bits)\)", (CONNECTIONS, "bits of the neighbour lane", "{} >> 1"),
         (LOGIC, "inverted bits", "~{}")),
    *_of(_UNITS, r"\.valid\((valid)\)", (ENABLES, "always valid", "1'b1"), (CONNECTIONS, "valid and first swapped",
                                                                           "first")),
    *_of(_UNITS, r"\.first\((first)\)", (CONNECTIONS, "last for first", "last"), (CONSTANTS, "never first", "1'b0")),
    *_of(_UNITS, r"\.last\((last)\)", (CONNECTIONS, "first for last", "first"), (CONSTANTS, "always last", "1'b1")),
    *_of(_UNITS, r"\.shift\((shift)\)", (ENABLES, "never shifted", "1'b0"), (ENABLES, "always shifted", "1'b1")))


def written_out(text: str) -> str:
    """The same module with its connections written out."""
    for short, long in _SHORT:
        text = text.replace(short, long)
    return text


def faults(file: str, text: str) -> Iterator[Fault]:
    """Single faults of a file of this name, after `written_out`."""
    for edit in EDITS:
        if re.fullmatch(edit.file, file):
            found = re.findall(edit.place, text)
            if len(found) != 1:
                raise ValueError(f"{edit.place!r} matches {len(found)} times in {file}")
            match = re.search(edit.place, text)
            assert match is not None
            start, stop = match.span(1)
            module = re.search(r"^module (\w+)", text, re.MULTILINE)
            assert module is not None
            site = Site("port", module[1], Expression(start, stop, "name", (), 0), (start, stop), match[1], 0)
            yield Fault(edit.operator, f"{match[1]}: {edit.what}", (Change(site, f"({edit.text.format(match[1])})"),))
