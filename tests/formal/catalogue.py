"""All claims that are proved, by their names."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spinsc.gen.emit import emit
from spinsc.gen.manifest import Manifest
from spinsc.hdl.shapes import BinaryNeuronShape, LayerShape, NeuronShape, SideShape
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from tests.formal import networks, order, outcomes, products
from tests.formal.claim import Claim

#: Two ways to give the lanes the numbers of groups.
GROUPS, BLOCKS = SideShape(5, 2, 2), SideShape(5, 2, 2, blocks=True)
#: Components at several widths; those of the normal tests.
LEAVES: Mapping[str, Callable[[], Claim]] = {
    **{f"popcount {width}": lambda width=width: products.PopcountEqualsModel(width) for width in (1, 2, 3, 7, 16)},
    **{f"xnor {lanes}": lambda lanes=lanes: products.XnorEqualsModel(lanes) for lanes in (1, 16)},
    **{f"comparator S={s} K={k} m={m}": lambda s=s, k=k, m=m: products.ComparatorEqualsModel(s, k, m)
       for s, k, m in ((1, 3, 1), (3, 5, 2), (4, 11, 8), (2, 17, 16))},
    **{f"pipelined popcount {width}": lambda width=width: products.PipelinedPopcountEqualsModel(width)
       for width in (1, 9, 20)},
    **{f"magnitude comparator S={s} m={m}": lambda s=s, m=m: products.MagnitudesEqualModel(s, m)
       for s, m in ((1, 1), (2, 8), (1, 16))},
    "comparator of own thresholds": lambda: products.ComparatorEqualsModel(
        3, 4, 3, [(0, 0, 5, 8), (0, 3, 8, 8), (0, 2, 6, 8)]),
    **{f"select S={s} K={k}{'' if up else ' of any planes'}":
       lambda s=s, k=k, up=up: products.SelectEqualsModel(s, k, up)
       for s, k, up in ((1, 3, True), (2, 5, True), (1, 11, True), (2, 5, False), (1, 6, False))},
    **{f"quantizer K={k}, {n} a beat": lambda k=k, n=n: outcomes.QuantizerEqualsModel(k, n)
       for k, n in ((2, 1), (5, 2), (11, 1))},
    **{f"activation N={n} K={k}": lambda n=n, k=k, i=i: outcomes.ActivationEqualsModel(n, k, i)
       for n, k, i in ((1, 2, 1), (3, 3, 5), (2, 5, 12))},
    **{f"pipelined activation N={n} K={k}":
       lambda n=n, k=k, i=i, bound=bound: outcomes.PipelinedActivationEqualsModel(n, k, i, bound)
       for n, k, i, bound in ((1, 2, 1, None), (2, 3, 3, 16))},
    **{f"{'pipelined ' * pipeline}argmax N={n} I*L={i}":
       lambda n=n, i=i, pipeline=pipeline, bound=bound: outcomes.ArgmaxEqualsModel(n, i, pipeline, bound)
       for n, i, pipeline, bound in ((1, 3, False, None), (2, 3, False, None), (3, 2, False, None),
                                     (1, 1, True, None), (2, 1, True, 16))},
    **{f"skid buffer {width}": lambda width=width: order.SkidBufferKeepsTransfers(width) for width in (1, 4)},
    **{f"accumulator {c} into {w} bits": lambda c=c, w=w: products.AccumulatorEqualsModel(c, w)
       for c, w in ((1, 1), (2, 4), (3, 6))},
    **{f"{'packed ' * shape.packed}{'pipelined ' * shape.pipeline}neuron S={shape.lanes} K={shape.weight_states} "
       f"B={shape.unroll}{'' if shape.random_bits is None else f' of m={shape.random_bits}'}":
       lambda shape=shape: products.NeuronEqualsModel(shape) for shape in (
           NeuronShape(1, 2, 3), NeuronShape(3, 3, 12), NeuronShape(2, 5, 24, 3, 2),
           NeuronShape(2, 4, 6, ascending=False), NeuronShape(2, 17, 12, random_bits=4),
           NeuronShape(3, 3, 12, pipeline=True), NeuronShape(2, 5, 24, 3, 2, random_bits=2, pipeline=True),
           NeuronShape(3, 3, 12, packed=True, pipeline=True))},
    **{f"{'pipelined ' * shape.pipeline}binary neuron S={shape.lanes} K={shape.activation_states}, "
       f"{shape.weight_states}": lambda shape=shape: products.BinaryNeuronEqualsModel(shape) for shape in (
           BinaryNeuronShape(1, 2, 2, 3), BinaryNeuronShape(2, 3, 5, 48), BinaryNeuronShape(2, 4, 3, 24, True))},
    **{f"weights of units, {name}": lambda shape=shape: order.UnitsHaveTheirWeights(shape) for name, shape in (
           ("a memory each", LayerShape(3, 7, 2, 4, 5, SideShape(2, 0), SideShape(3, 1))),
           ("one memory", LayerShape(2, 3, 1, 2, 5, SideShape(2, 0), SideShape(2, 0), pipeline=True, word_units=1)))},
    **{f"lfsr m={m} B={b}": lambda m=m, b=b, r=r: order.LfsrEqualsModel([0xACE1, 0x80000001], m, b, r)
       for m, b, r in ((1, 1, 1), (2, 3, 1), (8, 1, 1))},
    **{f"fanout {name}": lambda side=side, lanes=lanes: order.FanoutEqualsModel(side, lanes)
       for name, side, lanes in (
           ("of groups", GROUPS, 5), ("of blocks", BLOCKS, 5),
           ("with delays", SideShape(3, 1, 1, delay=2), 3))},
    **{f"sequencer Q={q} C={c} L={length} B={b} F={f}":
       lambda q=q, c=c, length=length, b=b, f=f: order.SequencerEqualsModel(q, c, length, b, f)
       for q, c, length, b, f in ((1, 1, 1, 1, 0), (2, 3, 4, 1, 0), (3, 2, 5, 2, 0), (2, 2, 3, 1, 3))},
    **{f"state buffer I={i} S={s} K={k}, {n} a beat": lambda i=i, s=s, k=k, n=n: order.BufferEqualsModel(i, s, k, n)
       for i, s, k, n in ((1, 1, 2, 1), (3, 2, 2, 2), (4, 2, 2, 1), (5, 2, 3, 2), (7, 3, 2, 2))},
    **{f"replay {w} x {d}": lambda w=w, d=d: outcomes.ReplayEqualsModel(w, d) for w, d in ((1, 1), (3, 5))},
}


#: Claims that do not hold about components without cells.
MISWIRED: dict[str, Callable[[], Claim]] = {
    "fanout of groups": lambda: order.FanoutEqualsModel(GROUPS, 5, exchanged=True),
    "fanout of blocks": lambda: order.FanoutEqualsModel(BLOCKS, 5, exchanged=True)}


@dataclass(frozen=True)
class SmallNetwork:
    """An emitted network that is small enough for proofs."""

    folder: Path
    manifest: Manifest
    network: Network


@contextmanager
def small_network() -> Iterator[SmallNetwork]:
    """Two layers of two neurons, one of them folded, with random bits at ports."""
    network = random_network((2, 2, 2), input_states=3, weight_states=2, activation_states=2, length=2, seed=1,
                             folding=[Folding(1, 1), Folding(1, 2)])
    with tempfile.TemporaryDirectory(prefix="spinsc-") as name:
        folder = Path(name) / "hw"
        yield SmallNetwork(folder, emit(network, folder, pixels_per_beat=1), network)


def claims(of: SmallNetwork) -> dict[str, tuple[Callable[[], Claim], Callable[[], Claim] | None]]:
    """All claims with one that does not hold, where inverted bits of the component are not what shows that."""
    whole = of.folder, of.manifest, of.network
    latency = of.manifest.latency_cycles
    return {**{name: (claim, MISWIRED.get(name)) for name, claim in LEAVES.items()},
            "network: the output stream is stable": (
                lambda: networks.OutputIsStable(*whole), lambda: networks.OutputIsStable(*whole, honest=False)),
            "network: results come within the latency": (
                lambda: networks.ResultsComeInTime(*whole, latency + 1),
                lambda: networks.ResultsComeInTime(*whole, latency)),
            f"network: results are the contract's for {networks.ResultsAreTheContracts.bound} cycles": (
                lambda: networks.ResultsAreTheContracts(*whole),
                lambda: networks.ResultsAreTheContracts(*whole, moving=True))}
