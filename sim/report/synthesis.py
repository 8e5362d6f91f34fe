"""Report on a synthesized network: what it takes, how fast it is, and what decides that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spinsc.sim.flows.place import Placement
from spinsc.sim.report.report import Report
from spinsc.sim.report.table import Pairs, Table

if TYPE_CHECKING:
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
        table: Pairs | Table = Pairs([("cells", f"{cells.cells:,}, of them {cells.flip_flops:,} flip-flops"),
                       ("area", f"{cells.area_um2:,.0f} um2, {cells.gates:,.0f} gate equivalents (two-input NAND)"),
                       ("memories", f"{cells.memory_bits:,} bits, in neither of these")])
        data["cells"] = {"count": cells.cells, "flip_flops": cells.flip_flops, "area_um2": cells.area_um2,
                         "gate_equivalents": cells.gates, "memory_bits": cells.memory_bits}
    else:
        table, data["modules"] = _modules(found)
        data["total"] = _data(found.total)
    if isinstance(speed, Placement):
        data["placed"] = {kind: {"used": count, "available": speed.available[kind]}
                          for kind, count in speed.used.items()}
        lines.append(("placed cells", ", ".join(f"{count:,} {kind}" for kind, count in speed.used.items())))
    lines += [("tools", ", ".join(f"{name} {version}" for name, version in found.versions.items())),
              ("netlist", str(found.netlist))]
    return Report((table, Pairs(lines)), data)


def _modules(found: Synthesis) -> tuple[Table, list[dict[str, Any]]]:
    part = found.part
    assert part is not None, "standard cells are one module"
    rows = [["module", "instances", f"LUT{part.lut_inputs}", "FF", "RAM"]]
    rows += [[row.name, f"{row.instances:,}", *_figures(row.each)] for row in found.rows]
    rows.append(["all", "", *_figures(found.total)])
    available = part.luts, part.flip_flops, part.rams
    total = found.total.luts, found.total.flip_flops, found.total.rams
    rows.append([f"of {part.name}", "", *(f"{100 * used / most:.1f} %" for used, most in
                                          zip(total, available, strict=True))])
    return Table(rows, right=range(1, 5)), [{"name": row.name, "instances": row.instances, **_data(row.each)}
                                              for row in found.rows]


def _figures(of: Resources) -> list[str]:
    return [f"{value:,.0f}" if value == int(value) else f"{value:,.1f}" for value in (of.luts, of.flip_flops, of.rams)]


def _data(of: Resources) -> dict[str, float]:
    return {"luts": of.luts, "flip_flops": of.flip_flops, "rams": of.rams}
