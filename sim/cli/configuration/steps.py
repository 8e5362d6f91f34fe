"""Steps of ``spinsc run``: command lines in an order, each of which is left out if all that decides it is as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from spinsc.errors import InputError
from spinsc.files import package_files, write_atomically
from spinsc.gen.manifest import MANIFEST, edited_files, load_manifest
from spinsc.gen.random_sources.registry import RANDOM_SOURCES
from spinsc.models.shipped import load_network
from spinsc.sim.cli.command import NETWORK, PATHS
from spinsc.sim.cli.configuration.reading import Part, made_by
from spinsc.sim.cli.configuration.schema import Configuration, NewRecording, key
from spinsc.sim.cli.options import DEFAULT_IMAGES, ClusterOptions, JsonOption
from spinsc.sim.cli.registry import COMMANDS
from spinsc.sim.recordings.recording import Recording, recording_path
from spinsc.sim.report.report import Report

#: What is kept of the steps, in the folder of all that is made.
RECORD = "run.json"
#: Commands by name: they may import this module, so it imports none of them.
_KINDS: Mapping[str, Any] = COMMANDS


@dataclass(frozen=True)
class Step:
    """One command line.

    Attributes
    ----------
    name : str
    part : Part
        The section of the file that it comes from.
    command : JsonOption
    made : tuple of Path
        Files that it writes.
    prepare : callable, optional
        What has to be done before, in no time.
    of_program : bool
        Whether another version of this program makes something else.
    """

    name: str
    part: Part
    command: JsonOption
    made: tuple[Path, ...]
    prepare: Callable[[], None] | None = None
    of_program: bool = True

    def check(self) -> None:
        """See `Command.check`, and that what the section names is there; errors name keys of the file."""
        self.in_keys(self.command.check)
        for name, path in self._named():
            if name in self.part.given and not path.exists():
                raise InputError(f"{self.part.file}: {self.part.place}.{key(type(self.command), name)}: there is no "
                                 f"{path}")

    def key(self) -> str:
        """Digest of all that decides what it makes: options, the content of files, this program."""
        if self.prepare is not None:
            self.prepare()
        command = self.command
        deciding = sorted(command.given - {*ClusterOptions.arguments(), "force"})
        digest = hashlib.sha256(repr((type(command).__name__, [(name, getattr(command, name)) for name in deciding]))
                                .encode())
        inputs = [path for _, path in self._named() if path.exists()]
        for path in (*inputs, *(package_files() if self.of_program else ())):
            digest.update(content(path).encode())
        return digest.hexdigest()

    def do(self) -> Report:
        """Run the command; errors name keys of the file."""
        found: Report = self.in_keys(self.command.result)
        return found

    def _named(self) -> Iterator[tuple[str, Path]]:
        """Files and folders that the command may read, by the argument that names them."""
        for name, field in self.command.arguments().items():
            value = getattr(self.command, name)
            metavar = field.metadata["settings"].get("metavar")
            if name in ("out", "report", "junit") or value is None or metavar not in (*PATHS, NETWORK, "SOURCE"):
                continue
            if name == "rng" and not value.startswith("recording:"):
                continue
            for each in (value if isinstance(value, tuple) else (value,)):
                yield name, recording_path(each) if name in ("recording", "rng") else Path(each)

    def in_keys(self, do: Callable[[], Any]) -> Any:
        """Do something for this step; errors name keys of the file."""
        try:
            return do()
        except InputError as error:
            raise InputError(self.part.in_keys(type(self.command), self.command.in_options(str(error)))) from None


def content(path: Path) -> str:
    """Digest of a file, or of a folder but for what is built in it."""
    if path.is_dir():
        names = sorted(file.relative_to(path) for file in path.rglob("*") if file.is_file())
        lines = [f"{name} {content(path / name)}\n" for name in names if name.parts[0] != "build"]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Record:
    """What earlier runs did: of each step its key, the content of what it made, and what was found."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / RECORD
        try:
            self._steps: dict[str, Any] = json.loads(self._path.read_text())
        except (OSError, ValueError):
            self._steps = {}

    def up_to_date(self, step: Step, key: str) -> bool:
        """Whether a step would make what is there."""
        known = self._steps.get(step.name)
        return known is not None and known["key"] == key and self._made(step) == known["made"]

    def found(self, step: Step) -> dict[str, Any]:
        """What a step that is up to date found: ``said``, its verdict, and ``data``."""
        kept: dict[str, Any] = self._steps[step.name]
        return kept

    def keep(self, step: Step, key: str, found: Report) -> None:
        """Note that a step is done, or failed and is to be done again."""
        last = found.blocks[-1]
        self._steps[step.name] = {"key": key if found.passed else None, "made": self._made(step),
                                  "said": last if isinstance(last, str) else "", "data": found.plain}
        write_atomically(self._path, json.dumps(self._steps, indent=1).encode())

    def protect(self, step: Step) -> None:
        """Refuse a step that has to replace what this program did not make."""
        known = self._steps.get(step.name, {"made": {}})["made"]
        _refuse_to_lose(step, [path for path, digest in self._made(step).items() if known.get(path) != digest])

    @staticmethod
    def _made(step: Step) -> dict[str, str]:
        return {str(path): content(path) for path in step.made if path.exists()}


def protect_edits(step: Step) -> None:
    """Refuse a step that would replace Verilog which was edited since it was emitted."""
    for folder in (path.parent for path in step.made if path.name == MANIFEST and path.exists()):
        _refuse_to_lose(step, [str(folder / name) for name in edited_files(folder, load_manifest(folder))])


def _refuse_to_lose(step: Step, lost: Sequence[str]) -> None:
    if lost:
        raise InputError(f"{step.part.file}: {step.name}: {lost[0]} is not as 'spinsc run' made it, and would be lost; "
                         "move it away, or name another folder by out")


def plan_steps(configuration: Configuration, file: Path, line: str) -> list[Step]:
    """The steps that a file asks for; ``line`` is the command line that asks for them."""
    out = Path(configuration.out)
    steps = []
    network = configuration.network
    if isinstance(network, str):
        _there(f"{file}: network", load_network, network)
    else:
        way, options = made_by(network)
        part, network = Part(f"network.{way}", options, file), str(out / "network.npz")
        steps.append(Step("network", part, part.command(_KINDS[way], line, out=network, force=True), (Path(network),),
                          of_program=False))
    recording = None
    if isinstance(configuration.recording, str):
        recording = configuration.recording
        _there(f"{file}: recording", partial(Recording.load, allow_constant=True), recording_path(recording))
    elif configuration.recording:
        recording = str(out / "recording.npz")
    part = Part("hardware", configuration.hardware, file)
    source = RANDOM_SOURCES.find(part.command(_KINDS["emit"], line, network=network, out="").rng)
    if recording is not None and not (source.at_ports or source.takes_recording):
        raise InputError(f"{file}: recording: has no effect on hardware with random bits of its own (hardware.rng = "
                         f"\"{source.name}\"); leave it out")
    emit = part.command(_KINDS["emit"], line, network=network, out=str(out / "hardware"), force=True,
                        recording=recording if source.takes_recording else None)
    checks = Part("checks", configuration.checks, file)
    cosim = checks.command(_KINDS["cosim"], line, directory=emit.out,
                           rng=f"recording:{recording}" if recording is not None and source.at_ports else None)
    outputs = tuple(Path(path) for path in (cosim.report, cosim.junit) if path is not None)
    if outputs:
        cosim = checks.command(_KINDS["cosim"], line, directory=emit.out, rng=cosim.rng, force=True)
    hardware = Step("hardware", part, emit, (Path(emit.out) / MANIFEST,))
    if configuration.recording and not isinstance(configuration.recording, str):
        steps.append(_recording_step(configuration.recording, out, hardware, emit, cosim))
    return [*steps, hardware, Step("checks", checks, cosim, outputs)]


def _there(place: str, load: Callable[[Any], Any], name: str | Path) -> None:
    """Refuse what cannot be loaded, before any work; the place is that in the file."""
    try:
        load(name)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _recording_step(recording: NewRecording, out: Path, hardware: Step, emit: Any, cosim: Any) -> Step:
    """The recording that is made for hardware and checks."""
    way, options = made_by(recording)
    part, path, line = Part(f"recording.{way}", options, hardware.part.file), out / "recording.npz", emit.line
    kind = _KINDS[f"recording {way}"]
    if way == "import":
        return Step("recording", part, part.command(kind, line, out=str(path), force=True), (path,), of_program=False)
    folded = out / "folded.npz"  # what the hardware will be, whose junctions are recorded
    images = None if {"images", "steps"} & set(part.given) else cosim.first + (cosim.images or DEFAULT_IMAGES)
    command = part.command(kind, line, out=str(path), network=str(folded), images=images, force=True)
    return Step("recording", part, command, (path,),
                lambda: hardware.in_keys(lambda: emit.folded()[0].save(folded)), of_program=False)
