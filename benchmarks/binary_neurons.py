"""What a neuron of binary arithmetic takes of an FPGA: ``python -m benchmarks.binary_neurons``.

Printed are look-up tables for each lane, by synthesis of the neuron alone, with multipliers made of look-up tables.
`spinsc.gen.binary_resources` has those of 16 lanes.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from spinsc.hdl.multiply import BinaryNeuron
from spinsc.hdl.shapes import BinaryNeuronShape
from spinsc.hdl.verilog import verilog_text
from spinsc.sim.flows.netlist import MAPPING, STATISTICS, modules
from spinsc.sim.flows.steps import run_yosys
from spinsc.sim.flows.synthesis import COSTS

FAMILY, INPUTS, STATES, LANES = "ecp5", 784, (3, 5, 7, 11), (8, 16, 28, 49)


def lane_luts(states: int, lanes: int) -> float:
    """Look-up tables of a neuron, for each of its lanes."""
    shape = BinaryNeuronShape(lanes, states, states, INPUTS * (states - 1) ** 2, pipeline=True)
    with tempfile.TemporaryDirectory(prefix="spinsc-") as name:
        folder = Path(name)
        (folder / "neuron.v").write_text(verilog_text(BinaryNeuron(shape), "neuron"))
        run_yosys(folder, ["read_verilog neuron.v", f"{MAPPING[FAMILY]} -nodsp -flatten -top neuron",
                           f"tee -q -o {STATISTICS} stat -json"], lambda _: None)
        cells = modules(folder)["neuron"].cells
    found = sum(luts * count for kind, count in cells.items()
                for pattern, (luts, _, _) in COSTS[FAMILY] if re.match(pattern, kind))
    return found / lanes


def main() -> int:
    for states in STATES:
        print(f"{FAMILY}, K = {states}: " + ", ".join(f"{lane_luts(states, lanes):.1f} at {lanes} lanes"
                                                      for lanes in LANES), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
