"""Fixtures that more than one test file uses."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from spinsc.sim.simulators.verilator import Verilator
from tests.benches.bench import run_bench
from tests.mutation.sample import SEED_VARIABLE, sample_seed


def pytest_configure(config: pytest.Config) -> None:
    # Some tests make components for their models or their errors only.
    config.addinivalue_line("filterwarnings", "ignore::amaranth.hdl.UnusedElaboratable")


def pytest_report_header() -> str:
    return f"{SEED_VARIABLE}={sample_seed()}"


@pytest.fixture
def pass_bench() -> Callable[..., None]:
    """Run a module of cocotb tests and fail with the messages of those that failed."""

    def check(*args: object, **options: object) -> None:
        __tracebackhide__ = True
        outcomes = run_bench(*args, **options)
        print(*outcomes, sep="\n")
        failed = [str(outcome) for outcome in outcomes if not outcome.passed]
        if failed:
            pytest.fail("\n".join(failed), pytrace=False)

    return check


@pytest.fixture(scope="session")
def lint() -> Callable[..., str]:
    """What ``verilator --lint-only -Wall`` says about an emitted directory, with the waivers in it."""

    def check(directory: Path, *files: str) -> str:
        simulator = Verilator.find()
        sources = files or sorted(str(path.relative_to(directory)) for path in (directory / "rtl").iterdir())
        top = ["--top-module", "spinsc_network"] if not files else []
        return subprocess.run(
            [simulator.executable, "--lint-only", "-Wall", "--quiet", *top, "lint.vlt", *sources], cwd=directory,
            env={**os.environ, **simulator.variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False).stdout

    return check
