"""cocotb testbench of bulk runs: waits for the harness, which does everything in HDL, and compares all it recorded."""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import ReadOnly, RisingEdge

from spinsc.gen.manifest import MANIFEST, Manifest
from spinsc.models.golden.trace import Trace
from spinsc.sim.cosim.compare import compare

PR_SET_PDEATHSIG = 1

if sys.platform == "linux":
    # Nobody else would end the simulation of a process that was killed.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.environ.get("SPINSC_PARENT", str(os.getppid())) != str(os.getppid()):
        os._exit(1)


@cocotb.test()
async def every_word_equals_the_golden_model(dut: object) -> None:
    """No accumulator, state, score or class of any layer differs."""
    run = Path(os.environ["SPINSC_RUN"])
    if not dut.done.value:  # type: ignore[attr-defined]
        await RisingEdge(dut.done)  # type: ignore[attr-defined]
    await ReadOnly()
    manifest = Manifest.load(run / MANIFEST)
    with np.load(run / "expected.npz") as archive:
        layers = range(len(manifest.layers))
        expected = Trace(
            archive["input_states"], [archive[f"accumulators{n}"] for n in layers],
            [archive[f"states{n}"] for n in layers[:-1]], archive["scores"], archive["classes"])
        labels, first = archive["labels"], int(archive["first"])
    comparison = compare(manifest, expected, labels, run, first)
    (run / "comparison.json").write_text(json.dumps(comparison.to_json()))
    for mismatch in comparison.listed:
        dut._log.error("%s", mismatch)  # type: ignore[attr-defined]
    assert comparison.mismatches == 0, f"{comparison.mismatches} mismatches"
