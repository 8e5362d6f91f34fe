"""Decides claims: Yosys makes an and-inverter graph of the Verilog, in which ABC looks for a way to ``bad``."""

from __future__ import annotations

import re
import resource
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spinsc.sim.flows.steps import run_yosys
from tests.formal.claim import DUT, STARTED, TOP, Claim
from tests.model_checker import check

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
        before, found, after = claim.verilog().partition("spinsc_rom #")
        assert found, "the component has no ROM"
        # the module that it is in, whose name is the path to it
        path = re.findall(rf"^module \\{TOP}\.(\S+)", before, re.MULTILINE)[-1]
        rom = re.match(r"\([^;]*?\) *\\?(\S+) *\(", after)
        assert rom is not None
        commands += ["flatten", f"connect -nounset -set {path}.{rom[1]}.contents {TOP}.{claim.contents}"]
    with tempfile.TemporaryDirectory() as name:
        _graph(Path(name), claim, commands)
        return _decide(Path(name), claim.bound, limit_s)


def _graph(folder: Path, claim: Claim, commands: Sequence[str]) -> None:
    (folder / "claim.v").write_text(claim.verilog())
    (folder / "mem").symlink_to(claim.memories)
    sources = " ".join(f'"{path}"' for path in (*claim.sources, "claim.v"))
    run_yosys(folder, [f"read_verilog -sv {sources}", f"hierarchy -check -top {TOP}", "proc", ANY_START, *commands,
                       *GRAPH, "write_aiger claim.aig"], lambda stage: None)


def _decide(folder: Path, bound: int | None, limit_s: int) -> Verdict:
    # undc: registers that may hold anything at the start become inputs of the first cycle
    engine = "dprove -T 0" if bound is None else f"bmc3 -F {bound}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    found = check(folder, f"read_aiger claim.aig; logic; undc; strash; {engine}", limit_s)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    if found is None:
        return Verdict(False, False, seconds)
    status, frames = found
    return Verdict(status == 1 or (bound is not None and status != 0 and frames + 1 >= bound), status == 0, seconds)
