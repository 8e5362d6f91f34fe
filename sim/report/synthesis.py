"""Report on a synthesized network: what it takes, how fast it is, and what decides that."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from spinsc.sim.flows.place import Placement
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
    from spinsc.gen.targets.part import Part
    from spinsc.sim.flows.synthesis import Resources, Synthesis


def synthesis_report(found: Synthesis, directory: str) -> Report:
    """Resources of each module and of all, and the speed, where it is known."""
    manifest, speed = found.manifest, found.speed
    sizes = "-".join(map(str, manifest.sizes))
    lines = [("network", f"{sizes}, L = {manifest.length}, random bits: {manifest.random_source}"),
             ("target", found.part.title if found.part else "standard cells, OSU 0.18 um"),
             ("cycles per image", f"{manifest.cycles_per_image:,}")]
    data: dict[str, Any] = {
        "directory": directory, "sizes": manifest.sizes, "length": manifest.length, "target": found.target,
        "random_source": manifest.random_source,
        "folding": [{"lanes": layer.lanes, "units": layer.units, "unroll": layer.unroll} for layer in manifest.layers],
        "cycles_per_image": manifest.cycles_per_image, "latency_cycles": manifest.latency_cycles,
        "netlist": str(found.netlist), "tools": dict(found.versions)}
    if speed is not None:
        data |= {"clock_mhz": speed.clock_mhz, "critical_path": speed.critical_path,
                 "critical_path_ns": speed.path_ns, "image_s": manifest.cycles_per_image / speed.clock_mhz / 1e6,
                 "latency_s": manifest.latency_cycles / speed.clock_mhz / 1e6,
                 "images_per_s": speed.clock_mhz * 1e6 / manifest.cycles_per_image}
        lines += [("fastest clock", f"{speed.clock_mhz:.1f} MHz"),
                  ("critical path", f"{speed.path_ns:.1f} ns: {speed.critical_path}"),
                  ("time per image", f"{1e6 * data['image_s']:.1f} us, {data['images_per_s']:,.0f} images/s"),
                  ("latency", f"{1e6 * data['latency_s']:.1f} us, {manifest.latency_cycles:,} cycles")]
    if found.cells is not None:
        cells = found.cells
        table: Pairs | Table = Pairs([
            ("cells", f"{cells.cells:,}, of them {cells.flip_flops:,} flip-flops"),
            ("area", f"{cells.area_um2:,.0f} um2, {cells.gates:,.0f} gate equivalents (two-input NAND)"),
            ("memories", f"{cells.memory_bits:,} bits, in neither of these")])
        data["cells"] = {"count": cells.cells, "flip_flops": cells.flip_flops, "area_um2": cells.area_um2,
                         "gate_equivalents": cells.gates, "memory_bits": cells.memory_bits}
    else:
        rows = module_rows(found)
        table = Table(rows, right=range(1, len(rows[0])))
        data["modules"] = [{"name": row.name, "instances": row.instances, **_data(row.each)} for row in found.rows]
        data["total"] = _data(found.total)
    if isinstance(speed, Placement):
        data["placed"] = {kind: {"used": count, "available": speed.available[kind]}
                          for kind, count in speed.used.items()}
        data["placements_mhz"] = list(speed.tried_mhz)
        if len(speed.tried_mhz) > 1:
            lines.append(("placements", f"{len(speed.tried_mhz)} seeds: "
                          f"{', '.join(f'{clock:.1f}' for clock in speed.tried_mhz)} MHz; the fastest is reported"))
        lines.append(("placed cells", ", ".join(f"{count:,} {kind}" for kind, count in speed.used.items())))
    lines += [("tools", ", ".join(f"{name} {version}" for name, version in found.versions.items())),
              ("netlist", str(found.netlist))]
    return Report((table, Pairs(lines)), data)


def module_rows(found: Synthesis) -> list[list[str]]:
    """A header, what the modules of each row take, what all of them do, and how much of the part that is."""
    part = found.part
    assert part is not None, "standard cells are one module"
    rows = [["module", "instances", f"LUT{part.lut_inputs}", "FF", "RAM", "DSP"],
            *([row.name, f"{row.instances:,}", *_figures(row.each)] for row in found.rows),
            ["all", "", *_figures(found.total)],
            [f"of {part.name}", "", *(f"{100 * share:.1f} %" for share in shares(part, found.total))]]
    return rows if found.total.multipliers else [row[:5] for row in rows]


def shares(part: Part, of: Resources, instances: int = 1) -> tuple[float, ...]:
    """Shares of a part's look-up tables, flip-flops, blocks and, if any is used, multipliers that instances take."""
    used: tuple[float, ...] = (of.luts / part.luts, of.flip_flops / part.flip_flops, of.rams / part.rams)
    if of.multipliers:
        used = (*used, of.multipliers / part.multipliers)
    return tuple(instances * share for share in used)


def _figures(of: Resources) -> list[str]:
    return [f"{value:,.0f}" if value == int(value) else f"{value:,.1f}" for value in dataclasses.astuple(of)]


def _data(of: Resources) -> dict[str, float]:
    return dataclasses.asdict(of)
