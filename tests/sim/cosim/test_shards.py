"""Runs in shards: one report however they are cut and whoever simulates them, also after something was killed."""

import contextlib
import dataclasses
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.integers import ceil_div
from spinsc.models.builders import random_network
from spinsc.models.layer import Folding
from spinsc.sim import pools
from spinsc.sim.cli import main as cli
from spinsc.sim.cosim import pool as cluster
from spinsc.sim.cosim.directory import open_directory, random_numbers
from spinsc.sim.cosim.run import cosimulate
from spinsc.sim.cosim.run_folder import IMAGES as PIXELS
from spinsc.sim.cosim.shards import default_shard_size

distributed = pytest.importorskip("distributed")

NETWORK = random_network((20, 9, 4), input_states=5, weight_states=5, activation_states=3, length=8, seed=3,
                         folding=[Folding(7, 4), Folding(4, 4)])
IMAGES, FIRST, PERIOD = 100, 5, 7


@pytest.fixture(scope="module")
def emitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards") / "dir"
    emit(NETWORK, folder)
    return folder


@pytest.fixture(scope="module")
def faulty(emitted, tmp_path_factory):
    """The same with a wrong weight and a wrong bias: only memory images differ, so the build is the same."""
    intact(emitted)
    folder = tmp_path_factory.mktemp("shards") / "faulty"
    shutil.copytree(emitted, folder)
    for name, line in (("layer0_weights_1.mem", 2), ("layer1_biases.mem", 3)):
        path = folder / "mem" / name
        lines = path.read_text().splitlines()
        lines[line] = f"{int(lines[line], 16) ^ 1:0{len(lines[line])}x}"
        path.write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def dask_cluster():
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, memory_limit=0,
                                  dashboard_address="127.0.0.1:0") as cluster:
        yield cluster


def digits(count):
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (count, NETWORK.inputs), dtype=np.uint8), rng.integers(0, NETWORK.classes, count)


def simulate(directory, count=IMAGES, **options):
    manifest, network = open_directory(directory)
    streams = random_numbers(manifest, network, directory, period=PERIOD)
    return cosimulate(directory, *digits(count), streams, first=FIRST, **{"stress": 0} | options)


def intact(directory, **options):
    report = simulate(directory, **options)
    assert report.passed
    return report


def outcome(report):
    """All of a report that must not depend on how it came about."""
    return dataclasses.asdict(report.comparison), report.cycles_per_image, report.latency, report.edited


def simulations(directory):
    """Process numbers of the simulations of a directory that run now."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if command.startswith(f"{directory.resolve()}/build/") and state != "Z":
                found.append(int(entry.name))
    return found


def count_starts(monkeypatch):
    """A list that grows by the first image of every simulation that is started in this process, which is watched."""
    monkeypatch.setattr(pools, "TICK_S", 0)  # even a quick simulation is seen before it ends
    started = []
    start = cluster.Simulation._start

    def counting(self):
        started.append(self.shard.first - FIRST)
        start(self)

    monkeypatch.setattr(cluster.Simulation, "_start", counting)
    return started


# what it marks kills processes by name, which only Linux can list without another package; set-up and CI are Linux
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")


@pytest.fixture(scope="module")
def expected(emitted, faulty):
    """Outcomes with everything in one shard."""
    return {folder: outcome(simulate(folder, shard_size=1000)) for folder in (emitted, faulty)}


def test_one_shard(emitted, faulty, expected):
    good, bad = expected[emitted], expected[faulty]
    assert good[0]["mismatches"] == 0
    assert good[0]["images"] == bad[0]["images"] == IMAGES
    assert good[0]["words"] == IMAGES * (9 + 9 + 4 + 4 + 1)
    assert bad[0]["mismatches"] > 20
    assert len(bad[0]["listed"]) == 20
    assert 0 in bad[0]["bad_neurons"]
    manifest, _ = open_directory(emitted)
    assert good[1] == manifest.cycles_per_image


@pytest.mark.parametrize(("jobs", "size"), [(1, 50), (2, 33), (7, 16), (7, None)])
def test_report_does_not_depend_on_the_sharding(faulty, expected, jobs, size):
    seen = []
    report = simulate(faulty, jobs=jobs, shard_size=size, progress=seen.append)
    assert outcome(report) == expected[faulty]
    assert report.shards == ceil_div(IMAGES, size or default_shard_size(NETWORK, IMAGES))
    assert seen == sorted(seen)
    assert seen[-1] == IMAGES
    assert not (faulty / "build" / "runs").exists()


def test_report_of_a_dask_cluster(emitted, faulty, expected, dask_cluster):
    address = dask_cluster.scheduler_address
    assert outcome(simulate(faulty, shard_size=30, scheduler=address)) == expected[faulty]
    assert outcome(simulate(emitted, shard_size=64, scheduler=address)) == expected[emitted]
    assert not (faulty / "build" / "runs").exists()


def test_scheduler_local(emitted, expected):
    assert outcome(simulate(emitted, jobs=2, shard_size=50, scheduler="local")) == expected[emitted]
    assert simulations(emitted) == []


@needs_proc
def test_killed_dask_worker(faulty, expected, dask_cluster, monkeypatch):
    """Another worker does what the one that is killed had begun, and its simulation ends with it."""
    monkeypatch.setattr(pools, "TICK_S", 0)
    killed, orphans = [], []

    def kill_one(_):
        running = simulations(faulty)
        if running and not killed:
            worker = int(Path(f"/proc/{running[0]}/stat").read_text().rsplit(")", 1)[1].split()[1])
            os.kill(worker, signal.SIGKILL)
            killed.append(worker)
            orphans.append(running[0])

    report = simulate(faulty, shard_size=25, scheduler=dask_cluster.scheduler_address, progress=kill_one)
    assert killed
    assert killed[0] != os.getpid()
    assert outcome(report) == expected[faulty]
    assert orphans[0] not in simulations(faulty)


@needs_proc
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGSEGV])
def test_killed_simulation_is_started_again(faulty, expected, monkeypatch, kind):
    started = count_starts(monkeypatch)
    ended = threading.Event()

    def kill_one():
        while not ended.is_set():
            for process in simulations(faulty):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, kind)
                    return

    killer = threading.Thread(target=kill_one)
    killer.start()
    try:
        assert outcome(simulate(faulty, jobs=2, shard_size=50)) == expected[faulty]
    finally:
        ended.set()
        killer.join()
    assert sorted(started) in ([0, 0, 50], [0, 50, 50])


@needs_proc
def test_simulation_that_is_always_killed(emitted, monkeypatch):
    started = count_starts(monkeypatch)

    def kill_all(_):
        for process in simulations(emitted):
            os.kill(process, signal.SIGKILL)

    with pytest.raises(InputError, match=r"images 5 to 104 ended by SIGKILL 3 times"):
        simulate(emitted, progress=kill_all)
    assert started == [0] * cluster.STARTS_IF_KILLED


def test_simulation_that_breaks_off_by_itself(emitted, monkeypatch):
    """A $fatal comes again, so it is not tried again."""
    started = count_starts(monkeypatch)
    start = cluster.Simulation._start

    def without_images(self):
        (self.shard.folder.path / PIXELS).unlink()
        start(self)

    monkeypatch.setattr(cluster.Simulation, "_start", without_images)
    with pytest.raises(InputError, match=r"broke off: .*no images"):
        simulate(emitted)
    assert started == [0]
    assert simulations(emitted) == []


def test_interrupted_run_goes_on(faulty, expected, monkeypatch):
    def interrupt(done):
        if done >= 60:  # in at most two shards that still run
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(faulty, jobs=2, shard_size=20, progress=interrupt)
    assert simulations(faulty) == []
    kept = list((faulty / "build" / "runs").rglob("*.json"))
    assert 1 <= len(kept) < 5
    assert sum(path.stat().st_size for path in kept) < 20_000

    started, notices = count_starts(monkeypatch), []
    report = simulate(faulty, jobs=2, shard_size=20, notice=notices.append)
    assert outcome(report) == expected[faulty]
    assert len(started) == 5 - len(kept)
    assert report.resumed == 20 * len(kept)
    assert f"{report.resumed} of 100 images" in notices[0]
    assert not (faulty / "build" / "runs").exists()

    started.clear()
    assert simulate(faulty, jobs=2, shard_size=50).resumed == 0
    assert len(started) == 2


def test_interrupted_run_of_something_else_is_not_mixed_in(emitted, tmp_path):
    """Whatever the outcome depends on makes another run of it."""
    folder = tmp_path / "dir"
    shutil.copytree(emitted, folder)

    def interrupt(done):
        if done >= 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(folder, jobs=2, shard_size=20, progress=interrupt)
    memory = folder / "mem" / "layer1_biases.mem"
    healthy = memory.read_text()
    memory.write_text("\n".join(["0" * len(line) for line in healthy.splitlines()]) + "\n")
    report = simulate(folder)
    assert report.resumed == 0
    assert not report.passed
    memory.write_text(healthy)
    manifest, network = open_directory(folder)
    other = cosimulate(folder, *digits(IMAGES), random_numbers(manifest, network, folder, period=PERIOD, seed=1),
                       first=FIRST)
    assert other.resumed == 0
    assert simulate(folder, jobs=2, shard_size=20).resumed >= 20


@pytest.mark.parametrize(("options", "words"), [
    ("--scheduler tcp://127.0.0.1:9", ["127.0.0.1:9", "dask scheduler"]),
    ("--scheduler nonsense", ["nonsense"]), ("--shard-size 15", ["--shard-size", "at least 16", "not 15"]),
])
def test_command_line_refuses(emitted, tmp_path, capsys, monkeypatch, options, words):
    monkeypatch.setattr(pools, "CONNECTION_TIMEOUT_S", 1)
    images, labels = digits(IMAGES)
    np.savez(tmp_path / "digits.npz", images=images, labels=labels)
    started = time.monotonic()
    assert cli.main(["cosim", str(emitted), "--data", str(tmp_path / "digits.npz"), *options.split()]) == 2
    assert time.monotonic() - started < 10
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert errors.startswith("spinsc: error: ")
    for word in words:
        assert word in errors


def test_missing_dask_and_cluster_without_workers(emitted, monkeypatch):
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as cluster_, \
            pytest.raises(InputError, match="no workers"):
        simulate(emitted, scheduler=cluster_.scheduler_address)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'spinsc\[cluster\]'"):
        simulate(emitted, scheduler="local")


@pytest.mark.parametrize(("images", "most"), [(1, 32), (1000, 1024), (10_000, 10_016), (10**6, 10**6)])
@pytest.mark.parametrize("width", [4, 100, 512])
def test_default_shard_size(images, most, width):
    network = random_network((784, width, 10), input_states=3, weight_states=3, activation_states=3, length=100, seed=0)
    size = default_shard_size(network, images)
    assert size % 32 == 0
    assert 32 <= size <= most
    products = 100 * (784 * width + width * 10)
    if images == 10_000 and width == 100:
        assert ceil_div(images, size) == 4
    if images == 10**6 and width >= 100:
        assert 0.5e9 < size * products < 1e11
