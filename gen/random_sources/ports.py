"""Junctions outside: their bits come in at ports of the network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from spinsc.gen.random_sources.source import RandomSource
from spinsc.hdl.random_ports import RandomPorts
from spinsc.models.network import Network

#: Array of junctions: a black box for synthesis, and in a simulation the reader of a recording.
JUNCTION_ARRAY = "spinsc_smtj_array.sv"


class Ports(RandomSource):
    """See `RandomSource`. The folder ``sim`` gets the array of junctions to connect."""

    name = "ports"
    at_ports = True
    words = "s-MTJ ports"

    @classmethod
    def golden(cls, directory: Path) -> str:
        return "smtj"

    def hardware(self) -> RandomPorts:
        return RandomPorts()

    def write(self, root: Path, network: Network) -> None:
        (root / "sim").mkdir()
        (root / "sim" / JUNCTION_ARRAY).write_text(files(__package__).joinpath(JUNCTION_ARRAY).read_text())
