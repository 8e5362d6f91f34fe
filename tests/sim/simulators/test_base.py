"""What every simulator gets for nothing: builds that are complete or absent, keys, messages, the registry."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.sim.simulators.base import PLAIN_PATH, Design, Simulator
from spinsc.sim.simulators.registry import SIMULATORS, find_simulator

#: Where as many builds wait for each other as are to run at once.
meeting = threading.Barrier(1)


@dataclass(frozen=True)
class Copier(Simulator):
    """Another package's simulator: builds by copying the sources, and notes each build beside them."""

    name = "copier"
    title = "Copier"
    remedy = "write one"
    cycle_s = product_s = 1e-9

    option: str = ""

    @classmethod
    def find(cls):
        return cls(Path("/bin/cp"), "1.0", "PATH")

    def identity(self, design, waves):
        return self.version, self.option, str(waves)

    def product(self, design):
        return f"{design.top}.txt"

    def compile(self, design, folder, log, *, waves, jobs):
        source = design.sources[0]
        with (source.parent.parent / "builds").open("a") as builds:
            builds.write("built\n")
        meeting.wait(60)
        script = f"import sys; print('Error: bad source') or sys.exit({source.read_text()!r} == 'bad')"
        subprocess.run([sys.executable, "-c", script], stdout=log, check=True)
        (folder / self.product(design)).write_text(source.read_text())

    def command(self, executable, waveform=None):
        return ["cat", str(executable)]


@pytest.fixture
def design(tmp_path):
    (tmp_path / "rtl").mkdir()
    (tmp_path / "rtl" / "top.v").write_text("good")
    return Design("top", (tmp_path / "rtl" / "top.v",), ("done",))


def builds(folder):
    return (folder / "builds").read_text().count("built")


def test_a_simulator_is_found_by_its_name(monkeypatch):
    monkeypatch.setitem(SIMULATORS, "copier", Copier)
    assert str(find_simulator("copier")) == "Copier 1.0 (PATH)"
    with pytest.raises(InputError,
                       match=r"unknown simulator 'copyer' \(did you mean copier\?\); choose verilator.* copier"):
        find_simulator("copyer")


def test_built_once_for_the_same_sources_and_options(design, tmp_path):
    copier = Copier.find()
    first = copier.build(design, tmp_path / "build")
    assert first.read_text() == "good"
    assert copier.build(design, tmp_path / "build") == first
    assert builds(tmp_path) == 1
    others = {first, copier.build(design, tmp_path / "build", waves=True),
              Copier(copier.executable, "1.1", "PATH").build(design, tmp_path / "build"),
              Copier(copier.executable, "1.0", "PATH", "-O3").build(design, tmp_path / "build"),
              copier.build(Design("top", design.sources, ("done", "clk")), tmp_path / "build")}
    (tmp_path / "rtl" / "top.v").write_text("better")
    last = copier.build(design, tmp_path / "build")
    assert last.read_text() == "better"
    assert len(others | {last}) == builds(tmp_path) == 6
    assert first.read_text() == "good"


def test_included_files_are_part_of_the_build(design, tmp_path):
    """Whatever a source includes, at any depth and also by a macro, makes another build when it changes."""
    rtl = tmp_path / "rtl"
    (rtl / "top.v").write_text('`include "a.vh"\n  `include "missing.vh" // perhaps\n')
    (rtl / "a.vh").write_text('// nothing but `include "deep/b.vh"\n')
    (rtl / "deep").mkdir()
    (rtl / "deep" / "b.vh").write_text("1\n")
    copier, seen = Copier.find(), set()
    for name, text in (("a.vh", '`include "deep/b.vh"\n'), ("deep/b.vh", "2\n"), ("missing.vh", "3\n"),
                       ("c.vh", "unrelated"), ("top.v", '`include `NAME\n'), ("c.vh", "perhaps meant by NAME")):
        seen.add(copier.build(design, tmp_path / "build"))
        (rtl / name).write_text(text)
    seen.add(copier.build(design, tmp_path / "build"))
    assert len(seen) == 6
    assert copier.build(design, tmp_path / "build") in seen


def test_a_build_that_fails_leaves_its_log_and_nothing_else(design, tmp_path):
    (tmp_path / "rtl" / "top.v").write_text("bad")
    with pytest.raises(InputError, match=r"^Copier could not build top: Error: bad source \(log: (.*)\)$") as failure:
        Copier.find().build(design, tmp_path / "build")
    [log] = (tmp_path / "build").iterdir()
    assert str(log) in str(failure.value)
    assert log.read_text() == "Error: bad source\n"


def test_an_interrupted_build_is_not_trusted(design, tmp_path, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            Copier.find().build(design, tmp_path / "build")
    assert not list((tmp_path / "build").iterdir())
    assert Copier.find().build(design, tmp_path / "build").read_text() == "good"


def test_two_builds_of_the_same_at_once(design, tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "meeting", threading.Barrier(2))
    found = []
    threads = [threading.Thread(target=lambda: found.append(Copier.find().build(design, tmp_path / "build")))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found[0] == found[1]
    assert found[0].read_text() == "good"
    assert builds(tmp_path) == 2
    assert [path.name for path in (tmp_path / "build").iterdir()] == [found[0].parent.name]


def test_environment_of_cocotb(tmp_path):
    """What is given wins over what is there already."""
    environment = Copier.find().environment("some.test", "top", tmp_path / "results.xml", {"HOME": "/nowhere"})
    assert environment["COCOTB_TEST_MODULES"] == "some.test"
    assert environment["COCOTB_TOPLEVEL"] == "top"
    assert environment["COCOTB_RESULTS_FILE"] == str(tmp_path / "results.xml")
    assert environment["HOME"] == "/nowhere"
    assert Path(environment["GPI_USERS"].split(";")[0]).exists()


@pytest.mark.parametrize("odd", ["run#1", "v1:2", "with space", "$HOME", "a;b"])
def test_tools_see_no_signs_of_theirs_in_a_path(tmp_path, odd):
    """What is built in, and what it is built from, have plain paths; the result lies where it belongs."""
    seen = []

    class Watcher(Copier):
        def compile(self, design, folder, log, **options):
            seen.extend(map(str, (folder, *design.sources)))
            super().compile(design, folder, log, **options)

    folder = tmp_path / odd
    folder.mkdir()
    (folder / "top.v").write_text("good")
    built = Watcher.find().build(Design("top", (folder / "top.v",)), folder / "build")
    assert built.read_text() == "good"
    assert built.parent.parent == folder / "build"
    assert [PLAIN_PATH.fullmatch(path) is not None for path in seen] == [True, True]
    assert [path.name for path in (folder / "build").iterdir()] == [built.parent.name]
    assert not Path(seen[0]).exists()
    (folder / "top.v").write_text("bad")
    with pytest.raises(InputError, match=r"Error: bad source \(log: .*/build/.*\.log\)"):
        Watcher.find().build(Design("top", (folder / "top.v",)), folder / "build")
