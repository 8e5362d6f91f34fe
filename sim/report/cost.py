"""Report on what a network costs: time, energy of every part, what junctions take, and other processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spinsc.sim.costs import junctions
from spinsc.sim.costs.scaling import PROCESSES, scaling
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
    from spinsc.sim.costs.cost import Cost, PartCost


def cost_report(cost: Cost, directory: str, processes: Sequence[int] = PROCESSES) -> Report:
    """Everything that was found, for the processes that are asked for."""
    table = Table([PART_HEADER, *part_rows(cost)], right=range(1, len(PART_HEADER)))
    return Report((table, Pairs(cost_rows(cost, processes))), cost_data(cost, directory, processes))


PART_HEADER = ("part", "area, um2", "flip-flops", "memory, bits", "gates, nJ", "glitches", "clock, nJ", "memory, nJ",
               "nJ an image")


def part_rows(cost: Cost) -> list[list[str]]:
    """A row for each part, and what belongs to none."""
    rows = [[f"{part.part.name}{'' if part.part.layer is None else f' of layer {part.part.layer}'}",
             f"{part.energy.area_um2:,.0f}", f"{part.energy.flip_flops:,.0f}", f"{part.memory_bits:,}",
             nano(part.gates_j), f"{part.glitches:.2f}", nano(part.energy.clock), nano(part.memory_j),
             nano(part.joules)] for part in cost.parts]
    tree = ["buffers of the clock", f"{cost.tree.area_um2:,.0f}", "", "", "", "", nano(cost.tree.clock), "",
            nano(cost.tree.clock)]
    leakage = ["leakage", *[""] * 7, nano(cost.leakage_j)]
    flip_flops = sum(part.energy.flip_flops for part in cost.parts)
    return [*rows, tree, leakage,
            ["all", f"{cost.area_um2:,.0f}", f"{flip_flops:,.0f}", f"{sum(part.memory_bits for part in cost.parts):,}",
             nano(sum(part.gates_j for part in cost.parts)), "",
             nano(sum(part.energy.clock for part in cost.parts) + cost.tree.clock),
             nano(sum(part.memory_j for part in cost.parts)), nano(cost.joules)]]


def cost_rows(cost: Cost, processes: Sequence[int]) -> list[tuple[str, str]]:
    """Figures that are no table, with what they come from."""
    manifest, latency = cost.manifest, cost.latency
    low, high = cost.bounds
    rows = [("network", f"{'-'.join(map(str, manifest.sizes))}, L = {manifest.length}, {manifest.arithmetic}, random "
                        f"bits: {manifest.random_source if manifest.devices else 'none'}"),
            ("cells", f"{cost.library}, 0.18 um, 1.8 V; activity of {cost.images:,} image{'s' * (cost.images > 1)} in "
                      f"{cost.cycles:,} cycles, equal to the golden model's classes and scores"),
            ("clock", f"{1e-6 / latency.cycle_s:.1f} MHz, as fast as the {latency.limit} are"
                      + (f" (gates: {latency.clock_mhz:.1f} MHz)" if latency.limit != "gates" else "")),
            ("time per image", f"{1e6 * latency.image_s:,.2f} us, {latency.cycles_per_image:,} cycles: "
                               f"{latency.images_per_s:,.0f} images/s"),
            ("latency", f"{1e6 * latency.latency_s:,.2f} us, {latency.latency_cycles:,} cycles"),
            ("energy per image", f"{nano(cost.joules)} nJ, between {nano(low)} (cheapest library entries, no glitches, "
                                 f"half the memory model) and {nano(high)} (dearest, glitches, wires as much as pins, "
                                 "twice the memory model)"),
            ("power", f"{1e3 * cost.joules / latency.image_s:,.2f} mW")]
    if manifest.devices:
        least, most = cost.junctions_j
        cheap, dear = (1e15 * joules for joules in junctions.energy_range())
        rows += [("random bits", f"{nano(cost.random_j)} nJ, made in the hardware"),
                 ("by junctions", f"{cost.junction_bits:,} bits an image of {manifest.devices:,} junctions x {cheap:g} "
                                  f"to {dear:g} fJ = {nano(least)} to {nano(most)} nJ; the network then takes "
                                  f"{nano(cost.joules - cost.random_j + least)} to "
                                  f"{nano(cost.joules - cost.random_j + most)} nJ an image"),
                 ("", "; ".join(f"{source}: {1e15 * joules:g} fJ a bit"
                                for source, joules in junctions.PUBLISHED.items()))]
    for process in processes:
        factors = scaling(process)
        if process != PROCESSES[0]:
            rows.append((f"scaled to {process} nm",
                         f"{nano(cost.scaled_j(process))} nJ an image (x {factors.energy:.3g}), "
                         f"{latency.clock_mhz / factors.delay:,.0f} MHz (/ {factors.delay:.3g}), "
                         f"{cost.area_um2 * factors.area:,.0f} um2, by Stillmaker and Baas 2017; without leakage"))
    return [*rows, ("tools", ", ".join(f"{name} {version}" for name, version in cost.versions.items()))]


def cost_data(cost: Cost, directory: str, processes: Sequence[int]) -> dict[str, Any]:
    """The same as values; joules, seconds, square micrometres."""
    manifest, latency = cost.manifest, cost.latency
    return {
        "directory": directory, "sizes": manifest.sizes, "length": manifest.length, "arithmetic": manifest.arithmetic,
        "random_source": manifest.random_source, "images": cost.images, "cycles": cost.cycles,
        "cycles_per_image": latency.cycles_per_image, "latency_cycles": latency.latency_cycles,
        "clock_mhz": latency.clock_mhz, "limit": latency.limit, "image_s": latency.image_s,
        "latency_s": latency.latency_s, "images_per_s": latency.images_per_s, "area_um2": cost.area_um2,
        "energy_j": cost.joules, "energy_bounds_j": cost.bounds, "leakage_j": cost.leakage_j,
        "clock_tree_j": cost.tree.clock, "random_bits_j": cost.random_j,
        "junctions": manifest.devices, "junction_bits": cost.junction_bits, "junctions_j": cost.junctions_j,
        "parts": [_part_data(part) for part in cost.parts],
        "scaled": [{"process_nm": process, "energy_j": cost.scaled_j(process),
                    "clock_mhz": latency.clock_mhz / scaling(process).delay,
                    "area_um2": cost.area_um2 * scaling(process).area} for process in processes],
        "tools": dict(cost.versions)}


def _part_data(part: PartCost) -> dict[str, Any]:
    energy = part.energy
    return {"name": part.part.name, "layer": part.part.layer, "area_um2": energy.area_um2, "cells": int(energy.cells),
            "flip_flops": int(energy.flip_flops), "memory_bits": part.memory_bits, "nets_j": energy.nets,
            "internal_j": energy.internal, "internal_bounds_j": (energy.internal_low, energy.internal_high),
            "glitches": part.glitches, "clock_j": energy.clock, "memory_j": part.memory_j,
            "leakage_w": energy.leakage_w}


def nano(joules: float) -> str:
    """In nJ, with three digits or all before the point."""
    value = 1e9 * joules
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
