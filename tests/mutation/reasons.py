"""Reasons for which a bit of a memory changes nothing, as formulas: ABC takes long to find them.

Were one of them wrong, it would be so in other words too, where co-simulation must notice the bit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.gen.manifest import NETWORK, LayerEntry, Manifest
from spinsc.integers import ceil_div
from spinsc.models.artifact import load_artifact
from spinsc.models.contract import default_comparator_thresholds
from tests.mutation.memories import Flip


def reason(flip: Flip, manifest: Manifest, directory: Path) -> str | None:
    """Why a bit of a memory of an emitted directory changes nothing, if there is a reason."""
    network = load_artifact(directory / NETWORK)
    for number, layer in enumerate(manifest.layers):
        if flip.file in layer.weight_files:
            neuron = flip.word // layer.chunks * layer.units + layer.weight_files.index(flip.file)
            if neuron >= layer.neurons:
                return f"a weight of neuron {neuron} of {layer.neurons}"
        if flip.file == f"layer{number}_recording.mem" and not network.plan:
            word = int((directory / "mem" / flip.file).read_text().split()[flip.word], 16)
            return _same_side(flip, layer, network.layers[number].weights, network.length, word)
    return None


def _same_side(flip: Flip, layer: LayerEntry, weights: npt.NDArray[np.uint8], length: int, word: int) -> str | None:
    """A recorded number that stays on its side of the thresholds that it meets; devices as in the bit contract."""
    step, device = divmod(flip.bit, layer.devices.count)
    first = step * layer.devices.count
    cycles = ceil_div(length, layer.unroll)
    chunk, lane = flip.word // cycles % layer.chunks, device % layer.lanes
    source = chunk * layer.lanes + lane
    if source >= layer.inputs:
        return f"a random number of lane {lane}, which has no input"
    bits, met = layer.activation_bits, np.arange(layer.input_states)
    thresholds = default_comparator_thresholds(layer.input_states, bits)
    if device >= bits * layer.lanes:
        first, device = first + bits * layer.lanes, device - bits * layer.lanes
        units = flip.word // (cycles * layer.chunks) * layer.units
        bits, met = layer.weight_bits, weights[units:units + layer.units, source]
        thresholds = default_comparator_thresholds(layer.weight_states, bits)
    bit = device // layer.lanes
    number = sum((word >> first + b * layer.lanes + lane & 1) << b for b in range(bits))
    if ((number < thresholds[met]) == (number ^ 1 << bit < thresholds[met])).all():
        return f"{number} and {number ^ 1 << bit} are on the same side of all thresholds of states {np.unique(met)}"
    return None
