"""Arguments that several commands share, as bases of their classes, and what they stand for."""

from __future__ import annotations

import argparse
import os
import sys
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinsc.errors import InputError, did_you_mean
from spinsc.extras import need
from spinsc.sim.cli.command import Command, option

if TYPE_CHECKING:
    from spinsc.models.data.images import Images
    from spinsc.models.network import Network
    from spinsc.models.streams.protocol import Streams
    from spinsc.sim.report.report import Report

NETWORK = "name of a shipped network (see 'spinsc networks') or a .npz file written by 'spinsc train'"
RECORDING = "a recording; 'default' is the one in the package"
RECORDING_TO_WRITE = "the recording to write (.npz)"
DATASETS = "mnist or fashion-mnist"
DEVICE = "where torch computes: cpu or cuda"
SEED = "seed of all random generators"
#: Images of a co-simulation.
DEFAULT_IMAGES = 1000

#: What ``--rng`` can be, over all commands.
RNG = {
    "ports": "ports for s-MTJs outside",
    "lfsr": "LFSRs in the hardware",
    "replay": "memories in the hardware that replay a recording",
    "smtj": "simulated s-MTJs",
    "recording:FILE": "a recording, recording:default for the one in the package",
    "ideal": "independent and uniform, as no hardware makes them"}


def in_hardware() -> Iterable[str]:
    """Names of the hardware's random sources, also those of other packages."""
    from spinsc.gen.random_sources.registry import RANDOM_SOURCES

    return RANDOM_SOURCES


def golden() -> Iterable[str]:
    """Names of the golden model's random bits, also those of other packages."""
    from spinsc.sim.recordings.sources import RANDOM_BITS

    return RANDOM_BITS


def rng_option(values: Sequence[str], default: str | None, note: str = "", *,
               registry: Callable[[], Iterable[str]]) -> Any:
    """The field ``--rng`` of a command that takes some of `RNG`, and what other packages have in the registry."""
    ours = {value.partition(":")[0] for value in RNG}

    def checked(text: str) -> str:
        kind, _, file = text.partition(":")
        if (f"{kind}:FILE" if file else text) not in values and kind not in set(registry()) - ours:
            elsewhere = f", which is for other commands: {RNG[text]}" if text in RNG else ""
            raise argparse.ArgumentTypeError(f"must be {', '.join(values[:-1])} or {values[-1]}, not {text!r}"
                                             + (elsewhere or did_you_mean(text, values)))
        return text

    taken = ", ".join(f"{value} ({RNG[value]})" for value in values)
    return option(default=default, metavar="SOURCE", type=checked, help=f"source of the random bits{note}: {taken}")


def integers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be whole numbers, not {text!r}") from None


def cores() -> int:
    """Processors that this process may use; not every system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def warn(text: str | None) -> None:
    """A line on standard error, where there is one to print."""
    if text is not None:
        print(f"spinsc: warning: {text}", file=sys.stderr)


@dataclass(frozen=True, kw_only=True)
class JsonOption(Command):
    """A command whose result is a report, printed as text or by ``--json``."""

    json: bool = option(default=False, help="print one JSON object instead (see docs/command-line.md)")

    @abstractmethod
    def result(self) -> Report:
        """Do it, after `check`; what was found. Errors as of `run`."""

    def run(self) -> int:
        found = self.result()
        found.show(self.json)
        return 0 if found.passed else 1


@dataclass(frozen=True, kw_only=True)
class ForceOption(Command):
    """``--force``."""

    force: bool = option(default=False, help="replace what is there already")


@dataclass(frozen=True, kw_only=True)
class ReportOption(ForceOption):
    """``--report``, and ``--force`` for it."""

    report: str | None = option(metavar="FILE", help="write all that was found as one HTML page (.html)")

    def check_report(self, inputs: Iterable[str | Path | None], *, alone: bool = True) -> None:
        """Refuse, before any work, a page that could not be written after it.

        Parameters
        ----------
        inputs : paths
            Not to be lost.
        alone : bool
            The page is the only file that is written.
        """
        self.refuse_idle(alone and self.report is None, ("force",), "without --report")
        if self.report is None:
            return
        if Path(self.report).suffix.lower() not in (".html", ".htm"):
            raise InputError(f"--report {self.report} must end in .html; it is a page for a browser")
        self.writes("report", self.report, inputs, self.force)
        need("--report", "report")


def _plan(text: str) -> str:
    if not text.strip(" ,"):
        raise argparse.ArgumentTypeError("must not be empty; 'own' gives every lane junctions of its own")
    return text


@dataclass(frozen=True, kw_only=True)
class PlanOption(Command):
    """``--plan``."""

    plan: str | None = option(
        metavar="PLAN", type=_plan, help="plan of the random numbers, such as groups=8,delay=3 or "
        "weight.source=tuned; 'own' for junctions of its own for every lane; see docs/hardware.md. By default the "
        "network's")

    def planned(self, network: Network) -> Network:
        """The network with the plan that is asked for."""
        try:
            return network if self.plan is None else network.with_plan(self.plan)
        except InputError as error:
            raise InputError(f"--plan {self.plan}: {error}") from None


@dataclass(frozen=True, kw_only=True)
class FoldingOptions(PlanOption):
    """A network as a command is to use it."""

    length: int | None = option(metavar="L", low=1, help="stream length, if not the network's own")
    lanes: int | None = option(metavar="S", low=1, help="inputs in parallel, cut to each layer's size")
    neurons: int | None = option(metavar="P", low=1, help="neurons in parallel, cut to each layer's size")
    arithmetic: str | None = option(
        choices=("stochastic", "binary"), help="products of bit streams, or of integers, which take no random bits and "
        "are what SC is compared with; by default the network's")

    def load(self, name: str, unroll: int | None = None) -> Network:
        """The network of this name with the length, folding, plan and arithmetic that are asked for."""
        from spinsc.models.shipped import load_network

        network = load_network(name)
        binary = (self.arithmetic or network.arithmetic) == "binary"
        self.refuse_idle(binary, ("length", "plan", "unroll", "rng", "seed", "period"), "with binary arithmetic")
        if self.arithmetic == "stochastic" != network.arithmetic:
            raise InputError(f"--arithmetic stochastic: {name} was made for {network.arithmetic} arithmetic; give the "
                             "network that it was made from")
        if self.length is not None:
            network = network.with_length(self.length)
        layers = network.layers
        for flag, value, most, whose in (
                ("--lanes", self.lanes, max(layer.inputs for layer in layers), "inputs of the widest layer"),
                ("--neurons", self.neurons, max(layer.neurons for layer in layers), "neurons of the widest layer"),
                ("--unroll", unroll, network.length, "steps of a stream")):
            if value is not None and value > most:
                raise InputError(f"{flag} must be at most {most}, the {whose}, not {value}")
        network = self.planned(network.with_folding(self.lanes, self.neurons, unroll))
        return network.with_binary_arithmetic() if binary else network


@dataclass(frozen=True, kw_only=True)
class ImageOptions(Command):
    """A stretch of a test set."""

    images: int | None = option(metavar="N", low=1, help="number of images; by default all from the first one on")
    first: int = option(metavar="I", low=0, default=0, help="number of the first image, from 0")
    dataset: str | None = option(metavar="NAME", help=f"{DATASETS}; by default that which the network was trained on")
    data: str | None = option(
        metavar="PATH", help="folder of IDX files, or a .npz file with 'images' and 'labels'; otherwise the test set "
        "of the data set is found")

    def choose(self, network: Network, *, embedded: bool = False, default: int | None = None) -> Images:
        """The images; see `spinsc.sim.images.choose_images`."""
        from spinsc.sim.images import choose_images

        self.refuse_idle(self.data is not None, ("dataset",), "with --data")
        return choose_images(network, self.dataset, self.data, self.first, self.images, embedded=embedded,
                             default=default)


@dataclass(frozen=True, kw_only=True)
class AllowConstantOption(Command):
    """``--allow-constant``."""

    allow_constant: bool = option(default=False, help="accept devices whose samples are all equal")


@dataclass(frozen=True, kw_only=True)
class RandomOptions(AllowConstantOption):
    """What goes with ``--rng``."""

    seed: int | None = option(metavar="N", low=0, help=f"{SEED}; by default 0")
    period: int | None = option(metavar="R", low=1, help="images after which the random numbers repeat")
    repeat: bool = option(default=False, help="start the recording again where it ends")
    split: bool = option(default=False, help="cut long recordings into several devices each")

    def stream_options(self, images: Images, first: int) -> dict[str, Any]:
        """What `spinsc.sim.recordings.sources.parse_rng` is to know besides the source."""
        return {"images": len(images), "first": first, "seed": self.seed, "period": self.period,
                "repeat": True if self.repeat else None, "split": self.split, "allow_constant": self.allow_constant}

    def verdict(self, streams: Streams, source: str | None, images: Images) -> dict[str, str]:
        """Lines on whether the recording is good enough, and what would do if it is not, where one was given."""
        from spinsc.models.streams.recorded import RecordedStreams

        if source is None or not source.startswith("recording:") or not isinstance(streams, RecordedStreams) \
                or not streams.network.devices:
            return {}
        from spinsc.models.data.catalogue import embedded_images
        from spinsc.sim.junctions.remedies import remedies
        from spinsc.sim.recordings.recording import Recording
        from spinsc.sim.recordings.verdict import ENOUGH_TESTED, judge

        network, tested = streams.network, images
        if len(images) < ENOUGH_TESTED and network.dataset:  # the recording is judged, not these few images
            known = embedded_images(network.dataset)
            tested = known if known.images.shape[1] == network.inputs else images
        verdict = judge(streams, tested.images, tested.labels)
        lines = {"recording": verdict.line}
        if verdict.excessive and isinstance(streams.recording, Recording):
            lines["what would do"] = remedies(streams.recording, network, tested.images, tested.labels)
        return lines


@dataclass(frozen=True, kw_only=True)
class ClusterOptions(Command):
    """Where work is done."""

    jobs: int = option(metavar="J", low=1, default=min(4, cores()), help="processes, or workers of '--scheduler local'")
    scheduler: str | None = option(
        metavar="ADDRESS", help="work on the workers of this Dask scheduler (they must see the folder of the run), or "
        "'local' for a cluster on this machine")

    def check(self) -> None:
        if self.scheduler is not None:
            need(f"--scheduler {self.scheduler}", "cluster")


def study_folder(name: str) -> Any:
    """The field ``out`` of a study."""
    return option("-o", "--out", metavar="DIR", default=f"build/studies/{name}", help="folder of results, tables and "
                  "figures; cells that it has are not computed again")


@dataclass(frozen=True, kw_only=True)
class StudyOptions(ClusterOptions, ReportOption):
    """A study; one that is interrupted goes on by the same command."""

    out: str
    seeds: int = option(metavar="N", low=1, default=3, help="seeds of each cell, from 0")

    def check(self) -> None:
        super().check()
        self.refuse_idle(self.scheduler not in (None, "local"), ("jobs",), f"with --scheduler {self.scheduler}")
        need("drawing figures", "plots")
        self.check_report([Path(self.out) / "results.json"])

    def write_report(self, text: str, data: Mapping[str, Any] | None = None) -> None:
        """Write the page that is asked for, if one is, of what is printed."""
        if self.report is None:
            return
        from spinsc.sim.pages.page import write_page
        from spinsc.sim.pages.studies import study_page

        title = self.line.partition(" -")[0]
        write_page(study_page(title, self.summary[0].upper() + self.summary[1:], text, Path(self.out), self.line,
                              data or {}), self.report)

    def show(self, study: Callable[..., str], **options: Any) -> int:
        """Run the function ``run`` of a study, and print what it says."""
        text = study(Path(self.out), seeds=self.seeds, jobs=self.jobs, scheduler=self.scheduler, **options)
        self.write_report(text)
        print(text)
        return 0
