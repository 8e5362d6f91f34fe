"""Parts of a network, by the names of cells and memories in a netlist that was mapped part by part."""

from __future__ import annotations

import re
from typing import NamedTuple

#: By the instance in the network, and in a layer; a number at their end is that of a layer.
_OF_NETWORK = {"lfsr": "LFSRs", "replay": "replay memories", "quantizer": "input quantizer", "activation": "thresholds",
               "argmax": "output unit"}
_OF_LAYER = {"activation_comparator": "comparators", "weight_comparator": "comparators", "buffer": "state buffer",
             "sequencer": "sequencer"}
NEURONS, RANDOM_SOURCES = "neurons", ("LFSRs", "replay memories")


class Part(NamedTuple):
    """A part of a network, and the layer that it is for, if it is for one."""

    name: str
    layer: int | None


def part_of(name: str) -> Part:
    """Part that a cell or a memory of this name belongs to."""
    first, _, rest = name.partition(".")
    found = re.fullmatch(r"([a-z]+?)(\d*)(_\w+)?", first)
    if not rest or found is None:
        return Part("streams", None)
    kind, layer = found[1], int(found[2]) if found[2] else None
    if kind != "layer":
        return Part(_OF_NETWORK.get(kind, "streams"), layer)
    if ".neuron." in rest:
        return Part(NEURONS, layer)
    if rest.startswith("neuron_units."):
        return Part("weights", layer)
    return Part(_OF_LAYER.get(rest.partition(".")[0], "random bits to neurons, results"), layer)
