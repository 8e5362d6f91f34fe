"""What a machine may lack: a cache, letters beyond ASCII, space on a disk; and faults of the program itself."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from spinsc.sim.cli.commands.networks import Networks
from spinsc.sim.cli.surroundings import failure_line, prepare_streams
from spinsc.sim.recordings.recording import Recording

SPINSC = [sys.executable, "-m", "spinsc.sim.cli.main"]


def raising(error: BaseException):
    def run(self: object) -> int:
        raise error
    return run


def test_a_fault_of_the_program_is_not_a_failed_comparison(run, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(Networks, "run", raising(ZeroDivisionError("one\ntwo")))
    code, output, errors = run("networks --json")
    assert (code, output) == (3, "")
    kept = re.fullmatch(r"spinsc: error: a fault of spinsc itself \(ZeroDivisionError: one two\); the traceback is in "
                        r"(.*); please report it\n", errors)
    assert kept is not None
    text = Path(kept[1]).read_text()
    assert text.startswith("spinsc networks --json\n")
    assert "Traceback" in text
    assert "in run" in text


def test_a_traceback_that_cannot_be_kept_is_shown(run, monkeypatch):
    def refuse(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    monkeypatch.setattr(Networks, "run", raising(ZeroDivisionError("x")))
    code, _, errors = run("networks")
    assert code == 3
    assert "Traceback" in errors
    assert errors.endswith("the traceback is above; please report it\n")


def test_letters_beyond_ascii_become_plainer(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    prepare_streams()
    print("79 ± 1 µs, 28 × 28, naïve …")
    terminal.flush()
    assert terminal.buffer.getvalue() == b"79 +- 1 us, 28 x 28, na?ve ...\n"


def test_a_terminal_of_ascii(tmp_path):
    Recording.from_bits(np.tile([0, 0, 1], (3, 30)), {"kind": "measured", "device": "20 µm, Zürich"}).save(
        tmp_path / "bits.npz")
    found = subprocess.run([*SPINSC, "recording", "info", "bits.npz"], cwd=tmp_path, capture_output=True, check=True,
                           env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert b"measured, 20 um, Z?rich" in found.stdout
    assert found.stderr == b""


@pytest.mark.parametrize("cache", ["/proc/none", "file"])
def test_no_home_and_no_cache_that_can_be_written(files, cache):
    (files / "file").write_text("")
    (files / "tmp").mkdir()
    environment = {**os.environ, "HOME": "/proc/none", "XDG_CACHE_HOME": str(files / cache),
                   "TMPDIR": str(files / "tmp")}
    for line in (["emit", "small.npz", "-o", "hw"], ["eval", "small.npz", "--images", "2"]):
        found = subprocess.run([*SPINSC, *line], cwd=files, env=environment, capture_output=True, text=True,
                               check=False)
        assert found.returncode == 0, found.stderr
        assert found.stderr.startswith(f"spinsc: warning: the cache folder {files / cache} cannot be written; "
                                       f"{files / 'tmp'}/spinsc-cache-")
        assert found.stderr.count("\n") == 1
    assert (files / "hw" / "manifest.json").is_file()


def test_a_full_disk_is_named(run, monkeypatch, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(
        free=0 if str(place).startswith(str(full)) else 1 << 40))
    monkeypatch.setattr(Recording, "save", lambda *_: raising(OSError(errno.ENOSPC, "No space left on device"))(None))
    code, _, errors = run(f"recording simulate --devices 1 --steps 99 --out {full}/new/bits.npz")
    assert (code, errors) == (2, f"spinsc: error: no space is left in {full}; free some, or choose another folder "
                                 "(TMPDIR for temporary files)\n")


def test_what_the_system_refuses_is_named():
    assert failure_line(PermissionError(13, "Permission denied", "/x"), []) == (
        "/x: Permission denied; check the path and its permissions")
    assert failure_line(OSError(errno.ENOSPC, "No space left on device", "/some/file"), [Path("/nowhere/at/all")]) in (
        "no space is left in /some/file; free some, or choose another folder (TMPDIR for temporary files)",
        "no space is left in /; free some, or choose another folder (TMPDIR for temporary files)")
