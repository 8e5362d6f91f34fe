"""What some designs take of FPGAs, for the estimates of ``spinsc emit --target``: ``python -m benchmarks.resources``.

Every design is emitted and synthesized by Yosys (in ``build/resources``, where what is done stays); what its modules
take is written beside the model that is fitted to it. Printed is how far the model is off for each design: fitted to
all, and fitted to all others.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.gen.design import layer_designs
from spinsc.gen.emit import emit
from spinsc.gen.manifest import MANIFEST
from spinsc.gen.resources import MEASURED, Usage, fit, read_shape, shape_fields
from spinsc.gen.targets.registry import TARGETS
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding

BUILD = Path("build/resources")
RESULTS = Path(__file__).parents[1] / "gen" / "targets" / MEASURED
PIXELS_PER_BEAT = 4


@dataclass(frozen=True)
class Design:
    """An untrained network and its folding: sizes, K everywhere, L, and S, P and B of each layer."""

    sizes: tuple[int, ...]
    states: int
    length: int
    foldings: tuple[tuple[int, int, int], ...]


DESIGNS = (
    Design((64, 16, 10), 5, 16, ((8, 4, 1), (8, 5, 1))),
    Design((196, 32, 10), 5, 32, ((14, 8, 1), (16, 5, 1))),
    Design((196, 20, 10), 11, 32, ((7, 10, 1), (10, 5, 1))),
    Design((196, 20, 10), 5, 32, ((7, 5, 4), (10, 2, 2))),
    Design((100, 10, 10), 256, 64, ((10, 5, 1), (5, 2, 1))),
    Design((144, 24, 10), 9, 60, ((12, 12, 2), (12, 5, 1))),
    Design((784, 32, 10), 3, 64, ((8, 8, 1), (8, 10, 1))),
    Design((256, 64, 32, 10), 5, 50, ((16, 8, 1), (16, 8, 1), (16, 5, 1))),
    Design((100, 20, 10), 17, 40, ((10, 5, 1), (10, 2, 1))),
    Design((64, 10), 5, 20, ((16, 5, 1),)),
    Design((784, 100, 10), 5, 100, ((16, 10, 1), (16, 10, 1))),
    Design((784, 100, 10), 5, 100, ((28, 20, 1), (20, 5, 1))),
    Design((784, 50, 10), 5, 100, ((49, 5, 1), (25, 10, 1))),
    Design((784, 100, 10), 11, 100, ((16, 5, 1), (20, 2, 1))),
    Design((784, 512, 10), 5, 8, ((28, 16, 1), (16, 2, 1))),
    Design((784, 100, 10), 5, 100, ((49, 25, 1), (25, 5, 1))),
)
#: Parts, and numbers of the designs that are synthesized for each.
PARTS = {"ecp5-25k": range(len(DESIGNS)), "ice40-hx8k": range(10), "xc7a35t": (0, 1, 2, 3, 5, 6, 7, 8, 9)}


def measure(number: int, target: str) -> dict[str, Any]:
    """What the modules of a design take."""
    from spinsc.sim.flows import synthesis  # needs Yosys, which comparing with what was measured does not

    design, part = DESIGNS[number], TARGETS.find(target)
    network = random_network(design.sizes, input_states=design.states, weight_states=design.states,
                             activation_states=design.states, length=design.length, seed=number,
                             folding=[Folding(*folding) for folding in design.foldings])
    folder = BUILD / target / str(number)
    if not (folder / MANIFEST).is_file():
        emit(network, folder, source="lfsr", pixels_per_beat=PIXELS_PER_BEAT, pipeline=True, pack_memories=True,
             block_bits=part.ram_bits)
    found = synthesis.run(folder, target, placed=False, clock_mhz=None, progress=lambda _: None)
    layers = found.manifest.layers
    names = dict.fromkeys([found.manifest.top, *(
        name for layer in layers for name in (layer.layer_module, layer.neuron_module))])
    each = {name: [row.each.luts, row.each.flip_flops, row.each.rams]
            for name, row in zip(names, found.rows, strict=True)}
    shapes = [one.shape for one in layer_designs(network, True, (PIXELS_PER_BEAT, part.ram_bits))]
    return {"family": part.family, "design": number, "pixels_per_beat": PIXELS_PER_BEAT,
            "layers": [shape_fields(shape) for shape in shapes], "network": each[found.manifest.top],
            "layer": [each[layer.layer_module] for layer in layers],
            "neuron": [each[layer.neuron_module] for layer in layers]}


def total(design: dict[str, Any]) -> Usage:
    """Of a measured design."""
    units = [fields["units"] for fields in design["layers"]]
    return sum((Usage(*neuron) * count + Usage(*layer) for neuron, layer, count in zip(
        design["neuron"], design["layer"], units, strict=True)), start=Usage(*design["network"]))


def errors(design: dict[str, Any], others: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Relative errors of look-up tables and flip-flops, and blocks too many, of the model that is fitted to others."""
    estimate = fit(design["family"], others).network([read_shape(each) for each in design["layers"]],
                                                     design["pixels_per_beat"])
    found = total(design)
    return (estimate.luts / found.luts - 1, estimate.flip_flops / found.flip_flops - 1, estimate.rams - found.rams)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resources", description=__doc__)
    parser.add_argument("--target", action="append", choices=PARTS, help="by default all; the others' results stay")
    options = parser.parse_args()
    known = json.loads(RESULTS.read_text())["designs"] if RESULTS.is_file() else []
    for target in options.target or PARTS:
        family = TARGETS.find(target).family
        known = [design for design in known if design["family"] != family]
        for number in PARTS[target]:
            known.append(measure(number, target))
            found = total(known[-1])
            print(f"{target} {number}: {found.luts:,.0f} LUTs, {found.flip_flops:,.0f} flip-flops, "
                  f"{found.rams:g} blocks", flush=True)
    RESULTS.write_text(json.dumps({"command": "python -m benchmarks.resources", "designs": known}) + "\n")
    for design in known:
        same = [other for other in known if other["family"] == design["family"]]
        fitted, unseen = errors(design, same), errors(design, [other for other in same if other is not design])
        print(f"{design['family']} {design['design']}: LUTs {fitted[0]:+.0%} ({unseen[0]:+.0%} if unseen), flip-flops "
              f"{fitted[1]:+.0%} ({unseen[1]:+.0%}), blocks {fitted[2]:+g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
