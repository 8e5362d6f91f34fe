"""``spinsc cosim``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.progress import progress_bar
from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import (
    DEFAULT_IMAGES,
    ClusterOptions,
    ImageOptions,
    JsonOption,
    RandomOptions,
    ReportOption,
    golden,
    rng_option,
    warn,
)

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams
    from spinsc.sim.cosim.run import Notice, Progress
    from spinsc.sim.coverage.directed import Directed
    from spinsc.sim.report.report import Report

#: Seconds for which directed images are searched.
DIRECTED_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Cosim(ImageOptions, RandomOptions, ClusterOptions, ReportOption, JsonOption):
    """Simulate emitted Verilog and compare every layer with the golden model; 1 if anything differs."""

    summary = "simulate the Verilog in a folder and compare every layer with the golden model"

    directory: str = positional("DIR", "folder written by 'spinsc emit', perhaps edited since")
    images: int | None = option(
        metavar="N", low=1, help="number of images; by default 1,000, or fewer if there are not as many")
    embedded: bool = option(default=False, help="use the 1,000 test images in the package")
    rng: str | None = rng_option(
        ("smtj", "recording:FILE", "lfsr", "replay"), None,
        "; by default smtj at ports, or the hardware's own, which is then the only one", registry=golden)
    waves: int | bool = option(
        default=False, metavar="IMAGE", nargs="?", const=True, help="keep a waveform (.fst) of the image of "
        "this number; without one, of the first image that differs, or of the stress")
    waves_layer: int | None = option(metavar="N", low=0, help="waveform of this layer only, which takes less time")
    simulator: str = option(
        default="verilator", metavar="NAME", help="what simulates: verilator, or icarus, which is slow, for small "
        "networks and few images, and also sees bits that nobody has set")
    stall_limit: float | None = option(
        metavar="SECONDS", low=1, help="time without an image after which a simulation is given up; by default ten "
        "times the usual, and at least 60")
    shard_size: int | None = option(
        metavar="N", low=16, help="images per simulation; by default chosen by the work that they are")

    stress: int = option(
        metavar="N", low=1, default=1, help="runs of some images besides, with random pauses, a sink that stops and "
        "resets")
    no_stress: bool = option(default=False, help="no such run")
    stress_seed: int = option(metavar="N", low=0, default=0, help="seed of the first one's pauses and resets")
    netlist: str | None = option(
        metavar="FILE", help="simulate this netlist of the network in place of its Verilog: one that 'spinsc synth' "
        "made, or of generic gates")
    junit: str | None = option(metavar="FILE", help="write what was found as JUnit XML, for a CI server")
    directed: bool = option(
        default=False, help="add images that tell thresholds from their neighbours, as those of a data set rarely do; "
        "they are kept in DIR/build/directed (see docs/verification.md)")
    directed_seconds: float = option(
        metavar="SECONDS", low=0, default=DIRECTED_SECONDS, help="time for which directed images are searched")

    def check(self) -> None:
        super().check()
        self.refuse_idle(self.no_stress, ("stress", "stress_seed"), "with --no-stress")
        self.refuse_idle(self.waves is False, ("waves_layer",), "without --waves")
        self.refuse_idle(not self.directed, ("directed_seconds",), "without --directed")
        if self.embedded and self.data is not None:
            raise InputError(f"--embedded and --data {self.data} exclude each other; give one")
        self.refuse_idle(not (self.rng or "").startswith("recording:"), ("repeat",), "without --rng recording:FILE")
        self._check_outputs()

    def result(self) -> Report:
        import numpy as np

        from spinsc.models.advice import advice
        from spinsc.sim.cosim.comparison import NO_LABEL
        from spinsc.sim.cosim.directory import golden_source, open_directory, random_numbers
        from spinsc.sim.cosim.run import cosimulate
        from spinsc.sim.coverage.collector import coverage
        from spinsc.sim.report.cosimulation import cosimulation_report
        from spinsc.sim.report.junit import junit

        manifest, network = open_directory(Path(self.directory))
        self.refuse_idle(manifest.random_source != "ports", ("seed", "period", "repeat", "split", "allow_constant"),
                         f"on hardware with random bits of its own ({manifest.random_source})")
        warn(advice(network))
        images = self.choose(network, embedded=self.embedded, default=DEFAULT_IMAGES)
        streams = random_numbers(manifest, network, Path(self.directory), self.rng,
                                 **self.stream_options(images, self.first))
        directed = self._direct(network, streams, images, manifest.pixels_per_beat) if self.directed else None
        more = images.images[:0] if directed is None else directed.images
        pixels = np.concatenate([images.images, more])
        labels = np.concatenate([images.labels.astype(np.int64), np.full(len(more), NO_LABEL)])
        with simulation_progress(len(pixels)) as (advance, notice):
            outcome = cosimulate(
                self.directory, pixels, labels, streams, first=self.first, jobs=self.jobs,
                shard_size=self.shard_size, scheduler=self.scheduler, waves=self.waves,
                waves_layer=self.waves_layer, simulator=self.simulator, stall_limit_s=self.stall_limit,
                stress=0 if self.no_stress else self.stress,
                stress_seed=self.stress_seed, netlist=None if self.netlist is None else Path(self.netlist),
                progress=advance, notice=notice)
        told = [coverage(network, streams, part, first=self.first, quantizers=manifest.pixels_per_beat)
                for part in ([images.images, pixels] if len(more) else [pixels])]
        described = outcome, network, images, self.first, streams
        report = cosimulation_report(*described, golden_source(manifest, Path(self.directory), self.rng),
                                     self.verdict(streams, self.rng, images), told, directed)
        if self.report is not None:
            from spinsc.sim.pages.cosimulation import cosimulation_page
            from spinsc.sim.pages.page import write_page

            write_page(cosimulation_page(*described, directed, report.rows, self.line, report.plain), self.report)
        if self.junit is not None:
            write_atomically(Path(self.junit), junit(outcome, Path(self.directory).resolve().name))
        return report

    def _check_outputs(self) -> None:
        """Refuse files that cannot be written, or would replace something, before any work."""
        inputs = [self.data, self.netlist, (self.rng or "").removeprefix("recording:") or None]
        if self.report is not None or self.junit is None:
            self.check_report(inputs)
        if self.junit is not None:
            self.writes("junit", self.junit, inputs, self.force)
            if self.report is not None and Path(self.report).resolve() == Path(self.junit).resolve():
                raise InputError(f"--report and --junit are both {self.junit}; give two names")

    def _direct(self, network: Network, streams: Streams, images: Images, quantizers: int) -> Directed:
        """Images that tell more thresholds apart, with a progress bar of those found."""
        from spinsc.sim.coverage.directed import direct

        with progress_bar("searching", unit="target") as bar:
            return direct(Path(self.directory) / "build" / "directed", network, streams, images.images, images.labels,
                          first=self.first, quantizers=quantizers, seconds=self.directed_seconds, progress=bar.at)


@contextmanager
def simulation_progress(images: int, name: str = "") -> Iterator[tuple[Progress, Notice]]:
    """What shows how far a co-simulation is, and what prints a sentence beside it, both on standard error."""
    with progress_bar(name or "building", images, unit="image") as bar:
        def advance(done: int) -> None:
            if not bar.done and not name:  # the rate is that of the simulation, without the build before it
                bar.restart()
                bar.describe("simulating")
            bar.at(done)

        yield advance, lambda text: bar.say(f"spinsc: {text}")
