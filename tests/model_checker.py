"""ABC, the model checker that comes with Yosys."""

from __future__ import annotations

import re
import resource
import signal
import subprocess
from functools import partial
from importlib.util import find_spec
from pathlib import Path


def check(folder: Path, commands: str, limit_s: int | None = None) -> tuple[int, int] | None:
    """Run commands of ABC in a folder: what the last of them found, and for how many frames.

    Parameters
    ----------
    folder : Path
    commands : str
        With semicolons between them; the last one decides.
    limit_s : int, optional
        Processor time after which ABC is stopped.

    Returns
    -------
    int, int, or None
        1 is proved, 0 refuted, -1 neither; the last frame that was looked at. None where it was stopped.
    """
    found = find_spec("pyosys")
    assert found is not None
    assert found.origin is not None
    done = subprocess.run([Path(found.origin).parent / "yosys-abc", "-c", f"{commands}; print_status"], cwd=folder,
                          capture_output=True, text=True, check=False,
                          preexec_fn=None if limit_s is None else partial(_limit_processor_time, limit_s))
    if limit_s is not None and done.returncode == -signal.SIGKILL:
        return None
    status = re.search(r"Status = +(-?\d)  Frames = +(-?\d+)", done.stdout)
    if status is None:
        raise RuntimeError(f"ABC failed: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    return int(status[1]), int(status[2])


def _limit_processor_time(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
