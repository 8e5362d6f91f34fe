"""Report on an evaluation by the golden model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spinsc.sim.report.facts import images_data, images_line, network_data, network_line, streams_data, streams_line
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams


def evaluation_report(name: str, network: Network, images: Images, first: int, streams: Streams, source: str,
                      verdict: Mapping[str, str], accuracy: float, seconds: float, device: str) -> Report:
    """Accuracy of a network on a stretch of images; ``verdict`` are lines on the recording, if one was given."""
    correct = round(accuracy * len(images))
    rows = [
        ("network", f"{name}: {network_line(network)}"),
        ("images", images_line(images, first)),
        ("random bits", streams_line(network, streams, source, len(images))),
        *verdict.items(),
        ("accuracy", f"{100 * accuracy:.2f} % ({correct:,} of {len(images):,})"),
        ("speed", f"{len(images) / seconds:,.0f} images/s on {device}, {seconds:.2f} s")]
    return Report((Pairs(rows),), {
        "network": network_data(network, name), "images": images_data(images, first),
        "random_bits": streams_data(streams, source), "recording": verdict.get("recording"),
        "what_would_do": verdict.get("what would do"), "accuracy": accuracy, "correct": correct,
        "seconds": seconds, "device": device})
