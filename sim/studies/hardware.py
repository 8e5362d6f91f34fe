"""Reports under ``docs/hardware``: networks synthesized, placed and routed, each with the commands that do it again.

``python -m spinsc.sim.studies.hardware [NAME ...]`` makes them; what was made before of the same Verilog is kept.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.sim.flows.synthesis import run
from spinsc.sim.report.synthesis import synthesis_report

#: An untrained network, small enough for an iCE40.
RANDOM: Mapping[str, Any] = {"sizes": (784, 32, 10), "input_states": 3, "weight_states": 3, "activation_states": 3,
                             "length": 16, "seed": 1}


@dataclass(frozen=True)
class Example:
    """A network in hardware, with LFSRs, a pipeline and packed memories.

    Attributes
    ----------
    network : str
        A shipped network, or "random": `RANDOM`.
    target : str
    lanes, neurons : int
        S and P.
    """

    network: str
    target: str
    lanes: int
    neurons: int
    pixels_per_beat: int = 4

    def load(self) -> Network:
        network = random_network(**RANDOM) if self.network == "random" else load_network(self.network)
        return network.with_folding(self.lanes, self.neurons)

    @property
    def commands(self) -> list[str]:
        """What makes the same: a network that is not shipped, the hardware, what is placed."""
        name, made = self.network, []
        if name == "random":
            name, arguments = "random.npz", ", ".join(f"{key}={value}" for key, value in RANDOM.items())
            made.append("python -c 'from spinsc.models.builders import random_network; "
                        f"random_network({arguments}).save(\"{name}\")'")
        return [*made, f"spinsc emit {name} -o hw --rng lfsr --lanes {self.lanes} --neurons {self.neurons} --pipeline "
                       f"--pack-memories --pixels-per-beat {self.pixels_per_beat}",
                f"spinsc synth hw --target {self.target} --place"]


EXAMPLES: Mapping[str, Example] = {
    "random-ice40-hx8k": Example("random", "ice40-hx8k", 8, 8, 1),
    "mlp1-k5-ecp5-25k": Example("mlp1-k5", "ecp5-25k", 16, 10),
    "mlp1-k5-ecp5-85k": Example("mlp1-k5", "ecp5-85k", 49, 25),
    "mlp3-k5-l8-ecp5-85k": Example("mlp3-k5-l8", "ecp5-85k", 16, 32)}


def make(name: str, out: Path, build: Path) -> str:
    """Make a report again; its text. What is emitted stays under ``build``, with all that was synthesized."""
    example, directory = EXAMPLES[name], build / name
    kept = directory / "build"
    aside = build / f".{name}"
    if kept.is_dir():
        kept.replace(aside)
    shutil.rmtree(directory, ignore_errors=True)
    emit(example.load(), directory, source="lfsr", pixels_per_beat=example.pixels_per_beat, pipeline=True,
         pack_memories=True)
    if aside.is_dir():
        aside.replace(kept)
    found = run(directory, example.target, placed=True, clock_mhz=None, progress=lambda stage: None)
    report = synthesis_report(found, name)
    out.mkdir(parents=True, exist_ok=True)
    lines = [line for line in report.text.splitlines() if not line.startswith("netlist ")]
    text = "".join(f"# {command}\n" for command in example.commands) + "\n" + "\n".join(lines) + "\n"
    (out / f"{name}.txt").write_text(text)
    data = {key: value for key, value in report.data.items() if key != "netlist"}
    (out / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m spinsc.sim.studies.hardware", description=__doc__)
    parser.add_argument("names", nargs="*", choices=EXAMPLES, metavar="NAME",
                        help=f"{', '.join(EXAMPLES)}; by default all")
    parser.add_argument("--out", type=Path, default=Path("docs/hardware"))
    parser.add_argument("--build", type=Path, default=Path("build/hardware"))
    options = parser.parse_args()
    for name in options.names or EXAMPLES:
        print(make(name, options.out, options.build), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
