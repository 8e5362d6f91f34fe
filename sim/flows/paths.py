"""Names in a netlist, in words of the source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

#: Parts of the hardware, by the names of their instances; a number at their end is that of a layer, or of a time step.
PARTS = {
    "quantizer": "input quantizer", "buffer": "state buffer", "sequencer": "sequencer",
    "activation_comparator": "activation comparators", "weight_comparator": "weight comparators",
    "activation_fanout": "activation fan-out", "weight_fanout": "weight fan-out", "select": "select",
    "multiplier": "XNOR", "popcount": "popcount", "accumulator": "accumulator", "weights": "weight memory",
    "neuron_units": "weight memory", "neuron": "neuron", "activation": "thresholds", "argmax": "output unit",
    "m_axis": "output unit", "lfsr": "LFSR", "replay": "replay memory"}
#: A layer itself, without a part of it, is what hands its results out and what times its units.
_LAYER, _NETWORK = "control", "network"


def path_in_words(cells: Iterable[str]) -> str:
    """What the cells of a path are parts of, in their order, such as "state buffer -> popcount of layer 0"."""
    places = [place for place, _ in groupby(_place(cell) for cell in cells if not cell.startswith("$"))]
    described = []
    for layer, stretch in groupby(places, key=lambda place: place[1]):
        names = " -> ".join(name for name, _ in stretch)
        described.append(names if layer is None else f"{names} of layer {layer}")
    return " -> ".join(described)


def _place(cell: str) -> tuple[str, int | None]:
    """Part of the hardware, and its layer."""
    names = re.split(r"[./]", cell)
    layer = next((int(found[1]) for name in names if (found := re.match(r"layer(\d+)", name))), None)
    for name in reversed(names):
        plain = re.match(r"[a-z_]*[a-z](?=\d|_[A-Z]|_\d|$|\$|\[)", name)
        for part in () if plain is None else _candidates(plain[0]):
            if part in PARTS:
                number = re.match(rf"{part}(\d+)", name)
                return PARTS[part], layer if number is None or layer is not None else int(number[1])
    return (_LAYER, layer) if layer is not None else (_NETWORK, None)


def _candidates(name: str) -> Sequence[str]:
    """The name, and what it begins with."""
    words = name.split("_")
    return ["_".join(words[:count]) for count in range(len(words), 0, -1)]
