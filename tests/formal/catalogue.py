"""All claims that are proved, by their names."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spinsc.gen.emit import emit
from spinsc.gen.manifest import Manifest
from spinsc.hdl.shapes import NeuronShape, SideShape
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from tests.formal import leaves, networks
from tests.formal.claim import Claim

#: Components at several widths; those of the normal tests.
LEAVES: Mapping[str, Callable[[], Claim]] = {
    **{f"popcount {width}": lambda width=width: leaves.PopcountEqualsModel(width) for width in (1, 2, 3, 7, 16)},
    **{f"xnor {lanes}": lambda lanes=lanes: leaves.XnorEqualsModel(lanes) for lanes in (1, 16)},
    **{f"comparator S={s} K={k} m={m}": lambda s=s, k=k, m=m: leaves.ComparatorEqualsModel(s, k, m)
       for s, k, m in ((1, 3, 1), (3, 5, 2), (4, 11, 8), (2, 17, 16))},
    **{f"pipelined popcount {width}": lambda width=width: leaves.PipelinedPopcountEqualsModel(width)
       for width in (1, 9, 20)},
    **{f"magnitude comparator S={s} m={m}": lambda s=s, m=m: leaves.MagnitudesEqualModel(s, m)
       for s, m in ((1, 1), (2, 8), (1, 16))},
    "comparator of own thresholds": lambda: leaves.ComparatorEqualsModel(
        3, 4, 3, [(0, 0, 5, 8), (0, 3, 8, 8), (0, 2, 6, 8)]),
    **{f"select S={s} K={k}{'' if up else ' of any planes'}": lambda s=s, k=k, up=up: leaves.SelectEqualsModel(s, k, up)
       for s, k, up in ((1, 3, True), (2, 5, True), (1, 11, True), (2, 5, False), (1, 6, False))},
    **{f"quantizer K={k}, {n} a beat": lambda k=k, n=n: leaves.QuantizerEqualsModel(k, n)
       for k, n in ((2, 1), (5, 2), (11, 1))},
    **{f"activation N={n} K={k}": lambda n=n, k=k, i=i: leaves.ActivationEqualsModel(n, k, i)
       for n, k, i in ((1, 2, 1), (3, 3, 5), (2, 5, 12))},
    **{f"argmax N={n} I*L={i}": lambda n=n, i=i: leaves.ArgmaxEqualsModel(n, i) for n, i in ((1, 3), (2, 3), (3, 2))},
    **{f"accumulator {c} into {w} bits": lambda c=c, w=w: leaves.AccumulatorEqualsModel(c, w)
       for c, w in ((1, 1), (2, 4), (3, 6))},
    **{f"{'pipelined ' * shape.pipeline}neuron S={shape.lanes} K={shape.weight_states} B={shape.unroll}":
       lambda shape=shape: leaves.NeuronEqualsModel(shape) for shape in (
           NeuronShape(1, 2, 3), NeuronShape(3, 3, 12), NeuronShape(2, 5, 24, 3, 2),
           NeuronShape(2, 4, 6, ascending=False))},
    **{f"lfsr m={m} B={b}": lambda m=m, b=b, r=r: leaves.LfsrEqualsModel([0xACE1, 0x80000001], m, b, r)
       for m, b, r in ((1, 1, 1), (2, 3, 1), (8, 1, 1))},
    **{f"fanout {name}": lambda side=side, lanes=lanes: leaves.FanoutEqualsModel(side, lanes)
       for name, side, lanes in (
           ("of groups", SideShape(5, 2, 2), 5), ("of blocks", SideShape(5, 2, 2, blocks=True), 5),
           ("with delays", SideShape(3, 1, 1, delay=2), 3))},
    **{f"sequencer Q={q} C={c} L={length} B={b} F={f}":
       lambda q=q, c=c, length=length, b=b, f=f: leaves.SequencerEqualsModel(q, c, length, b, f)
       for q, c, length, b, f in ((1, 1, 1, 1, 0), (2, 3, 4, 1, 0), (3, 2, 5, 2, 0), (2, 2, 3, 1, 3))},
    **{f"state buffer I={i} S={s} K={k}, {n} a beat": lambda i=i, s=s, k=k, n=n: leaves.BufferEqualsModel(i, s, k, n)
       for i, s, k, n in ((1, 1, 2, 1), (3, 2, 2, 2), (4, 2, 2, 1), (5, 2, 3, 2), (7, 3, 2, 2))},
    **{f"replay {w} x {d}": lambda w=w, d=d: leaves.ReplayEqualsModel(w, d) for w, d in ((1, 1), (3, 5))},
}


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
    return {**{name: (claim, None) for name, claim in LEAVES.items()},
            "network: the output stream is stable": (
                lambda: networks.OutputIsStable(*whole), lambda: networks.OutputIsStable(*whole, honest=False)),
            "network: results come within the latency": (
                lambda: networks.ResultsComeInTime(*whole, latency + 1),
                lambda: networks.ResultsComeInTime(*whole, latency)),
            f"network: results are the contract's for {networks.ResultsAreTheContracts.bound} cycles": (
                lambda: networks.ResultsAreTheContracts(*whole),
                lambda: networks.ResultsAreTheContracts(*whole, moving=True))}
