"""A netlist of standard cells and memories, as Yosys writes it in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.errors import InputError

#: Numbers of the nets that are always 0 and 1; a bit that nobody has set counts as 0.
ZERO, ONE = 0, 1


@dataclass(frozen=True)
class Instance:
    """A cell of the netlist; ``nets`` are the numbers of the nets at its pins."""

    name: str
    kind: str
    nets: Mapping[str, int]


@dataclass(frozen=True)
class ReadPort:
    """Of a memory: in a cycle in which ``enable`` is 1, ``data`` become the word at ``address``."""

    address: tuple[int, ...]
    data: tuple[int, ...]
    enable: int


@dataclass(frozen=True)
class WritePort:
    """Of a memory: in a cycle, those bits of ``data`` are written whose ``enables`` are 1."""

    address: tuple[int, ...]
    data: tuple[int, ...]
    enables: tuple[int, ...]


@dataclass(frozen=True)
class Memory:
    """A memory; word 0 of the contents first, bit 0 of each word first."""

    name: str
    width: int
    contents: tuple[int, ...]
    reads: tuple[ReadPort, ...]
    writes: tuple[WritePort, ...]

    @property
    def bits(self) -> int:
        return len(self.contents)


@dataclass(frozen=True)
class Circuit:
    """A module without modules in it.

    Attributes
    ----------
    nets : int
        Their number, `ZERO` and `ONE` among them.
    ports : mapping of str to tuple of int
        Nets of each port of the module, from bit 0.
    names : mapping of str to tuple of int
        Of all nets that have names.
    instances : tuple of Instance
    memories : tuple of Memory
    """

    nets: int
    ports: Mapping[str, tuple[int, ...]]
    names: Mapping[str, tuple[int, ...]]
    instances: tuple[Instance, ...]
    memories: tuple[Memory, ...]


def read_circuit(path: Path) -> Circuit:
    """Circuit in a JSON file of Yosys that has one module."""
    module, = json.loads(path.read_text())["modules"].values()
    return circuit_of(module)


def circuit_of(module: Mapping[str, Any]) -> Circuit:
    """Circuit of a module.

    Raises
    ------
    InputError
        If a memory is one that the emitted Verilog has not: of ports without a clock, or with a reset.
    """
    numbers: dict[int, int] = {}

    def nets(bits: list[int | str]) -> tuple[int, ...]:
        return tuple(numbers.setdefault(bit, len(numbers) + 2) if isinstance(bit, int) else int(bit == "1")
                     for bit in bits)

    ports = {name: nets(port["bits"]) for name, port in module["ports"].items()}
    names = {name: nets(entry["bits"]) for name, entry in module["netnames"].items()}
    instances, memories = [], []
    for name, cell in module["cells"].items():
        kind = cell["type"]
        connections = {pin: nets(bits) for pin, bits in cell["connections"].items()}
        if kind == "$mem_v2":
            memories.append(_memory(name, cell["parameters"], connections))
        elif kind != "$scopeinfo":
            instances.append(Instance(name, kind, {pin: found[0] for pin, found in connections.items()}))
    return Circuit(len(numbers) + 2, ports, names, tuple(instances), tuple(memories))


def _memory(name: str, parameters: Mapping[str, str], nets: Mapping[str, tuple[int, ...]]) -> Memory:
    """A memory cell of Yosys; its contents begin with the highest bit."""
    width, size, address = (int(parameters[key], 2) for key in ("WIDTH", "SIZE", "ABITS"))
    reads, writes = int(parameters["RD_PORTS"], 2), int(parameters["WR_PORTS"], 2)
    if "0" in parameters["RD_CLK_ENABLE"][-reads:] or (writes and "0" in parameters["WR_CLK_ENABLE"][-writes:]) \
            or any(net != ZERO for reset in ("RD_ARST", "RD_SRST") for net in nets[reset]) \
            or int(parameters["OFFSET"], 2) or "1" in parameters["RD_TRANSPARENCY_MASK"]:
        raise InputError(f"the memory {name} of the netlist is not read at the clock, or has a reset; it cannot be "
                         "simulated here")

    def words(pins: str, port: int, bits: int) -> tuple[int, ...]:
        return nets[pins][port * bits:(port + 1) * bits]

    contents = tuple(int(bit == "1") for bit in reversed(parameters["INIT"]))
    return Memory(name, width, (*contents, *([0] * (width * size - len(contents))))[:width * size],
                  tuple(ReadPort(words("RD_ADDR", n, address), words("RD_DATA", n, width), nets["RD_EN"][n])
                        for n in range(reads)),
                  tuple(WritePort(words("WR_ADDR", n, address), words("WR_DATA", n, width), words("WR_EN", n, width))
                        for n in range(writes)))
