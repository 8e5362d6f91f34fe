"""The places of emitted Verilog where a fault can be put: a reader of the few forms that Yosys's writer uses.

A module is declarations, continuous assignments, ``always`` blocks of ``if``, ``casez`` and assignments, and instances.
What this reader does not know is an error, so that no form is overlooked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.mutation.tokens import Token, bare, tokens

_HEADER_PORT = re.compile(r"\b(input|output)\s+logic\s*(?:\[[^\]]*\])?\s*(\w+)")
BINARY = frozenset(("+", "-", "&", "|", "^", "<", "<=", ">", ">=", "==", "!=", "<<", ">>", "&&", "||"))
UNARY = frozenset(("~", "!", "|", "&", "-"))


@dataclass(frozen=True)
class Expression:
    """A stretch of text with a value.

    Attributes
    ----------
    start, stop : int
        Its place in the file.
    form : str
        ``name``, ``number``, ``concat``, ``signed``, ``mux`` or an operator's sign.
    parts : tuple of Expression
        Operands; of a name or a number none.
    width : int
        Bits, as Verilog determines them without a context.
    """

    start: int
    stop: int
    form: str
    parts: tuple[Expression, ...]
    width: int

    def walk(self) -> Iterator[Expression]:
        """This one and all in it."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class Site:
    """An expression whose value decides something.

    Attributes
    ----------
    kind : str
        ``assign``, ``next`` (in a combinational block), ``clocked``, ``condition``, ``select`` or ``port``.
    module : str
    expression : Expression
    statement : tuple of int
        Start and stop of the whole statement.
    target : str
        What it decides: the text of what is assigned, or instance and port.
    width : int
        Bits of that.
    resets : bool
        It is, or stands under, the condition ``rst``.
    """

    kind: str
    module: str
    expression: Expression
    statement: tuple[int, int]
    target: str
    width: int
    resets: bool = False


@dataclass
class Instance:
    """An instance in a module: its place, parameters as text, sites of its input ports, and what its outputs drive."""

    module: str
    of: str
    name: str
    start: int
    stop: int = 0
    parameters: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Site] = field(default_factory=dict)
    outputs: dict[str, Expression] = field(default_factory=dict)


@dataclass
class Source:
    """A file of Verilog, read."""

    text: str
    sites: list[Site] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)


def input_ports(text: str) -> dict[str, set[str]]:
    """Names of the input ports of every module of a file, of either way to declare them."""
    found = {}
    for match in re.finditer(r"^module (\\\S+|\w+)(.*?)^endmodule", text, re.MULTILINE | re.DOTALL):
        declared = {port for direction, port in _HEADER_PORT.findall(match[2]) if direction == "input"}
        declared |= {bare(name) for name in re.findall(r"^  input (?:\[\d+:0\] )?(\\\S+|\w+)", match[2], re.MULTILINE)}
        found[bare(match[1])] = declared
    return found


def read(text: str, inputs: Mapping[str, set[str]]) -> Source:
    """Read a file that Yosys wrote; ``inputs`` are those of all modules, see `input_ports`."""
    return _Reader(text, inputs).source


class _Reader:
    def __init__(self, text: str, inputs: Mapping[str, set[str]]) -> None:
        self.source = Source(text)
        self.inputs = inputs
        self.tokens = list(tokens(text))
        self.at = 0
        while self.at < len(self.tokens):
            self._module()

    # What stands where.

    def _peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead].text if self.at + ahead < len(self.tokens) else ""

    def _take(self, *expected: str) -> Token:
        token = self.tokens[self.at]
        if expected and token.text not in expected:
            place = self.source.text[token.start - 60:token.stop + 20]
            raise ValueError(f"expected {' or '.join(expected)}, not {token.text!r} in ...{place!r}")
        self.at += 1
        return token

    def _skip_to(self, sign: str) -> None:
        while self._take().text != sign:
            pass

    # Modules and what is in them.

    def _module(self) -> None:
        self._take("module")
        self.module = bare(self._take().text)
        self.widths: dict[str, int] = {}
        self.memories: set[str] = set()
        first_site = len(self.source.sites)
        outputs = set()
        self._skip_to(";")
        while (word := self._peek()) != "endmodule":
            if word in ("input", "output", "wire", "reg"):
                name = self._declaration()
                if word == "output":
                    outputs.add(name)
            elif word == "assign":
                start = self._take().start
                self._assignment("assign", start, False)
            elif word == "always":
                self._always()
            elif word == "initial":
                self._skip_to("end")
            else:
                self._instance()
        self._take("endmodule")
        self.source.sites[first_site:] = self._live(self.source.sites[first_site:], outputs)
        self._name_registers(first_site)

    def _name_registers(self, first_site: int) -> None:
        """Say of which registers the values are that combinational blocks give."""
        sites = self.source.sites
        following = {self.source.text[site.expression.start:site.expression.stop].strip(): site.target
                     for site in sites[first_site:] if site.kind == "clocked" and site.expression.form == "name"}
        for at in range(first_site, len(sites)):
            before, of, decided = sites[at].target.rpartition(" of ")
            name, bits, rest = decided.partition(" [")
            if sites[at].kind in ("next", "condition") and name in following:
                sites[at] = replace(sites[at], target=f"{before}{of}{following[name]}{bits}{rest}")

    def _live(self, sites: list[Site], outputs: set[str]) -> list[Site]:
        """Without assignments that nothing reads, which are no part of the design: Yosys keeps names of its readers."""
        read = set(outputs)
        waiting = [site for site in sites if site.kind == "assign"]
        for site in sites:
            if site.kind != "assign":
                read |= self._names(site)
        while found := [site for site in waiting if _target_name(site) in read]:
            waiting = [site for site in waiting if _target_name(site) not in read]
            for site in found:
                read |= self._names(site)
        return [site for site in sites if site not in waiting]

    def _names(self, site: Site) -> set[str]:
        """What a site reads, also to address a word that it writes."""
        address = site.target.partition("[")[2] if site.kind == "clocked" else ""
        text = self.source.text[site.expression.start:site.expression.stop] + f" {address}"
        return {bare(token.text) for token in tokens(text) if token.kind == "name"}

    def _declaration(self) -> str:
        self._take()
        width = self._range() if self._peek() == "[" else 1
        name = bare(self._take().text)
        self.widths[name] = width
        if self._peek() == "[":
            self._range()
            self.memories.add(name)
        self._skip_to(";")
        return name

    def _range(self) -> int:
        self._take("[")
        high = int(self._take().text)
        self._take(":")
        low = int(self._take().text)
        self._take("]")
        return abs(high - low) + 1

    def _always(self) -> None:
        start = self._take("always").start
        self._take("@")
        if self._peek() == "*":
            self._take("*")
            self._statement("next", False)
            return
        for word in ("(", "posedge", "clk", ")"):
            self._take(word)
        self._statement("clocked", False, start)

    def _statement(self, kind: str, resets: bool, start: int | None = None) -> None:
        word = self._peek()
        if word == "begin":
            self._take()
            while self._peek() != "end":
                self._statement(kind, resets)
            self._take()
        elif word == "if":
            self._if(kind, resets)
        elif word == "casez":
            self._case(kind, resets)
        else:
            self._assignment(kind, self.tokens[self.at].start if start is None else start, resets)

    def _if(self, kind: str, resets: bool) -> None:
        start = self._take("if").start
        self._take("(")
        condition = self._expression()
        self._take(")")
        text = self.source.text[condition.start:condition.stop].strip()
        before = len(self.source.sites)
        self._statement(kind, resets or text == "rst")
        if not text.startswith("\\$auto$"):  # always zero: only makes the block run at time 0
            decided = next(site.target for site in self.source.sites[before:] if site.kind in ("next", "clocked"))
            self.source.sites.insert(before, Site("condition", self.module, condition, (start, condition.stop),
                                                  f"{text} of {decided}", 1, text == "rst"))
        if self._peek() == "else":
            self._take()
            self._statement(kind, resets)

    def _case(self, kind: str, resets: bool) -> None:
        start = self._take("casez").start
        self._take("(")
        chosen = self._expression()
        self._take(")")
        self._site("select", chosen, (start, chosen.stop), self.source.text[chosen.start:chosen.stop], chosen.width,
                   resets)
        while self._peek() != "endcase":
            while self._take().text != ":":
                pass
            self._statement(kind, resets)
        self._take()

    def _assignment(self, kind: str, start: int, resets: bool) -> None:
        target_start = self.tokens[self.at].start
        target = self._primary()
        self._take("=", "<=")
        value = self._expression()
        stop = self._take(";").stop
        self._site(kind, value, (start, stop), self.source.text[target_start:target.stop].strip(), target.width, resets)

    def _site(self, kind: str, expression: Expression, statement: tuple[int, int], target: str, width: int,
              resets: bool = False) -> Site:
        site = Site(kind, self.module, expression, statement, target, width, resets)
        self.source.sites.append(site)
        return site

    def _instance(self) -> None:
        start = self.tokens[self.at].start
        instance = Instance(self.module, bare(self._take().text), "", start)
        if self._peek() == "#":
            self._take()
            for name, value, _ in self._ports():
                instance.parameters[name] = value
        instance.name = bare(self._take().text)
        for name, _, connection in self._ports():
            if connection is not None and name not in self.inputs[instance.of]:
                instance.outputs[name] = connection
            elif connection is not None:
                instance.inputs[name] = self._site("port", connection, (connection.start, connection.stop),
                                                   f"{instance.name}.{name}", connection.width)
        instance.stop = self._take(";").stop
        self.source.instances.append(instance)

    def _ports(self) -> Iterator[tuple[str, str, Expression | None]]:
        self._take("(")
        while True:
            self._take(".")
            name = bare(self._take().text)
            self._take("(")
            start = self.at
            connection = None
            if self.tokens[start].kind == "string":
                self._take()
            elif self._peek() != ")":
                connection = self._expression()
            yield name, "".join(token.text for token in self.tokens[start:self.at]), connection
            self._take(")")
            if self._take(",", ")").text == ")":
                return

    # Expressions.

    def _expression(self) -> Expression:
        left = self._operand()
        sign = self._peek()
        if sign == "?":
            self._take()
            then = self._expression()
            self._take(":")
            otherwise = self._expression()
            return Expression(left.start, otherwise.stop, "mux", (left, then, otherwise), max(then.width,
                                                                                             otherwise.width))
        if sign in BINARY:
            self._take()
            right = self._expression()
            if right.form in BINARY or right.form == "mux":
                raise ValueError(f"an operand is no simple one: {self.source.text[left.start:right.stop]!r}")
            width = 1 if sign in ("<", "<=", ">", ">=", "==", "!=", "&&", "||") else left.width if sign in (
                "<<", ">>") else max(left.width, right.width)
            return Expression(left.start, right.stop, sign, (left, right), width)
        return left

    def _operand(self) -> Expression:
        if self._peek() in UNARY:
            sign = self._take()
            inner = self._operand()
            return Expression(sign.start, inner.stop, f"unary {sign.text}", (inner,),
                              inner.width if sign.text in ("~", "-") else 1)
        return self._primary()

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind == "number":
            return Expression(token.start, token.stop, "number", (), int(token.text.split("'")[0])
                              if "'" in token.text else 32)
        if token.text == "{":
            parts = [self._expression()]
            while self._peek() == ",":
                self._take()
                parts.append(self._expression())
            stop = self._take("}").stop
            return Expression(token.start, stop, "concat", tuple(parts), sum(part.width for part in parts))
        if token.text == "$signed":
            self._take("(")
            inner = self._expression()
            return Expression(token.start, self._take(")").stop, "signed", (inner,), inner.width)
        if token.kind != "name" or bare(token.text) not in self.widths:
            raise ValueError(f"unknown in an expression of {self.module}: {token.text!r}")
        return self._named(token)

    def _named(self, token: Token) -> Expression:
        name = bare(token.text)
        width, stop = self.widths[name], token.stop
        if self._peek() == "[":
            if name in self.memories:
                self._take("[")
                address = self._expression()
                stop = self._take("]").stop
                return Expression(token.start, stop, "word", (address,), width)
            if self._peek(2) == ":":
                width = self._range()
            else:
                self._take("[")
                self._take()
                self._take("]")
                width = 1
            stop = self.tokens[self.at - 1].stop
        return Expression(token.start, stop, "name", (), width)


def _target_name(site: Site) -> str:
    return bare(next(tokens(site.target)).text)
