"""Tools that no package of the index brings, so that a test may have to do without: marks, each with its reason."""

from __future__ import annotations

import shutil

import pytest

from spinsc.errors import InputError
from spinsc.sim.flows import tools
from spinsc.sim.simulators.registry import find_simulator
from tests.browser import CHROMIUM

HAS_ICARUS = shutil.which("iverilog") is not None
#: The simulator of tests that any will do for: the one that builds fastest, where it is there.
ANY_SIMULATOR = "icarus" if HAS_ICARUS else "verilator"


def _needs_waves(simulator: str) -> pytest.MarkDecorator:
    try:
        find_simulator(simulator).check_waves()
        lacking = False
    except InputError:
        lacking = True
    return pytest.mark.skipif(
        lacking, reason="zlib.h, which waveforms of Verilator take, is not a package of the index; CI installs it")


needs_waves, needs_waves_of_verilator = _needs_waves(ANY_SIMULATOR), _needs_waves("verilator")
needs_icarus = pytest.mark.skipif(
    not HAS_ICARUS, reason="Icarus Verilog (iverilog) is not a package of the index; CI installs it")
needs_yosys = pytest.mark.skipif(
    shutil.which("yosys") is None, reason="FuseSoC's scripts for Yosys are in Tcl, which that of the index has not; CI "
    "installs one that has")
needs_standard_cells = pytest.mark.skipif(
    tools.STA.look() is None or tools.OSU_CELLS.look() is None,
    reason="OpenSTA (opensta) and the OSU cells (qflow-tech-osu018) are not packages of the index; CI installs them")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium (chromium) is not a package of the index; CI installs it")
