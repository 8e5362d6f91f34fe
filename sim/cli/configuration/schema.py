"""What ``spinsc.toml`` may hold: the options of the commands that it stands for, as types with a JSON schema.

``python -m spinsc.sim.cli.configuration.schema docs/spinsc.schema.json`` writes the schema.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from spinsc.sim.cli.command import Command
from spinsc.sim.cli.registry import COMMANDS

#: Options that no section has: the file takes their place, or they are for a person at the command line.
_NEVER = ("force", "json", "out")


def key(command: type[Command], name: str) -> str:
    """What a field of a command is called in the file: its option without the dashes."""
    flags = command.flags(name)
    return flags[-1].removeprefix("--") if flags else name


def section(title: str, command: type[Command], decided: Sequence[str], summary: str) -> type[msgspec.Struct]:
    """The type of a section, which has the options of a command but for those that other places decide."""
    hints = typing.get_type_hints(command)
    fields: list[tuple[str, Any, Any]] = []
    renamed = {}
    for name, field in command.arguments().items():
        if name in (*_NEVER, *decided):
            continue
        settings = field.metadata["settings"]
        needed = not command.flags(name) or settings.get("required")
        renamed[name] = key(command, name)
        meta = msgspec.Meta(description=settings["help"].replace("%%", "%"), ge=field.metadata.get("low"))
        kind: Any = Annotated[_kind(hints[name], settings), meta]
        fields.append((name, kind, msgspec.NODEFAULT) if needed else (name, kind | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(title, fields, rename=renamed, namespace={"__doc__": summary}, module=__name__,
                             frozen=True, kw_only=True, forbid_unknown_fields=True)


def _kind(hint: Any, settings: Mapping[str, Any]) -> Any:
    """The type of a value in the file, from that of a command's field and the settings of its option."""
    if isinstance(hint, types.UnionType):
        kinds = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
        if len(kinds) > 1:  # an option that may stand without its value
            return hint
        hint = kinds[0]
    if (choices := settings.get("choices")) is not None:
        return Literal[tuple(choices)]
    if typing.get_origin(hint) is not tuple:
        return hint
    first = typing.get_args(hint)[0]
    if typing.get_origin(first) is tuple:  # groups of numbers, which on the command line may be parted by commas
        first = typing.get_args(first)[0]
    nargs = settings.get("nargs", "+")
    if isinstance(nargs, int):
        return tuple[(first,) * nargs]  # type: ignore[misc]
    return Annotated[list[first], msgspec.Meta(min_length=int(nargs == "+"))]  # type: ignore[valid-type]


if TYPE_CHECKING:  # their fields are those of the commands
    class Section(msgspec.Struct):
        """Options of a command."""

    Train: TypeAlias = Section
    Import: TypeAlias = Section
    Measured: TypeAlias = Section
    Simulated: TypeAlias = Section
    Hardware: TypeAlias = Section
    Checks: TypeAlias = Section
else:
    Train = section("Train", COMMANDS["train"], ("curve", "report"),
                    "A network to be trained: the options of 'spinsc train'.")
    Import = section("Import", COMMANDS["import"], (),
                     "A network that was trained elsewhere: the options of 'spinsc import'.")
    Measured = section("Measured", COMMANDS["recording import"], (),
                       "A measurement: the options of 'spinsc recording import'.")
    Simulated = section("Simulated", COMMANDS["recording simulate"], ("network", "plan"),
                        "Junctions to be simulated: the options of 'spinsc recording simulate'. By default as many as "
                        "the hardware needs, for the images of the checks.")
    Hardware = section("Hardware", COMMANDS["emit"], ("network", "recording"), "The options of 'spinsc emit'.")
    Checks = section("Checks", COMMANDS["cosim"], ("directory", "rng"), "The options of 'spinsc cosim'.")


class NewNetwork(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
                 rename={"import_": "import"}):
    """A network to be made: trained, or imported."""

    train: Train | msgspec.UnsetType = msgspec.UNSET
    import_: Import | msgspec.UnsetType = msgspec.UNSET


class NewRecording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True,
                   rename={"import_": "import"}):
    """A recording to be made: of simulated junctions, or from measured files."""

    simulate: Simulated | msgspec.UnsetType = msgspec.UNSET
    import_: Measured | msgspec.UnsetType = msgspec.UNSET


class Configuration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; paths are seen from its folder."""

    network: Annotated[str | NewNetwork, msgspec.Meta(
        description="the name of a shipped network, a .npz file, or the table network.train or network.import")]
    out: Annotated[str, msgspec.Meta(description="folder of all that is made", min_length=1)] = "build/run"
    recording: Annotated[str | NewRecording, msgspec.Meta(
        description="random bits: 'default', a .npz file, or the table recording.simulate or recording.import; by "
                    "default the hardware's own, or simulated junctions")] | msgspec.UnsetType = msgspec.UNSET
    hardware: Hardware | msgspec.UnsetType = msgspec.UNSET
    checks: Checks | msgspec.UnsetType = msgspec.UNSET


def schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of ``spinsc.toml``, as editors use it to complete and check."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Configuration)}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(schema(), indent=1) + "\n")
