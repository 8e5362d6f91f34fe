"""Choice of the folding: how many lanes, units and time steps per cycle each layer needs for a given speed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec

from spinsc.errors import InputError
from spinsc.gen.cycles import gather_cycles, layer_cycles
from spinsc.gen.design import layer_shapes
from spinsc.gen.emit import DEFAULT_PIXELS_PER_BEAT
from spinsc.hdl.shapes import LayerShape
from spinsc.integers import ceil_div
from spinsc.models.layer import Folding
from spinsc.models.network import Network


def choose_folding(network: Network, target_cycles: int, max_lanes: int | None = None,
                   pixels_per_beat: int = DEFAULT_PIXELS_PER_BEAT, pipeline: bool = False) -> list[Folding]:
    """Folding of each layer with at most ``target_cycles`` cycles per image, cheapest first.

    Cheapest is the fewest products per cycle, S*P*B; among equals the fewest random bits per cycle, S*B*(m_a + m_w),
    then the fewest time steps per cycle.

    Parameters
    ----------
    network : Network
    target_cycles : int
        Cycles between two images, at least 1.
    max_lanes : int, optional
        Largest S.
    pixels_per_beat : int
        Of the input stream, which must be as fast.
    pipeline : bool
        With more registers, through which results are on their way for longer.

    Raises
    ------
    InputError
        If a layer cannot be that fast: gathering its inputs takes a cycle each (a beat each in the first layer), and
        handing out its results, one cycle per neuron.
    """
    if target_cycles < 1:
        raise InputError(f"--target-cycles must be at least 1, not {target_cycles}")
    if max_lanes is not None and max_lanes < 1:
        raise InputError(f"--max-lanes must be at least 1, not {max_lanes}")
    foldings = []
    for number, shape in enumerate(layer_shapes(network, pipeline)):
        per_beat = 1 if number else pixels_per_beat
        found = _cheapest(shape, target_cycles, max_lanes or shape.inputs, per_beat)
        if found is None:
            raise InputError(
                f"layer {number} ({shape.inputs} inputs, {shape.neurons} neurons) cannot take an image every "
                f"{target_cycles} cycles{f' with {max_lanes} lanes' if max_lanes else ''}; "
                f"give at least --target-cycles {_least(shape, max_lanes or shape.inputs, per_beat)}")
        foldings.append(found)
    return foldings


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A layer in a folding file."""

    lanes: int
    units: int
    unroll: int = 1


def load_folding(path: str | Path) -> list[Folding]:
    """Folding of each layer from a JSON file: a list of objects with ``lanes``, ``units`` and perhaps ``unroll``."""
    example = '[{"lanes": 49, "units": 100, "unroll": 1}, ...]'
    try:
        entries = msgspec.convert(msgspec.json.decode(Path(path).read_bytes()), list[_Entry])
    except msgspec.ValidationError as error:
        raise InputError(f"{path} should hold {example}, but: {error}") from None
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise InputError(f"{path} is not a readable JSON file ({error}); it should hold {example}") from None
    return [Folding(entry.lanes, entry.units, entry.unroll) for entry in entries]


def part_sizes(size: int, most: int) -> list[int]:
    """The sizes of parts worth trying: the smallest for each number of parts."""
    return sorted({ceil_div(size, parts) for parts in range(1, size + 1)} & set(range(1, most + 1)))


def _cheapest(shape: LayerShape, target: int, max_lanes: int, per_beat: int) -> Folding | None:
    best = None
    for lanes in part_sizes(shape.inputs, min(max_lanes, shape.inputs)):
        for units in part_sizes(shape.neurons, shape.neurons):
            chosen = least_unroll(dataclasses.replace(shape, lanes=lanes, units=units), target)
            if chosen is None or gather_cycles(chosen, per_beat) > target:
                continue
            cost = (lanes * units * chosen.unroll, chosen.devices * chosen.unroll, chosen.unroll)
            if best is None or cost < best[0]:
                best = cost, Folding(lanes, units, 1 if shape.binary else chosen.unroll)
    return best[1] if best else None


def least_unroll(shape: LayerShape, target: int) -> LayerShape | None:
    """The shape with the smallest B that is fast enough; a pass cannot take less than its hand-out."""
    if shape.binary:
        return shape if layer_cycles(shape) <= target else None
    fewest = shape.length if shape.fill else 1  # delays need B = 1
    for cycles in range(min(shape.length, target // (shape.passes * shape.chunks)), fewest - 1, -1):
        candidate = dataclasses.replace(shape, unroll=ceil_div(shape.length, cycles))
        if layer_cycles(candidate) <= target:
            return candidate
    return None


def _least(shape: LayerShape, max_lanes: int, per_beat: int) -> int:
    """Fewest cycles that any folding reaches."""
    lanes = part_sizes(shape.inputs, min(max_lanes, shape.inputs))
    shapes = [dataclasses.replace(each, unroll=1 if each.fill else each.length) for each in (
        dataclasses.replace(shape, lanes=s, units=p)
        for s in lanes for p in part_sizes(shape.neurons, shape.neurons))]
    return min(max(layer_cycles(each), gather_cycles(each, per_beat)) for each in shapes)
