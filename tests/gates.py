"""Gate level: netlists of a whole network against the golden model, bit for bit, and that a wrong one is found.

``make gates`` synthesizes `mlp1-k5` at S = 16, P = 10 for ECP5, for gates of no library and, where they are installed,
for OSU cells; each netlist classifies some digits. What is done stays in ``build/gates``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from spinsc.gen.emit import emit
from spinsc.gen.manifest import MANIFEST, Manifest, load_manifest
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.shipped import load_network
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.flows.netlist import kept_modules, read_commands
from spinsc.sim.flows.steps import run_yosys
from spinsc.sim.flows.synthesis import run
from spinsc.sim.flows.tools import OSU_CELLS, STA

FOLDER = Path("build/gates")


def _ignore(stage: str) -> None:
    pass


def generic_gates(folder: Path, manifest: Manifest, out: Path) -> Path:
    """A netlist of gates that belong to no library; memories stay memories."""
    run_yosys(out, [
        *read_commands(folder, manifest), f"setattr -mod -set keep_hierarchy 1 {' '.join(kept_modules(manifest))}",
        f"synth -noabc -run begin:fine -top {manifest.top}", "memory -nomap", "opt -full", "alumacc", "techmap",
        "opt -fast", "abc -g AND,XOR,MUX", "opt_clean -purge", "write_verilog -noattr -noexpr generic.v"], _ignore)
    return out / "generic.v"


def with_a_wrong_table(netlist: Path, out: Path) -> Path:
    """One look-up table of the first layer's neurons inverted."""
    text = netlist.read_text()
    neuron = text.index("module spinsc_neuron0(")
    wrong = re.sub(r"(LUT4 #\(\s*\.INIT\(16'h)(\w{4})", lambda found: f"{found[1]}{int(found[2], 16) ^ 0xffff:04x}",
                   text[neuron:], count=1)
    path = out / "wrong.v"
    path.write_text(text[:neuron] + wrong)
    return path


def netlists(folder: Path, out: Path) -> Iterator[tuple[str, Path, bool]]:
    """Name, netlist, and whether it is right."""
    ecp5 = run(folder, "ecp5-25k", placed=False, clock_mhz=None, progress=_ignore).netlist
    yield "ECP5", ecp5, True
    yield "ECP5, a look-up table inverted", with_a_wrong_table(ecp5, out), False
    yield "gates of no library", generic_gates(folder, load_manifest(folder), out), True
    if OSU_CELLS.look() is not None and STA.look() is not None:
        yield "OSU cells", run(folder, "asic", placed=False, clock_mhz=None, progress=_ignore).netlist, True


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gates", description=__doc__)
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("names", nargs="*", help="words of the names of netlists; by default all")
    options = parser.parse_args()
    folder = FOLDER / "hw"
    if not (folder / MANIFEST).is_file():
        emit(load_network("mlp1-k5").with_folding(16, 10), folder, source="lfsr", pipeline=True, pack_memories=True)
    images = embedded_images()[:options.images]
    wrong = 0
    for name, netlist, right in netlists(folder, FOLDER):
        if options.names and not any(word in name for word in options.names):
            continue
        report = cosimulate(folder, images.images, images.labels, netlist=netlist, stress=0)
        good = report.passed == right
        wrong += not good
        print(f"{'ok ' if good else 'BAD'}  {name}: {'equal' if report.passed else 'differs'} on {len(images)} images; "
              f"built in {report.build_s:.0f} s, simulated in {report.simulation_s:.0f} s", flush=True)
    print("as they should be" if not wrong else f"{wrong} NOT AS THEY SHOULD BE")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
