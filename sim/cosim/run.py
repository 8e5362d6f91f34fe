"""Co-simulation: the Verilog of an emitted directory against the golden model, every word of every layer."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.files import package_files, write_atomically
from spinsc.gen.manifest import MANIFEST, NETWORK, RECORDING, Manifest, edited_files, load_manifest
from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.hdl.packing import binary_words
from spinsc.models.artifact import load_artifact
from spinsc.models.golden.evaluation import evaluate_batches
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.cosim.compare import TIMED, Comparison, merge, result_type
from spinsc.sim.cosim.harness import BULK_TOP, bulk_top
from spinsc.sim.cosim.pool import LocalPool, Shard, open_pool
from spinsc.sim.recordings.sources import parse_rng
from spinsc.sim.simulators.verilator import BULK_MAIN, COCOTB_MAIN, Runner, Simulator, find_simulator, source_key

#: Called with the number of images simulated so far.
Progress = Callable[[int], None]
#: Called with a sentence for the user.
Notice = Callable[[str], None]
HARNESS = Path(__file__).parent

#: Products (XNORs) that the images of a shard have at least and at most, if its size is not given: with fewer, the
#: start of a simulation takes longer than the simulation; with more, an interruption loses more.
FEWEST_PRODUCTS, MOST_PRODUCTS = 4_000_000_000, 50_000_000_000
#: Shards of a run that is neither short nor long, so that up to so many processes finish together.
USUAL_SHARDS = 4
#: Shards hold a multiple of so many images: the default period of random numbers, which they can then share.
SHARD_STEP = 32
#: Images whose golden results are in memory at a time.
GOLDEN_IMAGES = 10_000


@dataclass(frozen=True)
class Report:
    """Outcome of a co-simulation.

    Attributes
    ----------
    comparison : Comparison
    cycles_per_image, latency : float, int
        Clock cycles between results, and from the reset to the first one. Both are those of the first `TIMED` images
        of the run, or all if there are fewer, which lie in one shard whatever its size: the mean interval in their
        second half, after the pipeline has filled. None if there are fewer than two results.
    predicted_cycles_per_image, predicted_latency : int
        From the manifest. They are exact: hardware as it was emitted must keep to them.
    build_s, simulation_s : float
    edited : list of str
        Files changed since they were emitted.
    shards, resumed : int
        Stretches into which the images were cut, and images that an earlier, interrupted run had compared already.
    waveform : Path or None
        Waveform of the first bad image.
    """

    comparison: Comparison
    cycles_per_image: float | None
    latency: int
    predicted_cycles_per_image: int
    predicted_latency: int
    build_s: float
    simulation_s: float
    simulator: Simulator
    edited: list[str]
    shards: int = 1
    resumed: int = 0
    waveform: Path | None = None

    @property
    def passed(self) -> bool:
        return self.comparison.mismatches == 0 and self.comparison.images > 0 and not self.untimely

    @property
    def untimely(self) -> bool:
        """Results came in other cycles than predicted, although nobody edited the hardware."""
        return not self.comparison.timely and not self.edited


def open_directory(directory: Path) -> tuple[Manifest, Network]:
    """Manifest and network of an emitted directory, checked against each other."""
    manifest = load_manifest(directory)
    network = load_artifact(directory / NETWORK)
    if network.hash != manifest.network_hash:
        raise InputError(f"{directory / NETWORK} is not the network that {directory} was emitted from; emit again")
    return manifest, network


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
    streams = parse_rng(golden_source(manifest, directory, rng), network, **options)
    if RANDOM_SOURCES.find(manifest.random_source).at_ports and not isinstance(streams, RecordedStreams):
        raise InputError(f"--rng {rng} does not suit a network whose random numbers come in at ports; "
                         "give smtj or recording:FILE, or emit with --rng lfsr")
    return streams


def build(directory: Path, manifest: Manifest, *, waves: bool = False, jobs: int = 2,
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
        main = COCOTB_MAIN if waves else BULK_MAIN
        key = source_key([*sources, main], simulator, str(waves))
        return runner.build_simulation([path.resolve() for path in sources], BULK_TOP, work / key, main=main,
                                       waves=waves)


def default_shard_size(network: Network, images: int) -> int:
    """Images in a shard: by the work that they are, and not by the number of processes."""
    products = network.length * sum(layer.inputs * layer.neurons for layer in network.layers)
    size = min(max(-(-images // USUAL_SHARDS), FEWEST_PRODUCTS // products), max(1, MOST_PRODUCTS // products))
    count = -(-images // max(1, size))
    if count > USUAL_SHARDS:
        count = -(-count // USUAL_SHARDS) * USUAL_SHARDS
    return -(-images // count // SHARD_STEP) * SHARD_STEP


def cosimulate(directory: str | Path, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer[Any]],
               streams: Streams | None = None, *, first: int = 0, jobs: int = 1, shard_size: int | None = None,
               scheduler: str | None = None, waves: bool = False, progress: Progress | None = None,
               notice: Notice | None = None) -> Report:
    """Simulate the Verilog that lies in ``directory`` and compare every layer with the golden model.

    The images are cut into shards, each simulated by a process of its own from the reset on; what is found does not
    depend on how they are cut, nor on who simulates them. (Except where the hardware carries a fault over from image to
    image, as one that does not clear an accumulator: the first image after a reset may then be right.) Shards that are
    done are kept in ``directory/build/runs`` until all are, so that the same call goes on where one was interrupted.

    Parameters
    ----------
    directory : path
        Written by :func:`spinsc.gen.emit.emit`, perhaps edited since. For a cluster of several machines, on a file
        system that they share.
    images : uint8, shape (n, inputs)
    labels : integers, shape (n,)
    streams : Streams, optional
        From :func:`random_numbers`; by default with its defaults.
    first : int
        Index of the first image, which decides where its random numbers begin.
    jobs : int
        Shards simulated at a time.
    shard_size : int, optional
        Images in a shard, at least `TIMED`; by default :func:`default_shard_size`.
    scheduler : str, optional
        See :func:`spinsc.sim.cosim.pool.open_pool`.
    waves : bool
        If something differs, simulate the first bad image again and keep its waveform.
    progress, notice : callable, optional

    Raises
    ------
    InputError
        If the directory, the images or the tools are not fit, or a simulation breaks off.
    """
    directory = Path(directory)
    manifest, network = open_directory(directory)
    if jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {jobs}")
    if shard_size is not None and shard_size < TIMED:
        raise InputError(f"--shard-size must be at least {TIMED}, not {shard_size}")
    if not len(images):
        raise InputError("there must be at least 1 image, not 0")
    if streams is None:
        streams = random_numbers(manifest, network, directory)
    edited = edited_files(directory, manifest)
    simulator = find_simulator()
    run = _Run(directory, manifest, network, streams, images, labels, first)
    finished = _FinishedShards(directory / "build" / "runs" / run.key(simulator))
    size = shard_size or default_shard_size(network, len(images))
    bounds = [(start, min(start + size, len(images))) for start in range(0, len(images), size)]
    parts = {bound: part for bound in bounds if (part := finished.load(bound)) is not None}
    resumed = sum(part.images for part in parts.values())
    if resumed and notice is not None:
        notice(f"an earlier run was interrupted after {resumed:,} of {len(images):,} images; going on with the others")
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(open_pool(scheduler, jobs))
        folder = Path(stack.enter_context(_working_folder(directory, shared=scheduler is not None)))
        waiting = [bound for bound in bounds if bound not in parts]
        run.prepare(folder, waiting)
        started = time.monotonic()
        executable = build(directory, manifest, jobs=max(jobs, 2), simulator=simulator)
        built = time.monotonic()
        shards = {bound: run.shard(folder, bound, executable, simulator) for bound in waiting}
        starts = {shard.first: bound for bound, shard in shards.items()}
        shown = 0

        def tick() -> None:
            nonlocal shown
            if progress is not None:
                done = sum(part.images for part in parts.values())
                running = sum(shard.finished_images() for bound, shard in shards.items() if bound not in parts)
                shown = max(shown, done + running)  # less after a shard was started again
                progress(shown)

        with contextlib.closing(pool.simulate(list(shards.values()), tick)) as results:
            for shard, part in results:
                bound = starts[shard.first]
                parts[bound] = part
                finished.save(bound, part)
                shutil.rmtree(shard.folder, ignore_errors=True)
        tick()
        simulated = time.monotonic()
        comparison = merge([parts[bound] for bound in bounds])
        waveform = None
        if waves and comparison.listed:
            bad = min(comparison.listed[0].image, first + len(images) - 1)
            waveform = directory / "build" / f"image{bad}.vcd"
            run.prepare(folder / "waves", [(bad - first, bad - first + 1)])
            traced = build(directory, manifest, waves=True, jobs=max(jobs, 2), simulator=simulator)
            shard = run.shard(folder / "waves", (bad - first, bad - first + 1), traced, simulator,
                              ("--trace", "--trace-file", str(waveform.resolve())))
            list(LocalPool(1).simulate([shard], lambda: None))
    finished.clear()
    cycles = comparison.result_cycles
    middle = (len(cycles) - 1) // 2
    return Report(
        comparison=comparison,
        cycles_per_image=(cycles[-1] - cycles[middle]) / (len(cycles) - 1 - middle) if len(cycles) > 1 else None,
        latency=cycles[0] if cycles else 0, predicted_cycles_per_image=manifest.cycles_per_image,
        predicted_latency=manifest.latency_cycles,
        build_s=built - started, simulation_s=simulated - built, simulator=simulator, edited=edited,
        shards=len(bounds), resumed=resumed, waveform=waveform)


@dataclass(frozen=True, eq=False)
class _Run:
    """The images of a run and what they meet, from which shards are prepared."""

    directory: Path
    manifest: Manifest
    network: Network
    streams: Streams
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.integer[Any]]
    first: int

    def key(self, simulator: Simulator) -> str:
        """Digest of everything that decides what is found: the hardware, the images, the random bits, this program."""
        digest = hashlib.sha256(repr((
            simulator.version, self.first, self.images.shape, self.images.dtype, type(self.streams).__name__,
            self.streams.period)).encode())
        files = [self.directory / name for name in (MANIFEST, NETWORK, RECORDING)]
        for name in ("rtl", "mem", "sim"):
            files += sorted((self.directory / name).rglob("*"))
        for path in (*files, *package_files()):
            if path.is_file():
                content = path.read_bytes()
                digest.update(f"{path.name} {len(content)} ".encode() + content)
        if isinstance(self.streams, RecordedStreams):
            digest.update(self.streams.recording.hash.encode())
        digest.update(np.ascontiguousarray(self.images).data)
        digest.update(np.asarray(self.labels, np.int64).tobytes())
        return digest.hexdigest()[:32]

    def prepare(self, folder: Path, bounds: list[tuple[int, int]]) -> None:
        """Write what the simulations of shards will read: images, recordings, and the golden model's results."""
        folder.mkdir(exist_ok=True)
        for group in _neighbours(bounds):
            start, stop, size = group[0][0], group[-1][1], group[0][1] - group[0][0]
            for trace in evaluate_batches(self.network, self.images[start:stop], self.streams, first=self.first + start,
                                          batch=size * max(1, GOLDEN_IMAGES // size)):
                for a, b in group:
                    if start <= a < start + len(trace):
                        self._prepare_shard(folder, (a, b), _part(trace, a - start, b - start))
                start += len(trace)

    def _prepare_shard(self, folder: Path, bound: tuple[int, int], expected: Trace) -> None:
        start, stop = bound
        own = _shard_folder(folder, bound)
        own.mkdir()
        self.images[start:stop].tofile(own / "images.bytes")
        self.manifest.save(own / MANIFEST)
        np.savez(own / "expected.npz", input_states=expected.input_states, scores=expected.scores,
                 classes=expected.classes, labels=self.labels[start:stop], first=np.array(self.first + start),
                 **{f"accumulators{n}": values for n, values in enumerate(expected.accumulators)},  # type: ignore[arg-type]
                 **{f"states{n}": values for n, values in enumerate(expected.states)})  # type: ignore[arg-type]
        recording = self._recording(folder, bound)
        if isinstance(self.streams, RecordedStreams) and not recording.exists():
            recording.mkdir()
            write_recordings(self.streams, self.network, recording, self.first + start, stop - start)

    def _recording(self, folder: Path, bound: tuple[int, int]) -> Path:
        """Folder of a shard's recordings: those of at least a period are the same for all that begin alike."""
        start, stop = bound
        if stop - start >= self.streams.period:
            return folder / f"recording{(self.first + start) % self.streams.period}"
        return _shard_folder(folder, bound) / "recording"

    def shard(self, folder: Path, bound: tuple[int, int], executable: Path, simulator: Simulator,
              arguments: tuple[str, ...] = ()) -> Shard:
        """Description of a shard that has been prepared in ``folder``."""
        start, stop = bound
        return Shard(self.first + start, stop - start, _shard_folder(folder, bound).resolve(),
                     self._recording(folder, bound).resolve(), self.directory.resolve(), executable, simulator,
                     result_type(self.network.classes).itemsize, arguments)


class _FinishedShards:
    """What was found in the shards that are done, as one small file each, until the run is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, bound: tuple[int, int]) -> Path:
        return self.folder / f"{bound[0]}-{bound[1]}.json"

    def load(self, bound: tuple[int, int]) -> Comparison | None:
        try:
            return Comparison.from_json(json.loads(self._path(bound).read_text()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, bound: tuple[int, int], part: Comparison) -> None:
        write_atomically(self._path(bound), json.dumps(part.to_json()).encode())

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.folder.parent.rmdir()


@contextlib.contextmanager
def _working_folder(directory: Path, *, shared: bool) -> Iterator[Path]:
    """Folder of the shards, removed at the end; a shared one lies in the directory, which all workers see."""
    place = directory.resolve() / "build" / "runs" if shared else None
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="spinsc-", dir=place, ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    finally:
        if place is not None:
            with contextlib.suppress(OSError):  # it holds the shards that are done
                place.rmdir()


def _shard_folder(folder: Path, bound: tuple[int, int]) -> Path:
    return folder / f"images{bound[0]}-{bound[1]}"


def _neighbours(bounds: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Bounds in groups in which each begins where the one before it ends."""
    groups: list[list[tuple[int, int]]] = []
    for bound in bounds:
        if groups and groups[-1][-1][1] == bound[0]:
            groups[-1].append(bound)
        else:
            groups.append([bound])
    return groups


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
                for slot in slots:
                    file.write(binary_words(streams.layer_bits(number, slot).T).tobytes())


def _part(trace: Trace, start: int, stop: int) -> Trace:
    return Trace(trace.input_states[start:stop], [layer[start:stop] for layer in trace.accumulators],
                 [layer[start:stop] for layer in trace.states], trace.scores[start:stop], trace.classes[start:stop])
