"""Random bits of replay memories, read from the file that was kept when they were emitted."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.models.streams.lanes import numbers_of_bits
from spinsc.models.streams.protocol import Bits, Numbers, Streams
from spinsc.sim.recordings.sources import Request


class ReplayedStreams:
    """Random numbers of the replay memories of an emitted folder. Period 1: every image uses the same ones.

    Parameters
    ----------
    network : Network
    file : Path
        Holds ``layer{n}`` for each layer, uint8 of shape (samples of an image, devices of the layer).
    """

    period = 1

    def __init__(self, network: Network, file: Path) -> None:
        self.network = network
        try:
            with np.load(file, allow_pickle=False) as archive:
                self._bits: list[Bits] = [archive[f"layer{n}"] for n in range(len(network.layers))]
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"{file} does not hold the bits of replay memories ({error}); emit the network again"
                             ) from None
        for number, (bits, layer) in enumerate(zip(self._bits, network.layers, strict=True)):
            if bits.shape != (layer.samples(network.length), layer.devices):
                raise InputError(f"{file} holds bits of shape {bits.shape} for layer {number}, but the network reads "
                                 f"{layer.samples(network.length)} of {layer.devices} devices; emit it again")

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """See `spinsc.models.streams.protocol.Streams`."""
        return numbers_of_bits(self.network.layers[layer], self._bits[layer].T)


class Replayed:
    """See `spinsc.sim.recordings.sources.RandomBits`."""

    usage = "replay:FILE"
    takes = ()

    def make(self, network: Network, request: Request) -> Streams:
        return ReplayedStreams(network, Path(request.argument))

    def describe(self, streams: Streams, argument: str) -> str:
        return "the hardware's replay memories"


REPLAYED = Replayed()
