"""The pytest plugin: co-simulations as tests of a repository of one's own.

    def test_network(spinsc_cosim):
        spinsc_cosim("build/mlp1").assert_equal(images=200)

Installed with spinsc (entry point ``pytest11``). ``pytest --junitxml=FILE`` then has the test, with accuracy, cycles
and words compared among its properties; ``--spinsc-reports DIR`` writes a page for each co-simulation.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from spinsc.sim.cosim.report import Report

MARKER = "spinsc_cosim"
#: Images that are compared if a test does not say how many.
DEFAULT_IMAGES = 100
_HELP = (f"{MARKER}(images=..., rng=..., ...): what co-simulations of this test are run with, unless they say "
         "otherwise; see spinsc.sim.pytest_plugin.Cosimulation.run")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--spinsc-reports``."""
    parser.getgroup("spinsc").addoption(
        "--spinsc-reports", metavar="DIR", help="write an HTML page for each co-simulation into this folder")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _HELP)


@dataclass(frozen=True)
class Cosimulation:
    """Co-simulation of a folder that ``spinsc emit`` wrote, perhaps edited since.

    Attributes
    ----------
    directory : Path
    defaults : dict
        Arguments of `run` that the test's marker gives.
    record : callable
        Takes the name and value of a property of the test.
    page : Path or None
        Where a page is to be written.
    """

    directory: Path
    defaults: dict[str, Any]
    record: Callable[[str, object], None]
    page: Path | None = None

    def run(self, **options: Any) -> Report:
        """Simulate and compare; what was found, whatever it is.

        Parameters
        ----------
        images, first : int
            How many test images, by default 100, and the first of them.
        data, dataset : str, optional
            Where they come from, as of ``spinsc cosim``.
        rng : str, optional
            Random bits at ports, as of ``spinsc cosim``: ``smtj`` or ``recording:FILE``.
        seed, period, repeat, split, allow_constant
            See `spinsc.sim.recordings.sources.parse_rng`.
        jobs, shard_size, waves, waves_layer, simulator, stall_limit_s, stress, stress_seed
            See `spinsc.sim.cosim.run.cosimulate`.
        """
        return self._run(options)[0]

    def assert_equal(self, **options: Any) -> Report:
        """Fail the test, with what differs and where it begins, unless everything is equal. Parameters as for `run`."""
        __tracebackhide__ = True
        outcome, text = self._run(options)
        if not outcome.passed:
            pytest.fail(text, pytrace=False)
        return outcome

    def _run(self, given: dict[str, Any]) -> tuple[Report, str]:
        __tracebackhide__ = True
        from spinsc.errors import InputError

        try:
            return self._compared(self.defaults | given)
        except InputError as error:
            pytest.fail(f"spinsc: {error}", pytrace=False)

    def _compared(self, options: dict[str, Any]) -> tuple[Report, str]:
        """What was found, and the same in words."""
        from spinsc.sim.cosim.directory import golden_source, open_directory, random_numbers
        from spinsc.sim.cosim.run import cosimulate
        from spinsc.sim.coverage.collector import coverage
        from spinsc.sim.images import choose_images
        from spinsc.sim.report.cosimulation import cosimulation_report

        def taken(*names: str) -> dict[str, Any]:
            return {name: options.pop(name) for name in names if name in options}

        manifest, network = open_directory(self.directory)
        count, first, rng = options.pop("images", DEFAULT_IMAGES), options.pop("first", 0), options.pop("rng", None)
        images = choose_images(network, options.pop("dataset", None), options.pop("data", None), first, count)
        streams = random_numbers(manifest, network, self.directory, rng, images=len(images), first=first,
                                 **taken("seed", "period", "repeat", "split", "allow_constant"))
        # whatever is left is cosimulate's, or a TypeError that names it
        outcome = cosimulate(self.directory, images.images, images.labels, streams, first=first, **options)
        source = golden_source(manifest, self.directory, rng)
        told = [coverage(network, streams, images.images, first=first, quantizers=manifest.pixels_per_beat)]
        described = outcome, network, images, first, streams
        report = cosimulation_report(*described, source, {}, told, None)
        data = report.plain
        if self.page is not None:
            from spinsc.sim.pages.cosimulation import cosimulation_page
            from spinsc.sim.pages.page import write_page

            command = shlex.join(["spinsc", "cosim", str(self.directory), "--images", str(len(images)), "--first",
                                  str(first), *([] if rng is None else ["--rng", rng])])
            write_page(cosimulation_page(*described, None, report.rows, command, data), self.page)
        for name in ("words", "mismatches", "accuracy_verilog", "cycles_per_image", "latency_cycles"):
            self.record(f"spinsc {name}", data[name])
        return outcome, report.text


@pytest.fixture
def spinsc_cosim(request: pytest.FixtureRequest, record_property: Callable[[str, object], None],
                 ) -> Callable[[str | Path], Cosimulation]:
    """Takes a folder that ``spinsc emit`` wrote, a path seen from pytest's root, and gives its `Cosimulation`.

    What the marker ``spinsc_cosim`` of the test, its class or its module says (``images=``, ``rng=``, ...) holds for
    all of its runs.
    """
    defaults: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARKER))):
        defaults |= marker.kwargs
    folder = request.config.getoption("--spinsc-reports")
    if folder is not None:
        from spinsc.errors import InputError
        from spinsc.extras import need

        try:
            need("--spinsc-reports", "report")
        except InputError as error:
            pytest.fail(f"--spinsc-reports: {error}", pytrace=False)
    made = 0

    def cosimulation(directory: str | Path) -> Cosimulation:
        nonlocal made
        made += 1
        name = re.sub(r"[^\w.-]+", "-", request.node.nodeid).strip("-") + f"-{made}" * (made > 1)
        page = None if folder is None else request.config.invocation_params.dir / folder / f"{name}.html"
        return Cosimulation(request.config.rootpath / directory, defaults, record_property, page)

    return cosimulation
