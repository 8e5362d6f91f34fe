"""The main program of bulk simulations next to cocotb's own: whatever Python waits for, and however it ends."""

import signal
import subprocess

import pytest

from spinsc.sim.simulators.base import Design
from spinsc.sim.simulators.verilator import BULK_MAIN, COCOTB_MAIN, Verilator
from tests.benches.bench import run_bench

TOP = "main_program"
# Plusargs choose what happens: `done` changes every so many clock edges; after so many the simulation ends somehow.
DESIGN = """
module main_program (output logic done);
  timeunit 1ns; timeprecision 1ps;
  int edges, every, end_at, stop_at, fatal_at;
  bit clk;
  initial begin
    if ($value$plusargs("every=%d", every) == 0) every = 0;
    if ($value$plusargs("end_at=%d", end_at) == 0) end_at = 0;
    if ($value$plusargs("stop_at=%d", stop_at) == 0) stop_at = 0;
    if ($value$plusargs("fatal_at=%d", fatal_at) == 0) fatal_at = 0;
    while (stop_at == 0 || edges < stop_at) begin
      #5 clk = !clk;
      edges = edges + 1;
      if (edges == 1000) begin
        $display("still running");
        $fflush();
      end
    end
  end
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
    return {simulator.main(design, waves=False): simulator.build(design, folder)
            for simulator in (Verilator.find(), WithCocotbsMain.find())}


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
    assert seen[BULK_MAIN] == seen[COCOTB_MAIN]
    assert seen[BULK_MAIN].count("written") == 3


@pytest.mark.parametrize(("argument", "message"), [
    ("+end_at=1000", "ended prematurely"), ("+stop_at=1000", "ended prematurely"),
    ("+fatal_at=1000", "the hardware is broken")])
def test_simulation_that_ends_before_it_is_done_fails(executables, bench, tmp_path, argument, message):
    for executable in executables.values():
        outcomes = run_bench(executable, TOP, bench(FOREVER), tmp_path, arguments=[argument], timeout_s=60)
        assert not any(found.passed for found in outcomes)
        assert message in "\n".join(map(str, outcomes))


def test_python_that_fails_ends_the_simulation(executables, bench, tmp_path):
    executable = executables[BULK_MAIN]
    assert outcome(executable, bench(FOREVER), tmp_path, "+every=1000").passed
    assert "as it was told" in outcome(executable, bench(FOREVER), tmp_path, "+every=1000", FAIL="").message
    found = outcome(executable, bench("raise RuntimeError('no such bench')"), tmp_path)
    assert "no such bench" in found.message
    found = outcome(executable, "tests.no_such_module", tmp_path)
    assert "no_such_module" in found.message


def test_interrupt_ends_a_simulation_while_python_waits(executables, bench, tmp_path):
    environment = Verilator.find().environment(bench(FOREVER), TOP, tmp_path / "results.xml")
    with subprocess.Popen([executables[BULK_MAIN]], cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as simulation:
        try:
            assert "still running\n" in simulation.stdout
            simulation.send_signal(signal.SIGINT)
            assert simulation.wait(10) == -signal.SIGINT
        finally:
            simulation.kill()
