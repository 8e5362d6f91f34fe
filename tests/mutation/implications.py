"""Help for proofs that two copies of a module never differ where it matters, although some of their registers do.

What a register holds means nothing while a control register says so. ABC's `scorr` finds which nodes of a graph are
always equal, and proves it of all of them by one induction, but it knows nothing of such conditions. With a node for
"register and control" of each copy, the conditions are equalities of nodes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Bits of a register that may be a control, and nodes that a graph may be given.
CONTROL_BITS, MOST_NODES = 3, 30_000


@dataclass(frozen=True)
class Graph:
    """An and-inverter graph in the binary AIGER format of Biere, Heljanko and Wieringa, with one output.

    Attributes
    ----------
    inputs, latches : int
        Numbers of them; variables 1 to ``inputs + latches`` in this order.
    ands : int
        Variables after them.
    lines : tuple of bytes
        What the latches become, and the output.
    coded : bytes
        The nodes.
    names : dict of int to str
        Of latches.
    """

    inputs: int
    latches: int
    ands: int
    lines: tuple[bytes, ...]
    coded: bytes
    names: Mapping[int, str]

    @classmethod
    def read(cls, path: Path) -> Graph:
        """A file that Yosys has written with symbols."""
        header, rest = path.read_bytes().split(b"\n", 1)
        _, inputs, latches, outputs, ands = map(int, header.split()[1:])
        if outputs != 1:
            raise ValueError(f"{path} must have 1 output, not {outputs}")
        *lines, body = rest.split(b"\n", latches + 1)
        stop = 0
        for _ in range(2 * ands):
            while body[stop] & 0x80:
                stop += 1
            stop += 1
        symbols = body[stop:].decode().partition("\nc\n")[0]
        return cls(inputs, latches, ands, tuple(lines), body[:stop],
                   {int(number): name for number, name in re.findall(r"^l(\d+) (.*)$", symbols, re.MULTILINE)})

    def registers(self, copy: str) -> dict[str, list[int]]:
        """Literals of the bits of each register of a copy that the other does not share."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, names in self.names.items():
            if all(name.startswith((f"{copy}.", f"{copy}_")) for name in names.split()):
                found[re.sub(r"(\[\d+\])?$", "", names.split()[-1])].append(2 * (self.inputs + number + 1))
        return found

    def write(self, path: Path, more: Sequence[tuple[int, int]], outputs: Sequence[int]) -> None:
        """The graph with more nodes, each of two literals, and more outputs."""
        first = self.inputs + self.latches + self.ands
        coded = b"".join(_number(2 * (first + number) - max(pair)) + _number(abs(pair[0] - pair[1]))
                         for number, pair in enumerate(more, 1))
        header = (f"aig {first + len(more)} {self.inputs} {self.latches} {1 + len(outputs)} "
                  f"{self.ands + len(more)}\n")
        lines = [*self.lines, *(b"%d" % literal for literal in outputs)]
        path.write_bytes(header.encode() + b"".join(line + b"\n" for line in lines) + self.coded + coded)


def write_with_implications(path: Path, helped: Path) -> bool:
    """Write a graph of modules ``intact`` and ``faulty`` with the nodes that help, unless there are too many."""
    graph = Graph.read(path)
    more: list[tuple[int, int]] = []

    def both(one: int, other: int) -> int:
        more.append((one, other))
        return 2 * (graph.inputs + graph.latches + graph.ands + len(more))

    intact, faulty = graph.registers("intact"), graph.registers("faulty")
    controls = {name: bits for name, bits in intact.items() if len(bits) <= CONTROL_BITS and "neuron_units" not in name}
    conditions = [bit for bits in controls.values() for bit in bits]
    for bits in controls.values():
        if len(bits) > 1:  # it is not 0
            none = bits[0] ^ 1
            for bit in bits[1:]:
                none = both(none, bit ^ 1)
            conditions.append(none ^ 1)
    data = [bit for registers in (intact, faulty) for name, bits in registers.items()
            if name not in controls and ".memory[" not in name for bit in bits]
    if len(data) * len(conditions) > MOST_NODES:
        return False
    graph.write(helped, more, [both(bit, condition) for bit in data for condition in conditions])
    return True


def _number(value: int) -> bytes:
    """As AIGER has it: seven bits a byte, the lowest first."""
    coded = bytearray()
    while value > 0x7f:
        coded.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes((*coded, value))
