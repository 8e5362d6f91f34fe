"""Tables and the figure of the study of costs."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spinsc.integers import ceil_div
from spinsc.sim.report.cost import nano
from spinsc.sim.report.table import markdown
from spinsc.sim.studies.cost_designs import (
    BINARIZED,
    EQUAL_LENGTH,
    INPUTS,
    LANES,
    MANY,
    NEURONS,
    OVER_LENGTH,
    UNROLLED,
    Design,
    binary,
    stochastic,
)
from spinsc.sim.studies.report import COLOURS, new_figure, save_figure
from spinsc.sim.studies.standard_cells import with_junctions

Costs = Mapping[Design, Mapping[str, Any]]
#: What the paper reports against a network that is not quantized.
PAPER_LATENCY, PAPER_ENERGY = 9.0, 2.6
_PER_NEURON = ("neurons", "weights")


def claim_table(accuracies: Mapping[tuple[int, int], float], costs: Costs) -> str:
    """The paper's claim: K = 5 and 11 against 256 at one length of streams."""
    found = {states: costs[stochastic(states, EQUAL_LENGTH)] for states in MANY}
    many = found[MANY[-1]]
    rows = [_claim_row(states, accuracies.get((states, EQUAL_LENGTH)), each) for states, each in found.items()]
    rows += [_ratio_row(states, many, found[states]) for states in MANY[:-1]]
    rows.append(["paper: not quantized / quantized", "", "", f"{PAPER_LATENCY:g}x", "", "", f"{PAPER_ENERGY:g}x", "",
                 "", ""])
    return markdown(["K", "accuracy, %", "neuron, um2", "activation, us", "image, us", "area, mm2",
                     "nJ an image, LFSRs", "nJ without thresholds, LFSRs", "nJ an image, junctions of 20 fJ a bit",
                     "junctions"], rows)


def length_table(accuracies: Mapping[tuple[int, int], float]) -> str:
    """Accuracy of each number of states over the length of streams."""
    lengths = sorted({length for _, length in accuracies})
    rows = [[f"K = {states}", *(f"{accuracies[states, length]:.2f}" for length in lengths)]
            for states in sorted({states for states, _ in accuracies})]
    return markdown(["accuracy, %", *(f"L = {length}" for length in lengths)], rows)


def _activation_s(found: Mapping[str, Any]) -> float:
    """Time that the neurons of the first layer sum up for."""
    cycles = ceil_div(INPUTS, LANES) * int(found["length"])
    return cycles * float(found["image_s"]) / int(found["cycles_per_image"])


def _neuron_um2(found: Mapping[str, Any]) -> float:
    area: float = sum(part["area_um2"] for part in found["parts"] if (part["name"], part["layer"]) == ("neurons", 0))
    return area / NEURONS


def _without_thresholds(found: Mapping[str, Any]) -> float:
    """Energy of an image without the memory of thresholds and what compares with them."""
    return float(found["energy_j"]) - sum(_joules(part) for part in found["parts"] if part["name"] == "thresholds")


def _claim_row(states: int, accuracy: float | None, found: Mapping[str, Any]) -> list[str]:
    return [str(states), "-" if accuracy is None else f"{accuracy:.2f}", f"{_neuron_um2(found):,.0f}",
            f"{1e6 * _activation_s(found):.2f}", f"{1e6 * found['latency_s']:.1f}", f"{1e-6 * found['area_um2']:.2f}",
            nano(found["energy_j"]), nano(_without_thresholds(found)), nano(with_junctions(found)[0]),
            f"{found['junctions']:,}"]


def _ratio_row(states: int, many: Mapping[str, Any], few: Mapping[str, Any]) -> list[str]:
    ratios = [many_value / few_value for many_value, few_value in (
        (_neuron_um2(many), _neuron_um2(few)), (_activation_s(many), _activation_s(few)),
        (many["latency_s"], few["latency_s"]), (many["area_um2"], few["area_um2"]),
        (many["energy_j"], few["energy_j"]), (_without_thresholds(many), _without_thresholds(few)),
        (with_junctions(many)[0], with_junctions(few)[0]),
        (many["junctions"], few["junctions"]))]
    return [f"{MANY[-1]} / {states}", "", *(f"**{ratio:.2f}x**" for ratio in ratios)]


def equal_table(few: Mapping[str, Mapping[str, Any]], costs: Costs, accuracies: Mapping[tuple[int, int], float],
                exact: Mapping[int, Mapping[str, float]]) -> str:
    """Energy of an image at an accuracy, from the least accurate: networks trained for few bits, and others."""
    found = [(each["percent"], name, each["cost"]) for name, each in few.items()]
    found += [(exact[design.states]["percent"], _name(design), costs[design]) for design in (BINARIZED, binary(5))]
    found.append((accuracies[5, 100], _name(stochastic(5, 100)), costs[stochastic(5, 100)]))
    rows = []
    for percent, name, cost in sorted(found, key=lambda each: each[0]):
        low, high = with_junctions(cost)
        rows.append([name, f"{percent:.2f}", f"{1e-6 * cost['area_um2']:.2f}", f"{cost['images_per_s']:,.0f}",
                     nano(cost["energy_j"]),
                     f"{nano(low)} to {nano(high)}" if name.startswith("SC") else "none needed"])
    return markdown(["784-100-10 unless said", "accuracy, %", "area, mm2", "images/s", "nJ an image",
                     "nJ with junctions for LFSRs"], rows)


def baseline_table(accuracies: Mapping[tuple[int, int], float], exact: Mapping[int, Mapping[str, float]],
                   costs: Costs) -> str:
    """SC, binary arithmetic of the same states and folding, and a binarized network."""
    designs = [*(stochastic(5, length) for length in reversed(OVER_LENGTH)),
               *(stochastic(5, steps, steps) for steps in UNROLLED), stochastic(5, 4, 4, pipeline=True), binary(5),
               binary(5, pipeline=True), BINARIZED]
    rows = []
    for design in designs:
        found = costs[design]
        sc = design.arithmetic == "stochastic" and design != BINARIZED
        accuracy = (accuracies.get((design.states, design.length)) if sc
                    else exact.get(design.states, {}).get("percent"))
        low, high = with_junctions(found)
        rows.append([_name(design), "-" if accuracy is None else f"{accuracy:.2f}",
                     f"{1e-6 * found['area_um2']:.2f}", f"{found['clock_mhz']:.0f}",
                     f"{found['cycles_per_image']:,}", f"{found['images_per_s']:,.0f}", nano(found["energy_j"]),
                     f"{nano(low)} to {nano(high)}" if sc else "none needed",
                     " to ".join(map(nano, found["energy_bounds_j"]))])
    return markdown(["design", "accuracy, %", "area, mm2", "MHz", "cycles an image", "images/s", "nJ an image",
                     "nJ with junctions for LFSRs", "nJ, bounds"], rows)


def _name(design: Design) -> str:
    if design == BINARIZED:
        return "binarized, K = 2, L = 1"
    more = ", pipeline" if design.pipeline else ""
    if design.arithmetic == "binary":
        return f"binary arithmetic, K = {design.states}{more}"
    unroll = f", B = {design.unroll}" if design.unroll > 1 else ""
    return f"SC, K = {design.states}, L = {design.length}{unroll}{more}"


def parts_table(costs: Costs) -> str:
    """Energy of an image by parts, of both layers."""
    designs = (stochastic(5, 100), stochastic(5, 4), stochastic(5, 4, 4), binary(5), BINARIZED)
    columns = [_by_part(costs[design]) for design in designs]
    names = sorted({name for column in columns for name in column}, key=lambda name: -columns[0].get(name, 0.0))
    return markdown(["part, nJ an image", *map(_name, designs)],
                    [[name, *(nano(column[name]) if name in column else "" for column in columns)] for name in names])


def _by_part(found: Mapping[str, Any]) -> dict[str, float]:
    sums: defaultdict[str, float] = defaultdict(float)
    for part in found["parts"]:
        sums[part["name"]] += _joules(part)
    return {**sums, "buffers of the clock": found["clock_tree_j"], "leakage": found["leakage_j"]}


def _joules(part: Mapping[str, Any]) -> float:
    return float((part["nets_j"] + part["internal_j"]) * part["glitches"] + part["clock_j"] + part["memory_j"])


def _logic(part: Mapping[str, Any]) -> float:
    """Without memories, which with fewer neurons at a time are fewer and larger."""
    return _joules(part) - float(part["memory_j"])


def check_table(costs: Costs) -> str:
    """How far composed figures are from those of the whole, and random images from real ones."""
    few, whole = costs[stochastic(5, 8, neurons=2)], costs[stochastic(5, 8)]
    steps = whole["cycles_per_image"] / few["cycles_per_image"]
    neurons = sum(_logic(part) for part in few["parts"] if part["name"] in _PER_NEURON)
    composed = (sum(map(_logic, few["parts"])) - neurons) * steps + neurons
    measured = sum(map(_logic, whole["parts"]))
    offset, slope = line(costs)
    rows = [["P = 10 from P = 2, L = 8: gates and flip-flops", nano(composed), nano(measured),
             _percent(composed, measured)]]
    for length in (8, 16):
        from_line, energy = offset + slope * length, costs[stochastic(5, length)]["energy_j"]
        rows.append([f"L = {length} from the line through L = 4 and 100", nano(from_line), nano(energy),
                     _percent(from_line, energy)])
    for title, real, random in (("SC, K = 5, L = 8", stochastic(5, 8), stochastic(5, 8, noise=True)),
                                ("binary arithmetic, K = 5", binary(5), binary(5, noise=True))):
        a, b = costs[random]["energy_j"], costs[real]["energy_j"]
        rows.append([f"images of random pixels for real ones: {title}", nano(a), nano(b), _percent(a, b)])
    for design in (stochastic(5, 100), stochastic(5, 4, 4), stochastic(5, 4, 4, pipeline=True), binary(5),
                   binary(5, pipeline=True), BINARIZED):
        factor = next(part["glitches"] for part in costs[design]["parts"] if part["name"] == "neurons")
        rows.append([f"glitches in neurons, factor on their gates: {_name(design)}", f"{factor:.2f}", "1 without", ""])
    return markdown(["what", "nJ an image", "the other", "off by"], rows)


def _percent(a: float, b: float) -> str:
    return f"{100 * (a / b - 1):+.1f} %"


def over_length(costs: Costs, junctions: int | None = None) -> list[float]:
    """Energy of an image at each of `OVER_LENGTH`, K = 5; with junctions, 0 the lowest figure, 1 the highest."""
    return [float(found["energy_j"]) if junctions is None else with_junctions(found)[junctions]
            for found in (costs[stochastic(5, length)] for length in OVER_LENGTH)]


def line(costs: Costs) -> tuple[float, float]:
    """Energy of an image at L = 0 and for each further bit, through the shortest and the longest, K = 5."""
    energies = over_length(costs)
    slope = (energies[-1] - energies[0]) / (OVER_LENGTH[-1] - OVER_LENGTH[0])
    return energies[0] - slope * OVER_LENGTH[0], slope


def length_of(energies: Sequence[float], energy: float) -> float:
    """Length at which an image takes so much, linear between those that were measured and beyond them."""
    segment = min(max(bisect_left(energies, energy) - 1, 0), len(energies) - 2)
    (first, last), (less, more) = OVER_LENGTH[segment:segment + 2], energies[segment:segment + 2]
    return max(0.0, first + (energy - less) * (last - first) / (more - less))


def break_even(costs: Costs) -> str:
    """Stream lengths below which SC takes less than others."""
    others = (binary(5), binary(5, pipeline=True), BINARIZED)
    rows = [[title, *(f"{length_of(over_length(costs, junctions), costs[other]['energy_j']):.1f}" for other in others)]
            for title, junctions in (("LFSRs", None), ("junctions, 20 fJ a bit", 0), ("junctions, 80 fJ a bit", 1))]
    return markdown(["random bits of SC, K = 5, B = 1", *(f"L of equal energy: {_name(other)}" for other in others)],
                    rows)


def draw(costs: Costs, path: Path) -> None:
    """Energy of an image over the length of streams."""
    figure, axes = new_figure(7.2, 4.6)
    axes.plot(OVER_LENGTH, [1e9 * energy for energy in over_length(costs)], "o-", color=COLOURS[0],
              label="SC, K = 5, LFSRs")
    low, high = ([1e9 * energy for energy in over_length(costs, choice)] for choice in (0, 1))
    axes.plot(OVER_LENGTH, low, "o-", color=COLOURS[2], label="SC, K = 5, junctions of 20 to 80 fJ a bit")
    axes.fill_between(OVER_LENGTH, low, high, color=COLOURS[2], alpha=0.3, linewidth=0)
    unrolled = [costs[stochastic(5, steps, steps)] for steps in UNROLLED]
    axes.plot(UNROLLED, [1e9 * with_junctions(found)[0] for found in unrolled], "s", color=COLOURS[2],
              label="the same with B = L")
    for colour, design, style in ((COLOURS[1], binary(5), "-"),
                                  (COLOURS[1], binary(5, pipeline=True), "--"),
                                  (COLOURS[6], BINARIZED, "-")):
        axes.axhline(1e9 * costs[design]["energy_j"], color=colour, linestyle=style, linewidth=1.5, label=_name(design))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("bits in a stream, L")
    axes.set_ylabel("nJ an image (OSU 0.18 um, 784-100-10, S = 16, P = 10)")
    axes.legend(frameon=False, fontsize=9)
    save_figure(figure, path)
