"""Report on a folder of Verilog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spinsc.sim.report.facts import NO_RANDOM_BITS, network_data, network_line
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import aligned, pairs

if TYPE_CHECKING:
    from spinsc.gen.manifest import Manifest
    from spinsc.models.network import Network

_HEADER = ["layer", "inputs", "neurons", "S", "P", "B", "chunks", "passes", "cycles/image", "devices", "acc. bits"]
_LAYER_KEYS = ("inputs", "neurons", "lanes", "units", "unroll", "chunks", "passes", "cycles_per_image",
               "accumulator_width")


def emission_report(name: str, network: Network, manifest: Manifest, out: str | Path, random_bits: str,
                    recording: str | None) -> Report:
    """What was written for a network, with what takes its random bits where; ``recording`` is what memories replay."""
    layers = manifest.layers
    rows = [[str(number), f"{layer.inputs:,}", f"{layer.neurons:,}", str(layer.lanes), str(layer.units),
             str(layer.unroll) if manifest.arithmetic == "stochastic" else "-", str(layer.chunks), str(layer.passes),
             f"{layer.cycles_per_image:,}", f"{layer.devices.count:,}", str(layer.accumulator_width)]
            for number, layer in enumerate(layers)]
    rows.append(["all", "", f"{sum(layer.neurons for layer in layers):,}", "", "", "", "", "",
                 f"{manifest.cycles_per_image:,}", f"{manifest.devices:,}", ""])
    text = pairs([
        ("network", f"{name}: {network_line(network)}"), ("top module", manifest.top),
        ("random bits", random_bits if network.devices else NO_RANDOM_BITS),
        ("pipeline", f"{'more registers for a faster clock' if manifest.pipeline else 'none'}; "
                     f"{manifest.latency_cycles:,} cycles from the first beat to the class"),
        ("input stream", f"{manifest.pixels_per_beat} pixels per beat, "
                         f"{manifest.beats_per_image} beats per image{', with tlast' if manifest.tlast else ''}"),
        *([("board", f"{manifest.board}: top, constraints and list of sources in {Path(out) / 'board'}")]
          if manifest.board else []),
        ("files", f"{len(manifest.files)} in {out}, listed in {Path(out) / 'manifest.json'}")])
    return Report(f"{aligned([_HEADER, *rows])}\n\n{text}", {
        "network": network_data(network, name), "out": out, "top": manifest.top,
        "random_source": manifest.random_source, "recording": recording, "cycles_per_image": manifest.cycles_per_image,
        "latency_cycles": manifest.latency_cycles, "pixels_per_beat": manifest.pixels_per_beat,
        "beats_per_image": manifest.beats_per_image, "tlast": manifest.tlast, "pipeline": manifest.pipeline,
        "files": sorted(manifest.files),
        "layers": [{key: getattr(layer, key) for key in _LAYER_KEYS} | {"devices": layer.devices.count}
                   for layer in layers]})
