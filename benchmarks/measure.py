"""Time and memory of processes and functions."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Started by a small process: the peak memory of a process begins with that of the one that started it.
_LAUNCHER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
with open(sys.argv[1], "wb") as log:
    process = subprocess.Popen(sys.argv[3:], stdout=log, stderr=subprocess.STDOUT)
_, status, usage = os.wait4(process.pid, 0)
unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
with open(sys.argv[2], "w") as file:
    json.dump({"status": os.waitstatus_to_exitcode(status), "wall_s": time.perf_counter() - start,
               "user_s": usage.ru_utime, "system_s": usage.ru_stime, "peak_bytes": usage.ru_maxrss * unit}, file)
"""


@dataclass(frozen=True)
class Usage:
    """What a process and its children took. ``peak_bytes`` is of the largest of them, not of all together."""

    status: int
    wall_s: float
    user_s: float
    system_s: float
    peak_bytes: int
    output: str

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.system_s


def run(command: Sequence[str | Path], *, folder: Path | None = None,
        environment: Mapping[str, str] | None = None) -> Usage:
    """Run a command to its end; RuntimeError if it fails."""
    with tempfile.TemporaryDirectory() as temporary:
        log, report = Path(temporary) / "log", Path(temporary) / "usage.json"
        subprocess.run([sys.executable, "-S", "-c", _LAUNCHER, log, report, *map(str, command)], cwd=folder,
                       env=environment, check=True)
        usage = Usage(**json.loads(report.read_text()), output=log.read_text(errors="replace"))
    if usage.status:
        raise RuntimeError(f"{command[0]} ended with {usage.status}: {usage.output[-2000:]}")
    return usage


def cpu_of_children() -> float:
    """User and system seconds of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@dataclass(frozen=True)
class Best:
    """Shortest wall and CPU seconds among the repetitions of a function; CPU counts all threads of this process."""

    wall_s: float
    cpu_s: float


def interleaved(functions: Mapping[str, Callable[[], object]], repetitions: int, *,
                warm_up: bool = True) -> dict[str, Best]:
    """Best times of each function; they take turns, so that a change of the machine's load meets all of them."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in functions}
    if warm_up:
        for function in functions.values():
            function()
    for _ in range(repetitions):
        for name, function in functions.items():
            wall, cpu = time.perf_counter(), time.process_time()
            function()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: Best(min(wall for wall, _ in taken), min(cpu for _, cpu in taken)) for name, taken in times.items()}
