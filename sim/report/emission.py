"""Report on a folder of Verilog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spinsc.sim.report.facts import NO_RANDOM_BITS, network_data, network_line
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spinsc.gen.fitting import Fitted
    from spinsc.gen.manifest import Manifest
    from spinsc.gen.memories import Memory
    from spinsc.models.network import Network

_LAYER_KEYS = ("inputs", "neurons", "lanes", "units", "unroll", "chunks", "passes", "cycles_per_image",
               "accumulator_width")


def emission_report(name: str, network: Network, manifest: Manifest, out: str | Path, random_bits: str,
                    recording: str | None, memories: Mapping[Memory, int], block_bits: int,
                    fitted: Fitted | None) -> Report:
    """What was written for a network.

    Parameters
    ----------
    name : str
        Of the network.
    network : Network
    manifest : Manifest
    out : path
    random_bits : str
        What takes its random bits where.
    recording : str or None
        What memories replay.
    memories : mapping of Memory to int
        Blocks that each takes, 0 where it is look-up tables.
    block_bits : int
        Of a block.
    fitted : Fitted or None
        The part that it was folded for.
    """
    layers = manifest.layers
    rows = layer_rows(manifest)
    rows.append(["all", "", f"{sum(layer.neurons for layer in layers):,}", "", "", "", "", "",
                 f"{manifest.cycles_per_image:,}", f"{manifest.devices:,}", ""])
    facts = Pairs([
        ("network", f"{name}: {network_line(network)}"), ("top module", manifest.top),
        ("random bits", random_bits if network.devices else NO_RANDOM_BITS),
        ("rate limited by", limit_line(manifest)),
        ("pipeline", f"{'more registers for a faster clock' if manifest.pipeline else 'none'}; "
                     f"{manifest.latency_cycles:,} cycles from the first beat to the class"),
        ("input stream", input_stream_line(manifest)),
        *([("board", f"{manifest.board}: top, constraints and list of sources in {Path(out) / 'board'}")]
          if manifest.board else []),
        ("files", f"{len(manifest.files)} in {out}, listed in its manifest.json")])
    usage = () if fitted is None else _usage(fitted)
    return Report((Table([layer_header(manifest), *rows]), _memory_table(memories, block_bits), *usage, facts), {
        "network": network_data(network, name), "out": out, "top": manifest.top,
        "random_source": manifest.random_source, "recording": recording, "cycles_per_image": manifest.cycles_per_image,
        "latency_cycles": manifest.latency_cycles, "pixels_per_beat": manifest.pixels_per_beat,
        "beats_per_image": manifest.beats_per_image, "tlast": manifest.tlast, "pipeline": manifest.pipeline,
        "files": sorted(manifest.files),
        "memories": [{"name": memory.name, "count": memory.count, "words": memory.words, "width": memory.width,
                      "blocks": blocks} for memory, blocks in memories.items()],
        "target": None if fitted is None else _target_data(fitted),
        "layers": [{key: getattr(layer, key) for key in _LAYER_KEYS} | {"devices": layer.devices.count}
                   for layer in layers]})


def layer_header(manifest: Manifest) -> list[str]:
    """Of what `layer_rows` gives."""
    return ["layer", "inputs", "neurons", "S", "P", "B", "chunks", "passes", "cycles/image",
            "LFSRs" if manifest.random_source == "lfsr" else "devices", "acc. bits"]


def layer_rows(manifest: Manifest) -> list[list[str]]:
    """A row under `layer_header` for each layer."""
    return [[str(number), f"{layer.inputs:,}", f"{layer.neurons:,}", str(layer.lanes), str(layer.units),
             str(layer.unroll) if manifest.arithmetic == "stochastic" else "-", str(layer.chunks), str(layer.passes),
             f"{layer.cycles_per_image:,}", f"{layer.devices.count:,}", str(layer.accumulator_width)]
            for number, layer in enumerate(manifest.layers)]


def limit_line(manifest: Manifest) -> str:
    """What decides the cycles per image, and what would change it if pixels do."""
    beats = manifest.beats_per_image
    slowest = max(range(len(manifest.layers)), key=lambda number: manifest.layers[number].cycles_per_image)
    cycles = manifest.layers[slowest].cycles_per_image
    if beats < cycles:
        return f"layer {slowest}"
    return (f"the input stream, {beats:,} beats an image, not by the layers, which take {cycles:,} cycles; give more "
            "--pixels-per-beat, or fold the layers more")


def input_stream_line(manifest: Manifest) -> str:
    """How pixels come in."""
    pixels, beats = manifest.pixels_per_beat, manifest.beats_per_image
    return (f"{pixels} pixel{'s' if pixels > 1 else ''} per beat, {beats} beat{'s' if beats > 1 else ''} per image"
            f"{', with tlast' if manifest.tlast else ''}")


def _memory_table(memories: Mapping[Memory, int], block_bits: int) -> Table:
    rows = [[memory.name, str(memory.count), f"{memory.words:,}", f"{memory.width:,}", str(blocks) if blocks else "-"]
            for memory, blocks in memories.items()]
    rows.append(["all", "", "", "", str(sum(memories.values()))])
    return Table([["memory", "count", "words", "bits", f"blocks of {block_bits // 1024} Kibit"], *rows])


def _usage(fitted: Fitted) -> tuple[Table, Pairs]:
    """What is estimated of each layer, and the speed."""
    part = fitted.part
    parts = [*((f"layer {number}", usage) for number, usage in enumerate(fitted.layers)),
             ("streams, random bits, outcomes", fitted.rest), ("all", fitted.total)]
    rows = [[name, f"{usage.luts:,.0f}", f"{usage.luts / part.luts:.0%}", f"{usage.flip_flops:,.0f}",
             f"{usage.flip_flops / part.flip_flops:.0%}", f"{usage.rams:.0f}", f"{usage.rams / part.rams:.0%}"]
            for name, usage in parts]
    table = Table([[f"of {part.name}, estimated", "LUTs", "", "flip-flops", "", "blocks", ""], *rows])
    return table, Pairs([
        ("part", part.title),
        (f"at {fitted.clock_mhz:g} MHz", f"{fitted.images_per_s:,.0f} images/s, {fitted.latency_s * 1e6:,.1f} us from "
                                         "the first beat to the class")])


def _target_data(fitted: Fitted) -> dict[str, object]:
    total = fitted.total
    return {"part": fitted.part.name, "clock_mhz": fitted.clock_mhz, "images_per_s": fitted.images_per_s,
            "latency_s": fitted.latency_s, "luts": round(total.luts), "flip_flops": round(total.flip_flops),
            "rams": round(total.rams)}
