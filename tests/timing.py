"""Predicted cycles against the Verilog, for networks of random shapes: ``python -m tests.timing --shapes 300``.

Every second one has a pipeline.

The emitted network stands alone in a small test bench under Icarus Verilog: pixels are always there and results always
taken, so that the cycles of the results depend on nothing but the network's shape.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from spinsc.gen.cycles import result_cycles
from spinsc.gen.design import layer_shapes
from spinsc.gen.emit import emit
from spinsc.gen.manifest import Manifest
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from tests.tools import HAS_ICARUS

IMAGES = 12
PLANS = ("", "", "", "groups=2,delay=1", "activation.groups=1,activation.delay=2", "crossed,groups=3")


def random_shape(seed: int) -> tuple[Network, int]:
    """A network of 1 to 5 layers of widths 1 to 60, with any S, P, B, L and delays; and pixels per beat."""
    draw = random.Random(seed)
    sizes = [draw.choice((draw.randint(1, 60), draw.randint(1, 12))) for _ in range(draw.randint(2, 6))]
    length = draw.choice((1, 2, 3, draw.randint(1, 12), draw.randint(1, 40)))
    foldings = [Folding(draw.choice((draw.randint(1, inputs), inputs)),
                        draw.choice((draw.randint(1, neurons), neurons)), draw.choice((1, 1, draw.randint(1, length))))
                for inputs, neurons in itertools.pairwise(sizes)]
    plan = draw.choice(PLANS)
    if "delay" in plan:
        foldings = [dataclasses.replace(folding, unroll=1) for folding in foldings]
    states = [draw.choice(choices) for choices in ((2, 3, 5), (2, 3, 5), (2, 3, 4))]
    network = random_network(tuple(sizes), input_states=states[0], weight_states=states[1],
                             activation_states=states[2], length=length, seed=seed, folding=foldings)
    return network.with_plan(plan) if plan else network, min(draw.choice((1, 2, 4, 8, 60)), foldings[0].lanes)


def predicted_cycles(network: Network, pixels_per_beat: int, pipeline: bool = False) -> list[int]:
    """Cycles of the first results."""
    return result_cycles(layer_shapes(network, pipeline), pixels_per_beat, IMAGES)


def simulated_cycles(network: Network, pixels_per_beat: int, folder: Path, pipeline: bool = False) -> list[int]:
    """Cycles of the first results in the emitted Verilog."""
    manifest = emit(network, folder / "hw", pixels_per_beat=pixels_per_beat, pipeline=pipeline)
    (folder / "tb.v").write_text(_testbench(manifest))
    sources = sorted((folder / "hw" / "rtl").iterdir())
    subprocess.run(["iverilog", "-g2012", "-s", "tb", "-o", folder / "tb", folder / "tb.v", *sources], check=True,
                   capture_output=True)
    printed = subprocess.run(["vvp", folder / "tb"], cwd=folder / "hw", check=True, capture_output=True, text=True)
    return [int(line) for line in printed.stdout.split() if line.isdecimal()]


def _testbench(manifest: Manifest) -> str:
    ports = [port for port in manifest.ports if port.name not in ("clk", "rst")]
    declared = "\n".join(
        f"  {'reg' if port.direction == 'input' else 'wire'} [{port.width - 1}:0] {port.name}"
        f"{' = 0' if port.direction == 'input' else ''};" for port in ports)
    connected = ", ".join(f".{port.name}({port.name})" for port in ports)
    return f"""module tb;
  reg clk = 0, rst = 1;
{declared}
  integer cycle = 0, results = 0;
  {manifest.top} network(.clk(clk), .rst(rst), {connected});
  always #1 clk = ~clk;
  initial begin
    s_axis_tvalid = 1; m_axis_tready = 1;
    repeat (2) @(posedge clk);
    #1 rst = 0;
  end
  always @(posedge clk) if (!rst) begin
    if (m_axis_tvalid) begin
      $display("%0d", cycle);
      results = results + 1;
    end
    if (results == {IMAGES} || cycle > 1000000) $finish;
    cycle = cycle + 1;
  end
endmodule
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.timing", description=__doc__)
    parser.add_argument("--shapes", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="of the first shape; the others follow")
    options = parser.parse_args()
    if not HAS_ICARUS:
        print("needs Icarus Verilog: apt-get install iverilog", file=sys.stderr)
        return 2
    wrong = 0
    for seed in range(options.seed, options.seed + options.shapes):
        network, pixels_per_beat = random_shape(seed)
        pipeline = seed % 2 == 1
        predicted = predicted_cycles(network, pixels_per_beat, pipeline)
        with tempfile.TemporaryDirectory(prefix="spinsc-") as folder:
            found = simulated_cycles(network, pixels_per_beat, Path(folder), pipeline)
        if found != predicted:
            wrong += 1
            print(f"seed {seed}: {network!r}, {pixels_per_beat} pixels per beat: {found}, not {predicted}", flush=True)
    print(f"{options.shapes} shapes, {wrong} of them predicted wrong")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
