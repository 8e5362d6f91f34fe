"""Decides claims: Yosys makes an and-inverter graph of the Verilog, in which ABC looks for a way to ``bad``."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tests.formal.claim import DUT, STARTED, TOP, Claim

#: In a process of its own: Yosys prints a lot, and stops its process where something is wrong.
SCRIPT = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.stdin.read().splitlines():
    libyosys.run_pass(command, design)
"""
#: Registers may hold anything at the start.
ANY_START = f"setattr -unset init */w:* {TOP}/w:{STARTED} %d"
#: Cells of the component that a claim is about; the first contents of a memory are not to come from logic.
SUBJECT = f"{TOP}.{TOP}.{DUT}* *spinsc_* %u t:$meminit* %d"
#: Undriven wires, such as those that stand for the contents of a memory image, are inputs.
GRAPH = ("flatten", "memory -nomap", "memory_map", "opt -full -nodffe -nosdff", ANY_START, "dffunmap",
         "opt -full -nodffe -nosdff", "techmap", "opt -fast -nodffe -nosdff", "setundef -undriven -anyseq", "opt_clean",
         "aigmap")


@dataclass(frozen=True)
class Verdict:
    """What was found about a claim.

    Attributes
    ----------
    proved, refuted : bool
        Neither: not decided in the time that was given.
    seconds : float
        Processor time of ABC.
    """

    proved: bool
    refuted: bool
    seconds: float

    def __str__(self) -> str:
        return "proved" if self.proved else "refuted" if self.refuted else "not decided"


def decide(claim: Claim, *, limit_s: int = 60, mutant: int | None = None) -> Verdict:
    """Whether a claim always holds: by bounded search, induction and property directed reachability of ABC.

    Parameters
    ----------
    claim : Claim
    limit_s : int
        Processor time after which ABC is stopped.
    mutant : int, optional
        Seed of a change of the claim's component: one bit at one of its cells is inverted.
    """
    commands = []
    if mutant is not None:
        commands += [f"mutate -list 1 -seed {mutant} -mode inv -o mutant {SUBJECT}", "script mutant"]
    if claim.contents:
        rom = re.search(r"spinsc_rom #\([^;]*?\) *\\?(\S+) *\(", claim.verilog())
        assert rom is not None, "the component has no ROM"
        commands += ["flatten", f"connect -nounset -set {TOP}.{DUT}.{rom[1]}.contents {TOP}.{claim.contents}"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph = folder / "claim.aig"
        _yosys(folder, claim, [*commands, *GRAPH, f"write_aiger {graph.name}"])
        return _abc(graph, claim.bound, limit_s)


def _yosys(folder: Path, claim: Claim, commands: Sequence[str]) -> None:
    (folder / "claim.v").write_text(claim.verilog())
    (folder / "mem").symlink_to(claim.memories)
    sources = " ".join(f'"{path}"' for path in (*claim.sources, "claim.v"))
    script = [f"read_verilog -sv {sources}", f"hierarchy -check -top {TOP}", "proc", ANY_START, *commands]
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=folder, input="\n".join(script), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"Yosys failed: {done.stdout[-1000:]}")


def _abc(graph: Path, bound: int | None, limit_s: int) -> Verdict:
    found = find_spec("pyosys")
    assert found is not None
    assert found.origin is not None
    # undc: registers that may hold anything at the start become inputs of the first cycle
    engine = "dprove -T 0" if bound is None else f"bmc3 -F {bound}"
    script = f"read_aiger {graph}; logic; undc; strash; {engine}; print_status"
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([Path(found.origin).parent / "yosys-abc", "-c", script], capture_output=True, text=True,
                          check=False, preexec_fn=partial(_limit_processor_time, limit_s))
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    if done.returncode == -signal.SIGKILL:
        return Verdict(False, False, seconds)
    status = re.search(r"Status = +(-?\d)  Frames = +(-?\d+)", done.stdout)
    if status is None:
        raise RuntimeError(f"ABC failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    refuted = status[1] == "0"
    return Verdict(status[1] == "1" or (bound is not None and not refuted and int(status[2]) + 1 >= bound), refuted,
                   seconds)


def _limit_processor_time(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
