"""``spinsc emit``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spinsc.errors import InputError
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import (
    NETWORK,
    RECORDING,
    FoldingOptions,
    ForceOption,
    JsonOption,
    in_hardware,
    rng_option,
    warn,
)

if TYPE_CHECKING:
    from spinsc.gen.fitting import Fitted
    from spinsc.models.network import Network
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Emit(FoldingOptions, ForceOption, JsonOption):
    """Write the Verilog of a network."""

    summary = "write the Verilog of a network, its memory images and a manifest"

    network: str = positional("NET", NETWORK)
    out: str = option("-o", "--out", metavar="DIR", required=True, help="new or empty folder")
    rng: str = rng_option(("ports", "lfsr", "replay"), "ports", " in the hardware", registry=in_hardware)
    recording: str | None = option(metavar="FILE", help=f"what --rng replay replays: {RECORDING}")
    split: bool = option(default=False, help="cut long recordings into several devices each")
    unroll: int | None = option(metavar="B", low=1, help="time steps per cycle, at most L; changes no result")
    fold: str | None = option(
        metavar="FILE", help='JSON list of {"lanes": S, "units": P, "unroll": B}, one for each layer')
    target_cycles: int | None = option(
        metavar="N", low=1, help="choose S, P and B of each layer, the cheapest that take an image every N cycles")
    target: str | None = option(
        metavar="PART", help="choose S, P and B of each layer, the fastest that leave 15 %% of a part, with --pipeline "
        "and --pack-memories: ecp5-25k, ecp5-85k, ice40-up5k, ice40-hx8k, xc7a35t or xc7a100t")
    clock: float | None = option(metavar="MHZ", low=1, help="with --target: clock for what it says; by default the "
                                 "part's")
    max_lanes: int | None = option(metavar="S", low=1, help="with --target-cycles: lanes of a layer at most")
    pixels_per_beat: int = option(metavar="N", low=1, default=4, help="pixels that the input stream takes at a time")
    tlast: bool = option(default=False, help="streams with tlast: an image of the wrong length is flagged and dropped")
    pipeline: bool = option(default=False, help="with more registers, for a faster clock: the same results, some "
                            "cycles later")
    pack_memories: bool = option(default=False, help="the weights of a layer in one memory, of few, full blocks, where "
                                 "that is smaller than one for each unit")
    flow: bool = option(default=False, help="add files for FuseSoC, Yosys and LibreLane, and constraints")
    prefix: str | None = option(
        metavar="NAME", help="beginning of the names of modules, macros and memory images, for several networks in a "
                             "chip")
    board: str | None = option(metavar="BOARD", help="also a top for this board with its constraints: ulx3s, "
                               "icebreaker or arty; pixels come by a serial line")

    def check(self) -> None:
        from spinsc.gen.random_sources.registry import RANDOM_SOURCES

        RANDOM_SOURCES.find(self.rng).expect_recording(self.recording is not None)
        self.refuse_idle(self.recording is None, ("split",), "without --recording")
        self._check_out()
        self._check_folding()
        self.refuse_idle(self.board is not None, ("pixels_per_beat",), "with --board, whose serial line brings 1")

    def folded(self) -> tuple[Network, Fitted | None]:
        """The network as it is written, and what is estimated of the part that it was folded for, if one was named."""
        network = self._folded()
        fitted = self._fitted(network)
        return (network, None) if fitted is None else (network.with_foldings(fitted.foldings), fitted)

    def result(self) -> Report:
        from spinsc.gen.design import layer_designs
        from spinsc.gen.emit import emit
        from spinsc.gen.memories import USUAL_BLOCK, memories
        from spinsc.gen.random_sources.registry import RANDOM_SOURCES
        from spinsc.models.advice import advice
        from spinsc.sim.replay_memories import recorded_image
        from spinsc.sim.report.emission import emission_report

        kind = RANDOM_SOURCES.find(self.rng)
        network, fitted = self.folded()
        pipeline, pack_memories, block_bits = self.pipeline, self.pack_memories, USUAL_BLOCK
        if fitted is not None:
            pipeline = pack_memories = True
            block_bits = fitted.part.ram_bits
        lanes = network.layers[0].folding.lanes
        if "pixels_per_beat" in self.given and self.pixels_per_beat > lanes:
            raise InputError(f"--pixels-per-beat must be at most {lanes}, the lanes (S) of the first layer, not "
                             f"{self.pixels_per_beat}")
        warn(advice(network))
        source = kind.create(None if self.recording is None
                             else recorded_image(network, self.recording, split=self.split))
        with _set_aside(Path(self.out)):
            manifest = emit(network, self.out, source=source, pixels_per_beat=self.pixels_per_beat, tlast=self.tlast,
                            pipeline=pipeline, pack_memories=pack_memories, prefix=self.prefix, board=self.board,
                            block_bits=block_bits, flow=self.flow)
        designs = layer_designs(network, pipeline, (manifest.pixels_per_beat, block_bits) if pack_memories else None)
        found = {memory: memory.blocks(block_bits) for memory in memories(designs, kind.takes_recording)}
        return emission_report(self.network, network, manifest, self.out, source.words, self.recording, found,
                               block_bits, fitted)

    def _check_out(self) -> None:
        """Refuse a folder that is in use, unless ``--force`` may replace it; that is, unless this command wrote it."""
        from spinsc.gen.manifest import MANIFEST

        folder = Path(self.out)
        self.check_folder("out", folder)
        if not (folder.is_dir() and any(folder.iterdir())):
            return
        if not self.force:
            raise InputError(f"--out {folder} is not empty; give a new folder, or --force to replace it")
        if not (folder / MANIFEST).is_file():
            raise InputError(f"--force replaces only what 'spinsc emit' wrote, and {folder} has no {MANIFEST}; give "
                             "another folder")
        for given in (self.network, self.fold):
            if given is not None and folder.resolve() in Path(given).resolve().parents:
                raise InputError(f"--out {folder} holds the input {given}, which would be lost; give another folder")

    def _check_folding(self) -> None:
        """Refuse two ways of choosing the folding at a time."""
        widths = [name for name in ("lanes", "neurons", "unroll") if name in self.given]
        given = [*(name for name in ("fold", "target_cycles", "target") if name in self.given), *widths[:1]]
        if len(given) > 1:
            first, second = (f"{self.flags(name)[-1]} {getattr(self, name)}" for name in given[:2])
            raise InputError(f"{first} and {second} both decide the folding; give one of them")
        self.refuse_idle(self.target_cycles is None, ("max_lanes",), "without --target-cycles")
        self.refuse_idle(self.target is None, ("clock",), "without --target")
        self.refuse_idle(self.target is not None, ("pipeline", "pack_memories"), "with --target, which has them")
        if self.target is not None and self.recording is not None:
            raise InputError("--target does not know how large a recording is; give --rng ports or lfsr, or --fold")

    def _folded(self) -> Network:
        network = self.load(self.network, self.unroll)
        if self.fold is None and self.target_cycles is None:
            return network
        from spinsc.gen.folding import choose_folding, load_folding

        if self.fold is not None:
            return network.with_foldings(load_folding(self.fold))
        return network.with_foldings(choose_folding(network, self.target_cycles or 0, self.max_lanes,
                                                    self.pixels_per_beat, self.pipeline))

    def _fitted(self, network: Network) -> Fitted | None:
        """The folding for ``--target``."""
        if self.target is None:
            return None
        from spinsc.gen.fitting import fit_to
        from spinsc.gen.targets.registry import TARGETS

        return fit_to(network, TARGETS.find(self.target), clock_mhz=self.clock,
                      pixels_per_beat=self.pixels_per_beat if self.board is None else 1, lfsr=self.rng == "lfsr")


@contextmanager
def _set_aside(folder: Path) -> Iterator[None]:
    """Set a folder aside while it is written again; an error brings it back."""
    if not (folder.is_dir() and any(folder.iterdir())):
        yield
        return
    aside = Path(tempfile.mkdtemp(dir=folder.absolute().parent, prefix=f".{folder.name}."))
    folder.replace(aside)
    try:
        yield
    except BaseException:
        if not folder.exists():
            aside.replace(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
