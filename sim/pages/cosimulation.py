"""The page of a co-simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spinsc.sim.pages.facts import input_digests, provenance
from spinsc.sim.pages.figures import picture
from spinsc.sim.pages.layers import confusion_section, layers_section
from spinsc.sim.pages.page import Card, Cards, Page, Pairs, Section, Table, Text
from spinsc.sim.report.cosimulation import failure_lines, verdict_line
from spinsc.sim.report.emission import input_stream_line, layer_header, layer_rows
from spinsc.sim.report.facts import network_line

if TYPE_CHECKING:
    from spinsc.gen.manifest import Manifest
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams
    from spinsc.sim.cosim.comparison import Mismatch
    from spinsc.sim.cosim.report import Report as Outcome
    from spinsc.sim.coverage.directed import Directed

#: Images with a mismatch that are drawn.
MOST_CARDS = 12


def cosimulation_page(outcome: Outcome, network: Network, images: Images, first: int, streams: Streams,
                      directed: Directed | None, rows: Sequence[tuple[str, str]], command: str,
                      data: Mapping[str, Any]) -> Page:
    """Everything of a co-simulation.

    Parameters
    ----------
    outcome, network, images, first, streams, directed
        As of `spinsc.sim.report.cosimulation.cosimulation_report`.
    rows : sequence of (name, value)
        The table that is printed.
    command : str
        As a shell takes it.
    data : mapping
        What ``--json`` prints.
    """
    found, manifest = outcome.comparison, outcome.manifest
    sections = [Section("Summary", [Pairs(rows)])]
    if not outcome.passed:
        sections.append(Section("What differs", [Text("\n".join(failure_lines(outcome, network)), lines=True),
                                                 _cards(outcome, images, first, directed)]))
    places = [(place, words, wrong) for place, (words, wrong) in found.places.items() if words or wrong]
    sections.append(Section("Words compared", [Table(
        ["word", "compared", "different"], [[place, f"{words:,}", f"{wrong:,}"] for place, words, wrong in places],
        right=(1, 2), bad=[row for row, (_, _, wrong) in enumerate(places) if wrong])]))
    sections.append(_hardware(manifest))
    sections.append(confusion_section(found.confusion, "Classes of the Verilog"))
    sections.append(layers_section(network, images, first, streams))
    digests = [*input_digests(network, images, streams)]
    digests += [(f"{name}, sha256", digest) for name, digest in sorted(manifest.files.items())
                if name.startswith("rtl/")]
    sections.append(provenance(command, digests, [
        (outcome.simulator.title, f"{outcome.simulator.version} ({outcome.simulator.origin})"),
        *((f"{name}, when emitted", version) for name, version in manifest.versions.items())]))
    return Page(f"spinsc cosim: {network_line(network)}", verdict_line(outcome), outcome.passed, sections, data)


def _hardware(manifest: Manifest) -> Section:
    header = layer_header(manifest)
    rows = [[*row, layer.layer_module] for row, layer in zip(layer_rows(manifest), manifest.layers, strict=True)]
    return Section("Hardware", [
        Table([*header, "module"], rows, right=range(len(header))),
        Pairs([("top module", manifest.top), ("random source", manifest.random_source),
               ("input stream", input_stream_line(manifest)),
               ("plan", manifest.plan or "own junctions for every lane")])])


def places_to_look(mismatch: Mismatch, manifest: Manifest) -> list[str]:
    """Files of an emitted folder that make a word, those first that are most likely at fault."""
    number = min(mismatch.layer, len(manifest.layers) - 1)
    layer = manifest.layers[number]
    if mismatch.quantity.endswith("accumulator") or mismatch.quantity == "index":
        files = [f"rtl/{layer.neuron_module}.v", f"rtl/{layer.layer_module}.v"]
        if layer.weight_files:
            files.insert(0, f"mem/{layer.weight_files[mismatch.neuron % len(layer.weight_files)]}")
        return files
    return [f"mem/{layer.outcome_file}", f"rtl/{manifest.top}.v"]


def _cards(outcome: Outcome, images: Images, first: int, directed: Directed | None) -> Cards:
    """The first images with a mismatch, drawn, with the words that differ and the files that make them."""
    cards = []
    pixels = images.images if directed is None else np.concatenate([images.images, directed.images])
    for origin in outcome.comparison.origins[:MOST_CARDS]:
        image = origin.image - first
        if image >= len(pixels):  # a word too many, after the last image
            continue
        files = [f"{name} (edited)" if name in outcome.edited else name
                 for name in places_to_look(origin, outcome.manifest)]
        cards.append(Card(
            picture(pixels[image].reshape(images.shape)),
            f"image {origin.image}, " + (f"label {images.labels[image]}" if image < len(images) else "directed"),
            [str(origin).partition(", ")[2], f"look at {', '.join(files)}"]))
    return Cards(cards)
