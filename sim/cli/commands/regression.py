"""``spinsc regression``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spinsc.sim.cli.command import option, positional
from spinsc.sim.cli.options import JsonOption, cores

if TYPE_CHECKING:
    from spinsc.sim.report.report import Report


@dataclass(frozen=True, kw_only=True)
class Regression(JsonOption):
    """The long regression: shipped networks, and odd untrained ones, on all test images through the RTL."""

    summary = "co-simulate the shipped networks, and odd untrained ones, on all test images; takes long"

    names: tuple[str, ...] = positional("NAME", "shipped networks, or 'odd' or 'planned'; by default all", nargs="*")
    images: int = option(metavar="N", low=1, default=10_000,
                         help="test images; at most 1,000 of a data set that is not on this machine")
    jobs: int = option(metavar="J", low=1, default=min(4, cores()), help="simulations at a time")

    def result(self) -> Report:
        from spinsc.sim.cli.commands.cosim import simulation_progress
        from spinsc.sim.cosim.regression import images_of, named_networks, regress
        from spinsc.sim.report.cosimulation import REGRESSION_HEADER, regression_data, regression_line
        from spinsc.sim.report.report import Report

        networks = named_networks(self.names)
        tests = {}
        for dataset in dict.fromkeys(network.dataset for network in networks.values()):
            images, lacking = images_of(dataset)
            tests[dataset] = images[:self.images]
            if lacking and len(images) < self.images:
                self._say(f"only {len(images):,} images, those in the package: {lacking}")
        self._say(REGRESSION_HEADER)
        outcomes = {}
        for name, network in networks.items():
            with simulation_progress(len(tests[network.dataset]), name) as (advance, _):
                outcomes[name] = regress(name, network, tests[network.dataset], self.jobs, advance)
            self._say(regression_line(name, outcomes[name]))
        passed = all(outcome.passed for outcome in outcomes.values())
        return Report(("every word of every layer is equal" if passed else
                       "MISMATCHES: the hardware and the golden model differ",),
                      {"passed": passed, "networks": [regression_data(*each) for each in outcomes.items()]}, passed)

    def _say(self, line: str) -> None:
        if not self.json:
            print(line, flush=True)
