"""The main program of bulk simulations next to cocotb's own: whatever Python waits for, however it ends, and whoever
makes the clock; and the functions that models use instead of Verilator's."""

import dataclasses
import signal
import subprocess

import pytest

from spinsc.sim.simulators.base import Design
from spinsc.sim.simulators.verilator import COCOTB_MAIN, Verilator
from tests.benches.bench import run_bench

TOP = "main_program"
# Plusargs choose what happens: `done` changes every so many clock edges; after so many the simulation ends somehow.
DESIGN = """
module main_program (input logic given_clock, output logic done);
  timeunit 1ns; timeprecision 1ps;
  int edges, every, end_at, stop_at, fatal_at;
  bit clk;
  function automatic void count();
    edges = edges + 1;
    if (edges == 1000) begin
      $display("still running");
      $fflush();
    end
  endfunction
  initial begin
    if ($value$plusargs("every=%d", every) == 0) every = 0;
    if ($value$plusargs("end_at=%d", end_at) == 0) end_at = 0;
    if ($value$plusargs("stop_at=%d", stop_at) == 0) stop_at = 0;
    if ($value$plusargs("fatal_at=%d", fatal_at) == 0) fatal_at = 0;
`ifndef SPINSC_TB_CLOCK
    while (stop_at == 0 || edges < stop_at) begin
      #5 clk = !clk;
      count();
    end
`endif
  end
`ifdef SPINSC_TB_CLOCK
  assign clk = given_clock;
  always @(posedge given_clock, negedge given_clock) count();
`endif
  always @(posedge clk) begin
    if (every != 0 && edges % every < 2) done <= !done;
    if (end_at != 0 && edges >= end_at) $finish;
    if (fatal_at != 0 && edges >= fatal_at) $fatal(1, "the hardware is broken");
  end
endmodule
"""

WAITING = """
import json
import os
from pathlib import Path

import cocotb
from cocotb.triggers import (Combine, FallingEdge, First, NextTimeStep, ReadOnly, ReadWrite, RisingEdge,
                             SimTimeoutError, Timer, with_timeout)
from cocotb.utils import get_sim_time

@cocotb.test()
async def waits(dut):
    seen = []

    def note(what):
        seen.append([what, get_sim_time("ps"), int(dut.done.value)])

    async def count():
        for _ in range(6):
            await RisingEdge(dut.done)
            note("other task")

    other = cocotb.start_soon(count())
    note("start")
    for trigger in (
            RisingEdge(dut.done), FallingEdge(dut.done), ReadOnly(), NextTimeStep(), NextTimeStep(), ReadWrite(),
            Timer(3, "ns"), Timer(1, "ps"), Timer(1, "us"), NextTimeStep(), ReadOnly(), RisingEdge(dut.done),
            Timer(10, "ns"), ReadWrite(), ReadOnly(), Timer(200, "ns"), First(RisingEdge(dut.done), Timer(7, "ps")),
            First(RisingEdge(dut.done), Timer(1, "us")), Combine(RisingEdge(dut.done), Timer(11, "ns"))):
        await trigger
        note(type(trigger).__name__)
    await NextTimeStep()
    for value in (1, 0, 1):  # what Python writes is seen at once, until the hardware changes it
        dut.done.value = value
        await ReadOnly()
        note("written")
        await RisingEdge(dut.done)
        note("after writing")
    try:
        await with_timeout(Timer(1, "ms"), 700, "ns")
    except SimTimeoutError:
        note("timeout")
    await other
    note("end")
    Path(os.environ["SEEN"]).write_text(json.dumps(seen))
"""
FOREVER = """
import os
from pathlib import Path

import cocotb
from cocotb.triggers import RisingEdge

@cocotb.test()
async def waits_for_done(dut):
    await RisingEdge(dut.done)
    assert "FAIL" not in os.environ, "as it was told"
"""


class WithCocotbsMain(Verilator):
    """The same with cocotb's main program whatever the testbench."""

    def main(self, design, waves):
        return COCOTB_MAIN


@pytest.fixture(scope="module")
def executables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("main")
    source = folder / f"{TOP}.sv"
    source.write_text(DESIGN)
    design = Design(TOP, (source,), ("done",))
    driven = dataclasses.replace(design, clock="given_clock")
    return {"ours": Verilator.find().build(design, folder), "ours, which makes the clock": Verilator.find().build(
        driven, folder), "cocotb's": WithCocotbsMain.find().build(driven, folder)}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Put a module of cocotb tests where the simulation finds it, under a name of its own."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        (tmp_path / "bench_of_main_program.py").write_text(text)
        return "bench_of_main_program"

    return write


def outcome(executable, bench, folder, *arguments, **environment):
    [found] = run_bench(executable, TOP, bench, folder, arguments=arguments, environment=environment, timeout_s=60)
    return found


@pytest.mark.parametrize("every", [2, 14, 50])
def test_python_sees_the_same_as_under_cocotbs_main_program(executables, bench, tmp_path, every):
    module = bench(WAITING)
    seen = {}
    for main, executable in executables.items():
        found = outcome(executable, module, tmp_path, f"+every={every}", SEEN=str(tmp_path / "seen"))
        assert found.passed, found
        seen[main] = (tmp_path / "seen").read_text()
        (tmp_path / "seen").unlink()
    assert len(set(seen.values())) == 1
    assert seen["ours"].count("written") == 3


@pytest.mark.parametrize(("argument", "message"), [
    ("+end_at=1000", "ended prematurely"), ("+stop_at=1000", "ended prematurely"),
    ("+fatal_at=1000", "the hardware is broken")])
def test_simulation_that_ends_before_it_is_done_fails(executables, bench, tmp_path, argument, message):
    stops = [executable for main, executable in executables.items() if main != "ours, which makes the clock"]
    for executable in stops if "stop" in argument else executables.values():
        outcomes = run_bench(executable, TOP, bench(FOREVER), tmp_path, arguments=[argument], timeout_s=60)
        assert not any(found.passed for found in outcomes)
        assert message in "\n".join(map(str, outcomes))


def test_python_that_fails_ends_the_simulation(executables, bench, tmp_path):
    executable = executables["ours"]
    assert outcome(executable, bench(FOREVER), tmp_path, "+every=1000").passed
    assert "as it was told" in outcome(executable, bench(FOREVER), tmp_path, "+every=1000", FAIL="").message
    found = outcome(executable, bench("raise RuntimeError('no such bench')"), tmp_path)
    assert "no such bench" in found.message
    found = outcome(executable, "tests.no_such_module", tmp_path)
    assert "no_such_module" in found.message


@pytest.mark.parametrize("main", ["ours", "ours, which makes the clock"])
def test_interrupt_ends_a_simulation_while_python_waits(executables, bench, tmp_path, main):
    environment = Verilator.find().environment(bench(FOREVER), TOP, tmp_path / "results.xml")
    with subprocess.Popen([executables[main]], cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as simulation:
        try:
            assert "still running\n" in simulation.stdout
            simulation.send_signal(signal.SIGINT)
            assert simulation.wait(10) == -signal.SIGINT
        finally:
            simulation.kill()


WIDTHS = range(1, 201)
COUNTING = """
module counting (input logic given_clock, output logic done);
  int file, times;
  logic [199:0] state = 200'h1, bits;
  initial file = $fopen("counts", "w");
  always @(posedge given_clock) begin
    // a linear feedback shift register, and now and then all ones or none
    state <= {state[198:0], state[199] ^ state[197] ^ state[196] ^ state[194]};
    bits <= times % 50 == 0 ? '0 : times % 50 == 1 ? '1 : state;
    times <= times + 1;
    if (times == 400) done <= 1'b1;
  end
  for (genvar width = 1; width <= 200; width++) begin : g_width
    always @(posedge given_clock)
      if (times > 0 && !done) $fdisplay(file, "%0d %h %0d", width, bits[width-1:0], $countones(bits[width-1:0]));
  end
  always @(posedge done) $fflush(file);
endmodule
"""


def test_ones_are_counted_in_vectors_of_every_width(bench, tmp_path):
    (tmp_path / "counting.sv").write_text(COUNTING)
    design = Design("counting", (tmp_path / "counting.sv",), ("done",), clock="given_clock")
    executable = Verilator.find().build(design, tmp_path / "build")
    [found] = run_bench(executable, "counting", bench(FOREVER), tmp_path, timeout_s=60)
    assert found.passed, found
    lines = [line.split() for line in (tmp_path / "counts").read_text().splitlines()]
    assert {int(width) for width, _, _ in lines} == set(WIDTHS)
    assert len(lines) >= 390 * len(WIDTHS)
    assert {bits.lstrip("0") for _, bits, _ in lines} >= {"", "f" * 50}
    assert all(int(bits, 16).bit_count() == int(count) for _, bits, count in lines)
