"""Icarus Verilog, the one on PATH: slow, but four-valued, so it sees what nobody has set."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self, TextIO

import cocotb_tools.config

from spinsc.errors import InputError
from spinsc.sim.simulators.base import Design, Simulator

MINIMUM_VERSION = 11
#: A second top module, which writes the waveform of the first.
WAVEFORM_TOP = "spinsc_waveform"
WAVEFORM_MODULE = """\
module {name};
  string path;
  initial
    if ($value$plusargs("spinsc_waveform=%s", path) != 0) begin
      $dumpfile(path);
      {dumped}
    end
endmodule
"""


@dataclass(frozen=True)
class Icarus(Simulator):
    """An Icarus Verilog: its compiler, and the program that simulates what that has made."""

    name: ClassVar[str] = "icarus"
    title: ClassVar[str] = "Icarus Verilog"
    remedy: ClassVar[str] = "install the package iverilog"
    cycle_s: ClassVar[float] = 2e-4
    product_s: ClassVar[float] = 3e-7

    simulation: Path = Path("vvp")

    @classmethod
    def find(cls) -> Self:
        """See `Simulator`."""
        compiler, simulation = shutil.which("iverilog"), shutil.which("vvp")
        if compiler is None or simulation is None:
            raise InputError(f"no iverilog on PATH: {cls.remedy}")
        output = subprocess.run([compiler, "-V"], capture_output=True, text=True, check=False).stdout
        match = re.match(r"Icarus Verilog version (\d+)\.(\d+)", output)
        if match is None or int(match[1]) < MINIMUM_VERSION:
            raise InputError(f"{compiler} is {output.partition(chr(10))[0].strip() or 'unusable'}, not Icarus Verilog "
                             f"{MINIMUM_VERSION} or newer: {cls.remedy}")
        return cls(Path(compiler), f"{match[1]}.{match[2]}", "PATH", Path(simulation))

    def identity(self, design: Design, waves: bool) -> tuple[str, ...]:
        """See `Simulator`."""
        return self.version, *self._compile_command(design, Path(), waves)

    def compile(self, design: Design, folder: Path, log: TextIO, *, waves: bool, jobs: int) -> None:
        """See `Simulator`."""
        # Modules without a time unit of their own have that of the harness, and not seconds.
        (folder / "timescale.f").write_text("+timescale+1ns/1ps\n")
        (folder / "waveform.sv").write_text(WAVEFORM_MODULE.format(name=WAVEFORM_TOP, dumped=" ".join(
            f"$dumpvars({levels}, {path});" for path, levels in design.traced or [(design.top, 0)])))
        command = [*self._compile_command(design, folder, waves), *(f"-I{path}" for path in design.include_path),
                   *map(str, design.sources)]
        subprocess.run(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=True)

    def product(self, design: Design) -> str:
        """See `Simulator`."""
        return f"{design.top}.vvp"

    def command(self, executable: Path, waveform: Path | None = None) -> list[str]:
        """See `Simulator`."""
        # -n: a $stop ends it, and does not wait for commands
        return [str(self.simulation), "-n", "-m", cocotb_tools.config.lib_entry("vpi", "icarus"), str(executable),
                *(["-fst", f"+spinsc_waveform={waveform}"] if waveform is not None else [])]

    def _compile_command(self, design: Design, folder: Path, waves: bool) -> list[str]:
        return [str(self.executable), "-g2012", "-f", str(folder / "timescale.f"), "-s", design.top,
                *(f"-P{design.top}.{name}={value}" for name, value in design.parameters.items()),
                "-o", str(folder / self.product(design)),
                *(["-s", WAVEFORM_TOP, str(folder / "waveform.sv")] if waves else [])]
