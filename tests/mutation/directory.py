"""An emitted directory with many single faults, of which a plusarg chooses one when a simulation starts."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from spinsc.gen.manifest import TOP
from tests.mutation import handwritten, memories, operators
from tests.mutation.memories import Flip
from tests.mutation.named import Named
from tests.mutation.operators import MEMORIES, OPERATORS, Change, Fault
from tests.mutation.verilog import Source, input_ports, read

#: Chooses the fault: 0 is none.
PLUSARG = "spinsc_mutant"
SELECTOR = "spinsc_mutation::mutant"
PACKAGE = f"""\
// Which of the single faults of this design there is.
package spinsc_mutation;
  int mutant;
endpackage
module spinsc_mutation_choice;
  initial if ($value$plusargs("{PLUSARG}=%d", {SELECTOR}) == 0) {SELECTOR} = 0;
endmodule
"""
PACKAGE_FILE = "spinsc_mutation.sv"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Mutant:
    """A single fault of a design.

    Attributes
    ----------
    number : int
        In its design, from 1.
    operator : str
        Kind of fault, one of `OPERATORS`.
    file : str
        In the directory.
    what : str
    changes : tuple of Change
        Of a file in ``rtl``.
    flip : Flip or None
        Of a file in ``mem``.
    """

    number: int
    operator: str
    file: str
    what: str
    changes: tuple[Change, ...] = ()
    flip: Flip | None = None

    @property
    def name(self) -> str:
        """Says which it is, alike in every run."""
        return f"{self.file}: {self.what}"

    @property
    def module(self) -> str:
        """The Verilog module that is faulty."""
        return self.changes[0].site.module if self.changes else ""


class Design:
    """What was emitted into ``directory``, and all single faults that can be put into it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        texts = {path.name: path.read_text() for path in sorted((directory / "rtl").iterdir())}
        inputs: dict[str, set[str]] = {}
        for text in texts.values():
            inputs |= input_ports(text)
        self.sources = {name: Source(handwritten.written_out(text)) if name.endswith(".sv") else read(text, inputs)
                        for name, text in texts.items()}

    @cached_property
    def faults(self) -> list[tuple[str, Fault]]:
        """Those of the Verilog, with their files."""
        return [(name, fault) for name, source in self.sources.items() for fault in (
            handwritten.faults(name, source.text) if name.endswith(".sv") else operators.faults(source))]

    @cached_property
    def flips(self) -> list[Flip]:
        """Those of the memory images."""
        instances = [instance for source in self.sources.values() for instance in source.instances]
        return list(memories.flips(self.directory / "mem", instances))

    def choose(self, count: int, seed: int = 0, named: Sequence[Named] = ()) -> list[Mutant]:
        """So many of all faults, as evenly as there are of every operator and then of every module; first the named."""
        groups: dict[str, dict[str, list[tuple[str, str, str, tuple[Change, ...], Flip | None]]]] = {
            operator: defaultdict(list) for operator in OPERATORS}
        for file, fault in self.faults:
            site = fault.changes[0].site
            line = self.sources[file].text.count("\n", 0, site.expression.start) + 1
            groups[fault.operator][site.module].append(
                (fault.operator, f"rtl/{file}", f"line {line}, {fault.what}", fault.changes, None))
        for flip in self.flips:
            groups[MEMORIES][flip.file].append((MEMORIES, f"mem/{flip.file}", str(flip), (), flip))
        turns = _in_turns([_in_turns([_shuffled(of_module, seed) for of_module in modules.values()])
                           for modules in groups.values()])
        first = [next(fault for fault in turns if fault[3] and fault[3][0].site.module == wanted.module
                      and fault[2].endswith(f", {wanted.what}")) for wanted in named]
        chosen = [*first, *(fault for fault in turns if fault not in first)][:count]
        return [Mutant(number, *fault) for number, fault in enumerate(chosen, 1)]

    def write_all(self, mutants: Sequence[Mutant], folder: Path) -> None:
        """Write the directory with all mutants of its Verilog in it."""
        shutil.copytree(self.directory, folder)
        (folder / "rtl" / PACKAGE_FILE).write_text(PACKAGE)
        for name, source in self.sources.items():
            changes = [(mutant.number, change) for mutant in mutants for change in mutant.changes
                       if mutant.file == f"rtl/{name}"]
            text = _with_all(source.text, changes)
            if name == f"{TOP}.v":
                text = text.replace("endmodule", "  spinsc_mutation_choice choice ();\nendmodule", 1)
            (folder / "rtl" / name).write_text(text)

    def write_one(self, mutant: Mutant | None, folder: Path) -> None:
        """Write ``rtl`` and ``mem`` with one mutant, or none."""
        for part in ("rtl", "mem"):
            shutil.copytree(self.directory / part, folder / part)
        for name, source in self.sources.items():
            changes = mutant.changes if mutant is not None and mutant.file == f"rtl/{name}" else ()
            (folder / "rtl" / name).write_text(_edited(source.text, [
                (change.site.expression.start, change.site.expression.stop, f"{change.text} ") for change in changes]))
        if mutant is not None and mutant.flip is not None:
            self.write_memory(mutant.flip, folder / "mem")

    def write_monitored(self, mutant: Mutant, folder: Path) -> None:
        """Write ``rtl`` and ``mem`` without the mutant, and in its module the claim that it changes no value."""
        self.write_one(None, folder)
        site, path = mutant.changes[0].site, folder / mutant.file
        source = self.sources[path.name].text
        width = site.width if site.kind == "assign" else site.expression.width
        values = (source[site.expression.start:site.expression.stop], mutant.changes[0].text)
        wires = "".join(f"  wire [{width - 1}:0] mutation_{number} = {value} ;\n"
                        for number, value in enumerate(values))
        end = source.index("endmodule", site.statement[0])
        path.write_text(f"{source[:end]}{wires}  always @* assert (mutation_0 == mutation_1);\n{source[end:]}")

    def write_shadowed(self, mutant: Mutant, folder: Path) -> None:
        """Write ``rtl`` and ``mem`` without the mutant, but in its module a copy of the module's logic that has it.

        The copy sees what the module sees; that it gives to others what the module gives is claimed.
        """
        self.write_one(None, folder)
        path, module = folder / mutant.file, mutant.module
        source = self.sources[path.name]
        start = next(match.start() for match in re.finditer(r"^module (\\?\S+?) ?\(", source.text, re.MULTILINE)
                     if match[1].removeprefix("\\") == module)
        stop = source.text.index("endmodule", start)
        body = source.text.index(";", start) + 1
        instances = [instance for instance in source.instances if instance.module == module]
        inside = source.text[body:stop]
        declared = {match[3].strip(): (match[1], match[2] or "") for match in re.finditer(
            r"^  (input|output) (\[\d+:0\] )?(\\\S+ |\w+);$", inside, re.MULTILINE)}
        driven = {source.text[value.start:value.stop].strip(): value.width
                  for instance in instances for value in instance.outputs.values()}
        seen = {name: bits for name, (direction, bits) in declared.items() if direction == "input"}
        seen |= {name: f"[{width - 1}:0] " for name, width in driven.items()}
        given = [(name, bits) for name, (direction, bits) in declared.items()
                 if direction == "output" and name not in driven]
        given += [(source.text[site.expression.start:site.expression.stop].strip(), f"[{site.width - 1}:0] ")
                  for instance in instances for site in instance.inputs.values()]
        edits = [(instance.start, instance.stop, "") for instance in instances]
        edits += [(change.site.expression.start, change.site.expression.stop, f"{change.text} ")
                  for change in mutant.changes if change.site.kind != "port"]
        changed = {source.text[change.site.expression.start:change.site.expression.stop].strip(): change.text
                   for change in mutant.changes if change.site.kind == "port"}
        logic = re.sub(r"^  (input|output) .*\n", "", _edited(source.text[:stop], edits)[body:], flags=re.MULTILINE)
        own = [*(f"input {bits}{name} " for name, bits in seen.items()),
               *(f"input {bits}mutation_given_{number}" for number, (_, bits) in enumerate(given))]
        logic = re.sub(r"^  wire (\[\d+:0\] )?(\\\S+ |\w+);\n",
                       lambda match: "" if match[2].strip() in seen else match[0], logic, flags=re.MULTILINE)
        claims = "".join(f"  always @* assert (mutation_given_{number} == ({changed.get(value, value)} ));\n"
                         for number, (value, _) in enumerate(given))
        ports = [*(f".{name} ({name} )" for name in seen),
                 *(f".mutation_given_{number}({value} )" for number, (value, _) in enumerate(given))]
        path.write_text(f"{source.text[:stop]}  mutation_shadow mutation_shadow ({', '.join(ports)});\n"
                        f"{source.text[stop:]}\nmodule mutation_shadow ({', '.join(own)});\n"
                        f"{logic}{claims}endmodule\n")

    def write_memory(self, flip: Flip, folder: Path) -> None:
        """Write a memory image with its fault into ``folder``, in place of what lies or leads there."""
        text = flip.apply((self.directory / "mem" / flip.file).read_text())
        (folder / flip.file).unlink(missing_ok=True)
        (folder / flip.file).write_text(text)


def _with_all(text: str, changes: Sequence[tuple[int, Change]]) -> str:
    by_site: dict[tuple[int, int], list[tuple[int, Change]]] = defaultdict(list)
    for number, change in changes:
        by_site[change.site.statement].append((number, change))
    edits = []
    for at, found in enumerate(by_site.values()):
        site = found[0][1].site
        original = text[site.expression.start:site.expression.stop]
        texts = {number: change.text for number, change in found}
        if site.kind == "assign":
            # operands grow and have signs by what stands around them, so each has a wire of the target's width
            wires = {number: f"mutation_{at}_{number}" for number in texts}
            declarations = "".join(f"wire [{site.width - 1}:0] {wire} = {texts[number]} ;\n  "
                                   for number, wire in wires.items())
            declarations += f"wire [{site.width - 1}:0] mutation_{at}_0 = {original} ;\n  "
            edits.append((site.statement[0], site.statement[0], declarations))
            texts, original = wires, f"mutation_{at}_0"
        choice = "".join(f"{SELECTOR} == {number} ? ({value} ) : " for number, value in texts.items())
        edits.append((site.expression.start, site.expression.stop, f"({choice}({original} ))"))
    return _edited(text, edits)


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for start, stop, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[stop:]
    return text


def _shuffled(items: list[Item], seed: int) -> list[Item]:
    """In an order that depends on what they are and on the seed only."""
    return sorted(items, key=lambda item: hashlib.sha256(f"{seed} {item}".encode()).digest())


def _in_turns(lists: Sequence[Sequence[Item]]) -> list[Item]:
    """The first of each, then the second of each, and so on."""

    def turns() -> Iterator[Item]:
        for rank in range(max(map(len, lists), default=0)):
            yield from (items[rank] for items in lists if rank < len(items))

    return list(turns())
