"""Unit benches under Verilator, and that a failing cocotb test reaches pytest."""

import pytest

from spinsc.sim.simulators.registry import find_simulator
from tests.benches import testbench_components
from tests.benches.bench import read_results, run_bench
from tests.benches.harness_components import COMPONENT_TOP, component_design, memory_images

BENCH = testbench_components.__name__


@pytest.fixture(scope="module")
def executable(tmp_path_factory):
    folder = tmp_path_factory.mktemp("components")
    return find_simulator().build(component_design(folder), folder / "build")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mem").mkdir()
    for name, text in memory_images().items():
        (tmp_path / "mem" / name).write_text(text)
    return tmp_path


def test_components_equal_their_models(executable, folder, pass_bench):
    pass_bench(executable, COMPONENT_TOP, BENCH, folder)


def test_failure_in_simulation_is_reported(executable, folder, pass_bench):
    """A wrong bit in one memory image fails the tests that read it, with a message, and no others."""
    image = folder / "mem" / "replay2.mem"
    words = image.read_text().split()
    words[3] = f"{int(words[3], 16) ^ 1:x}"
    image.write_text("\n".join(words) + "\n")
    outcomes = run_bench(executable, COMPONENT_TOP, BENCH, folder)
    assert [outcome.name for outcome in outcomes if not outcome.passed] == ["replay_memories"]
    with pytest.raises(pytest.fail.Exception, match=r"replay_memories: .*replay2: step 3"):
        pass_bench(executable, COMPONENT_TOP, BENCH, folder)


def test_broken_simulation_is_reported(executable, folder):
    """A test module that cannot be loaded gives no results; a simulation that hangs is stopped."""
    outcomes = run_bench(executable, COMPONENT_TOP, "tests.no_such_module", folder)
    assert [outcome.passed for outcome in outcomes] == [False]
    assert "no_such_module" in outcomes[0].message
    outcomes = run_bench(executable, COMPONENT_TOP, BENCH, folder, timeout_s=0.01)
    assert "no end after 0.01 s" in outcomes[-1].message


def test_results_file(tmp_path):
    path = tmp_path / "results.xml"
    path.write_text('<testsuites><testsuite><testcase name="a"/><testcase name="b"><failure message="bad"/></testcase>'
                    '<testcase name="c"><error>text</error></testcase></testsuite></testsuites>')
    assert [str(outcome) for outcome in read_results(path)] == ["a: passed", "b: bad", "c: text"]
