"""Tools of the flows: where they are, their versions, and how to get those that are missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from spinsc.errors import InputError
from spinsc.gen.targets.part import Part

#: Where Debian's package puts the standard cells.
CELLS = Path("share/qflow/tech/osu018")
LIBERTY, CELL_MODELS = "osu018_stdcells.lib", "osu018_stdcells.v"


@dataclass(frozen=True)
class Tool:
    """A tool that is on this machine.

    Attributes
    ----------
    name : str
    command : tuple of str
        How it is started; of a library, its folder.
    version : str
    """

    name: str
    command: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class ToolKind:
    """A tool that may be on this machine.

    Attributes
    ----------
    name, purpose, remedy : str
        The remedy is how to get it.
    look : callable
        The tool, or None.
    """

    name: str
    purpose: str
    remedy: str
    look: Callable[[], Tool | None]


def _yosys() -> Tool | None:
    """Yosys as a library: the program of most distributions is too old for the SystemVerilog that is emitted here."""
    if importlib.util.find_spec("pyosys") is None:
        return None
    return Tool("Yosys", (sys.executable,), importlib.metadata.version("pyosys"))


def _nextpnr(family: str) -> Tool | None:
    name = f"nextpnr-{family}"
    if (native := shutil.which(name)) is not None:
        done = subprocess.run([native, "--version"], capture_output=True, text=True, check=False)
        found = re.search(r"[Vv]ersion ([\w.-]+)", done.stdout + done.stderr)
        return Tool(name, (native,), found[1] if found else "unknown version")
    module = f"yowasp_nextpnr_{family}"
    if importlib.util.find_spec(module) is None:
        return None
    start = f"import sys, {module} as program; sys.exit(program.run_nextpnr_{family}(sys.argv[1:]))"
    return Tool(name, (sys.executable, "-c", start), importlib.metadata.version(module.replace("_", "-")))


def _sta() -> Tool | None:
    if (found := shutil.which("sta")) is None:
        return None
    done = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)
    return Tool("OpenSTA", (found,), done.stdout.strip() or "unknown version")


def _cells() -> Tool | None:
    places = (prefix / CELLS for prefix in (Path("/usr"), Path("/usr/local")))
    folder = next((place for place in places if (place / LIBERTY).is_file()), None)
    return None if folder is None else Tool("OSU cells", (str(folder),), "0.18 um")


_EXTRA = "pip install 'spinsc[flows]'"
YOSYS = ToolKind("Yosys", "synthesis", _EXTRA, _yosys)
NEXTPNR = {family: ToolKind(f"nextpnr-{family}", f"placement and routing for {title}", _EXTRA,
                            partial(_nextpnr, family)) for family, title in (("ecp5", "ECP5"), ("ice40", "iCE40"))}
STA = ToolKind("OpenSTA", "timing of standard cells", "install the package opensta", _sta)
OSU_CELLS = ToolKind("OSU cells", "standard cells, 0.18 um", "install the package qflow-tech-osu018", _cells)
KINDS = (YOSYS, *NEXTPNR.values(), STA, OSU_CELLS)


def required(kinds: Sequence[ToolKind]) -> list[Tool]:
    """These tools; InputError that names all that are missing, and how to get them."""
    found = [(kind, kind.look()) for kind in kinds]
    missing = [kind for kind, tool in found if tool is None]
    if missing:
        raise InputError(f"{', '.join(kind.name for kind in missing)} {'is' if len(missing) == 1 else 'are'} missing: "
                         f"{'; '.join(dict.fromkeys(kind.remedy for kind in missing))}")
    return [tool for _, tool in found if tool is not None]


def kinds_for(part: Part | None, place: bool) -> list[ToolKind]:
    """What a synthesis needs: for a part, or for standard cells, which are always timed, where that is None."""
    if part is None:
        return [YOSYS, OSU_CELLS, STA]
    return [YOSYS, *([NEXTPNR[part.family]] if place else [])]
