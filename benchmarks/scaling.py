"""How the golden model, co-simulation, emission and the build grow with L, K, S, P, B, width and depth."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.build import measure_emission
from benchmarks.cosimulation import workloads, xnors
from benchmarks.golden import random_images
from benchmarks.measure import cpu_of_children, interleaved
from benchmarks.simulation import build, seconds_per_image
from benchmarks.table import fit
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from spinsc.models.streams.lfsr import LfsrStreams

GOLDEN_IMAGES = 2_000
#: A power law is drawn through points none of which is further from it than this, relatively.
POWER_LAW = 0.15


@dataclass(frozen=True)
class Design:
    """A network of a sweep. ``width`` is of each of the ``depth`` hidden layers, ``units`` None means all neurons."""

    length: int = 64
    states: int = 5
    lanes: int = 32
    units: int | None = None
    unroll: int = 1
    width: int = 64
    depth: int = 1
    inputs: int = 256

    def network(self) -> Network:
        sizes = (self.inputs, *[self.width] * self.depth, 10)
        folding = [Folding(min(self.lanes, inputs), min(self.units or neurons, neurons), self.unroll)
                   for inputs, neurons in itertools.pairwise(sizes)]
        return random_network(sizes, input_states=self.states, weight_states=self.states,
                              activation_states=self.states, length=self.length, seed=1, folding=folding)


SWEEPS: dict[str, Sequence[int]] = {
    "length": (32, 64, 128, 256), "states": (3, 5, 9, 17), "lanes": (8, 16, 32, 64), "units": (8, 16, 32, 64),
    "unroll": (1, 4, 8, 16), "width": (32, 64, 128, 256), "depth": (1, 2, 4)}
LABELS = {"length": "stream length L", "states": "states K", "lanes": "lanes S", "units": "parallel neurons P",
          "unroll": "steps per cycle B", "width": "hidden width", "depth": "hidden layers"}
METRICS = {"golden": ("golden model, fast form", "CPU µs per image"),
           "cosimulation": ("co-simulation under cocotb", "CPU µs per image"),
           "emission": ("emission", "CPU seconds"), "build": ("Verilator and C++ build", "CPU seconds")}


def benchmark(quick: bool = False) -> dict[str, Any]:
    """Points of all sweeps and the exponents fitted to them: {"points": ..., "exponents": {metric: {parameter: e}}}."""
    # Verilator's run-time library is compiled with the first build and kept.
    with tempfile.TemporaryDirectory(prefix="spinsc-bench-") as name:
        emit(Design(inputs=16, width=4).network(), Path(name) / "first")
        build(Path(name) / "first", "cocotb")
    measured: dict[Design, dict[str, float]] = {}
    points: dict[str, list[dict[str, float]]] = {}
    for parameter, values in SWEEPS.items():
        points[parameter] = []
        for value in dict.fromkeys((*values[:2], values[-1])) if quick else values:
            design = dataclasses.replace(Design(), **{parameter: value})
            whole = dataclasses.replace(design, units=None) if design.units == design.width else design
            if whole not in measured:
                measured[whole] = _measure(whole)
                print(f"  {parameter} = {value}: " + ", ".join(f"{name} {figure:.3g}" for name, figure in
                                                             measured[whole].items()), flush=True)
            points[parameter].append({"value": value, **measured[whole]})
    exponents = {metric: {parameter: fit([p["value"] for p in line], [p[metric] for p in line])[0]
                          for parameter, line in points.items()} for metric in METRICS}
    return {"design": dataclasses.asdict(Design()), "points": points, "exponents": exponents}


def _measure(design: Design) -> dict[str, float]:
    network = design.network()
    with tempfile.TemporaryDirectory(prefix="spinsc-bench-") as name:
        folder = Path(name)
        emission = measure_emission(network, folder)
        directory = folder / "emitted"
        before = cpu_of_children()
        executable = build(directory, "cocotb")
        build_s = cpu_of_children() - before
        images = min(max(20, int(3e9 / xnors(network))), 5000)
        small, large = workloads(directory, network, (max(images // 10, 2), images))
        cosimulation = seconds_per_image({"": (small, large, executable, "cocotb", None)}, 2)[""]
    inputs = random_images(network, GOLDEN_IMAGES)
    golden = interleaved({"": lambda: evaluate(network, inputs, LfsrStreams(network))},
                         10)[""].cpu_s / GOLDEN_IMAGES
    return {"golden": golden * 1e6, "cosimulation": cosimulation * 1e6, "emission": emission["cpu_s"],
            "build": build_s}


def plot(data: Mapping[str, Any], metric: str, path: Path) -> None:
    """One metric over all parameters, on logarithmic scales, with the power laws that the points keep to."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

    title, unit = METRICS[metric]
    design = data["design"]
    figure, panels = pyplot.subplots(2, 4, figsize=(12.5, 6.2), sharey=True, layout="constrained")
    for panel in panels.flat[len(data["points"]):]:
        panel.set_visible(False)
    for panel, (parameter, line) in zip(panels.flat, data["points"].items(), strict=False):
        x, y = [p["value"] for p in line], [p[metric] for p in line]
        exponent, factor = fit(x, y)
        law = [factor * value**exponent for value in x]
        panel.loglog(x, y, "o-", color="#2a4d8f", markersize=6, linewidth=0.8)
        if all(abs(point / fitted - 1) <= POWER_LAW for point, fitted in zip(y, law, strict=True)):
            panel.loglog(x, law, color="#c44e52", linewidth=1.5, linestyle="--", label=f"exponent {exponent:.2f}")
        else:
            panel.plot([], [], " ", label="no power law")
        panel.set_xlabel(LABELS[parameter])
        panel.xaxis.set_major_locator(FixedLocator(x))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.yaxis.set_major_locator(LogLocator(10, (1, 2, 5)))
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        panel.yaxis.set_minor_formatter(NullFormatter())
        panel.margins(x=0.08)
        panel.grid(True, color="#dddddd", linewidth=0.6)
        panel.legend(loc="best", frameon=True, framealpha=0.9, handlelength=1.5)
    # At least a decade, so that noise does not look like a trend.
    low, high = panels[0, 0].get_ylim()
    margin = max(1.0, (10 * low / high) ** 0.5)
    panels[0, 0].set_ylim(low / margin, high * margin)
    figure.supylabel(unit)
    around = (f"{design['inputs']}-{design['width']}-10, L={design['length']}, K={design['states']}, "
              f"S={design['lanes']}, P=all, B={design['unroll']}")
    figure.suptitle(f"{title[0].upper()}{title[1:]}: one parameter at a time around {around}", fontsize=11)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
