"""Steps of a flow: each makes a folder of files, which is kept by what it was made from."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from spinsc.errors import InputError

#: Called with what a tool is at, in a few words.
Progress = Callable[[str], None]
LOG = "log"
#: Yosys in a process of its own: it stops its process where something is wrong.
YOSYS_PROGRAM = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.stdin.read().splitlines():
    libyosys.run_pass(command, design)
"""


def kept(folder: Path, parts: Iterable[str | bytes], make: Callable[[Path], None]) -> Path:
    """The folder that ``make`` fills, or has filled before from the same ``parts``; complete or not there.

    Where ``make`` fails, the log of its tool stays beside, as ``failed.log``, which the error names.
    """
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(content)}\0".encode() + content)
    complete = folder / digest.hexdigest()[:16]
    if complete.is_dir():
        return complete
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f"{complete.name}.", ignore_cleanup_errors=True) as name:
        made = Path(name) / "made"
        made.mkdir()
        try:
            make(made)
        except InputError as error:
            if not (made / LOG).is_file():
                raise
            failed = folder / "failed.log"
            shutil.copy(made / LOG, failed)
            raise InputError(f"{error} (log: {failed})") from None
        made.replace(complete)
    return complete


def run_yosys(folder: Path, commands: Sequence[str], progress: Progress) -> None:
    """Run commands of Yosys in a folder; what it says goes to the log there."""
    run_tool("Yosys", [sys.executable, "-c", YOSYS_PROGRAM], folder, progress, commands)


def run_tool(name: str, command: Sequence[str], folder: Path, progress: Progress, lines: Sequence[str] = ()) -> None:
    """Run a tool in a folder, give it ``lines``, and keep what it says.

    Raises
    ------
    InputError
        If it fails, with the last error that it names.
    """
    with (folder / LOG).open("a") as log, subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(f"{line}\n" for line in lines))
        process.stdin.close()
        errors = []
        try:
            for line in process.stdout:
                log.write(line)
                if (error := re.search(r"^(?:\S+: )?(?:ERROR|Error): *(.*)", line)) is not None:
                    errors.append(error[1])
                elif (stage := _stage(line)) is not None:
                    progress(f"{name}: {stage}")
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise InputError(f"{name} failed: {errors[-1] if errors else f'exit code {process.returncode}'}")


def _stage(line: str) -> str | None:
    """What a line of a tool's log says about how far it is."""
    if line.count(".") <= 4 and " Executing " in line:  # Yosys: "3.20. Executing FLATTEN pass (flatten design)."
        return line.partition(" Executing ")[2].partition(" (")[0].strip().removesuffix(".")
    if line.startswith("Info: ") and line.rstrip().endswith("..."):  # nextpnr: "Info: Packing LUTs..."
        return line.removeprefix("Info: ").strip().rstrip(".").lower()
    return None
