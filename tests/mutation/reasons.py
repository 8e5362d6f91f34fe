"""Reasons for which a bit of a memory changes nothing, as formulas: ABC takes long to find them.

Were one of them wrong, it would be so in other words too, where co-simulation must notice the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.gen.manifest import NETWORK, LayerEntry, Manifest
from spinsc.integers import ceil_div
from spinsc.models.artifact import load_artifact
from spinsc.models.contract import default_comparator_thresholds
from spinsc.models.network import Network
from tests.mutation.memories import Flip


def reason(flip: Flip, manifest: Manifest, directory: Path) -> str | None:
    """Why a bit of a memory of an emitted directory changes nothing, if there is a reason."""
    network = load_artifact(directory / NETWORK)
    replayed: _Replayed | None = None
    for number, layer in enumerate(manifest.layers):
        recording = directory / "mem" / f"layer{number}_recording.mem"
        if recording.exists() and not network.plan:
            replayed = _Replayed(network, number, layer, recording, replayed)
        if flip.file in layer.weight_files:
            pass_number, chunk = divmod(flip.word, layer.chunks)
            neuron = pass_number * layer.units + layer.weight_files.index(flip.file)
            if neuron >= layer.neurons:
                return f"a weight of neuron {neuron} of {layer.neurons}"
            if replayed is not None:
                bit, lane = divmod(flip.bit, layer.lanes)
                return replayed.same_products(neuron, chunk * layer.lanes + lane, bit)
        if replayed is not None and flip.file == recording.name:
            return replayed.same_side(flip)
        if replayed is not None and flip.file == f"layer{number}_thresholds.mem":
            place, bit = divmod(flip.bit, (layer.inputs * network.length + 1).bit_length())
            return replayed.no_sum_between(flip.word, place, bit)
    return None


@dataclass(frozen=True)
class _Replayed:
    """A layer whose random numbers are the same for every image, and the one before it; devices as in the bit contract.
    """

    network: Network
    number: int
    layer: LayerEntry
    recording: Path
    before: _Replayed | None

    @property
    def words(self) -> list[int]:
        return [int(word, 16) for word in self.recording.read_text().split()]

    @property
    def cycles(self) -> int:
        """Of a chunk."""
        return ceil_div(self.network.length, self.layer.unroll)

    def numbers(self, of_pass: int, chunk: int, lane: int, weights: bool) -> npt.NDArray[np.int64]:
        """Random numbers that a lane has in the time steps of a chunk."""
        layer, words = self.layer, self.words
        bits, first = (layer.weight_bits, layer.activation_bits * layer.lanes) if weights else (layer.activation_bits,
                                                                                              0)
        found = []
        for t in range(self.network.length):
            cycle, step = divmod(t, layer.unroll)
            word = words[(of_pass * layer.chunks + chunk) * self.cycles + cycle] >> step * layer.devices.count + first
            found.append(sum((word >> b * layer.lanes + lane & 1) << b for b in range(bits)))
        return np.array(found)

    def products(self, neuron: int, source: int, state: int) -> npt.NDArray[np.int64]:
        """Ones of the products of an input and a weight of this state, for every state of the input.

        Where there is no input, it has state 0.
        """
        layer = self.layer
        place = neuron // layer.units, *divmod(source, layer.lanes)
        of_input = default_comparator_thresholds(layer.input_states, layer.activation_bits)
        of_weight = default_comparator_thresholds(layer.weight_states, layer.weight_bits)
        if source >= layer.inputs:
            of_input = of_input[:1]
        ones = self.numbers(*place, weights=False) < np.array(of_input)[:, None]
        same: npt.NDArray[np.int64] = (ones == (self.numbers(*place, weights=True) < of_weight[state])).sum(1)
        return same

    def state(self, neuron: int, source: int) -> int:
        """That of a weight; where there is no input, one that makes no ones of state 0."""
        layer = self.network.layers[self.number]
        return int(layer.weights[neuron, source]) if source < layer.inputs else self.layer.weight_states - 1

    def same_products(self, neuron: int, source: int, bit: int) -> str | None:
        """Of a bit of a weight's state."""
        before = self.state(neuron, source)
        after = before ^ 1 << bit
        if after < self.layer.weight_states and np.array_equal(self.products(neuron, source, before),
                                                               self.products(neuron, source, after)):
            return f"states {before} and {after} of this weight have the same products with every state of its input"
        return None

    @property
    def thresholds(self) -> npt.NDArray[np.int64]:
        """Shape (neurons, states - 1)."""
        return self.network.layers[self.number].outcome.integers(self.layer.inputs, self.network.length)

    def sums(self, neuron: int) -> set[int]:
        """All that a neuron's sum can be, and perhaps more."""
        sums = {0}
        for source in range(self.layer.chunks * self.layer.lanes):
            products = self.products(neuron, source, self.state(neuron, source))
            if self.before is not None and source < self.layer.inputs:
                products = products[sorted(self.before.states(source))]
            sums = {total + product for total in sums for product in products.tolist()}
        return sums

    def states(self, neuron: int) -> set[int]:
        """All that a neuron's state can be, and perhaps more."""
        return {int((total >= self.thresholds[neuron]).sum()) for total in self.sums(neuron)}

    def no_sum_between(self, neuron: int, place: int, bit: int) -> str | None:
        """Of a bit of a neuron's threshold: none of the sums that it can have lies between both values."""
        before = int(self.thresholds[neuron, place])
        low, high = sorted((before, before ^ 1 << bit))
        if any(low <= total < high for total in self.sums(neuron)):
            return None
        return f"no sum of neuron {neuron} is from {low} to {high - 1}"

    def same_side(self, flip: Flip) -> str | None:
        """Of a bit of a recorded number, which stays on its side of the thresholds that it meets."""
        layer = self.layer
        word = self.words[flip.word]
        step, device = divmod(flip.bit, layer.devices.count)
        first = step * layer.devices.count
        chunk, lane = flip.word // self.cycles % layer.chunks, device % layer.lanes
        source = chunk * layer.lanes + lane
        if source >= layer.inputs:
            return f"a random number of lane {lane}, which has no input"
        bits, met = layer.activation_bits, np.arange(layer.input_states)
        thresholds = default_comparator_thresholds(layer.input_states, bits)
        if device >= bits * layer.lanes:
            first, device = first + bits * layer.lanes, device - bits * layer.lanes
            units = flip.word // (self.cycles * layer.chunks) * layer.units
            bits, met = layer.weight_bits, self.network.layers[self.number].weights[units:units + layer.units, source]
            thresholds = default_comparator_thresholds(layer.weight_states, bits)
        bit = device // layer.lanes
        number = sum((word >> first + b * layer.lanes + lane & 1) << b for b in range(bits))
        if ((number < thresholds[met]) == (number ^ 1 << bit < thresholds[met])).all():
            return f"{number} and {number ^ 1 << bit} are on the same side of all thresholds of states {np.unique(met)}"
        return None
