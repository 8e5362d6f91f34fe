"""LFSRs in the hardware, for FPGAs without junctions."""

from __future__ import annotations

from pathlib import Path

from spinsc.gen.random_sources.source import RandomSource
from spinsc.hdl.lfsr import LfsrBanks
from spinsc.models.network import Network
from spinsc.models.streams.lfsr import check_lfsrs


class Lfsrs(RandomSource):
    """See `RandomSource`."""

    name = "lfsr"
    words = "LFSRs"

    @classmethod
    def golden(cls, directory: Path) -> str:
        return "lfsr"

    def check(self, network: Network) -> None:
        check_lfsrs(network)

    def hardware(self) -> LfsrBanks:
        return LfsrBanks()
