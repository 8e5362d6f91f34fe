"""Netlists as a simulator takes them: each cell as the logic that it stands for, each module a module."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from spinsc.errors import InputError
from spinsc.gen.manifest import Manifest
from spinsc.sim.flows import tools
from spinsc.sim.flows.steps import Progress, kept, run_yosys

#: Cells of which Yosys has no model.
OWN_CELLS = Path(__file__).parent / "spinsc_dp16kd.sv"
GATES = "gates.v"


@dataclass(frozen=True)
class Family:
    """Cells that a netlist may be made of.

    Attributes
    ----------
    name : str
    sign : str
        Pattern of cells that no other family has.
    models : str
        Command of Yosys that reads what the cells do.
    """

    name: str
    sign: str
    models: str


FAMILIES = (
    Family("ecp5", r"^ *(TRELLIS_FF|PFUMX|LUT4) ", "read_verilog -sv -nooverwrite +/lattice/cells_sim_ecp5.v"),
    Family("ice40", r"^ *SB_(LUT4|DFF\w*) ", "read_verilog -sv -nooverwrite +/ice40/cells_sim.v"),
    Family("xc7", r"^ *(LUT[1-6]|FD[RSCP]E) ", "read_verilog -sv -nooverwrite +/xilinx/cells_sim.v"),
    Family("OSU cells", r"^ *(DFFPOSX1|NAND2X1|INVX1) ", f'read_liberty "{{library}}/{tools.LIBERTY}"'))


def gate_sources(directory: Path, manifest: Manifest, netlist: Path, progress: Progress) -> tuple[Path, ...]:
    """Verilog of a synthesized network for a simulator.

    A simulator would spend most of its time on building a module for every cell. Here Yosys puts the logic in their
    place, of its own models of the cells or of the Liberty file, and changes nothing else.

    Parameters
    ----------
    directory : Path
        The emitted folder, which keeps what is made under ``build``.
    netlist : Path
        Verilog with the network as its top; of generic gates, or of the cells of a family in `FAMILIES`.

    Raises
    ------
    InputError
        If it is no netlist of the network, or has cells that are not known.
    """
    try:
        text = netlist.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"--netlist {netlist} cannot be read: {error}") from None
    if re.search(rf"^module {manifest.top}\b", text, re.MULTILINE) is None:
        raise InputError(f"--netlist {netlist} has no module {manifest.top}; give the one that 'spinsc synth' names")
    family = next((family for family in FAMILIES if re.search(family.sign, text, re.MULTILINE)), None)
    models = []
    needed = [tools.YOSYS]
    if family is not None:
        if "{library}" in family.models:
            needed.append(tools.OSU_CELLS)
        models.append(family.models)
    found = {tool.name: tool for tool in tools.required(needed)}
    if "OSU cells" in found:
        models = [models[0].format(library=found["OSU cells"].command[0])]
    commands = [f'read_verilog -icells -sv "{netlist.resolve()}"', "setattr -mod -set keep_hierarchy 1 *", *models,
                f"hierarchy -check -top {manifest.top}", "proc", "flatten", "opt_clean",
                f"write_verilog -noattr {GATES}"]

    def make(folder: Path) -> None:
        run_yosys(folder, commands, progress)

    folder = kept(directory / "build" / "synth" / "gates", (text, *commands, found["Yosys"].version), make)
    return (folder / GATES, *([OWN_CELLS] if "DP16KD" in text else []))
