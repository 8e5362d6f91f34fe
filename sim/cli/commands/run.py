"""``spinsc run``."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spinsc.sim.cli.command import positional
from spinsc.sim.cli.options import JsonOption

if TYPE_CHECKING:
    from spinsc.sim.cli.configuration.steps import Record, Step
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Run(JsonOption):
    """Everything that a configuration file asks for: network, recording, hardware, checks; 1 if anything differs."""

    summary = "do all that a configuration file asks for; what is up to date is not made again"

    file: str = positional("FILE", "configuration, see docs/configuration.md; by default spinsc.toml", nargs="?",
                           default="spinsc.toml")

    def result(self) -> Report:
        from spinsc.sim.cli.configuration.reading import load_configuration
        from spinsc.sim.cli.configuration.steps import Record, plan_steps
        from spinsc.sim.report.configuration import run_report

        file = Path(self.file)
        configuration = load_configuration(file)
        with contextlib.chdir(file.parent):
            steps = plan_steps(configuration, file, self.line)
            record = Record(Path(configuration.out))
            for step in steps:
                step.check()
                record.protect(step)
            done: dict[str, Any] = {}
            for number, step in enumerate(steps, 1):
                self._say(f"{step.name} ({number} of {len(steps)})")
                done[step.name] = self._do(step, record)
                if not done[step.name]["passed"]:
                    break
        return run_report({step.name: step.made for step in steps}, done)

    def _do(self, step: Step, record: Record) -> dict[str, Any]:
        """Do a step, unless it is up to date; how it went, in values of JSON."""
        from spinsc.sim.cli.configuration.steps import protect_edits

        key = step.key()
        if record.up_to_date(step, key):
            known = record.found(step)
            self._say(f"up to date\n{known['said']}".rstrip() + "\n")
            return {"up_to_date": True, "passed": True, "found": known["data"]}
        protect_edits(step)
        found = step.do()
        if not self.json:
            found.show()
            print()
        record.keep(step, key, found)
        return {"up_to_date": False, "passed": found.passed, "found": found.plain}

    def _say(self, line: str) -> None:
        if not self.json:
            print(line, flush=True)
