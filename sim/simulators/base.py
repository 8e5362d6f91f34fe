"""What a simulator of Verilog offers: a design is built into a program, which loads cocotb, which runs a testbench.

A simulator is a subclass of `Simulator` in a file of its own, named in `spinsc.sim.simulators.registry`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar, Self, TextIO

import cocotb_tools.config
import find_libpython

from spinsc.errors import InputError
from spinsc.files import is_full, no_room

#: Paths in which no tool sees a sign of its own.
PLAIN_PATH = re.compile(r"[\w./+@,-]*")
#: Gives the name of the file; nothing where that is a macro's.
_INCLUDE = re.compile(rb'`include[ \t]+(?:"([^"\n]+)"|[^"\s])')


@dataclass(frozen=True)
class Design:
    """Verilog under one top module.

    Attributes
    ----------
    top : str
        The top module.
    sources : tuple of Path
        Absolute.
    public : tuple of str
        Ports of the top that the testbench uses. Everything else may be optimized away.
    parameters : mapping
        Of the top, instead of their defaults.
    clock : str
        Input of the top that a simulator may use to make the clock, 100 MHz from 0 at the start; "" for none. It says
        so by the macro ``SPINSC_TB_CLOCK``, without which the design makes its own.
    traced : tuple of (path, levels)
        Instances that waveforms show, and how many levels of hierarchy from there on, 0 for all; by default everything.
    """

    top: str
    sources: tuple[Path, ...]
    public: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)
    clock: str = ""
    traced: tuple[tuple[str, int], ...] = ()

    @property
    def include_path(self) -> tuple[Path, ...]:
        """Where included files are looked for: the folders of the sources, in their order."""
        return tuple(dict.fromkeys(source.parent for source in self.sources))

    def files(self) -> list[tuple[str, bytes]]:
        """Name and content of every file that is compiled: the sources and all that they include.

        A file that is included but not there has no content: it may be for another tool.
        """
        found: dict[Path | str, bytes] = {}
        waiting: list[Path | str] = [*self.sources]
        while waiting:
            path = waiting.pop(0)
            if path in found:
                continue
            found[path] = content = path.read_bytes() if isinstance(path, Path) else b""
            for quoted in _INCLUDE.findall(content):
                name = quoted.decode(errors="replace")
                places = [folder / name for folder in self.include_path]
                if not name:  # named by a macro: it may be any file
                    waiting += [path for folder in self.include_path for path in sorted(folder.iterdir())
                                if path.is_file()]
                else:
                    waiting.append(next((place for place in places if place.is_file()), name))
        return [(path.name if isinstance(path, Path) else path, content) for path, content in found.items()]


@dataclass(frozen=True)
class Simulator(ABC):
    """A usable simulator. Workers on other machines get a copy of it, so it holds plain values.

    Attributes
    ----------
    executable : Path
        The program that builds.
    version, origin : str
        Version, and where it was found.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    #: How to get it.
    remedy: ClassVar[str]
    #: About how long a clock cycle takes, and a product of streams in it: enough to tell slow from standing still.
    cycle_s: ClassVar[float]
    product_s: ClassVar[float]
    #: With this argument, its simulations run without Python until they are done, unless they write a waveform.
    alone: ClassVar[str | None] = None

    executable: Path
    version: str
    origin: str

    @classmethod
    @abstractmethod
    def find(cls) -> Self:
        """The one to use on this machine.

        Raises
        ------
        InputError
            If there is none, or a tool that it needs is missing, with the remedy.
        """

    @abstractmethod
    def identity(self, design: Design, waves: bool) -> tuple[str, ...]:
        """Everything besides the sources that decides what is built: version, options, processor."""

    @abstractmethod
    def compile(self, design: Design, folder: Path, log: TextIO, *, waves: bool, jobs: int) -> None:
        """Put the executable, named by :meth:`product`, into ``folder``, and what the tools say into ``log``.

        Raises
        ------
        subprocess.CalledProcessError
            If a tool fails.
        InputError
            If the folder will not do.
        """

    @abstractmethod
    def product(self, design: Design) -> str:
        """Name of the file that is built."""

    @abstractmethod
    def command(self, executable: Path, waveform: Path | None = None) -> list[str]:
        """Command that simulates, before plusargs; it writes ``waveform`` (.fst) if built to do so."""

    def check_waves(self) -> None:  # noqa: B027  most need nothing more
        """Refuse a machine that lacks what waveforms take besides, before any work; InputError with the remedy."""

    def __str__(self) -> str:
        return f"{self.title} {self.version} ({self.origin})"

    def build(self, design: Design, folder: Path, *, waves: bool = False, jobs: int = 2) -> Path:
        """Build unless ``folder`` holds the result of the same sources, tools and options; the executable.

        It is complete or absent: what an interrupted build leaves is never trusted, and of two that build the same at
        once, the one that is done last takes the other's.
        """
        folder = folder.resolve()
        key = self._key(design, waves)
        complete = folder / key
        executable = complete / self.product(design)
        if executable.is_file():
            return executable
        folder.mkdir(parents=True, exist_ok=True)
        # elsewhere, where tools such as make would take a letter of the path for one of theirs
        temporary = Path(tempfile.mkdtemp(dir=folder if PLAIN_PATH.fullmatch(str(folder)) else None, prefix=f"{key}."))
        log = temporary / "build.log"
        try:
            with log.open("w") as output:
                self.compile(_plain(design, temporary), temporary, output, waves=waves, jobs=jobs)
            _publish(temporary, complete)
        except subprocess.CalledProcessError:
            said = log.read_text(errors="replace")
            if (reason := no_room(said)) is not None:
                place = Path(tempfile.gettempdir()) if is_full(Path(tempfile.gettempdir())) else temporary.parent
                raise InputError(f"{self.title} could not build {design.top}: no space is left in {place} ({reason}); "
                                 "free some, or choose another folder (TMPDIR for temporary files)") from None
            kept = Path(shutil.move(log, folder / f"{key}.log"))
            errors = [line for line in said.splitlines() if "rror" in line]
            raise InputError(f"{self.title} could not build {design.top}: {errors[0] if errors else 'see the log'} "
                             f"(log: {kept})") from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        if not executable.is_file():
            raise InputError(f"{complete} holds no executable {executable.name}; remove that folder")
        return executable

    def environment(self, test_module: str, top: str, results: Path,
                    extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Environment in which cocotb, loaded by the simulation, finds Python and the test module.

        Formula source: "Extending Existing Build Flows" of cocotb's documentation.
        """
        return {
            **os.environ, "GPI_USERS": f"{_libpython()};{cocotb_tools.config.pygpi_entry_point()}",
            "PYGPI_PYTHON_BIN": sys.executable, "PYTHONPATH": os.pathsep.join(sys.path),
            "PATH": os.pathsep.join((os.environ["PATH"], str(cocotb_tools.config.libs_dir))),
            "COCOTB_TEST_MODULES": test_module, "COCOTB_TOPLEVEL": top, "TOPLEVEL_LANG": "verilog",
            "COCOTB_RESULTS_FILE": str(results), **(extra or {})}

    def _key(self, design: Design, waves: bool) -> str:
        digest = hashlib.sha256()
        for part in (self.name, *self.identity(design, waves), repr((design.public, design.traced)),
                     importlib.metadata.version("cocotb"), sys.version):
            digest.update(part.encode() + b"\0")
        for name, content in design.files():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()[:16]


def _plain(design: Design, folder: Path) -> Design:
    """The design by paths that no tool takes for more than a path, some of them through links in ``folder``."""
    plain = {}
    for number, parent in enumerate(dict.fromkeys(source.parent for source in design.sources)):
        plain[parent] = parent if PLAIN_PATH.fullmatch(str(parent)) else folder / f"sources{number}"
        if plain[parent] != parent:
            plain[parent].symlink_to(parent)
    return dataclasses.replace(design, sources=tuple(plain[source.parent] / source.name for source in design.sources))


def _publish(built: Path, complete: Path) -> None:
    """Rename a finished folder into place, by way of a copy beside it where that is on another disk."""
    if built.parent != complete.parent:
        beside = Path(tempfile.mkdtemp(dir=complete.parent, prefix=f"{complete.name}."))
        built = shutil.copytree(built, beside, symlinks=True, dirs_exist_ok=True)
    with contextlib.suppress(OSError):  # somebody else was faster
        built.rename(complete)
    if built.parent == complete.parent:
        shutil.rmtree(built, ignore_errors=True)


@cache
def _libpython() -> str:
    found = find_libpython.find_libpython()
    if found is None:
        raise InputError(f"no shared library of the Python at {sys.executable}, which simulations load: use a Python "
                         "that was built with --enable-shared")
    return found
