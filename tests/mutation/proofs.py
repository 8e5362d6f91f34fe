"""Which mutants change nothing: Yosys joins the network with and without the fault, and ABC looks for a difference.

Both get the same inputs, anything in every cycle, from a reset in the first cycle on and with resets in any other.
What is not looked at, as nobody may: outputs in a reset, and a word that is not valid. What is assumed: a beat of the
input stands until it is taken. Everything else must be equal in every cycle. A fault in a layer is looked for in the
layer alone, with any random numbers; what it assumes of its neighbours is proved of them, see `Surroundings`.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spinsc.gen.manifest import TOP, Manifest
from spinsc.sim.flows.steps import run_yosys
from tests.model_checker import check
from tests.mutation.directory import Design, Mutant
from tests.mutation.implications import write_with_implications
from tests.mutation.reasons import reason

#: Seconds after which ABC gives up: where there is another way, and where there is none.
LIMIT_S, LAST_LIMIT_S = 20, 120
#: Registers and memories without an initial value are 0 at first, in both networks.
NETLIST = ("proc", "flatten", "opt -full -nodffe -nosdff", "memory -nomap", "memory_map", "dffunmap",
           "setundef -zero -init", "opt -full -nodffe -nosdff", "opt_clean -purge")
GRAPH = ("flatten", "opt -full -nodffe -nosdff", "techmap", "opt -full -nodffe -nosdff", "setundef -zero",
         "chformal -lower", "opt_clean", "aigmap")


@dataclass(frozen=True)
class Proof:
    """What was found of a module: ``equivalent``, ``different`` (after so many cycles) or ``unknown``."""

    verdict: str
    module: str
    cycles: int = 0

    def __str__(self) -> str:
        after = f" after {self.cycles} cycles" if self.verdict == "different" else ""
        return f"{self.verdict}{after}, {self.module}"


@dataclass(frozen=True)
class Port:
    """A port of a module."""

    name: str
    direction: str
    width: int


class Prover:
    """Compares mutants of a design with it.

    Parameters
    ----------
    design : Design
    manifest : Manifest
    folder : Path
        For its files; made by it.
    """

    def __init__(self, design: Design, manifest: Manifest, folder: Path) -> None:
        self.design, self.manifest, self.folder = design, manifest, folder
        folder.mkdir()
        self.lock = threading.Lock()

    def prove(self, mutant: Mutant) -> Proof:
        """Whether a mutant can be told from the design: in every layer that has it, if it is in layers, or at all."""
        if mutant.flip is not None and (why := reason(mutant.flip, self.manifest, self.design.directory)) is not None:
            return Proof("equivalent", why)
        layers: list[int | None] = [*self._layers(mutant)]
        for places in (layers, [None]) if layers else ([None],):
            for compare in (self._values, self._module, self.compare):
                proofs = [compare(mutant, place) for place in places]
                if all(proof.verdict == "equivalent" for proof in proofs):
                    return proofs[0]
            if all(proof.verdict != "different" for proof in proofs):
                break  # what takes too long in a layer takes longer in the network
        return proofs[0]

    def _layers(self, mutant: Mutant) -> list[int]:
        """Numbers of the layers that have the fault, if nothing else has it."""
        name = Path(mutant.file).name
        return [number for number, layer in enumerate(self.manifest.layers)
                if name in (f"{layer.layer_module}.v", f"{layer.neuron_module}.v", f"{layer.neuron_module}_units.sv",
                            "spinsc_weights.sv", *layer.weight_files)]

    def _values(self, mutant: Mutant, layer: int | None) -> Proof:
        """Whether the expression that the mutant changes never has another value by it, in the design without it."""
        if len(mutant.changes) != 1 or mutant.changes[0].site.kind == "clocked" or mutant.file.endswith(".sv"):
            return Proof("unknown", "values")
        return self._claimed(mutant, layer, "value", self.design.write_monitored)

    def _module(self, mutant: Mutant, layer: int | None) -> Proof:
        """Whether the module that has the mutant, where it is in the design, gives the same as one without it."""
        if not mutant.changes or mutant.file.endswith(".sv"):
            return Proof("unknown", "module")
        return self._claimed(mutant, layer, mutant.module, self.design.write_shadowed)

    def _claimed(self, mutant: Mutant, layer: int | None, what: str, write: Callable[[Mutant, Path], None]) -> Proof:
        module = TOP if layer is None else self.manifest.layers[layer].layer_module
        folder = self.folder / f"claimed{mutant.number}_{module}"
        write(mutant, folder)
        around = None if layer is None else self._surroundings(layer)
        (folder / "miter.v").write_text(miter(ports(self.design, module), around, copies=("intact",)))
        _yosys(folder, [*_netlist(folder, module, "intact", formal=True), "read_verilog -sv miter.v",
                        "hierarchy -check -top miter", "proc", *GRAPH, "write_aiger -zinit miter.aig"])
        verdict, _ = _decide(folder, "miter", LIMIT_S)
        shutil.rmtree(folder)
        return Proof("equivalent" if verdict == "equivalent" else "unknown", f"{what} in {module}")

    def compare(self, mutant: Mutant, layer: int | None) -> Proof:
        """Whether a layer, or the network, with the mutant can be told from the one without."""
        module = TOP if layer is None else self.manifest.layers[layer].layer_module
        intact = self._intact(module)
        around = None if layer is None else self._surroundings(layer)
        folder = self.folder / f"mutant{mutant.number}_{module}"
        self.design.write_one(mutant, folder)
        (folder / "miter.v").write_text(miter(ports(self.design, module), around))
        _yosys(folder, [*_netlist(folder, module, "faulty"), f"read_rtlil {intact}", "read_verilog -sv miter.v",
                        "hierarchy -check -top miter", "proc", *GRAPH, "write_aiger -zinit -symbols miter.aig"])
        verdict, cycles = _decide(folder, "miter", LAST_LIMIT_S, pair=True)
        shutil.rmtree(folder)
        return Proof(verdict, module, cycles)

    def _intact(self, module: str) -> Path:
        """Netlist of a module without a fault."""
        folder = self.folder / f"intact_{module}"
        with self.lock:
            if not folder.exists():
                self.design.write_one(None, folder)
                _yosys(folder, [*_netlist(folder, module, "intact"), "write_rtlil netlist.il"])
        return folder.resolve() / "netlist.il"

    def _surroundings(self, layer: int) -> Surroundings:
        """What a layer may assume of its neighbours, which is proved of them."""
        entries = self.manifest.layers
        entry = entries[layer]
        around = Surroundings(entry.input_states, entry.neurons)
        given = f"{TOP}.activation{layer - 1}" if layer else f"{TOP}.quantizer"
        self._claim(f"states{layer}", given, f"!({around.states('output__payload', ports(self.design, given))})")
        taken = entries[layer + 1].layer_module if layer + 1 < len(entries) else f"{TOP}.argmax"
        self._claim(f"ready{layer}", taken, "count != 0 & !input__ready",
                    around.counter("input__valid & input__ready"))
        return around

    def _claim(self, name: str, module: str, bad: str, more: str = "") -> None:
        """Prove that ``bad`` is never true of a module's ports, whatever its inputs are."""
        intact, folder = self._intact(module), self.folder / name
        with self.lock:
            if folder.exists():
                return
            folder.mkdir()
            own = [port for port in ports(self.design, module) if port.name not in ("clk", "rst")]
            has_clock = {"clk", "rst"} <= {port.name for port in ports(self.design, module)}
            inputs = "".join(f"input {_range(port)}{port.name}, " for port in own if port.direction == "input")
            outputs = "".join(f"  wire {_range(port)}{port.name};\n" for port in own if port.direction == "output")
            connected = [*(["clk", "rst"] if has_clock else []), *(port.name for port in own)]
            (folder / "claim.v").write_text(
                f"module claim(input clk, input reset, {inputs}output bad);\n{outputs}"
                "  reg started = 0;\n  wire rst = !started | reset;\n  always @(posedge clk) started <= 1;\n"
                f"  intact intact ({', '.join(f'.{port}({port})' for port in connected)});\n{more}"
                f"  assign bad = !rst & {bad};\nendmodule\n")
            _yosys(folder, [f"read_rtlil {intact}", "read_verilog -sv claim.v", "hierarchy -check -top claim", "proc",
                            *GRAPH, "write_aiger -zinit claim.aig"])
            if _decide(folder, "claim", LAST_LIMIT_S)[0] != "equivalent":
                raise RuntimeError(f"not proved of {module}: never {bad}")


@dataclass(frozen=True)
class Surroundings:
    """What a layer may assume of its neighbours.

    Attributes
    ----------
    input_states : int
        K of its inputs, of which there are no others.
    results : int
        Its neurons, whose results are taken without a pause within an image.
    """

    input_states: int
    results: int

    def _fields(self, payload: str, of_module: Sequence[Port]) -> list[str]:
        """Bits of each state of a beat, the first lowest."""
        width = (self.input_states - 1).bit_length()
        beat = next(port for port in of_module if port.name == payload).width
        return [f"[{low + width - 1}:{low}]" for low in range(0, beat, width)]

    def states(self, payload: str, of_module: Sequence[Port]) -> str:
        """Verilog: there are no other states in a beat."""
        return " & ".join(f"({payload}{bits} <= {self.input_states - 1})" for bits in self._fields(payload, of_module))

    def cut(self, value: str, payload: str, of_module: Sequence[Port]) -> str:
        """Verilog of a beat with no other states, from any beat."""
        largest = f"{(self.input_states - 1).bit_length()}'d{self.input_states - 1}"
        fields = [f"({value}{bits} > {largest} ? {largest} : {value}{bits})"
                  for bits in reversed(self._fields(payload, of_module))]
        return f"{{{', '.join(fields)}}}"

    def counter(self, taken: str) -> str:
        """Verilog of ``count``: results of the present image that have been taken."""
        return (f"  reg [31:0] count = 0;\n  always @(posedge clk) if (rst) count <= 0;\n"
                f"  else if ({taken}) count <= count == {self.results - 1} ? 0 : count + 1;\n")


def _netlist(folder: Path, module: str, name: str, formal: bool = False) -> list[str]:
    """Commands that read the Verilog of a folder and leave one module of it, flat and of this name."""
    sources = " ".join(f"rtl/{path.name}" for path in sorted((folder / "rtl").iterdir()))
    there = ["proc", "flatten", "select -assert-min 1 t:$check t:$assert"] if formal else []
    return [f"read_verilog {'-formal ' if formal else ''}-sv {sources}", f"hierarchy -check -top {module}", *there,
            *NETLIST, f"rename {module} {name}"]


def ports(design: Design, module: str) -> list[Port]:
    """Ports of a module that Yosys wrote."""
    text = next(found[0] for source in design.sources.values() if (found := re.search(
        rf"^module \\?{re.escape(module)} ?\(.*?^endmodule", source.text, re.MULTILINE | re.DOTALL)))
    return [Port(name, direction, int(high or 0) + 1) for direction, high, name in re.findall(
        r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", text, re.MULTILINE)]


def miter(of_module: Sequence[Port], around: Surroundings | None,
          copies: Sequence[str] = ("intact", "faulty")) -> str:
    """Verilog of both modules side by side, and of the output ``bad`` that says that they differ.

    What is assumed of inputs is made of free ones, so that it holds in every cycle and needs no looking after.
    """
    inputs = [port for port in of_module if port.direction == "input" and port.name not in ("clk", "rst")]
    outputs = [port for port in of_module if port.direction == "output"]
    valid, ready, data = next(names for names in (("s_axis_tvalid", "s_axis_tready", "s_axis_tdata"),
                                                  ("input__valid", "input__ready", "input__payload"))
                              if names[0] in {port.name for port in inputs})
    lines = [f"module miter(input clk, input reset, {''.join(f'input {_range(p)}free_{p.name}, ' for p in inputs)}"
             "output bad);", *(f"  wire {_range(port)}{port.name};" for port in inputs)]
    shared = "".join(f", .{port.name}({port.name})" for port in inputs)
    for of in copies:
        lines += [f"  wire {_range(port)}{of}_{port.name};" for port in outputs]
        own = "".join(f", .{port.name}({of}_{port.name})" for port in outputs)
        lines.append(f"  {of} {of} (.clk(clk), .rst(rst){shared}{own});")
    made = {valid: f"waiting | free_{valid}",
            data: f"waiting ? data : {around.cut(f'free_{data}', data, of_module) if around else f'free_{data}'}"}
    if around:
        lines.append(around.counter("intact_output__valid & output__ready"))
        made["output__ready"] = "free_output__ready | count != 0"
    lines += [f"  assign {port.name} = {made.get(port.name, f'free_{port.name}')};" for port in inputs]
    differ = " | ".join(f"({_means_something(port.name)} & (intact_{port.name} != {copies[-1]}_{port.name}))"
                        for port in outputs)
    lines += [
        "  reg started = 0, waiting = 0;",
        f"  reg {_range(next(port for port in inputs if port.name == data))}data = 0;",
        "  wire rst = !started | reset;",
        "  always @(posedge clk) begin",
        "    started <= 1;",
        f"    waiting <= {valid} & !intact_{ready} & !rst;",
        f"    data <= {data};",
        "  end",
        f"  assign bad = !rst & ({differ});",
        "endmodule"]
    return "\n".join(lines) + "\n"


def _means_something(port: str) -> str:
    """When an output does."""
    if port.endswith(("valid", "ready", "step")) and port != "last_step":
        return "1'b1"
    group = port.rpartition("_")[0].rstrip("_")
    signal = {"m_axis": "m_axis_tvalid", "output": "output__valid", "last": "step", "": "step"}
    return f"intact_{signal.get(group) or group + ('_step' if group.startswith('random') else '_valid')}"


def _range(port: Port) -> str:
    return f"[{port.width - 1}:0] "


def _yosys(folder: Path, commands: Sequence[str]) -> None:
    run_yosys(folder, commands, lambda stage: None)


def _decide(folder: Path, name: str, limit_s: int, pair: bool = False) -> tuple[str, int]:
    """What ABC finds of a graph, of a ``pair`` of copies if it is one, and after how many cycles."""
    # Nearly all is the same in both: scorr finds that out, and what is left is small, or nothing.
    read = f"read_aiger {name}.aig; strash; orpos"
    if pair and write_with_implications(folder / f"{name}.aig", folder / "helped.aig"):
        read = "read_aiger helped.aig; strash; scorr -F 2 -C 10000; cone -O 0; strash"
    found = check(folder, f"{read}; scorr; scorr -F 3; write_aiger left.aig; pdr -s -f -T {limit_s}")
    assert found is not None, "it is not stopped"
    status, frames = found
    header, output = (folder / "left.aig").read_bytes().split(b"\n")[:2]
    if header.split()[3:4] == [b"0"] and output == b"0":  # no registers are left, and the output is never 1
        return "equivalent", 0
    return {1: "equivalent", 0: "different"}.get(status, "unknown"), max(0, frames)
