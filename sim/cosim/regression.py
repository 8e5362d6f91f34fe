"""The long regression: every shipped network, and odd untrained ones, on all test images through the RTL."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm  # type: ignore[import-untyped]

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import Images, embedded_images, load_dataset
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from spinsc.models.shipped import SHIPPED, load_network
from spinsc.sim.cosim.run import Report, cosimulate


def odd_network() -> Network:
    """Untrained, with K = 7 weights, K = 3 activations, L = 123, and S, P and B that divide nothing."""
    network = random_network((784, 37, 21, 10), input_states=5, weight_states=7, activation_states=3, length=123,
                             seed=7)
    return network.with_foldings([Folding(61, 15, 2), Folding(11, 8, 5), Folding(9, 4, 50)])


def planned_network() -> Network:
    """Untrained, with a plan of its random numbers that differs from layer to layer."""
    plain = random_network((784, 37, 21, 10), input_states=5, weight_states=7, activation_states=3, length=23, seed=7,
                           folding=[Folding(61, 15), Folding(11, 8), Folding(9, 4)])
    plans = ("activation.groups=1,weight.groups=8,weight.delay=23", "tuned,groups=4,assignment=blocks,delay=1",
             "activation.source=tuned,weight.groups=2")
    return dataclasses.replace(plain, layers=tuple(
        plain.with_plan(plan).layers[number] for number, plan in enumerate(plans)))


UNTRAINED = {"odd": odd_network, "planned": planned_network}


def images_of(dataset: str) -> tuple[Images, str]:
    """The whole test set, or the images in the package where there is no more; and why there is no more."""
    try:
        return load_dataset(dataset, "test"), ""
    except InputError as error:
        return embedded_images(dataset), str(error)


def regress(name: str, network: Network, images: Images, jobs: int) -> Report:
    """Emit, simulate with simulated s-MTJ recordings, and compare every word of every image."""
    with tempfile.TemporaryDirectory(prefix="spinsc-") as folder:
        directory = Path(folder) / name
        emit(network, directory)
        with tqdm(total=len(images), desc=name, unit="image", disable=None) as bar:
            def show(done: int) -> None:
                bar.update(done - bar.n)

            return cosimulate(directory, images.images, images.labels, jobs=jobs, progress=show)


def main(arguments: list[str] | None = None) -> int:
    """Command line: exit code 0 if nothing differs anywhere."""
    parser = argparse.ArgumentParser(prog="python -m spinsc.sim.cosim.regression", description=__doc__)
    parser.add_argument("names", nargs="*", help="shipped networks, or 'odd' or 'planned' (default: all)")
    parser.add_argument("--images", type=int, default=10_000, help="test images (default 10000); at most 1000 of a "
                        "data set that is not on this machine")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    options = parser.parse_args(arguments)
    names = options.names or [*(shipped.name for shipped in SHIPPED), *UNTRAINED]
    passed = True
    try:
        networks = {name: UNTRAINED[name]() if name in UNTRAINED else load_network(name) for name in names}
        tests = {}
        for dataset in dict.fromkeys(network.dataset for network in networks.values()):
            images, lacking = images_of(dataset)
            tests[dataset] = images[:options.images]
            if lacking and len(images) < options.images:
                print(f"only {len(images):,} images, those in the package: {lacking}", flush=True)
        print(f"{'network':<16}{'images':>8}{'words':>13}{'bits':>15}{'mismatches':>12}{'RTL':>9}{'golden':>9}"
              f"{'cycles':>9}{'build':>8}{'run':>8}", flush=True)
        for name, network in networks.items():
            report = regress(name, network, tests[network.dataset], options.jobs)
            result = report.comparison
            passed &= report.passed
            print(f"{name:<16}{result.images:>8,}{result.words:>13,}{result.bits:>15,}{result.mismatches:>12,}"
                  f"{result.correct / result.images:>9.2%}{result.correct_golden / result.images:>9.2%}"
                  f"{report.cycles_per_image or 0:>9,.0f}{report.build_s:>7.0f}s{report.simulation_s:>7.0f}s",
                  flush=True)
            for mismatch in result.listed:
                print(f"  {mismatch}")
    except InputError as error:
        print(f"spinsc: error: {error}", file=sys.stderr)
        return 2
    print("every word of every layer is equal" if passed else "MISMATCHES: the hardware and the golden model differ")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
