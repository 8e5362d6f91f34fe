"""cocotb testbench of bulk runs: waits for the harness, which does everything in HDL, and compares all it recorded."""

import ctypes
import os
import signal
import sys

import cocotb
from cocotb.triggers import ReadOnly, RisingEdge

from spinsc.sim.cosim.compare import compare
from spinsc.sim.cosim.run_folder import RunFolder, parent_process
from spinsc.sim.cosim.stress import compare_stressed

PR_SET_PDEATHSIG = 1

if sys.platform == "linux":
    # Nobody else would end the simulation of a process that was killed.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent_process() != os.getppid():
        os._exit(1)


@cocotb.test()
async def every_word_equals_the_golden_model(dut: object) -> None:
    """No accumulator, state, score or class of any layer differs."""
    if not dut.done.value:  # type: ignore[attr-defined]
        await RisingEdge(dut.done)  # type: ignore[attr-defined]
    await ReadOnly()
    run = RunFolder.of_testbench()
    stress = run.stress()
    comparison = compare(run) if stress is None else compare_stressed(run, stress)
    run.write_comparison(comparison)
    for trouble in (*comparison.listed, *comparison.violations):
        dut._log.error("%s", trouble)  # type: ignore[attr-defined]
    assert comparison.mismatches == 0, f"{comparison.mismatches} mismatches"
    assert not comparison.violations, comparison.violations[0]
