"""What an emitted network costs in standard cells: time and energy for an image, with the inputs of every figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.gen.manifest import Manifest
from spinsc.models.golden.evaluation import evaluate
from spinsc.sim.cosim.directory import open_directory, random_numbers
from spinsc.sim.costs import junctions, memory, scaling
from spinsc.sim.costs.activity import Counts, count
from spinsc.sim.costs.circuit import Circuit, read_circuit
from spinsc.sim.costs.energy import Energy, Estimate, clock_load, clock_tree
from spinsc.sim.costs.gates import Activity
from spinsc.sim.costs.latency import Latency
from spinsc.sim.costs.liberty import read_library
from spinsc.sim.costs.parts import RANDOM_SOURCES, Part, part_of
from spinsc.sim.flows import tools
from spinsc.sim.flows.netlist import JSON, synthesize
from spinsc.sim.flows.steps import Progress
from spinsc.sim.flows.synthesis import PERIOD_PS
from spinsc.sim.flows.timing import timing


@dataclass(frozen=True)
class PartCost:
    """What a part of the network takes.

    Attributes
    ----------
    part : Part
    energy : Energy
        For an image, without glitches.
    glitches : float
        Factor of what its nets and gates take, from the cycles with delays.
    memory_j : float
        For an image, of memories.
    memory_bits : int
    """

    part: Part
    energy: Energy
    glitches: float
    memory_j: float
    memory_bits: int

    @property
    def gates_j(self) -> float:
        """Of nets and gates, with glitches."""
        return (self.energy.nets + self.energy.internal) * self.glitches

    @property
    def joules(self) -> float:
        """All but leakage."""
        return self.gates_j + self.energy.clock + self.memory_j

    @property
    def bounds(self) -> tuple[float, float]:
        """What it takes at least: the cheapest entries of the library, no glitches, half of the memory model. And at
        most: the dearest, glitches, wires of as much capacitance as the pins, twice the memory model."""
        energy = self.energy
        low = energy.nets + energy.internal_low + energy.clock + self.memory_j / memory.UNCERTAINTY
        high = ((2 * energy.nets + energy.internal_high) * self.glitches + energy.clock
                + self.memory_j * memory.UNCERTAINTY)
        return low, high


@dataclass(frozen=True)
class Cost:
    """What a network costs.

    Attributes
    ----------
    manifest : Manifest
    library : str
    images, cycles : int
        Images whose activity was counted, and in how many cycles.
    latency : Latency
    parts : list of PartCost
    tree : Energy
        Buffers of the clock, for an image.
    junction_bits : int
        For an image.
    versions : mapping
        Of the tools.
    """

    manifest: Manifest
    library: str
    images: int
    cycles: int
    latency: Latency
    parts: list[PartCost]
    tree: Energy
    junction_bits: int
    versions: Mapping[str, str]

    @property
    def area_um2(self) -> float:
        return sum(part.energy.area_um2 for part in self.parts) + self.tree.area_um2

    @property
    def leakage_j(self) -> float:
        """For an image, in the time that it takes; of cells, as that of memories is not known."""
        watts = sum(part.energy.leakage_w for part in self.parts) + self.tree.leakage_w
        return watts * self.latency.image_s

    @property
    def joules(self) -> float:
        """For an image."""
        return sum(part.joules for part in self.parts) + self.tree.clock + self.leakage_j

    @property
    def bounds(self) -> tuple[float, float]:
        """What an image takes at least and at most; the wires of the clock may take as much as its buffers."""
        low, high = (sum(bounds) for bounds in zip(*(part.bounds for part in self.parts), strict=True))
        return low + self.tree.clock + self.leakage_j, high + 2 * self.tree.clock + self.leakage_j

    @property
    def random_j(self) -> float:
        """Of what is in the hardware for making random bits, for an image, with its share of the clock's buffers."""
        sources = [part for part in self.parts if part.part.name in RANDOM_SOURCES]
        flip_flops = sum(part.energy.flip_flops for part in self.parts)
        share = sum(part.energy.flip_flops for part in sources) / max(1.0, flip_flops)
        return sum(part.joules for part in sources) + share * self.tree.clock

    @property
    def junctions_j(self) -> tuple[float, float]:
        """Of the junctions that make these random bits, lowest and highest published."""
        low, high = junctions.energy_range()
        return low * self.junction_bits, high * self.junction_bits

    def scaled_j(self, process_nm: int) -> float:
        """Energy for an image in another process, without leakage and without junctions."""
        return (self.joules - self.leakage_j) * scaling.scaling(process_nm).energy


def estimate(directory: Path, images: npt.NDArray[np.uint8], *, clock_mhz: float | None = None,
             sampling_interval_s: float | None = None, progress: Progress) -> Cost:
    """Synthesize an emitted folder to standard cells, and count what images do in them.

    Parameters
    ----------
    directory : Path
    images : uint8, shape (n, inputs)
        More than are counted: as many more as :func:`~spinsc.sim.costs.activity.images_in_flight` says.
    clock_mhz : float, optional
        By default the fastest that static timing finds.
    sampling_interval_s : float, optional
        Time that junctions need for a sample, which the clock must not be faster than.
    progress : callable

    Raises
    ------
    InputError
        If a tool is missing, the hardware has its random bits from outside, or the gates compute something else than
        the golden model.
    """
    directory = directory.resolve()
    manifest, network = open_directory(directory)
    if manifest.devices and manifest.random_source == "ports":
        raise InputError(f"the random bits of {directory} come from outside; emit it with --rng lfsr: what junctions "
                         "take in place of LFSRs is told too")
    kinds = [tools.YOSYS, tools.OSU_CELLS, *([tools.STA] if clock_mhz is None else [])]
    found = {tool.name: tool for tool in tools.required(kinds)}
    netlist = synthesize(directory, manifest, None, found, PERIOD_PS, progress, in_parts=True)
    if clock_mhz is None:
        clock_mhz = timing(directory, manifest, netlist, found, progress).clock_mhz
    latency = Latency.of(manifest, clock_mhz, sampling_interval_s)
    progress("counting")
    library = read_library(Path(found["OSU cells"].command[0]) / tools.LIBERTY)
    circuit = read_circuit(netlist / JSON)
    expected = evaluate(network, images, random_numbers(manifest, network, directory))
    cells = Estimate(circuit, library)
    counts = count(cells, manifest, images, expected)
    flip_flops = sum(bool(library.cells[instance.kind].clock) for instance in circuit.instances)
    return Cost(manifest, library.name, counts.images, counts.settled.cycles, latency,
                _parts(cells, counts),
                clock_tree(library, flip_flops, clock_load(circuit, library), manifest.cycles_per_image),
                junctions.bits_per_image(manifest), {tool.name: tool.version for tool in found.values()})


def _parts(cells: Estimate, counts: Counts) -> list[PartCost]:
    groups = {instance.name: part_of(instance.name) for instance in cells.circuit.instances}
    energies = cells.energies(counts.settled.changes, counts.settled.cycles, groups)
    glitches = _glitch_factors(cells.energies(counts.timed.changes, 0, groups),
                               cells.energies(counts.with_glitches, 0, groups))
    joules, bits = _memories(cells.circuit, counts.settled)
    return [PartCost(part, energies.get(part, Energy()) / counts.images, glitches.get(part.name, 1.0),
                     joules[part] / counts.images, bits[part])
            for part in sorted(energies.keys() | bits.keys(), key=lambda part: (part.layer is None, part.layer, part))]


def _glitch_factors(settled: Mapping[Part, Energy], with_glitches: Mapping[Part, Energy]) -> dict[str, float]:
    """By names of parts, over all layers; 1 where nothing happened in the cycles with delays."""
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for at, energies in enumerate((settled, with_glitches)):
        for part, energy in energies.items():
            sums[part.name][at] += energy.nets + energy.internal
    return {name: more / less if less else 1.0 for name, (less, more) in sums.items()}


def _memories(circuit: Circuit, activity: Activity) -> tuple[defaultdict[Part, float], defaultdict[Part, int]]:
    """Energy of all that was read and written, and bits, by parts."""
    factor = scaling.energy_to_180(memory.NODE_NM, memory.VOLTAGE_V)
    joules: defaultdict[Part, float] = defaultdict(float)
    bits: defaultdict[Part, int] = defaultdict(int)
    reads, writes = iter(activity.reads.tolist()), iter(activity.writes.tolist())
    for each in circuit.memories:
        accesses = sum(next(reads) for _ in each.reads) + sum(next(writes) for _ in each.writes)
        joules[part_of(each.name)] += accesses * memory.access_energy(each.width, each.bits) * factor
        bits[part_of(each.name)] += each.bits
    return joules, bits
