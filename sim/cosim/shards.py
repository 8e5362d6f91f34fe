"""Shards: how the images of a run are cut, what each simulation is fed, and what was found in those that are done."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.files import package_files, write_atomically
from spinsc.gen.cycles import layer_cycles, network_cycles, network_latency
from spinsc.gen.design import layer_designs
from spinsc.gen.manifest import HARDWARE, MANIFEST, NETWORK, RECORDING, Manifest
from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.hdl.packing import binary_words
from spinsc.hdl.shapes import LayerShape
from spinsc.integers import ceil_div
from spinsc.models.golden.evaluation import evaluate, evaluate_batches
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.streams.chosen import ChosenSlots
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.cosim.pool import Shard
from spinsc.sim.cosim.run_folder import FLUSH_CYCLES, Expected, Layout, RunFolder, recording_name
from spinsc.sim.cosim.schedule import Pace, Schedule, Steps, Stress
from spinsc.sim.simulators.base import Simulator

#: Products (XNORs) that the images of a shard have at least and at most, if its size is not given: with fewer, the
#: start of a simulation takes longer than the simulation; with more, an interruption loses more.
FEWEST_PRODUCTS, MOST_PRODUCTS = 4_000_000_000, 50_000_000_000
#: Shards of a run that is neither short nor long, so that up to so many processes finish together.
USUAL_SHARDS = 4
#: Shards hold a multiple of so many images: the default period of random numbers, which they can then share.
SHARD_STEP = 32
#: A simulation stands still if no image comes for so many times the usual, and at least so many seconds.
STALL_LIMIT_FACTOR, LEAST_STALL_LIMIT_S = 10, 60
#: Time for which stress is worth repeating on a small network.
STRESS_S = 0.02
#: Images whose golden results are in memory at a time.
GOLDEN_IMAGES = 10_000

#: Times that a folder is made which another run may remove at that moment.
ATTEMPTS = 10

#: First image of a shard and the one after its last, counted from the run's first.
Bound = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Job:
    """Images and what they meet: all that decides what is found, but the simulator."""

    directory: Path
    manifest: Manifest
    network: Network
    streams: Streams
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.integer[Any]]
    first: int
    stall_limit_s: float | None = None
    netlist: tuple[Path, ...] = ()

    def key(self, simulator: Simulator) -> str:
        """Digest of everything that decides what is found: the hardware, the images, the random bits, this program."""
        digest = hashlib.sha256(repr((
            simulator.name, simulator.version, self.first, self.images.shape, self.images.dtype,
            type(self.streams).__name__, self.streams.period)).encode())
        files = [self.directory / name for name in (MANIFEST, NETWORK, RECORDING)]
        files += self.netlist
        for name in HARDWARE:
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

    def shard(self, folder: Path, bound: Bound, executable: Path, simulator: Simulator,
              waveform: Path | None = None) -> Shard:
        """Description of a shard that has been prepared in ``folder``."""
        start, stop = bound
        return Shard(self.first + start, stop - start, RunFolder(_shard_folder(folder, bound).resolve()),
                     self._recording(folder, bound).resolve(), self.manifest.prefix, self.directory.resolve(),
                     executable, simulator, self.network.classes, self.stall_limit(simulator),
                     None if waveform is None else waveform.resolve())

    def stressed_shard(self, folder: Path, schedule: Schedule, executable: Path, simulator: Simulator,
                       waveform: Path | None = None) -> Shard:
        """Description of a schedule of stress that has been prepared in ``folder``."""
        run = folder / f"stress{schedule.seed}"
        limit = self.stall_limit(simulator, ceil_div(schedule.cycles, self.manifest.cycles_per_image))
        return Shard(self.first, schedule.images, RunFolder(run.resolve()), (run / "recording").resolve(),
                     self.manifest.prefix, self.directory.resolve(), executable, simulator, self.network.classes, limit,
                     None if waveform is None else waveform.resolve(), schedule.seed)

    def stall_limit(self, simulator: Simulator, images: int = 1) -> float:
        """Seconds without so many images after which a simulation is given up: given, or many times the usual."""
        if self.stall_limit_s is not None:
            return self.stall_limit_s * images
        cycles = self.manifest.latency_cycles + self.manifest.cycles_per_image + FLUSH_CYCLES
        usual = cycles * (simulator.cycle_s + simulator.product_s * products(self.network)
                          / self.manifest.cycles_per_image)
        return max(LEAST_STALL_LIMIT_S, STALL_LIMIT_FACTOR * usual * images)

    def schedule(self, seed: int, simulator: Simulator) -> Schedule:
        """Pauses, stops and resets for this network."""
        shapes, per_beat = self._shapes(), self.manifest.pixels_per_beat
        pace = Pace(ceil_div(self.network.inputs, per_beat), network_cycles(shapes, per_beat),
                    network_latency(shapes, per_beat), min(map(layer_cycles, shapes)), len(shapes))
        return Schedule.draw(pace, seed, int(STRESS_S / simulator.cycle_s))

    def _shapes(self) -> list[LayerShape]:
        return [design.shape for design in layer_designs(self.network, self.manifest.pipeline)]

    def prepare_stress(self, folder: Path, schedule: Schedule) -> None:
        """Write what the simulation of a schedule will read; its images are drawn from the run's."""
        network = self.network
        chosen = np.random.default_rng((schedule.seed, 1)).integers(0, len(self.images), schedule.images)
        slots = np.concatenate([np.arange(episode.images) for episode in schedule.episodes]) + self.first
        trace = evaluate(network, self.images[chosen], ChosenSlots(network, self.streams, slots % self.streams.period))
        run = RunFolder(folder / f"stress{schedule.seed}")
        run.write(self.images[chosen], Expected(trace, self.labels[chosen], self.first),
                  Layout.of(network, self.manifest))
        steps = [Steps(shape.fill, shape.cycles_per_chunk, shape.cycles, shape.rest < shape.unroll)
                 for shape in self._shapes()]
        at_ports = RANDOM_SOURCES.find(self.manifest.random_source).at_ports
        run.write_stress(schedule, Stress(
            schedule.cycles, schedule.episodes, tuple((self.first + chosen).tolist()),
            ceil_div(network.inputs, self.manifest.pixels_per_beat), tuple(steps if at_ports else ())))
        if isinstance(self.streams, RecordedStreams):
            (run.path / "recording").mkdir()
            write_recordings(self.streams, network, run.path / "recording", self.first,
                             max(episode.images for episode in schedule.episodes))

    def prepare(self, folder: Path, bounds: list[Bound]) -> None:
        """Write what the simulations of shards will read: images, recordings, and the golden model's results."""
        folder.mkdir(exist_ok=True)
        for group in _neighbours(bounds):
            start, stop, size = group[0][0], group[-1][1], group[0][1] - group[0][0]
            for trace in evaluate_batches(self.network, self.images[start:stop], self.streams, first=self.first + start,
                                          batch=size * max(1, GOLDEN_IMAGES // size)):
                for a, b in group:
                    if start <= a < start + len(trace):
                        self._prepare_shard(folder, (a, b), trace.part(slice(a - start, b - start)))
                start += len(trace)

    def _prepare_shard(self, folder: Path, bound: Bound, trace: Trace) -> None:
        start, stop = bound
        RunFolder(_shard_folder(folder, bound)).write(
            self.images[start:stop], Expected(trace, self.labels[start:stop], self.first + start),
            Layout.of(self.network, self.manifest))
        recording = self._recording(folder, bound)
        if isinstance(self.streams, RecordedStreams) and not recording.exists():
            recording.mkdir()
            write_recordings(self.streams, self.network, recording, self.first + start, stop - start)

    def _recording(self, folder: Path, bound: Bound) -> Path:
        """Folder of a shard's recordings: those of at least a period are the same for all that begin alike."""
        start, stop = bound
        if stop - start >= self.streams.period:
            return folder / f"recording{(self.first + start) % self.streams.period}"
        return _shard_folder(folder, bound) / "recording"


class FinishedShards:
    """What was found in the shards that are done, as one small file each, until the run is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, bound: Bound) -> Path:
        return self.folder / f"{bound[0]}-{bound[1]}.json"

    def load(self, bound: Bound) -> Comparison | None:
        """What was found, or None if it is not done."""
        try:
            return Comparison.from_json(json.loads(self._path(bound).read_text()))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, bound: Bound, part: Comparison) -> None:
        """Keep what was found."""
        for _ in range(ATTEMPTS):
            # another run of the same has just cleared the folder, perhaps between mkdir's attempt and its look
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                write_atomically(self._path(bound), json.dumps(part.to_json()).encode())
                return

    def clear(self) -> None:
        """Forget all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.folder.parent.rmdir()


def products(network: Network) -> int:
    """Products of streams (XNORs) per image."""
    return network.length * sum(layer.inputs * layer.neurons for layer in network.layers)


def default_shard_size(network: Network, images: int) -> int:
    """Images in a shard: by the work that they are, and not by the number of processes."""
    each = products(network)
    size = min(max(ceil_div(images, USUAL_SHARDS), FEWEST_PRODUCTS // each), max(1, MOST_PRODUCTS // each))
    count = ceil_div(images, max(1, size))
    if count > USUAL_SHARDS:
        count = ceil_div(count, USUAL_SHARDS) * USUAL_SHARDS
    return ceil_div(ceil_div(images, count), SHARD_STEP) * SHARD_STEP


def cut(images: int, size: int) -> list[Bound]:
    """Shards of ``size`` images each; the last has the rest."""
    return [(start, min(start + size, images)) for start in range(0, images, size)]


def write_recordings(streams: RecordedStreams, network: Network, folder: Path, first: int, images: int) -> None:
    """Files from which the junction arrays replay: the slots of ``images`` images from ``first`` on."""
    period = streams.period
    start = first % period
    for number, layer in enumerate(network.layers):
        if not layer.devices:
            continue
        with (folder / recording_name(number)).open("wb") as file:
            wrapped = min(start, max(0, images - (period - start)))
            for slots in (range(start, min(period, start + images)), range(wrapped)):
                for slot in slots:
                    file.write(binary_words(streams.layer_bits(number, slot).T).tobytes())


def _shard_folder(folder: Path, bound: Bound) -> Path:
    return folder / f"images{bound[0]}-{bound[1]}"


def _neighbours(bounds: list[Bound]) -> list[list[Bound]]:
    """Bounds in groups in which each begins where the one before it ends."""
    groups: list[list[Bound]] = []
    for bound in bounds:
        if groups and groups[-1][-1][1] == bound[0]:
            groups[-1].append(bound)
        else:
            groups.append([bound])
    return groups
