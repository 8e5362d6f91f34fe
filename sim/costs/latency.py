"""How long an image takes."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.gen.manifest import Manifest


@dataclass(frozen=True)
class Latency:
    """Time of an image.

    Attributes
    ----------
    cycles_per_image, latency_cycles : int
        Between classes, and from the first beat of pixels to the class; the simulation has them too.
    clock_mhz : float
        Fastest clock of the gates, or a given one.
    sampling_s : float
        Time that the junctions need for the samples of a cycle: as many as time steps in it; 0 if not given.
    """

    cycles_per_image: int
    latency_cycles: int
    clock_mhz: float
    sampling_s: float

    @classmethod
    def of(cls, manifest: Manifest, clock_mhz: float, sampling_interval_s: float | None) -> Latency:
        """Of a network whose junctions need ``sampling_interval_s`` for a sample."""
        steps = max(layer.unroll for layer in manifest.layers) if manifest.devices else 0
        return cls(manifest.cycles_per_image, manifest.latency_cycles, clock_mhz,
                   steps * (sampling_interval_s or 0.0))

    @property
    def cycle_s(self) -> float:
        """A cycle, of the slower of gates and junctions."""
        return max(1e-6 / self.clock_mhz, self.sampling_s)

    @property
    def limit(self) -> str:
        return "junctions" if self.sampling_s > 1e-6 / self.clock_mhz else "gates"

    @property
    def image_s(self) -> float:
        return self.cycles_per_image * self.cycle_s

    @property
    def latency_s(self) -> float:
        return self.latency_cycles * self.cycle_s

    @property
    def images_per_s(self) -> float:
        return 1 / self.image_s
