"""Reports under ``docs/hardware``: networks synthesized, placed and routed, each with the commands that do it again.

``python -m spinsc.sim.studies.hardware [NAME ...]`` makes them, and the table of all in ``docs/hardware.md``; what was
made before of the same Verilog is kept.
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

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.gen.design import layer_designs
from spinsc.gen.emit import emit
from spinsc.gen.memories import USUAL_BLOCK
from spinsc.gen.resources import Usage, model
from spinsc.gen.targets.registry import TARGETS
from spinsc.models.builders import random_network
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.sim.flows.synthesis import run
from spinsc.sim.pages.synthesis import draw_modules
from spinsc.sim.report.synthesis import synthesis_report
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.report import new_figure, save_figure

#: An untrained network, small enough for an iCE40.
RANDOM: Mapping[str, Any] = {"sizes": (784, 32, 10), "input_states": 3, "weight_states": 3, "activation_states": 3,
                             "length": 16, "seed": 1}
#: Lines of the page between which the table stands.
BEGIN, END = "<!-- make synth: table -->\n", "<!-- end of the table -->\n"
HEADER = ("network, and its report", "part", "S, P", "LUT4 (estimated)", "flip-flops", "RAM blocks", "clock, MHz",
          "images/s", "latency", "the clock's bound")


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
    pixels_per_beat : int
    seeds : int
        Placements.
    """

    network: str
    target: str
    lanes: int
    neurons: int
    pixels_per_beat: int = 4
    seeds: int = 1

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
        seeds = f" --seeds {self.seeds}" if self.seeds > 1 else ""
        return [*made, f"spinsc emit {name} -o hw --rng lfsr --lanes {self.lanes} --neurons {self.neurons} --pipeline "
                       f"--pack-memories --pixels-per-beat {self.pixels_per_beat}",
                f"spinsc synth hw --target {self.target} --place{seeds}"]

    def estimate(self) -> Usage:
        """What ``spinsc emit --target`` takes such hardware to need."""
        part = TARGETS.find(self.target)
        per_beat = min(self.pixels_per_beat, self.lanes)
        shapes = [design.shape for design in layer_designs(self.load(), True, (per_beat, USUAL_BLOCK))]
        fitted = model(part.family)
        return sum(fitted.layers(shapes, per_beat), start=fitted.around(shapes, per_beat, True))


EXAMPLES: Mapping[str, Example] = {
    "mlp1-k5-ecp5-25k": Example("mlp1-k5", "ecp5-25k", 16, 10, seeds=4),
    # S = 49, P = 25 is 15,322 LUT4, but nextpnr had not routed it after 14 minutes of a core
    "mlp1-k5-ecp5-85k": Example("mlp1-k5", "ecp5-85k", 28, 20),
    "mlp3-k5-l8-ecp5-85k": Example("mlp3-k5-l8", "ecp5-85k", 16, 32),
    "random-ice40-hx8k": Example("random", "ice40-hx8k", 8, 8, 1)}


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
    found = run(directory, example.target, placed=True, clock_mhz=None, progress=lambda stage: None,
                seeds=example.seeds)
    report = synthesis_report(found, name)
    out.mkdir(parents=True, exist_ok=True)
    lines = [line for line in report.text.splitlines() if not line.startswith("netlist ")]
    text = "".join(f"# {command}\n" for command in example.commands) + "\n" + "\n".join(lines) + "\n"
    write_atomically(out / f"{name}.txt", text.encode())
    usage = example.estimate()
    data = {key: value for key, value in report.plain.items() if key != "netlist"}
    data["estimated"] = {"luts": usage.luts, "flip_flops": usage.flip_flops, "rams": usage.rams}
    write_atomically(out / f"{name}.json", f"{json.dumps(data, indent=1)}\n".encode())
    figure, axes = new_figure(8, 1.2 + 0.5 * len(found.rows))
    draw_modules(axes, found)
    axes.set_title(name)
    save_figure(figure, out / f"{name}.png")
    return text


def table(out: Path) -> str:
    """A row for each example whose report is there."""
    rows = []
    for name, example in EXAMPLES.items():
        if not (out / f"{name}.json").is_file():
            continue
        data = json.loads((out / f"{name}.json").read_text())
        part, total, estimated = TARGETS.find(example.target), data["total"], data["estimated"]
        network = "untrained " + "-".join(map(str, data["sizes"])) if example.network == "random" else example.network
        rows.append([
            f"[{network}]({out.name}/{name}.txt) ([picture]({out.name}/{name}.png))", example.target,
            f"{example.lanes}, {example.neurons}",
            f"{total['luts']:,.0f}, {100 * total['luts'] / part.luts:.0f} % ({estimated['luts']:,.0f})",
            f"{total['flip_flops']:,.0f}, {100 * total['flip_flops'] / part.flip_flops:.0f} % "
            f"({estimated['flip_flops']:,.0f})",
            f"{total['rams']:.0f}, {100 * total['rams'] / part.rams:.0f} % ({estimated['rams']:.0f})",
            f"{data['clock_mhz']:.0f}", f"{data['images_per_s']:,.0f}", f"{1e6 * data['latency_s']:,.0f} us",
            f"{data['critical_path']}, {data['critical_path_ns']:.1f} ns"])
    return markdown(HEADER, rows, right=range(2, 9))


def write_table(page: Path, text: str) -> None:
    """Put the table in its place on a page."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InputError(f"{page} has no lines {BEGIN.strip()} and {END.strip()}, between which the table is to stand")
    write_atomically(page, f"{before}{begin}{text}\n{end}{after}".encode())


def _known(name: str) -> str:
    if name not in EXAMPLES:
        raise argparse.ArgumentTypeError(f"{name!r} is none of them; give some of {', '.join(EXAMPLES)}")
    return name


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m spinsc.sim.studies.hardware", description=__doc__)
    parser.add_argument("names", nargs="*", type=_known, metavar="NAME",
                        help=f"{', '.join(EXAMPLES)}; by default all")
    parser.add_argument("--out", type=Path, default=Path("docs/hardware"))
    parser.add_argument("--build", type=Path, default=Path("build/hardware"))
    options = parser.parse_args()
    for name in options.names or EXAMPLES:
        print(make(name, options.out, options.build), flush=True)
    write_table(options.out.with_suffix(".md"), table(options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
