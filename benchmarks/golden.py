"""Speed of the golden model, next to plain torch products of the same shape. Run as ``python benchmarks/golden.py``.

Each figure is the best of several runs that start from nothing: no table or random number is left from an earlier run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from spinsc.models.golden import evaluate
from spinsc.models.network import random_network
from spinsc.models.streams import IdealStreams, LfsrStreams

LITERAL_IMAGES = 100


def images_per_second(run: Callable[[], object], images: int, repetitions: int) -> float:
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return images / min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[784, 100, 10], help="inputs, hidden widths, classes")
    parser.add_argument("--states", type=int, default=5, help="K of inputs, weights and activations")
    parser.add_argument("--length", type=int, default=100, help="stream length L")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--repetitions", type=int, default=7)
    args = parser.parse_args()
    sizes = tuple(args.sizes)
    network = random_network(sizes, input_states=args.states, weight_states=args.states,
                             activation_states=args.states, length=args.length, seed=1)
    images = np.random.default_rng(1).integers(0, 256, (args.images, sizes[0]), dtype=np.uint8)

    def float_products() -> None:
        values = floats
        for weights in float_weights:
            values = values @ weights.T

    def int8_products() -> None:
        for left, right in zip(int8_operands, int8_weights, strict=True):
            torch._int_mm(left, right.T)

    floats = torch.rand(args.images, sizes[0])
    float_weights = [torch.rand(layer.neurons, layer.inputs) for layer in network.layers]
    steps = args.states - 1
    int8_operands = [torch.ones(args.images, steps * layer.inputs, dtype=torch.int8) for layer in network.layers]
    int8_weights = [torch.ones(layer.neurons, steps * layer.inputs, dtype=torch.int8) for layer in network.layers]

    runs: list[tuple[str, Callable[[], object], int, int]] = [
        ("literal, ideal streams", lambda: evaluate(network, images[:LITERAL_IMAGES], IdealStreams(network, 1, 1),
                                                    method="literal"), min(LITERAL_IMAGES, args.images), 1),
        ("fast, LFSRs", lambda: evaluate(network, images, LfsrStreams(network)), args.images, args.repetitions)]
    for period in (1, 16, 32, 128, 1024):
        runs.append((f"fast, ideal streams, period {period}",
                     partial(lambda period: evaluate(network, images, IdealStreams(network, 1, period)), period),
                     args.images, args.repetitions if period <= 128 else 2))
    runs += [("torch products, float32, same network", float_products, args.images, args.repetitions),
             ("torch products, int8, sizes of the fast form", int8_products, args.images, args.repetitions)]

    print(f"{'-'.join(map(str, sizes))}, K = {args.states}, L = {args.length}, {args.images} images, "
          f"{torch.get_num_threads()} threads")
    print(f"{'':45}{'images/s':>12}{'of literal':>12}")
    literal = None
    for name, run, count, repetitions in runs:
        speed = images_per_second(run, count, repetitions)
        literal = literal or speed
        print(f"{name:45}{speed:12,.0f}{speed / literal:11,.1f}x", flush=True)


if __name__ == "__main__":
    main()
