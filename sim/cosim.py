"""Co-simulation: the Verilog of an emitted directory against the golden model, every word of every layer."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.gen.emit import NETWORK, RECORDING, edited_files, load_manifest
from spinsc.models.errors import InputError
from spinsc.models.golden import evaluate
from spinsc.models.network import Network
from spinsc.models.streams import LfsrStreams, Streams
from spinsc.models.trace import Trace

from .compare import Comparison, merge, result_type
from .harness import BULK_TOP, bulk_top
from .recording import Bits, Numbers, RecordedStreams, parse_rng
from .toolchain import Runner, Simulator, find_simulator, source_key

#: Called with the number of images simulated so far.
Progress = Callable[[int], None]
HARNESS = Path(__file__).parent


class ReplayedStreams:
    """Random numbers of the replay memories of an emitted directory, as they were when it was emitted.

    Period 1: every image uses the same ones.
    """

    period = 1

    def __init__(self, network: Network, directory: Path) -> None:
        self.network = network
        with np.load(directory / RECORDING, allow_pickle=False) as archive:
            self._bits: list[Bits] = [archive[f"layer{n}"] for n in range(len(network.layers))]

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """See `spinsc.models.streams.Streams`."""
        shape = self.network.layers[layer]
        bits = self._bits[layer].astype(np.uint16)

        def side(first: int, width: int) -> Numbers:
            planes = bits[:, first:first + width * shape.lanes].reshape(len(bits), width, shape.lanes)
            numbers: Numbers = (planes << np.arange(width, dtype=np.uint16)[:, None]).sum(axis=1, dtype=np.uint16)
            return numbers

        return side(0, shape.m_a), side(shape.m_a * shape.lanes, shape.m_w)


@dataclass(frozen=True)
class Report:
    """Outcome of a co-simulation.

    Attributes
    ----------
    comparison : Comparison
    cycles_per_image, latency : float, int
        Clock cycles between results in the steady state (of the longest stretch), and to the first result.
    predicted_cycles_per_image : int
        From the manifest.
    build_s, simulation_s : float
    edited : list of str
        Files changed since they were emitted.
    waveform : Path or None
        Waveform of the first bad image.
    """

    comparison: Comparison
    cycles_per_image: float | None
    latency: int
    predicted_cycles_per_image: int
    build_s: float
    simulation_s: float
    simulator: Simulator
    edited: list[str]
    waveform: Path | None = None

    @property
    def passed(self) -> bool:
        return self.comparison.mismatches == 0 and self.comparison.images > 0


def open_directory(directory: Path) -> tuple[dict[str, Any], Network]:
    """Manifest and network of an emitted directory, checked against each other."""
    manifest = load_manifest(directory)
    network = Network.load(directory / NETWORK)
    if network.hash != manifest["network_hash"]:
        raise InputError(f"{directory / NETWORK} is not the network that {directory} was emitted from; emit again")
    return manifest, network


def random_numbers(manifest: Mapping[str, Any], network: Network, directory: Path, rng: str | None = None,
                   **options: Any) -> Streams:
    """The random numbers that the hardware will use: its own, or for source "ports" those named by ``rng``.

    ``options`` as for :func:`~spinsc.sim.recording.parse_rng`.
    """
    source = manifest["random_source"]
    if source == "ports":
        rng = rng or "smtj"
        if rng.partition(":")[0] not in ("smtj", "recording"):
            raise InputError(f"--rng {rng} does not suit a network whose random numbers come in at ports; "
                             "give smtj or recording:FILE, or emit with --rng lfsr")
        return parse_rng(rng, network, **options)
    if rng not in (None, source):
        raise InputError(f"--rng {rng} cannot be chosen: {directory} was emitted with random numbers of its own "
                         f"({source}); leave it out")
    return LfsrStreams(network) if source == "lfsr" else ReplayedStreams(network, directory)


def build(directory: Path, manifest: Mapping[str, Any], *, waves: bool = False, jobs: int = 2,
          simulator: Simulator | None = None) -> Path:
    """Build the bulk simulation of an emitted directory, unless it is there already.

    It is kept in ``directory/build`` under a key over all sources; memory images are read at run time and do not count.
    """
    simulator = simulator or find_simulator()
    runner = Runner(simulator, jobs)
    text, public = bulk_top(manifest)
    work = directory.resolve() / "build"
    rtl = [*sorted((directory / "rtl").glob("*.sv")), *sorted((directory / "rtl").glob("*.v"))]
    harness = [*sorted((directory / "sim").glob("*.sv")), *sorted(HARNESS.glob("spinsc_tb_*.sv"))]
    with tempfile.TemporaryDirectory() as folder:
        generated = [Path(folder) / "public.vlt", Path(folder) / f"{BULK_TOP}.v"]
        generated[0].write_text(public)
        generated[1].write_text(text)
        sources = [generated[0], *rtl, *harness, generated[1]]
        key = source_key(sources, simulator, str(waves))
        return runner.build_simulation([path.resolve() for path in sources], BULK_TOP, work / key, waves=waves)


def cosimulate(directory: str | Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer[Any]],
               streams: Streams | None = None, *, first: int = 0, jobs: int = 1, waves: bool = False,
               progress: Progress | None = None) -> Report:
    """Simulate the Verilog that lies in ``directory`` and compare every layer with the golden model.

    Parameters
    ----------
    directory : path
        Written by :func:`spinsc.gen.emit.emit`, perhaps edited since.
    images : uint8, shape (n, inputs)
    labels : integers, shape (n,)
    streams : Streams, optional
        From :func:`random_numbers`; by default with its defaults.
    first : int
        Index of the first image, which decides where its random numbers begin.
    jobs : int
        Processes that share the images and one build.
    waves : bool
        If something differs, simulate the first bad image again and keep its waveform.

    Raises
    ------
    InputError
        If the directory, the images or the tools are not fit.
    """
    directory = Path(directory)
    manifest, network = open_directory(directory)
    if jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {jobs}")
    if not len(images):
        raise InputError("there must be at least 1 image, not 0")
    if streams is None:
        streams = random_numbers(manifest, network, directory)
    edited = edited_files(directory, manifest)
    expected = evaluate(network, images, streams, first=first)
    simulator = find_simulator()
    started = time.monotonic()
    executable = build(directory, manifest, jobs=max(jobs, 2), simulator=simulator)
    built = time.monotonic()
    bounds = np.linspace(0, len(images), min(jobs, len(images)) + 1).astype(int)
    with tempfile.TemporaryDirectory(prefix="spinsc-") as folder:
        shards = [Shard(Path(folder) / str(n), directory, manifest, network, streams, images[a:b], labels[a:b],
                        _part(expected, a, b), first + int(a))
                  for n, (a, b) in enumerate(itertools.pairwise(bounds))]
        for shard in shards:
            shard.prepare()
        parts = _simulate(shards, executable, progress)
        comparison = merge(parts)
        waveform = None
        if waves and comparison.listed:
            bad = min(comparison.listed[0].image, first + len(images) - 1)
            waveform = directory / "build" / f"image{bad}.vcd"
            one = bad - first
            shard = Shard(Path(folder) / "waves", directory, manifest, network, streams, images[one:one + 1],
                          labels[one:one + 1], _part(expected, one, one + 1), bad)
            shard.prepare()
            traced = build(directory, manifest, waves=True, jobs=max(jobs, 2), simulator=simulator)
            _simulate([shard], traced, None, ("--trace", "--trace-file", str(waveform.resolve())))
    longest = max(parts, key=lambda part: part.images)
    return Report(
        comparison=comparison,
        cycles_per_image=(longest.last_result_cycle - longest.first_result_cycle) / (longest.images - 1)
        if longest.images > 1 else None,
        latency=parts[0].first_result_cycle, predicted_cycles_per_image=manifest["cycles_per_image"],
        build_s=built - started, simulation_s=time.monotonic() - built, simulator=simulator, edited=edited,
        waveform=waveform)


@dataclass
class Shard:
    """A stretch of images simulated by one process, and the folder through which it is fed and read."""

    run: Path
    directory: Path
    manifest: Mapping[str, Any]
    network: Network
    streams: Streams
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.integer[Any]]
    expected: Trace
    first: int

    def prepare(self) -> None:
        """Write what the simulation reads: images, recordings, and the golden model's results."""
        self.run.mkdir()
        self.images.tofile(self.run / "images.bytes")
        (self.run / "manifest.json").write_text(json.dumps(self.manifest))
        expected = self.expected
        np.savez(self.run / "expected.npz", input_states=expected.input_states, scores=expected.scores,
                 classes=expected.classes, labels=self.labels, first=np.array(self.first),
                 **{f"accumulators{n}": values for n, values in enumerate(expected.accumulators)},  # type: ignore[arg-type]
                 **{f"states{n}": values for n, values in enumerate(expected.states)})  # type: ignore[arg-type]
        if isinstance(self.streams, RecordedStreams):
            write_recordings(self.streams, self.network, self.run, self.first, len(self.images))

    def command(self, executable: Path, arguments: tuple[str, ...]) -> list[str]:
        return [str(executable), *arguments, f"+spinsc_run={self.run}", f"+spinsc_recording={self.run}",
                f"+spinsc_images={len(self.images)}"]

    def finished_images(self) -> int:
        """Images whose class has been recorded so far."""
        with contextlib.suppress(FileNotFoundError):
            return (self.run / "results").stat().st_size // result_type(self.network.classes).itemsize
        return 0

    def comparison(self) -> Comparison:
        """What the testbench found; if the simulation broke off, what can be found from its files."""
        report = self.run / "comparison.json"
        if report.is_file():
            return Comparison.from_json(json.loads(report.read_text()))
        raise InputError(f"the simulation broke off: {_last_error(self.run / 'simulation.log')}")


def write_recordings(streams: RecordedStreams, network: Network, folder: Path, first: int, images: int) -> None:
    """Files from which the junction arrays replay: the slots of ``images`` images from ``first`` on."""
    period = streams.period
    start = first % period
    for number, layer in enumerate(network.layers):
        if not layer.devices:
            continue
        with (folder / f"layer{number}.bits").open("wb") as file:
            wrapped = min(start, max(0, images - (period - start)))
            for slots in (range(start, min(period, start + images)), range(wrapped)):
                file.write(streams.layer_words(number, slots).tobytes())


def _part(trace: Trace, start: int, stop: int) -> Trace:
    return Trace(trace.input_states[start:stop], [layer[start:stop] for layer in trace.accumulators],
                 [layer[start:stop] for layer in trace.states], trace.scores[start:stop], trace.classes[start:stop])


def _simulate(shards: list[Shard], executable: Path, progress: Progress | None,
              arguments: tuple[str, ...] = ()) -> list[Comparison]:
    """Run one process a shard and wait for all; none is left behind."""
    runner = Runner(find_simulator())
    with contextlib.ExitStack() as stack:
        processes = []
        for shard in shards:
            log = stack.enter_context((shard.run / "simulation.log").open("w"))
            environment = runner.simulation_environment(
                "spinsc.sim.testbench_bulk", BULK_TOP, shard.run / "results.xml", {"SPINSC_RUN": str(shard.run)})
            process = subprocess.Popen(
                shard.command(executable, arguments), cwd=shard.directory, env=environment, stdout=log,
                stderr=subprocess.STDOUT)
            stack.callback(_stop, process)
            processes.append(process)
        while any(process.poll() is None for process in processes):
            if progress is not None:
                progress(sum(shard.finished_images() for shard in shards))
            for process in processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
        if progress is not None:
            progress(sum(shard.finished_images() for shard in shards))
    return [shard.comparison() for shard in shards]


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()


def _last_error(log: Path) -> str:
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line or "%Fatal" in line]
    return (errors or lines or ["no output"])[0].strip()
