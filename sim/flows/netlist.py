"""Synthesis of an emitted network by Yosys: its netlist, and what each module takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.gen.manifest import Manifest
from spinsc.gen.targets.part import Part
from spinsc.sim.flows.steps import Progress, kept, run_yosys
from spinsc.sim.flows.tools import LIBERTY, Tool

#: The netlist as Verilog, as Yosys reads it back, and what is in it.
VERILOG, RTLIL, STATISTICS = "netlist.v", "netlist.il", "cells.json"
#: The same as Yosys's JSON, of standard cells in parts.
JSON = "netlist.json"
#: Commands of Yosys that map a design to the cells of a family.
MAPPING = {"ecp5": "synth_ecp5", "ice40": "synth_ice40", "xc7": "synth_xilinx -flatten -family xc7 -noiopad -noclkbuf"}
#: Options of these that have products of binary arithmetic in blocks that multiply, and in look-up tables.
MULTIPLICATION = {"ecp5": ("", " -nodsp"), "ice40": (" -dsp", ""), "xc7": ("", " -nodsp")}


def rtl_files(directory: Path) -> list[Path]:
    """What is synthesized, in the order of names."""
    return sorted(path.resolve() for path in (directory / "rtl").iterdir() if path.suffix in (".v", ".sv"))


def kept_modules(manifest: Manifest) -> list[str]:
    """Modules that synthesis keeps apart: the network, its layers and their neurons, of which there are many alike."""
    return list(dict.fromkeys((manifest.top, *(layer.layer_module for layer in manifest.layers),
                               *(layer.neuron_module for layer in manifest.layers))))


def read_commands(directory: Path, manifest: Manifest) -> list[str]:
    """Commands that read the Verilog of a folder, from anywhere."""
    sources = " ".join(f'"{path}"' for path in rtl_files(directory))
    memories = f"{(directory / 'mem').resolve()}/"
    return [f'read_verilog -sv -D {manifest.prefix.upper()}_MEM_DIR="{memories}" {sources}',
            f"hierarchy -check -top {manifest.top}"]


def fpga_commands(manifest: Manifest, part: Part, *, multipliers: bool) -> list[str]:
    """Commands that map a network to a part, module by module; products go to its ``multipliers`` or to tables."""
    products = MULTIPLICATION[part.family][not multipliers] if manifest.arithmetic == "binary" else ""
    return [f"setattr -mod -set keep_hierarchy 1 {' '.join(kept_modules(manifest))}",
            f"{MAPPING[part.family]}{products} -top {manifest.top}"]


def parts(directory: Path, manifest: Manifest) -> list[str]:
    """Modules of the network's parts: those of `kept_modules`, and what is in the network and its layers."""
    kept = kept_modules(manifest)
    around = {manifest.top, *(layer.layer_module for layer in manifest.layers)}
    found = [name for path in rtl_files(directory) for name in re.findall(r"^module \\?([\w.$]+)", path.read_text(),
                                                                          re.MULTILINE)]
    return kept + [name for name in found if name.rpartition(".")[0] in around]


def cell_commands(manifest: Manifest, library: Path, period_ps: int, apart: Sequence[str] = ()) -> list[str]:
    """Commands that map a network to standard cells as one module; memories stay as they are.

    Without the driving cell and load, ABC would not buffer nets of many loads. Such cells have no initial value.
    Modules that are mapped ``apart`` share no gate with others, so that each cell's name begins with its module's.
    """
    liberty = f'"{library / LIBERTY}"'
    before = [f"setattr -mod -set keep_hierarchy 1 {' '.join(apart)}"] if apart else []
    after = ["setattr -mod -unset keep_hierarchy *", "flatten", "opt_clean", f"write_json {JSON}"] if apart else []
    # tables that Yosys makes memories of, which nothing reads at the clock, are gates
    tables = ["memory_map t:$mem_v2 r:RD_CLK_ENABLE=1'0 %i"] if apart else []
    return [*before, f"synth -flatten -noabc -run begin:fine -top {manifest.top}", "memory -nomap", *tables,
            "setattr -unset init w:*", "opt -full", "wreduce", "alumacc", "share -aggressive", "opt", "techmap",
            "opt -fast", f"dfflibmap -liberty {liberty}", "opt -fast",
            f"abc -liberty {liberty} -constr abc.constr -D {period_ps}", "opt_clean -purge", "autoname", *after,
            f"tee -q -o area.txt stat -liberty {liberty}"]


def synthesize(directory: Path, manifest: Manifest, part: Part | None, tools: Mapping[str, Tool], period_ps: int,
               progress: Progress, *, in_parts: bool = False, multipliers: bool = False) -> Path:
    """Folder with the netlist of a network, kept under ``build`` of its directory.

    Parameters
    ----------
    part : Part or None
        Standard cells where it is None.
    tools : mapping
        Found tools, by their names.
    period_ps : int
        Clock period that standard cells are chosen for.
    in_parts : bool
        Standard cells are mapped part by part (`parts`), about as small.
    multipliers : bool
        Products of binary arithmetic are in blocks of the part, not in look-up tables.
    """
    library = Path(tools["OSU cells"].command[0]) if part is None else Path()
    apart = parts(directory, manifest) if in_parts else ()
    mapping = (cell_commands(manifest, library, period_ps, apart) if part is None
               else fpga_commands(manifest, part, multipliers=multipliers))
    tail = [f"write_rtlil {RTLIL}", f"write_verilog -noattr {VERILOG}", f"tee -q -o {STATISTICS} stat -json"]
    content = [path.read_bytes() for path in (*rtl_files(directory), *sorted((directory / "mem").iterdir()))]

    def make(folder: Path) -> None:
        (folder / "abc.constr").write_text("set_driving_cell BUFX4\nset_load 0.05 [all_outputs]\n")
        run_yosys(folder, [*read_commands(directory, manifest), *mapping, *tail], progress)

    name = "asic" if part is None else part.family
    return kept(directory / "build" / "synth" / name, (*content, *mapping, *tail, tools["Yosys"].version), make)


@dataclass(frozen=True)
class Module:
    """A module that synthesis has kept apart.

    Attributes
    ----------
    name : str
    cells : mapping
        Number of cells by their types; without instances of other such modules.
    instances : mapping
        Number of instances of other such modules in it.
    """

    name: str
    cells: Mapping[str, int]
    instances: Mapping[str, int]


def modules(netlist: Path) -> dict[str, Module]:
    """What is in each module of a netlist."""
    found: dict[str, Any] = json.loads((netlist / STATISTICS).read_text())["modules"]
    names = {name.removeprefix("\\") for name in found}
    parts = {}
    for name, entry in found.items():
        cells = entry["num_cells_by_type"]
        plain = name.removeprefix("\\")
        parts[plain] = Module(plain, {kind: n for kind, n in cells.items() if kind not in names and kind[0] != "$"},
                              {kind: n for kind, n in cells.items() if kind in names})
    return parts
