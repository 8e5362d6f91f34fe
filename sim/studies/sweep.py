"""Accuracy of any network over stream length and states, over the quality of its junctions, and what its layers hold.

Other numbers of states than the network's own are made by post-training quantization
(`spinsc.models.importing.requantize`), calibrated with the pixels, not the labels, of the images that are tried.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from spinsc.errors import InputError
from spinsc.files import write_atomically
from spinsc.models.data.images import Images
from spinsc.models.golden.evaluation import accuracy, evaluate
from spinsc.models.importing.requantize import with_states
from spinsc.models.network import Network
from spinsc.models.outcome import Activation
from spinsc.models.shipped import load_network
from spinsc.sim.images import choose_images
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cells import RESULTS, Cell, Results, run_cells
from spinsc.sim.studies.evaluation import recorded
from spinsc.sim.studies.report import COLOURS, duration, new_figure, plot_seeds, save_figure

#: Images that are looked at for the profile of the layers, and that other states are calibrated with, at most.
PROFILED = CALIBRATED = 1000


@dataclass(frozen=True)
class Quality:
    """A way in which junctions are not ideal.

    Attributes
    ----------
    axis : str
        What its numbers are.
    fields : callable
        Fields of `SMTJ` that such a number sets.
    most : float
        The largest number there is.
    """

    axis: str
    fields: Callable[[float], dict[str, float]]
    most: float = math.inf


#: By the name of the option.
QUALITIES = {
    "bias": Quality("P(1) - 1/2 of all junctions", lambda p: {"bias_kt": math.atanh(2 * p)}, 0.49),
    "spread": Quality("standard deviation of P(1) over the junctions", lambda p: {"bias_spread_kt": 2 * p}, 0.5),
    "interval": Quality("sampling interval / mean dwell time",
                        lambda x: {"sampling_interval_s": x * SMTJ().dwell_time_0_s}),
    "read_errors": Quality("share of misread samples", lambda share: {"flip_probability": share}, 0.5)}


@dataclass(frozen=True)
class Asked:
    """What is asked of a sweep.

    Attributes
    ----------
    network : str
        Name of a shipped network, or a file.
    lengths, states : tuple of int
        Stream lengths L, and numbers of states K; empty for the network's own.
    qualities : mapping
        Numbers by name in `QUALITIES`.
    images : int or None
        So many test images, by default all.
    data : str or None
        Where they come from, as of ``spinsc eval``.
    """

    network: str
    lengths: tuple[int, ...] = ()
    states: tuple[int, ...] = ()
    qualities: Mapping[str, tuple[float, ...]] | None = None
    images: int | None = None
    data: str | None = None


@dataclass(frozen=True)
class Point:
    """Where accuracy is measured: K (None for the network's own), L, and one quality of the junctions."""

    states: int | None
    length: int
    quality: str = ""
    value: float = 0.0


def points(asked: Asked, network: Network) -> list[Point]:
    """All points: the grid of lengths and states, and each quality at the network's own L and K."""
    grid = [Point(states, length) for states in asked.states or (None,) for length in asked.lengths]
    return grid + [Point(None, network.length, name, value)
                   for name, values in (asked.qualities or {}).items() for value in values]


def run(out: Path, *, seeds: int, jobs: int, scheduler: str | None, asked: Asked) -> tuple[str, dict[str, Any]]:
    """Measure what ``out`` lacks; write ``results.json``, a table and figures.

    Returns
    -------
    str, dict
        The table, and everything in values of JSON.
    """
    network = load_network(asked.network)
    for name, values in (asked.qualities or {}).items():
        if wrong := [value for value in values if not 0 <= value <= QUALITIES[name].most]:
            raise InputError(f"--{name.replace('_', '-')} must be from 0 to {QUALITIES[name].most:g}, not "
                             f"{wrong[0]:g}; it is the {QUALITIES[name].axis}")
    _images(asked.network, asked.images, asked.data)  # refused before any cell
    results = Results(out / RESULTS)
    common = {"network": asked.network, "digest": network.hash[:12], "images": asked.images, "data": asked.data}
    cells = {point: [Cell(f"{__name__}:measure", {
        **common, "states": point.states, "length": point.length, "seed": seed,
        "junction": QUALITIES[point.quality].fields(point.value) if point.quality else {}})
        for seed in range(seeds)] for point in points(asked, network)}
    profile = Cell(f"{__name__}:profile", common)
    distinct = {cell.key: cell for cell in [profile, *(cell for group in cells.values() for cell in group)]}
    run_cells(list(distinct.values()), results, jobs=jobs, scheduler=scheduler)
    found = {point: [float(results[cell]["accuracy"]) for cell in group] for point, group in cells.items()}
    text = "\n\n".join([*tables(network, found), profile_table(results[profile]["layers"])])
    write_atomically(out / "sweep.md", f"{text}\n".encode())
    names = ["sweep.md"]
    if found:
        draw(network, found, out / "sweep.png")
        names += ["sweep.png"]
    draw_profile(results[profile]["layers"], out / "profile.png")
    effort = f"{len(distinct)} cells, {duration(sum(map(results.seconds, distinct.values())))} of one core"
    said = f"{text}\n\n{effort}\n\nWritten to {out}: {', '.join([RESULTS, *names, 'profile.png'])}"
    return said, {"network": asked.network, "network_hash": network.hash, "points": [
        {"states": point.states, "length": point.length, "quality": point.quality or None,
         "value": point.value if point.quality else None, "accuracies": values} for point, values in found.items()],
        "layers": results[profile]["layers"]}


@lru_cache(maxsize=2)
def _images(network: str, count: int | None, data: str | None) -> Images:
    return choose_images(load_network(network), None, data, 0, count)


def _known(network: str, digest: str) -> Network:
    found = load_network(network)
    if not found.hash.startswith(digest):
        raise InputError(f"{network} is no longer the network {digest}... of this cell; give another folder (--out)")
    return found


def measure(network: str, digest: str, images: int | None, data: str | None, states: int | None, length: int, seed: int,
            junction: Mapping[str, Any]) -> dict[str, Any]:
    """Cell: accuracy in per cent on bit-exact streams of simulated junctions; ``junction`` are fields of `SMTJ`."""
    chosen, tried = _known(network, digest), _images(network, images, data)
    if states is not None:
        chosen = with_states(chosen, states, tried.images[:CALIBRATED])
    chosen = chosen.with_length(length)
    streams = recorded(chosen, seed, SMTJ(**junction))
    return {"accuracy": round(100 * accuracy(chosen, tried.images, tried.labels, streams), 3)}


def profile(network: str, digest: str, images: int | None, data: str | None) -> dict[str, Any]:
    """Cell: what states the weights and inputs of each layer have, and how often neurons are at the ends of theirs."""
    chosen, tried = _known(network, digest), _images(network, images, data)[:PROFILED]
    trace = evaluate(chosen, tried.images, recorded(chosen, 0))
    layers = []
    for number, layer in enumerate(chosen.layers):
        taken = trace.input_states if number == 0 else trace.states[number - 1]
        entry: dict[str, Any] = {
            "inputs": layer.inputs, "neurons": layer.neurons, "weights": _shares(layer.weights, layer.weight.states),
            "activations": _shares(taken, layer.activation.states),
            "never_change": round(float((taken == taken[:1]).all(axis=0).mean()), 4)}
        if isinstance(layer.outcome, Activation):
            sums, limits = trace.accumulators[number], layer.outcome_integers(chosen.length)
            entry["saturated"] = round(float(((sums < limits.min(1)) | (sums >= limits.max(1))).mean()), 4)
        layers.append(entry)
    return {"layers": layers}


def _shares(states: np.ndarray[Any, Any], count: int) -> list[float]:
    return [round(float(share), 5) for share in np.bincount(states.ravel(), minlength=count) / states.size]


Found = Mapping[Point, Sequence[float]]


def tables(network: Network, found: Found) -> list[str]:
    """Medians of the seeds: lengths by states, and a table for each quality."""
    parts = []
    grid = {point: values for point, values in found.items() if not point.quality}
    if grid:
        lengths = sorted({point.length for point in grid})
        rows = [[_label(states, network), *(_spread(grid[Point(states, length)]) for length in lengths)]
                for states in dict.fromkeys(point.states for point in grid)]
        parts.append(markdown(["accuracy, %", *(f"L = {length}" for length in lengths)], rows))
    for name, group in _by_quality(found).items():
        parts.append(markdown([QUALITIES[name].axis, *(f"{point.value:g}" for point in group)],
                              [["accuracy, %", *map(_spread, group.values())]]))
    return parts


def _by_quality(found: Found) -> dict[str, dict[Point, Sequence[float]]]:
    return {name: group for name in QUALITIES
            if (group := {point: values for point, values in found.items() if point.quality == name})}


def _label(states: int | None, network: Network) -> str:
    own = network.layers[0].weight.states
    return f"K = {own}, as trained" if states in (None, own) else f"K = {states}, quantized after training"


def _spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f}" + (f" ± {(max(values) - min(values)) / 2:.2f}" if len(values) > 1 else "")


def profile_table(layers: Sequence[Mapping[str, Any]]) -> str:
    """What each layer holds, in per cent."""
    def per_cent(shares: Sequence[float]) -> str:
        return " ".join(f"{100 * share:.0f}" for share in shares) if len(shares) <= 16 else f"{len(shares)} states"

    rows = [[str(number), f"{entry['inputs']}-{entry['neurons']}", per_cent(entry["weights"]),
             per_cent(entry["activations"]), f"{100 * entry['never_change']:.1f}",
             f"{100 * entry['saturated']:.1f}" if "saturated" in entry else "-"]
            for number, entry in enumerate(layers)]
    return markdown(["layer", "size", "states of weights, %", "states of inputs, %", "inputs that never change, %",
                     "sums beyond all thresholds, %"], rows)


def draw(network: Network, found: Found, path: Path) -> None:
    """Accuracy over length, a curve for each K, and over each quality of the junctions."""
    grid = {point: values for point, values in found.items() if not point.quality}
    groups = _by_quality(found)
    panels = [*(["length"] if grid else []), *groups]
    figure, axes = new_figure(5.4 * len(panels), 4.2, 1, len(panels))
    for name, place in zip(panels, np.atleast_1d(axes), strict=True):
        if name == "length":
            for number, states in enumerate(dict.fromkeys(point.states for point in grid)):
                of_states = {point.length: values for point, values in grid.items() if point.states == states}
                lengths = sorted(of_states)
                _curve(place, lengths, [of_states[length] for length in lengths], number, _label(states, network))
            _logarithmic(place, sorted({point.length for point in grid}))
            place.set_xlabel("bits in a stream, L")
        else:
            group = groups[name]
            _curve(place, [point.value for point in group], list(group.values()), 0, _label(None, network))
            place.set_xlabel(QUALITIES[name].axis)
            if name == "interval":
                _logarithmic(place, [point.value for point in group])
        place.set_ylabel("accuracy, %")
        place.legend(frameon=False, fontsize=9)
    save_figure(figure, path)


def _curve(axes: Any, positions: Sequence[float], values: Sequence[Sequence[float]], number: int, label: str) -> None:
    plot_seeds(axes, positions, values, color=COLOURS[number % len(COLOURS)], marker="osD^v*"[number % 6], markersize=5,
               linewidth=1.5, capsize=2, label=label)


def _logarithmic(axes: Any, positions: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(positions, [f"{position:g}" for position in positions])
    axes.minorticks_off()


def draw_profile(layers: Sequence[Mapping[str, Any]], path: Path) -> None:
    """States of the weights and of the inputs of every layer."""
    figure, panels = new_figure(3.4 * len(layers), 5.0, 2, len(layers))
    for number, (entry, places) in enumerate(zip(layers, np.reshape(panels, (2, -1)).T, strict=True)):
        for axes, name, colour in zip(places, ("weights", "activations"), COLOURS, strict=False):
            shares = entry[name]
            axes.bar(range(len(shares)), [100 * share for share in shares], color=colour)
            axes.set_title(f"layer {number}: {'weights' if name == 'weights' else 'its inputs'}", fontsize=10)
            axes.set(xlabel="state", ylabel="%")
            axes.xaxis.get_major_locator().set_params(integer=True)
    save_figure(figure, path)
