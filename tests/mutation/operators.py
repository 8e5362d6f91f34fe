"""Single faults in the expressions of emitted Verilog, by kind of fault."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from tests.mutation.verilog import BINARY, Expression, Instance, Site, Source

CONDITIONS, ARITHMETIC, LOGIC, CONSTANTS = "conditions", "arithmetic", "logic", "constants"
CONNECTIONS, RESETS, ENABLES, MEMORIES = "connections", "resets", "enables", "memories"
OPERATORS = CONDITIONS, ARITHMETIC, LOGIC, CONSTANTS, CONNECTIONS, RESETS, ENABLES, MEMORIES

#: What an operator may be mistaken for.
_MISTAKEN = {
    "==": (ARITHMETIC, ("!=", ">=", "<=")), "!=": (ARITHMETIC, ("==",)), "<": (ARITHMETIC, ("<=", ">=")),
    "<=": (ARITHMETIC, ("<", ">")), ">=": (ARITHMETIC, (">", "<")), ">": (ARITHMETIC, (">=", "<=")),
    "+": (ARITHMETIC, ("-",)), "-": (ARITHMETIC, ("+",)), ">>": (ARITHMETIC, ("<<",)), "<<": (ARITHMETIC, (">>",)),
    "&": (LOGIC, ("|", "^")), "|": (LOGIC, ("&", "^")), "^": (LOGIC, ("|", "&")),
    "&&": (LOGIC, ("||",)), "||": (LOGIC, ("&&",))}


@dataclass(frozen=True)
class Change:
    """Another text in place of the expression of a site."""

    site: Site
    text: str


@dataclass(frozen=True)
class Fault:
    """A single fault in a source: what kind, what it is in words, and the changes that make it."""

    operator: str
    what: str
    changes: tuple[Change, ...]


def faults(source: Source) -> Iterator[Fault]:
    """All single faults of a file."""
    for site in source.sites:
        seen = {source.text[site.expression.start:site.expression.stop]}
        for operator, what, text in _of_site(source.text, site):
            if text not in seen:
                seen.add(text)
                yield Fault(operator, f"{site.target}: {what}", (Change(site, text),))
    for instance in source.instances:
        yield from _swapped_ports(source.text, instance)


def _of_site(text: str, site: Site) -> Iterator[tuple[str, str, str]]:
    whole = site.expression
    if site.kind == "condition":
        yield from _of_condition(text, site)
        if whole.form == "name":
            return
    elif site.kind == "select":
        yield CONDITIONS, "another case", f"{_text(text, whole)} ^ {whole.width}'h1"
        return
    elif site.kind == "clocked":
        yield ENABLES, "never", site.target
    elif site.kind == "port" and site.target.endswith(".clk"):
        return
    elif site.kind == "port" and site.target.endswith(".rst"):
        yield RESETS, "no reset", "1'h0"
        yield RESETS, "always reset", "1'h1"
        return
    for part in whole.walk():
        for operator, what, new in _of_part(text, site, part):
            yield operator, what, text[whole.start:part.start] + new + text[part.stop:whole.stop]


def _of_condition(text: str, site: Site) -> Iterator[tuple[str, str, str]]:
    stuck = RESETS if site.resets else ENABLES
    yield (RESETS if site.resets else CONDITIONS), "negated", f"!({_text(text, site.expression)})"
    yield stuck, "never", "1'h0"
    yield stuck, "always", "1'h1"


def _of_part(text: str, site: Site, part: Expression) -> Iterator[tuple[str, str, str]]:
    here = _text(text, part)
    if part.form == "number":
        yield from _of_number(site, part, here)
    elif part.form == "name":
        yield from _of_name(site, part, here)
    elif part.form == "mux":
        condition, then, otherwise = (_text(text, operand) for operand in part.parts)
        yield CONDITIONS, "negated", f"(!({condition}) ? {then} : {otherwise})"
        yield CONDITIONS, "never", f"(1'h0 ? {then} : {otherwise})"
        yield CONDITIONS, "always", f"(1'h1 ? {then} : {otherwise})"
    elif part.form in BINARY:
        left, right = (_text(text, operand) for operand in part.parts)
        operator, signs = _MISTAKEN[part.form]
        for sign in signs:
            yield operator, f"{sign} for {part.form}", f"({left} {sign} {right})"
        if part.form in "+-":
            one = "2'sd1" if part.parts[0].form == "signed" else "1'h1"
            yield ARITHMETIC, "one more", f"({left} {part.form} {right} + {one})"
            yield ARITHMETIC, "without the second operand", left
    elif part.form.startswith("unary"):
        inner = _text(text, part.parts[0])
        kept = {"~": inner, "!": f"(|{inner})", "|": f"(&{inner})", "&": f"(|{inner})", "-": inner}
        yield LOGIC, f"without {part.form[-1]}", f"({kept[part.form[-1]]})"


def _of_number(site: Site, part: Expression, here: str) -> Iterator[tuple[str, str, str]]:
    value = int(here.partition("'h")[2], 16) if "'h" in here else int(here.rpartition("d")[2])
    bit = _choice(site, part, "bit") % part.width
    operator = CONSTANTS
    if site.resets:  # a register's value after the reset; of a generator of random numbers, its seed
        operator = MEMORIES if ".lfsr" in site.module else RESETS
    for what, new in ((f"bit {bit} flipped", value ^ 1 << bit), ("one more", value + 1), ("one less", value - 1)):
        yield operator, what, f"{part.width}'h{new % (1 << part.width):x}"


def _of_name(site: Site, part: Expression, here: str) -> Iterator[tuple[str, str, str]]:
    width = part.width
    # the taps of a generator of random numbers
    operator = MEMORIES if ".lfsr" in site.module and site.target.startswith(("feedback", "\\$1", "\\$2")) \
        and site.kind == "assign" else CONNECTIONS
    bit = _choice(site, part, "bit") % width
    mask = f"{width}'h{1 << bit:x}"
    name = here.strip()
    one = f"bit {bit} of {name}" if width > 1 else name
    yield operator, f"{one} inverted", f"({here} ^ {mask})"
    yield operator, f"{one} stuck at 0", f"({here} & ~{mask})"
    yield operator, f"{one} stuck at 1", f"({here} | {mask})"
    if width > 1:
        yield operator, f"the neighbour of each bit of {name}", f"(({here} >> 1) | ({here} << {width - 1}))"
        low = _choice(site, part, "swap") % (width - 1)
        lower, upper = f"{width}'h{1 << low:x}", f"{width}'h{2 << low:x}"
        yield operator, f"bits {low} and {low + 1} of {name} swapped", (
            f"(({here} & ~({lower} | {upper})) | (({here} & {lower}) << 1) | (({here} & {upper}) >> 1))")


def _swapped_ports(text: str, instance: Instance) -> Iterator[Fault]:
    ports = {name: site for name, site in instance.inputs.items() if name not in ("clk", "rst")}
    for (name, one), (other_name, other) in itertools.combinations(ports.items(), 2):
        texts = _text(text, one.expression), _text(text, other.expression)
        if one.width == other.width and texts[0] != texts[1]:
            yield Fault(CONNECTIONS, f"{instance.name}: ports {name} and {other_name} swapped",
                        (Change(one, texts[1]), Change(other, texts[0])))


def _text(text: str, part: Expression) -> str:
    return text[part.start:part.stop].strip() + " "  # the space ends a name with signs


def _choice(site: Site, part: Expression, purpose: str) -> int:
    """A number that is as good as random, but the same in every run."""
    key = f"{site.module} {site.target} {site.kind} {part.start - site.statement[0]} {purpose}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
