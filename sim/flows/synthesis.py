"""A whole flow: synthesis, and placement or timing, of an emitted folder for a target."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spinsc.errors import InputError
from spinsc.gen.manifest import Manifest, load_manifest
from spinsc.gen.targets.part import Part
from spinsc.gen.targets.registry import TARGETS
from spinsc.sim.flows import tools
from spinsc.sim.flows.netlist import RTLIL, VERILOG, Module, modules, synthesize
from spinsc.sim.flows.place import check_pins, place
from spinsc.sim.flows.steps import Progress
from spinsc.sim.flows.timing import Timing, timing

#: The target that is no part: standard cells.
ASIC = "asic"
#: Area of a two-input NAND gate of the OSU cells, in their unit (square micrometres).
GATE = "NAND2X1"
#: Clock period for which standard cells are chosen, in ps.
PERIOD_PS = 4000

#: Look-up tables, flip-flops, blocks of memory and multipliers that a cell of this name takes, by family; the first
#: match holds.
COSTS: Mapping[str, tuple[tuple[str, tuple[float, ...]], ...]] = {
    "ecp5": (("LUT4", (1,)), ("CCU2C", (2,)), ("TRELLIS_FF", (0, 1)), ("TRELLIS_DPR16X4", (6,)),
             ("DP16KD|PDPW16KD", (0, 0, 1)), ("MULT18X18D", (0, 0, 0, 1))),
    "ice40": (("SB_LUT4", (1,)), ("SB_DFF", (0, 1)), ("SB_RAM40", (0, 0, 1)), ("SB_MAC16", (0, 0, 0, 1))),
    "xc7": (("LUT6_2|LUT[1-6]$", (1,)), ("RAM32M|RAM64M", (4,)), ("RAM(32|64)X1D", (2,)), ("RAM128X1D", (4,)),
            ("SRL", (1,)), ("FD[RSCP]E", (0, 1)), ("RAMB36", (0, 0, 1)), ("RAMB18", (0, 0, 0.5)),
            ("DSP48E1", (0, 0, 0, 1)))}


@dataclass(frozen=True)
class Resources:
    """What a module takes: look-up tables, flip-flops, blocks of memory, and multipliers."""

    luts: float = 0
    flip_flops: float = 0
    rams: float = 0
    multipliers: float = 0

    def plus(self, other: Resources, times: int = 1) -> Resources:
        return Resources(self.luts + times * other.luts, self.flip_flops + times * other.flip_flops,
                         self.rams + times * other.rams, self.multipliers + times * other.multipliers)


@dataclass(frozen=True)
class Row:
    """A module of the network.

    Attributes
    ----------
    name : str
        In words.
    instances : int
        How often it is in the network.
    each : Resources
        Of one instance, without modules that have rows of their own.
    """

    name: str
    instances: int
    each: Resources


@dataclass(frozen=True)
class CellArea:
    """A network of standard cells.

    Attributes
    ----------
    cells, flip_flops : int
    area_um2 : float
        Of all cells, without wires and memories.
    gates : float
        The area in two-input NAND gates.
    memory_bits : int
        Of memories, which are no cells.
    """

    cells: int
    flip_flops: int
    area_um2: float
    gates: float
    memory_bits: int


@dataclass(frozen=True)
class Synthesis:
    """What was found about an emitted network on a target.

    Attributes
    ----------
    target : str
    part : Part or None
        None for standard cells.
    manifest : Manifest
    netlist : Path
        The network as Verilog of the target's cells.
    rows : list of Row
        Modules; none of standard cells, which are one module.
    cells : CellArea or None
    speed : Timing or None
        A `Placement` where the network was placed.
    versions : mapping
        Of the tools.
    """

    target: str
    part: Part | None
    manifest: Manifest
    netlist: Path
    rows: list[Row]
    cells: CellArea | None
    speed: Timing | None
    versions: Mapping[str, str]

    @property
    def total(self) -> Resources:
        """Of all modules."""
        total = Resources()
        for row in self.rows:
            total = total.plus(row.each, row.instances)
        return total


def run(directory: Path, target: str, *, placed: bool, clock_mhz: float | None, progress: Progress,
        seeds: int = 1, multipliers: bool = False) -> Synthesis:
    """Synthesize an emitted folder, and place it or time it; what was done before of the same is not done again.

    Parameters
    ----------
    directory : Path
        Written by `spinsc emit`, perhaps edited since.
    target : str
        A name in `TARGETS`, or `ASIC`.
    placed : bool
        Place and route in a part.
    clock_mhz : float or None
        What placement aims at; by default the part's.
    progress : callable
    seeds : int
        Placements, of which the fastest counts.
    multipliers : bool
        Products of binary arithmetic are in blocks of the part that multiply, not in look-up tables.

    Raises
    ------
    InputError
        If a tool is missing or fails, or the network does not suit the part.
    """
    part = None if target == ASIC else TARGETS.find(target)
    if placed and part is not None and not part.place:
        raise InputError(f"--place is not possible for {part.title}: no nextpnr for it; leave --place out")
    directory = directory.resolve()
    manifest = load_manifest(directory)
    if multipliers:
        _check_multipliers(manifest, part)
    found = {tool.name: tool for tool in tools.required(tools.kinds_for(part, placed))}
    if placed and part is not None:
        check_pins(manifest, part)
    netlist = synthesize(directory, manifest, part, found, PERIOD_PS, progress, multipliers=multipliers)
    versions = {tool.name: tool.version for tool in found.values()}
    speed: Timing | None = None
    rows: list[Row] = []
    cells = None
    if part is None:
        cells = _cell_area(netlist, Path(found["OSU cells"].command[0]))
        speed = timing(directory, manifest, netlist, found, progress)
    else:
        rows = _rows(manifest, modules(netlist), part)
        if placed:
            speed = place(directory, manifest, part, netlist, found, clock_mhz or part.clock_mhz, seeds, progress)
    return Synthesis(target, part, manifest, netlist / VERILOG, rows, cells, speed, versions)


def _check_multipliers(manifest: Manifest, part: Part | None) -> None:
    if manifest.arithmetic != "binary":
        raise InputError("--dsp has no effect on stochastic arithmetic, which multiplies by XNOR gates; leave it out")
    if part is None or not part.multipliers:
        raise InputError(f"--dsp has no effect on {ASIC if part is None else part.title}, which has no multipliers; "
                         "leave it out")


def _rows(manifest: Manifest, found: Mapping[str, Module], part: Part) -> list[Row]:
    """A row for the network without its layers, for each layer without its neurons, and for each shape of neuron."""
    names = {manifest.top: "streams, quantizer, activations, random source"}
    for number, layer in enumerate(manifest.layers):
        names[layer.layer_module] = f"layer {number}: state buffer, comparators, control, weights"
        names.setdefault(layer.neuron_module, f"neuron of layer {number}")
    instances = dict.fromkeys(names, 0) | {manifest.top: 1}
    for name in names:  # modules come before those that are in them
        for inner, count in found[name].instances.items():
            instances[inner] += instances[name] * count
    return [Row(words, instances[name], _resources(found[name], part)) for name, words in names.items()]


def _resources(module: Module, part: Part) -> Resources:
    total = Resources()
    for kind, count in module.cells.items():
        cost = next((cost for pattern, cost in COSTS[part.family] if re.match(pattern, kind)), ())
        total = total.plus(Resources(*cost), count)
    return total


def _cell_area(netlist: Path, library: Path) -> CellArea:
    liberty = (library / tools.LIBERTY).read_text()
    found = re.findall(r"cell \((\w+)\) \{.*?area : ([\d.]+);", liberty, re.DOTALL)
    areas = {name: float(area) for name, area in found}
    module, = modules(netlist).values()
    area = sum(areas[kind] * count for kind, count in module.cells.items())
    flip_flops = sum(count for kind, count in module.cells.items() if kind.startswith("DFF"))
    return CellArea(sum(module.cells.values()), flip_flops, area, area / areas[GATE], _memory_bits(netlist))


def _memory_bits(netlist: Path) -> int:
    cells = (netlist / RTLIL).read_text().split("cell $mem_v2 ")[1:]
    return sum(math.prod(int(value) for value in re.findall(
        r"parameter \\(?:SIZE|WIDTH) (\d+)", cell.partition("\n  end")[0])) for cell in cells)
