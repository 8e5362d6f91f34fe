"""Runs a module of cocotb tests on a built simulation and reads each test's outcome."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from spinsc.sim.simulators.base import Simulator
from spinsc.sim.simulators.registry import find_simulator


@dataclass(frozen=True)
class Outcome:
    """What became of one cocotb test. ``message`` is empty if it passed."""

    name: str
    message: str = ""

    @property
    def passed(self) -> bool:
        return not self.message

    def __str__(self) -> str:
        return f"{self.name}: {self.message or 'passed'}"


def run_bench(executable: Path, top: str, test_module: str, folder: Path, *,
              environment: Mapping[str, str] | None = None, arguments: Sequence[str] = (),
              simulator: Simulator | None = None, timeout_s: float = 600) -> list[Outcome]:
    """Run every test of a cocotb test module.

    Parameters
    ----------
    executable : path
        From :meth:`~spinsc.sim.simulators.base.Simulator.build`.
    top, test_module : str
        Name of the top module, and dotted name of the Python module.
    folder : path
        Where the simulation runs: memory images are looked for in its ``mem``, and it gets ``simulation.log`` and
        ``results.xml``.
    environment : mapping
        For the test module, besides what cocotb needs.
    arguments : list of str
        For the simulation: plusargs.
    simulator : Simulator, optional
        That built it; by default the usual one.
    timeout_s : float
        After which the simulation is stopped.

    Returns
    -------
    list of Outcome
        At least one. If the simulation broke off, the last says where its output lies, and what Verilator complained of
        or else how it ends.
    """
    results, log = folder / "results.xml", folder / "simulation.log"
    results.unlink(missing_ok=True)
    simulator = simulator or find_simulator()
    settings = simulator.environment(test_module, top, results, environment)
    with log.open("w") as output:
        try:
            status = str(subprocess.run(
                [*simulator.command(executable), *arguments], cwd=folder, env=settings, stdout=output,
                stderr=subprocess.STDOUT, timeout=timeout_s, check=False).returncode)
        except subprocess.TimeoutExpired:
            status = f"no end after {timeout_s} s"
    outcomes = read_results(results) if results.is_file() else []
    if not outcomes or status != "0":
        lines = log.read_text(errors="replace").splitlines()
        complaints = [line for line in lines if "%Fatal" in line or "%Error" in line]
        end = "\n".join(complaints[:5] or lines[-5:])
        outcomes.append(Outcome(test_module, f"the simulation broke off ({status}; log: {log}): {end}"))
    return outcomes


def read_results(path: Path) -> list[Outcome]:
    """Outcome of each test in a results file of cocotb (JUnit XML)."""
    outcomes = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        trouble = [element for element in case if element.tag in ("failure", "error", "skipped")]
        messages = [element.get("message") or element.text or element.tag for element in trouble]
        outcomes.append(Outcome(case.get("name", "?"), "; ".join(messages)))
    return outcomes
