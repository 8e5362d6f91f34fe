"""Energy of s-MTJ random bits."""

from __future__ import annotations

from collections.abc import Mapping

from spinsc.gen.manifest import Manifest

#: Joules a bit, read-out included as far as the sources include it, which is not always said. It does not scale with
#: the process of the gates.
PUBLISHED: Mapping[str, float] = {
    "Vodenicarevic 2018 (arXiv 1806.09124)": 20e-15, "Sun 2025 (arXiv 2509.13469), lower": 30e-15,
    "Sun 2025, upper": 80e-15}


def bits_per_image(manifest: Manifest) -> int:
    """Samples of all junctions that an image takes, those for filling delay lines included."""
    return sum(layer.devices.count * (layer.fill_steps + layer.compute_steps) for layer in manifest.layers)


def energy_range() -> tuple[float, float]:
    """Lowest and highest published, in joules a bit."""
    return min(PUBLISHED.values()), max(PUBLISHED.values())
