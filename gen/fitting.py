"""Choice of the folding for a part: the most images per second that fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from spinsc.errors import InputError
from spinsc.gen.cycles import gather_cycles, layer_cycles, network_cycles, network_latency
from spinsc.gen.design import layer_shapes
from spinsc.gen.folding import least_unroll, part_sizes
from spinsc.gen.memories import packed
from spinsc.gen.resources import MOST_USED, Model, Usage, model
from spinsc.gen.targets.part import Part
from spinsc.hdl.shapes import LayerShape
from spinsc.models.layer import Folding
from spinsc.models.network import Network

#: Products per cycle beyond those of the cheapest folding, as a factor, up to which another may take less of the part.
PRODUCTS_TRIED = 1.5
#: Most time steps per cycle: no design with more was measured, and LFSRs that shift so far in a cycle are slow.
MOST_UNROLLED = 4
#: Ratio of cycles per image of successive attempts.
STEP = 1.3


@dataclass(frozen=True)
class Fitted:
    """A network folded for a part, with a pipeline and packed memories.

    Attributes
    ----------
    part : Part
    clock_mhz : float
    foldings : list of Folding
    layers : list of Usage
        Estimates of each layer with its neurons.
    rest : Usage
        That of everything else.
    cycles_per_image, latency_cycles : int
    """

    part: Part
    clock_mhz: float
    foldings: list[Folding]
    layers: list[Usage]
    rest: Usage
    cycles_per_image: int
    latency_cycles: int

    @property
    def total(self) -> Usage:
        return sum(self.layers, start=self.rest)

    @property
    def images_per_s(self) -> float:
        """At the clock."""
        return self.clock_mhz * 1e6 / self.cycles_per_image

    @property
    def latency_s(self) -> float:
        """From the first beat of an image to its class."""
        return self.latency_cycles / self.clock_mhz / 1e6


def fit_to(network: Network, part: Part, *, clock_mhz: float | None = None, pixels_per_beat: int,
           lfsr: bool) -> Fitted:
    """The folding with the fewest cycles per image of which the estimate leaves 15 % of a part.

    Parameters
    ----------
    network : Network
    part : Part
    clock_mhz : float, optional
        By default that which placement aims at.
    pixels_per_beat : int
        Of the input stream.
    lfsr : bool
        Random numbers come from LFSRs inside.

    Raises
    ------
    InputError
        If no folding of the network fits, or its arithmetic is binary, which was not measured.
    """
    if network.arithmetic != "stochastic":
        raise InputError("--target knows what stochastic arithmetic takes, not binary; give --lanes and --neurons")
    search = _Search(network, part, pixels_per_beat, lfsr)
    slowest, fits, too_fast = search.slowest(), 1, 0
    while not search.fit(fits):
        if fits >= slowest:
            least = search.usage(search.shapes(slowest))
            raise InputError(
                f"{part.name} is too small for this network: with one product per cycle it takes about "
                f"{least.luts:,.0f} look-up tables and {least.rams:,.0f} blocks of memory, and may take "
                f"{MOST_USED * part.luts:,.0f} and {MOST_USED * part.rams:,.0f}; choose a larger --target")
        fits, too_fast = min(slowest, int(STEP * fits) + 1), fits
    while fits - too_fast > max(1, fits // 500):
        middle = (fits + too_fast) // 2
        fits, too_fast = (middle, too_fast) if search.fit(middle) else (fits, middle)
    shapes = search.shapes(fits)
    per_beat = min(pixels_per_beat, shapes[0].lanes)
    return Fitted(part, clock_mhz or part.clock_mhz, [Folding(s.lanes, s.units, s.unroll) for s in shapes],
                  search.model.layers(shapes, per_beat), search.model.around(shapes, per_beat, lfsr),
                  network_cycles(shapes, per_beat), network_latency(shapes, per_beat))


class _Search:
    """Foldings of each layer of a network, and what they take of a part."""

    def __init__(self, network: Network, part: Part, pixels_per_beat: int, lfsr: bool) -> None:
        self.part, self.per_beat, self.lfsr = part, pixels_per_beat, lfsr
        self.model: Model = model(part.family)
        self.plain = layer_shapes(network, pipeline=True)
        self.known: dict[tuple[int, int, int, int], tuple[float, LayerShape]] = {}

    def slowest(self) -> int:
        """Cycles of one product per cycle."""
        alone = [dataclasses.replace(shape, lanes=1, units=1, unroll=1) for shape in self.plain]
        return max(max(layer_cycles(shape), gather_cycles(shape, 1)) for shape in alone)

    def fit(self, target: int) -> bool:
        """Whether there is a folding with at most ``target`` cycles that leaves enough of the part."""
        shapes = self.shapes(target)
        return bool(shapes) and self.usage(shapes).fits(self.part)

    def shapes(self, target: int) -> list[LayerShape]:
        """The smallest folding of each layer with at most ``target`` cycles; none if a layer has no such folding."""
        found = []
        for number in range(len(self.plain)):
            shape = self._smallest(number, target)
            if shape is None:
                return []
            found.append(shape)
        return found

    def usage(self, shapes: Sequence[LayerShape]) -> Usage:
        return self.model.network(shapes, min(self.per_beat, shapes[0].lanes), self.lfsr)

    def _smallest(self, number: int, target: int) -> LayerShape | None:
        shape, candidates = self.plain[number], []
        for lanes in part_sizes(shape.inputs, shape.inputs):
            for units in part_sizes(shape.neurons, shape.neurons):
                chosen = least_unroll(dataclasses.replace(shape, lanes=lanes, units=units, unroll=1), target)
                if (chosen is not None and chosen.unroll <= MOST_UNROLLED
                        and gather_cycles(chosen, self._beat(number, lanes)) <= target):
                    candidates.append(chosen)
        if not candidates:
            return None
        products = PRODUCTS_TRIED * min(each.lanes * each.units * each.unroll for each in candidates)
        tried = [self._cost(number, each) for each in candidates if each.lanes * each.units * each.unroll <= products]
        return min(tried, key=lambda each: each[0])[1]

    def _beat(self, number: int, lanes: int) -> int:
        return 1 if number else min(self.per_beat, lanes)

    def _cost(self, number: int, shape: LayerShape) -> tuple[float, LayerShape]:
        """The shape with its memories packed, and the shares of the part that it takes, added up."""
        key = number, shape.lanes, shape.units, shape.unroll
        if key not in self.known:
            better = packed(shape, self._beat(number, shape.lanes), self.model.ram_bits)
            usage = self.model.layer(better, self._beat(number, shape.lanes))
            cost = sum((usage.luts / self.part.luts, usage.flip_flops / self.part.flip_flops,
                        usage.rams / self.part.rams))
            self.known[key] = cost, better
        return self.known[key]
