"""An emitted directory as co-simulation sees it: its Verilog, its network, and the random numbers it will use."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spinsc.errors import InputError
from spinsc.gen.manifest import NETWORK, Manifest, load_manifest
from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.recordings.sources import OPTIONS, parse_rng


def open_directory(directory: Path) -> tuple[Manifest, Network]:
    """Manifest and network of an emitted directory, checked against each other."""
    manifest = load_manifest(directory)
    network = load_artifact(directory / NETWORK)
    if network.hash != manifest.network_hash:
        raise InputError(f"{directory / NETWORK} is not the network that {directory} was emitted from; emit again")
    return manifest, network


def verilog_sources(directory: Path, netlist: Sequence[Path] = ()) -> list[Path]:
    """What is simulated: the hardware in an emitted directory, or a netlist of it, and the models of its junctions."""
    patterns = ("sim/*.sv",) if netlist else ("rtl/*.sv", "rtl/*.v", "sim/*.sv")
    return [*netlist, *(path for pattern in patterns for path in sorted(directory.glob(pattern)))]


def golden_source(manifest: Manifest, directory: Path, rng: str | None = None) -> str:
    """The golden model's random bits, as ``--rng`` of ``spinsc eval`` names them, that are the hardware's.

    Where the numbers come in at ports, they are those that ``rng`` names, or simulated ones.
    """
    source = RANDOM_SOURCES.find(manifest.random_source)
    if source.at_ports:
        return rng or source.golden(directory)
    if rng not in (None, source.name):
        raise InputError(f"--rng {rng} cannot be chosen: {directory} was emitted with random numbers of its own "
                         f"({source.name}); leave it out")
    return source.golden(directory)


def random_numbers(manifest: Manifest, network: Network, directory: Path, rng: str | None = None,
                   **options: Any) -> Streams:
    """The random numbers of `golden_source`; ``options`` as for :func:`~spinsc.sim.recordings.sources.parse_rng`."""
    at_ports = RANDOM_SOURCES.find(manifest.random_source).at_ports
    given = [f"--{name.replace('_', '-')}" for name in OPTIONS
             if options.get(name) is not None and options[name] is not False]
    if given and not at_ports:
        raise InputError(f"{' and '.join(given)} has no effect on {directory}, which was emitted with random numbers "
                         f"of its own ({manifest.random_source}); leave it out")
    streams = parse_rng(golden_source(manifest, directory, rng), network, **options)
    if at_ports and not isinstance(streams, RecordedStreams):
        raise InputError(f"--rng {rng} does not suit a network whose random numbers come in at ports; "
                         "give smtj or recording:FILE, or emit with --rng lfsr")
    return streams
