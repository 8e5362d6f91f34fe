"""Co-simulations as JUnit XML, which every CI server shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from spinsc.sim.cosim.report import Report as Outcome

#: What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(outcome: Outcome, name: str) -> bytes:
    """A test suite of this name: a case for each kind of word of each layer, for the cycles, unset bits, and stress.

    The time of the run is that of its first case.
    """
    cases: list[tuple[str, str]] = []
    found = outcome.comparison
    for place, (words, wrong) in found.places.items():
        listed = [str(mismatch) for mismatch in found.listed
                  if f"layer {mismatch.layer} {mismatch.quantity}" == place]
        cases.append((place, "\n".join([f"{wrong:,} of {words:,} differ", *listed]) if wrong else ""))
    cases.append(("images", "" if found.images else "no image was compared"))
    cases.append(("cycles", "results arrived at other clock cycles than the manifest predicts"
                  if outcome.untimely else ""))
    cases.append(("bits are set", "\n".join(found.violations)))
    if outcome.stress is not None:
        under = outcome.stress.comparison
        cases.append(("stress", "" if outcome.stress.passed else "\n".join(
            [f"{under.mismatches:,} of {under.words:,} words differ", *under.violations, *map(str, under.listed)])))
    seconds = outcome.build_s + outcome.simulation_s
    failures = sum(bool(text) for _, text in cases)
    suites = ElementTree.Element("testsuites", name="spinsc cosim")
    suite = ElementTree.SubElement(suites, "testsuite", name=_written(name), tests=str(len(cases)),
                                   failures=str(failures), errors="0", skipped="0", time=f"{seconds:.3f}")
    for number, (case, text) in enumerate(cases):
        entry = ElementTree.SubElement(suite, "testcase", classname=_written(f"spinsc.cosim.{name}"), name=case,
                                       time=f"{0 if number else seconds:.3f}")
        if text:
            first, _, _ = text.partition("\n")
            ElementTree.SubElement(entry, "failure", message=_written(first)).text = _written(text)
    ElementTree.indent(suites)
    return bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)) + b"\n"


def _written(text: str) -> str:
    return _UNWRITABLE.sub("?", text)
