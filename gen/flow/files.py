"""What ``emit --flow`` adds to a folder: ``NAME.core`` and the folder ``flow``."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Sequence
from pathlib import Path

from spinsc.gen import flow
from spinsc.gen.boards.constraints import lpf, pcf
from spinsc.gen.manifest import Manifest

#: Folder of the files, beside ``rtl`` and ``mem``, and in it the files with names of their own.
FOLDER = "flow"
FILE_LIST, LIBRELANE = "rtl.f", "config.json"
#: Test bench of the ``sim`` target, in which the network's ports are put, and its top module.
BENCH, BENCH_TOP = "spinsc_bench.sv", "spinsc_bench"
#: Clock in constraints, in MHz: to be set to what the design is to run at.
CLOCK_MHZ = 50
#: Yosys's synthesis commands.
SYNTHESIS = {"generic": "synth", "ecp5": "synth_ecp5", "ice40": "synth_ice40", "xc7": "synth_xilinx -family xc7"}


def write_flow(root: Path, manifest: Manifest) -> None:
    """Write the files beside what has been emitted; paths in them are relative to ``root``, or to their own folder.

    Parameters
    ----------
    root : Path
        The emitted folder.
    manifest : Manifest
        Of what is in it.
    """
    rtl = [f"rtl/{path.name}" for path in sorted((root / "rtl").iterdir())]
    memories = [f"mem/{path.name}" for path in sorted((root / "mem").iterdir())]
    junctions = [f"sim/{path.name}" for path in sorted((root / "sim").glob("*.sv"))]
    period = 1000 / CLOCK_MHZ
    files = {
        f"{manifest.top}.core": _core(manifest, rtl, memories, junctions),
        f"{FOLDER}/{FILE_LIST}": "".join(f"{name}\n" for name in rtl),
        f"{FOLDER}/{BENCH}": _bench(manifest),
        f"{FOLDER}/{LIBRELANE}": _json(_librelane(manifest, rtl)),
        f"{FOLDER}/{manifest.top}.sdc": f"create_clock -name clk -period {period:g} [get_ports clk]\n",
        f"{FOLDER}/{manifest.top}.xdc": f"create_clock -name clk -period {period:g} [get_ports clk]\n",
        f"{FOLDER}/{manifest.top}.lpf": lpf({}, "clk", CLOCK_MHZ),
        f"{FOLDER}/{manifest.top}.pcf": pcf({}, "clk", CLOCK_MHZ),
        **{f"{FOLDER}/{name}.ys": _yosys(manifest, rtl, command, name) for name, command in SYNTHESIS.items()}}
    (root / FOLDER).mkdir()
    for name, text in files.items():
        (root / name).write_text(text)


def _json(value: object) -> str:
    return json.dumps(value, indent=1) + "\n"


def _core(manifest: Manifest, rtl: Sequence[str], memories: Sequence[str], junctions: Sequence[str]) -> str:
    """Core description of FuseSoC, CAPI2: YAML, of which JSON is a part."""
    def sources(names: Sequence[str]) -> list[object]:
        return [{name: {"file_type": "verilogSource" if name.endswith(".v") else "systemVerilogSource"}}
                for name in names]

    hardware = ["rtl", "memories"]
    return "CAPI=2:\n" + _json({
        "name": f"::{manifest.top}:1.0.0",
        "description": f"Stochastic-computing network {'-'.join(map(str, manifest.sizes))} written by spinsc",
        "filesets": {
            "rtl": {"files": sources(rtl)},
            "memories": {"files": [{name: {"file_type": "user", "copyto": name}} for name in memories]},
            "lint": {"files": [{"lint.vlt": {"file_type": "vlt"}}]},
            "bench": {"files": sources([*junctions, f"{FOLDER}/{BENCH}"])}},
        "targets": {
            "default": {"filesets": hardware, "toplevel": manifest.top},
            "lint": {"filesets": [*hardware, "lint"], "toplevel": manifest.top, "flow": "lint",
                     "flow_options": {"tool": "verilator", "verilator_options": ["-Wall"]}},
            "sim": {"filesets": [*hardware, "bench"], "toplevel": BENCH_TOP, "flow": "sim",
                    "flow_options": {"tool": "icarus", "iverilog_options": ["-g2012"]}},
            "synth": {"filesets": hardware, "toplevel": manifest.top, "default_tool": "yosys",
                      "tools": {"yosys": {"arch": "ecp5", "output_format": "json"}}}}})


def _librelane(manifest: Manifest, rtl: Sequence[str]) -> dict[str, object]:
    """Configuration of LibreLane; the folder of the memory images has to be known to it by its whole path."""
    return {"DESIGN_NAME": manifest.top, "VERILOG_FILES": [f"dir::../{name}" for name in rtl], "CLOCK_PORT": "clk",
            "CLOCK_PERIOD": 1000 / CLOCK_MHZ, "PNR_SDC_FILE": f"dir::{manifest.top}.sdc",
            "SIGNOFF_SDC_FILE": f"dir::{manifest.top}.sdc"}


def _yosys(manifest: Manifest, rtl: Sequence[str], command: str, name: str) -> str:
    return (f"# From the folder above: yosys {FOLDER}/{name}.ys\n"
            f"read_verilog -sv {' '.join(rtl)}\nhierarchy -check -top {manifest.top}\n{command} -top {manifest.top}\n"
            f"write_json {FOLDER}/{name}.json\n")


def _bench(manifest: Manifest) -> str:
    """The test bench, with the network's ports: all inputs that it does not drive are zero."""
    declared = "".join(f"  logic [{port.width - 1}:0] {port.name}{' = 0' if port.direction == 'input' else ''};\n"
                       for port in manifest.ports if port.name not in ("clk", "rst"))
    connected = ", ".join(f".{port.name}" for port in manifest.ports)
    template = importlib.resources.files(flow).joinpath(BENCH).read_text()
    for name, text in (("PORTS", declared.rstrip("\n")), ("NETWORK", f"{manifest.top} network ({connected});"),
                       ("LATENCY", str(manifest.latency_cycles)), ("BEATS", str(manifest.beats_per_image)),
                       ("CLASSES", str(manifest.classes)),
                       ("TLAST", "s_axis_tlast = beat == BEATS - 1;" if manifest.tlast else "")):
        template = template.replace(f"/*{name}*/", text)
    return template
