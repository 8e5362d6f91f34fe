"""Replay memories: an image's recorded bits in the hardware."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.gen.design import layer_shape
from spinsc.gen.manifest import RECORDING
from spinsc.gen.random_sources.source import RandomSource, RecordedImage
from spinsc.hdl.packing import hexadecimal_lines
from spinsc.hdl.replay import ReplayMemories
from spinsc.models.network import Network


class Replay(RandomSource):
    """See `RandomSource`. The folder also gets the recorded bits as they were given, for checking."""

    name = "replay"
    takes_recording = True
    recorded_images = 1

    def __init__(self, recorded: RecordedImage) -> None:
        self.recorded = recorded

    @property
    def words(self) -> str:
        return f"memories that replay {self.recorded.origin}"

    @classmethod
    def golden(cls, directory: Path) -> str:
        return f"replay:{directory / RECORDING}"

    def check(self, network: Network) -> None:
        for number, layer in enumerate(network.layers):
            expected, given = (layer.samples(network.length), layer.devices), self.recorded.bits[number].shape
            if layer.devices and given != expected:
                raise InputError(f"recorded bits of layer {number} must have shape {expected}, not {given}")

    def hardware(self) -> ReplayMemories:
        return ReplayMemories()

    def write(self, root: Path, network: Network) -> None:
        bits = self.recorded.bits
        for number, layer in enumerate(network.layers):
            if layer.devices:
                image = ReplayMemories.image(layer_shape(layer, network.length), bits[number])
                (root / "mem" / ReplayMemories.file(number)).write_text(hexadecimal_lines(image))
        arrays = {f"layer{n}": np.ascontiguousarray(array) for n, array in bits.items()}
        np.savez_compressed(root / RECORDING, **arrays)  # type: ignore[arg-type]
