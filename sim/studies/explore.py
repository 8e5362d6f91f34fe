"""Accuracy against what it costs: networks, stream lengths and foldings, of stochastic and of binary arithmetic.

Networks are given, or trained: one for each width, number of states and stream length, on the streams' own bits where
these are few, and for binary arithmetic one with hardly any noise. S and P decide which bits a network meets, so each
is evaluated with exact bits; B decides none. What a design takes is estimated from its shape (`spinsc.gen.resources`),
and the energy of an image, of a few designs on the fronts only, from the activity of gates (`spinsc.sim.costs`).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.gen.binary_resources import binary_luts
from spinsc.gen.cycles import network_cycles, network_latency
from spinsc.gen.design import layer_shapes
from spinsc.gen.emit import DEFAULT_PIXELS_PER_BEAT
from spinsc.gen.memories import packed
from spinsc.gen.resources import model
from spinsc.gen.targets.part import Part
from spinsc.gen.targets.registry import TARGETS
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import train_on
from spinsc.sim.flows import tools
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.evaluation import images as digits
from spinsc.sim.studies.evaluation import percent_right, streams
from spinsc.sim.studies.fronts import Design, draw, list_all, table, worth_an_estimate
from spinsc.sim.studies.report import duration
from spinsc.sim.studies.standard_cells import estimate_network, with_junctions

#: Streams of at most so many bits are trained on bits that the neurons share; of more, the noise is as good.
SHARED_LENGTH = 16
#: Bits at which networks for binary arithmetic are trained. Without noise, weights of 3 states stay 0 as they begin.
BINARY_LENGTH = 1000
AUGMENTATION = 0.25


@dataclass(frozen=True)
class Space:
    """What is tried: every combination.

    Attributes
    ----------
    networks : tuple of str
        Shipped networks or files, instead of those that are trained.
    hidden : tuple of tuples of int
        Widths of the hidden layers of those that are trained.
    states, lengths : tuple of int
        K and L. Networks of 2 states take no random bits, and are trained and evaluated at 1 bit.
    lanes, units, unroll : tuple of int
        S, P and B, cut to each layer's size and to L.
    epochs, seed : int
        Of the training; the seed also of the junctions' bits.
    images : int or None
        First so many test images; by default all 10,000.
    """

    networks: tuple[str, ...] = ()
    hidden: tuple[tuple[int, ...], ...] = ((50,), (100,))
    states: tuple[int, ...] = (2, 3, 5)
    lengths: tuple[int, ...] = (2, 4, 8)
    lanes: tuple[int, ...] = (2, 4, 16, 28)
    units: tuple[int, ...] = (10, 25, 50)
    unroll: tuple[int, ...] = (1, 2, 4)
    epochs: int = 12
    seed: int = 0
    images: int | None = None

    def __post_init__(self) -> None:
        for name in ("lengths", "lanes", "units", "unroll"):
            if min(getattr(self, name), default=0) < 1:
                raise InputError(f"{name} must be numbers from 1 on, not {list(getattr(self, name))}")


@dataclass(frozen=True)
class Source:
    """A network as it is evaluated, before it is folded.

    Attributes
    ----------
    name : str
        A shipped network, a file, or what `train` left in the folder.
    length : int
        L; with binary arithmetic, nothing.
    arithmetic : {"stochastic", "binary"}
    training : Cell or None
    """

    name: str
    length: int
    arithmetic: str
    training: Cell | None = None


def run(out: Path, space: Space, *, target: str, jobs: int, scheduler: str | None, energy: bool = False) -> str:
    """Train and measure what ``out`` lacks; write the table of the fronts, all designs, and the figure.

    Parameters
    ----------
    out : Path
        Gets ``results.json``, ``explore.md``, ``designs.csv``, ``explore.png`` and, in ``networks``, those trained.
    space : Space
    target : str
        Part whose look-up tables are counted, see `spinsc.gen.targets`.
    jobs, scheduler
        See `cells.run_cells`.
    energy : bool
        Estimate the energy of an image of the designs that `fronts.worth_an_estimate` chooses.

    Raises
    ------
    InputError
        Before any work, if ``energy`` needs a tool that is missing.
    """
    if energy:
        tools.required(tools.kinds_for(None, place=False))
    part, results = TARGETS.find(target), Results(out / RESULTS)
    where = {"folder": str((out / "networks").resolve())}
    sources = list(_sources(space, where))
    trainings = {cell.key: cell for source in sources if (cell := source.training) is not None}
    for cell in trainings.values():
        if not _file(where["folder"], cell.parameters["name"]).exists():
            results.forget(cell)
    run_cells(list(trainings.values()), results, jobs=jobs, scheduler=scheduler)
    folded = [(source, network, _measurement(source, network, space, where))
              for source in sources for network in _foldings(source, space, where["folder"])]
    measured = {cell.key: cell for _, _, cell in folded}
    run_cells(list(measured.values()), results, jobs=jobs, scheduler=scheduler)
    found = {design_of(source.name, one, results[cell]["accuracy"], part): _estimation(source, one, where)
             for source, network, cell in folded for one in _unrolled(network, space)}
    estimated = {design: found[design] for design in worth_an_estimate(list(found))} if energy else {}
    run_cells(list(estimated.values()), results, jobs=jobs, scheduler=scheduler)
    designs = [dataclasses.replace(design, **results[estimated[design]]) if design in estimated else design
               for design in found]
    text = table(designs, part)
    write_atomically(out / "explore.md", f"{text}\n".encode())
    write_atomically(out / "designs.csv", list_all(designs).encode())
    draw(designs, part, out / "explore.png")
    cells = [*trainings.values(), *measured.values(), *estimated.values()]
    effort = f"{len(designs)} designs, {len(cells)} cells, {duration(sum(map(results.seconds, cells)))} of one core"
    return f"{text}\n\n{effort}\n\nWritten to {out}: {RESULTS}, explore.md, designs.csv, explore.png"


def _sources(space: Space, where: Mapping[str, str]) -> Iterator[Source]:
    for name in space.networks:
        network = load_network(name)
        if network.arithmetic == "stochastic":
            yield from (Source(name, length, "stochastic") for length in (space.lengths if network.devices else (1,)))
        if network.devices:
            yield Source(name, network.length, "binary")
    if space.networks:
        return
    for hidden, states in itertools.product(space.hidden, space.states):
        if states > 2:
            training = _training("binary", hidden, states, BINARY_LENGTH, space, where)
            yield Source(training.parameters["name"], 1, "binary", training)
        for length in space.lengths if states > 2 else (1,):
            training = _training(f"l{length}", hidden, states, length, space, where)
            yield Source(training.parameters["name"], length, "stochastic", training)


def _training(purpose: str, hidden: Sequence[int], states: int, length: int, space: Space,
              where: Mapping[str, str]) -> Cell:
    name = f"{'x'.join(map(str, hidden))}-k{states}-{purpose}"
    return Cell(f"{__name__}:train", {"name": name, "hidden": list(hidden), "states": states, "length": length,
                                      "epochs": space.epochs, "seed": space.seed}, where)


def _file(folder: str, name: str) -> Path:
    return Path(folder) / f"{name}.npz"


def train(name: str, hidden: Sequence[int], states: int, length: int, epochs: int, seed: int,
          folder: str) -> dict[str, Any]:
    """Cell: train a network for streams of a length."""
    config = TrainingConfig(tuple(hidden), states, length, epochs=epochs, seed=seed, augmentation=AUGMENTATION,
                            noise="shared" if length <= SHARED_LENGTH else "independent")
    network = train_on(config, digits("train"), digits("test"), _file(folder, name), progress=False)
    return {"validation": network.provenance["validation_accuracy_percent"]}


def _load(name: str, folder: str) -> Network:
    """A network that `train` left, or that is shipped or a file."""
    trained = _file(folder, name)
    return load_network(trained if trained.exists() else name)


def _foldings(source: Source, space: Space, folder: str) -> Iterator[Network]:
    """The source's network with every S and P, those that are the same after they are cut to the layers' sizes once."""
    network = _load(source.name, folder).with_length(source.length)
    if source.arithmetic == "binary":
        network = network.with_binary_arithmetic()
    seen = set()
    for lanes, units in itertools.product(space.lanes, space.units):
        folded = network.with_folding(lanes, units, 1)
        key = tuple(layer.folding for layer in folded.layers)
        if key not in seen:
            seen.add(key)
            yield folded


def _unrolled(network: Network, space: Space) -> Iterator[Network]:
    """A folded network with every B."""
    if network.arithmetic == "binary":
        yield network
    else:
        yield from (network.with_folding(unroll=unroll)
                    for unroll in sorted({min(each, network.length) for each in space.unroll}))


def _measurement(source: Source, network: Network, space: Space, where: Mapping[str, str]) -> Cell:
    """With binary arithmetic, the same for all foldings, as these decide nothing."""
    chosen = network if network.devices else network.with_folding(1, 1)
    return Cell(f"{__name__}:measure", _named(source, chosen) | {"seed": space.seed, "images": space.images}, where)


def _estimation(source: Source, network: Network, where: Mapping[str, str]) -> Cell:
    unroll = network.layers[0].folding.unroll
    return Cell(f"{__name__}:estimate", _named(source, network) | {"unroll": unroll}, where)


def _named(source: Source, network: Network) -> dict[str, Any]:
    """What names a folded network among the parameters of a cell."""
    return {"name": source.name, "length": source.length, "arithmetic": source.arithmetic,
            "foldings": [[layer.folding.lanes, layer.folding.units] for layer in network.layers],
            "digest": network.hash[:12]}


def _folded(name: str, length: int, arithmetic: str, foldings: Sequence[Sequence[int]], digest: str, folder: str,
            unroll: int = 1) -> Network:
    """A network by what `_named` says of it; ``digest`` begins the hash that it must have."""
    network = _load(name, folder).with_length(length)
    if arithmetic == "binary":
        network = network.with_binary_arithmetic()
    network = network.with_foldings([dataclasses.replace(layer.folding, lanes=lanes, units=units, unroll=unroll)
                                     for layer, (lanes, units) in zip(network.layers, foldings, strict=True)])
    if not network.hash.startswith(digest):
        raise InputError(f"{name} is not the network {digest}... of this cell; delete the folder to begin again")
    return network


def measure(name: str, length: int, arithmetic: str, foldings: Sequence[Sequence[int]], digest: str, seed: int,
            images: int | None, folder: str) -> dict[str, Any]:
    """Cell: accuracy of a folded network in per cent."""
    network = _folded(name, length, arithmetic, foldings, digest, folder)
    return {"accuracy": percent_right(network, streams(network, seed), count=images)}


def estimate(name: str, length: int, arithmetic: str, foldings: Sequence[Sequence[int]], digest: str, unroll: int,
             folder: str) -> dict[str, Any]:
    """Cell: energy of an image in nJ, with LFSRs and with junctions in their place (lowest published)."""
    found = estimate_network(_folded(name, length, arithmetic, foldings, digest, folder, unroll), pipeline=True)
    return {"energy_nj": round(1e9 * found["energy_j"], 3),
            "energy_junctions_nj": round(1e9 * with_junctions(found)[0], 3)}


def design_of(name: str, network: Network, accuracy: float, part: Part) -> Design:
    """What a network, as it is folded, takes with a pipeline and packed memories."""
    beat = min(DEFAULT_PIXELS_PER_BEAT, network.layers[0].folding.lanes)
    shapes = layer_shapes(network, pipeline=True)
    if network.arithmetic == "binary":
        luts = binary_luts(shapes, beat, part)
    else:
        shapes = [packed(shape, 1 if number else beat, part.ram_bits) for number, shape in enumerate(shapes)]
        luts = model(part.family).network(shapes, beat).luts
    folding = network.layers[0].folding
    return Design(
        name, network.sizes, network.layers[0].activation.states, network.arithmetic, network.length, folding.lanes,
        folding.units, folding.unroll, accuracy, luts, network_cycles(shapes, beat), network_latency(shapes, beat),
        network.devices,
        sum(layer.devices * samples for layer, samples in zip(network.layers, network.samples, strict=True)))
