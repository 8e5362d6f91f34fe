"""Which Icarus Verilog is used, and what it builds with."""

import subprocess

import pytest

from spinsc.errors import InputError
from spinsc.sim.simulators.base import Design
from spinsc.sim.simulators.icarus import Icarus
from tests.fst import Waveform
from tests.sim.cli.samples import without
from tests.tools import needs_icarus


@pytest.mark.parametrize("tool", ["iverilog", "vvp"])
def test_none_on_path(monkeypatch, tool):
    without(monkeypatch, tool)
    with pytest.raises(InputError, match="no iverilog on PATH: install the package iverilog"):
        Icarus.find()


@pytest.mark.parametrize(("output", "said"), [
    ("Icarus Verilog version 10.3 (stable) ()", r"is Icarus Verilog version 10.3 \(stable\) \(\), not .* 11 or newer"),
    ("", "is unusable, not"), ("Icarus Verilog version 12.0 (stable) ()", None)])
def test_version(monkeypatch, tmp_path, output, said):
    for name in ("iverilog", "vvp"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{output}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    if said is None:
        assert str(Icarus.find()) == "Icarus Verilog 12.0 (PATH)"
    else:
        with pytest.raises(InputError, match=said):
            Icarus.find()


@needs_icarus
def test_a_broken_source_is_named_with_the_log(tmp_path):
    (tmp_path / "top.sv").write_text("module top; wire a = ; endmodule\n")
    with pytest.raises(InputError, match=r"Icarus Verilog could not build top: .*top\.sv:1: .*rror.* \(log: .*\.log\)"):
        Icarus.find().build(Design("top", (tmp_path / "top.sv",)), tmp_path / "build")


@needs_icarus
def test_parameters_includes_and_waveform(tmp_path):
    (tmp_path / "top.sv").write_text(
        'module top; parameter int A = 1;\n`include "b.vh"\n'
        'logic [3:0] c = 1; initial begin #1 c = 2; $display("%0d %0d", A, B); $finish; end endmodule\n')
    (tmp_path / "b.vh").write_text("localparam int B = 5;\n")
    icarus = Icarus.find()
    built = icarus.build(Design("top", (tmp_path / "top.sv",), parameters={"A": 7}), tmp_path / "build", waves=True)
    command = icarus.command(built, tmp_path / "wave.fst")
    command = [part for part in command if part != "-m" and not part.endswith(".so")]  # without cocotb
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:] == ["7", "5"]
    assert Waveform(tmp_path / "wave.fst").widths["top.c"] == 4
