"""Speed of the golden model, next to the plain torch product that is fastest for the same network on this processor.

Each figure is the best of several runs that start from nothing: no table or random number is left from an earlier run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.measure import interleaved
from benchmarks.table import Row
from spinsc.integers import ceil_div
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.golden.fast import FastAccumulator
from spinsc.models.network import Network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lfsr import LfsrStreams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.models.timing import one_thread_per_operation
from spinsc.sim.recordings.recording import Recording
from spinsc.sim.recordings.sources import parse_rng

MLP1, MLP3 = (784, 100, 10), (784, 512, 512, 512, 10)
LITERAL_IMAGES = 20


def random_images(network: Network, count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, network.inputs), dtype=np.uint8)


def make_network(sizes: tuple[int, ...], states: int, length: int) -> Network:
    return random_network(sizes, input_states=states, weight_states=states, activation_states=states, length=length,
                          seed=1)


def int8_products(network: Network, images: int) -> Callable[[], None]:
    """The matrix products of the fast form alone: inner sizes (K-1)*I, int8 in and int32 out."""
    operands = [(torch.ones(images, (layer.activation.states - 1) * layer.inputs, dtype=torch.int8),
                 torch.ones(layer.neurons, (layer.activation.states - 1) * layer.inputs, dtype=torch.int8))
                for layer in network.layers]

    def products() -> None:
        for left, right in operands:
            torch._int_mm(left, right.T)

    return products


def float_products(network: Network, images: int) -> Callable[[], None]:
    """The network with real weights in float32, without its activation functions: what an ordinary layer costs."""
    operands = [(torch.rand(images, layer.inputs), torch.rand(layer.neurons, layer.inputs)) for layer in network.layers]

    def products() -> None:
        for left, right in operands:
            left @ right.T

    return products


PRODUCTS = {"int8 products of the same shapes": int8_products, "float32 products of the same network": float_products}


def best_products(network: Network, images: int) -> tuple[str, Callable[[], None]]:
    """Name and function of the torch products that are fastest here, by a few images on one core."""
    few = {name: products(network, max(1, images // 20)) for name, products in PRODUCTS.items()}
    taken = interleaved({name: partial(on_one_core, products) for name, products in few.items()}, 3)
    name = min(taken, key=lambda each: taken[each].cpu_s)
    return name, PRODUCTS[name](network, images)


def on_one_core(function: Callable[[], None]) -> None:
    """Call it with one thread, whose CPU time counts no waiting for others."""
    with one_thread_per_operation():
        function()


def recorded(network: Network, period: int) -> RecordedStreams:
    """Simulated junctions, as a recording in memory."""
    streams = parse_rng("smtj", network, period=period)
    assert isinstance(streams, RecordedStreams)
    return streams


def benchmark(quick: bool = False) -> tuple[list[Row], dict[str, Any]]:
    """Rows of the golden model, and the products that it chose."""
    count, repetitions = (2_000, 10) if quick else (10_000, 30)
    rows: list[Row] = []
    chosen: dict[str, str] = {}
    for sizes, states, length, target in ((MLP1, 5, 128, 0.35), (MLP1, 11, 128, 0.2), (MLP1, 5, 512, None),
                                          (MLP1, 5, 16, None), (MLP3, 5, 128, 0.5)):
        network = make_network(sizes, states, length)
        images = random_images(network, count)
        label = f"{'-'.join(map(str, sizes))}, K={states}, L={length}"
        prepared = recorded(network, 1)
        best_name, best = best_products(network, count)
        taken = interleaved({
            "fast": partial(evaluate, network, images, prepared),
            "lfsr": partial(evaluate, network, images, LfsrStreams(network)),
            "best": best, "best on one core": partial(on_one_core, best)},
            repetitions if sizes == MLP1 else repetitions // 5)
        literal = interleaved({"": partial(evaluate, network, images[:LITERAL_IMAGES], LfsrStreams(network),
                                           method="literal")}, 1, warm_up=False)[""]
        reached, limit = count / taken["fast"].wall_s, count / taken["best"].wall_s
        rows.append(Row(f"{label}, fast", reached, "images/s", "torch's fastest product", limit,
                        f"at least {target}" if target else "", reached >= target * limit if target else None,
                        f"{best_name}; by CPU time ratio "
                        f"{taken['best on one core'].cpu_s / taken['fast'].cpu_s:.2f}"))
        rows.append(Row(f"{label}, fast, its LFSRs run too", count / taken["lfsr"].wall_s, "images/s",
                        "the same with a recording", reached, note=f"{count:,} images"))
        rows.append(Row(f"{label}, fast", reached, "images/s", "literal form", LITERAL_IMAGES / literal.wall_s))
        model = FastAccumulator(network, prepared, torch.device("cpu"))
        chosen[label] = ", ".join(choice.name for choice in model.choices)
    for states, length in itertools.product((5, 11), (128, 100)):
        rows += _moving(make_network(MLP1, states, length), min(count, 4_000 if states > 5 else count),
                        2 if quick else 5)
    return rows, {"products": chosen}


def _moving(network: Network, count: int, repetitions: int) -> list[Row]:
    """Streams that move on, by their period: up to one slot for each image, whose bits come from memory once."""
    images = random_images(network, count)
    row_bytes = ceil_div(max(network.steps) * count, 64) * 8
    samples = np.random.default_rng(1).integers(0, 256, (network.devices, row_bytes), dtype=np.uint8)
    recording = Recording(samples, samples.shape[1] * 8, {"kind": "simulated"})
    functions = {("recording", period): partial(evaluate, network, images,
                                                RecordedStreams(recording, network, period=period))
                 for period in (1, 16, 64, 256, count)}
    functions["ideal", count] = partial(evaluate, network, images, IdealStreams(network, 1, count))
    functions["reading", 1] = torch.from_numpy(samples.view(np.int64)).sum
    taken = interleaved(functions, repetitions)
    restart, reading = taken["recording", 1], taken["reading", 1]
    label = f"784-100-10, K={network.layers[0].activation.states}, L={network.length}, moving streams"
    return [Row(f"{label}, {kind}, period {period:,} images", count / best.wall_s, "images/s",
                "the same, restarting each image", count / restart.wall_s, "within 3x: at least 0.33",
                restart.wall_s / best.wall_s >= 1 / 3,
                f"{count:,} images; by CPU time ratio {restart.cpu_s / best.cpu_s:.2g}")
            for (kind, period), best in taken.items() if period > 1] + [
        Row(f"{label}, the recording's {samples.size // count / 1000:.0f} kB an image read once and summed",
            count / reading.wall_s, "images/s", "a third of restarting", count / restart.wall_s / 3)]
