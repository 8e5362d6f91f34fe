"""From ``spinsc.toml`` to command lines, with errors of one line that name the key."""

from __future__ import annotations

import argparse
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from spinsc.errors import InputError, did_you_mean
from spinsc.sim.cli.command import Command, real
from spinsc.sim.cli.configuration.schema import Configuration, NewNetwork, NewRecording, key

#: The types of TOML in words.
_KINDS = {"int": "a whole number", "float": "a number", "str": "a text", "bool": "true or false", "array": "a list",
          "object": "a table", "str | object": "a text or a table"}
C = TypeVar("C", bound=Command)


def load_configuration(path: Path) -> Configuration:
    """Read and check a file.

    Raises
    ------
    InputError
        With the name of the file, the key, the value and what would be right.
    """
    try:
        found = tomllib.loads(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; docs/configuration.md says what it holds") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: no TOML: {error}") from None
    try:
        configuration = msgspec.convert(found, Configuration)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {_in_words(str(error), found)}") from None
    for name, made in (("network", configuration.network), ("recording", configuration.recording)):
        if isinstance(made, NewNetwork | NewRecording) and len(_given(made)) != 1:
            ways = ", ".join(f"{name}.{field.encode_name}" for field in msgspec.structs.fields(made))
            raise InputError(f"{path}: {name}: give one of {ways}")
    return configuration


@dataclass(frozen=True)
class Part:
    """A section of the file, and the command that it is the options of.

    Attributes
    ----------
    place : str
        Such as ``network.train``; empty without such a section.
    options : Struct or UnsetType
    file : Path
        The whole.
    """

    place: str
    options: Any
    file: Path

    @property
    def given(self) -> dict[str, Any]:
        """Fields of the command that the section has."""
        return _given(self.options)

    def command(self, kind: type[C], line: str, **decided: Any) -> C:
        """The command line that this section is; ``decided`` are arguments that it has not, None is not given."""
        given = {name: self._read(kind, name, value) for name, value in self.given.items()}
        given |= {name: value for name, value in decided.items() if value is not None}
        return kind(**given, given=frozenset(given), line=line)

    def _read(self, kind: type[Command], name: str, value: Any) -> Any:
        """A value as the command has it, refused where the command line would refuse it."""
        field = kind.arguments()[name]
        read = field.metadata["settings"].get("type")
        try:
            if isinstance(value, float):
                real(str(value))
            if isinstance(value, str) and not value:
                raise argparse.ArgumentTypeError("must not be empty")
            if isinstance(value, str) and read is not None:
                read(value)
        except argparse.ArgumentTypeError as error:
            raise InputError(f"{self.file}: {self.place}.{key(kind, name)}: {error}") from None
        if isinstance(value, list):
            return (tuple(value),) if read is not None else tuple(value)
        return not value if field.default is True else value  # an option such as --no-sc turns its default round

    def in_keys(self, kind: type[Command], message: str) -> str:
        """A command's message in terms of the keys of this file."""
        keys: dict[str, str] = {}
        for name in kind.arguments():
            word = key(kind, name)
            keys |= dict.fromkeys(kind.flags(name), _below(self.place, word) if word in _known(self.place) else word)
        words = re.sub(r"(?<![\w-])--?[a-z][\w-]*", lambda found: keys.get(found[0], found[0]), message)
        if words == message:
            words = f"{self.place} {words}"
        return f"{self.file}: " + re.sub(r"^([a-z]+(?:\.[a-z0-9-]+)*)(?= )", r"\1:", words)


def made_by(struct: NewNetwork | NewRecording) -> tuple[str, Any]:
    """The way that a table names, and its options."""
    ((name, options),) = _given(struct).items()
    return name.rstrip("_"), options


def _given(struct: Any) -> dict[str, Any]:
    """Fields that the file has."""
    if struct is msgspec.UNSET:
        return {}
    return {name: value for name in struct.__struct_fields__
            if (value := getattr(struct, name)) is not msgspec.UNSET}


def _in_words(message: str, found: Mapping[str, Any]) -> str:
    """What msgspec says of a value, as every other error says it."""
    text, _, path = message.partition(" - at `$")
    place = path.strip("`.")
    if (missing := re.fullmatch(r"Object missing required field `(.*)`", text)) is not None:
        return f"{_below(place, missing[1])}: is missing"
    if (unknown := re.fullmatch(r"Object contains unknown field `(.*)`", text)) is not None:
        return f"{_below(place, unknown[1])}: unknown key{did_you_mean(unknown[1], _known(place))}"
    return f"{place}: must be {_wanted(text, place)}, not {json.dumps(_value(found, place), default=str)}"


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _wanted(text: str, place: str) -> str:
    """What is right in the place of a value."""
    if (low := re.match(r"Expected `\w+` >= (\S+)$", text)) is not None:
        return f"at least {low[1]}"
    if (length := re.match(r"Expected `\w+` of length (?:>= )?(\S+)(?:, got .*)?$", text)) is not None:
        return "not empty" if length[1] == "1" else f"{length[1]} values"
    if text.startswith("Invalid enum value"):
        *others, last = _type_at(place).__args__
        return f"{', '.join(others)} or {last}"
    kind = re.match(r"Expected `(.*?)`", text)
    return _KINDS.get(kind[1], kind[1]) if kind is not None else text


def _known(place: str) -> list[str]:
    """Keys of a table."""
    return [field.encode_name for field in msgspec.structs.fields(_type_at(place))]


def _type_at(place: str) -> Any:
    """The type of what is at a place."""
    kind: Any = Configuration
    for name in filter(None, re.sub(r"\[.*", "", place).split(".")):
        kind = next(field.type for field in msgspec.structs.fields(kind) if field.encode_name == name)
        kind = _plain(kind)
    return kind


def _plain(kind: Any) -> Any:
    """A type without its remarks, and of several the table."""
    while hasattr(kind, "__metadata__"):
        kind = kind.__origin__
    parts = [part for part in getattr(kind, "__args__", ()) if part is not msgspec.UnsetType]
    if len(parts) < len(getattr(kind, "__args__", ())):
        return _plain(parts[-1])
    structs = [part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    return structs[0] if structs else kind


def _value(found: Any, place: str) -> Any:
    """What a file has at a place."""
    for name in re.findall(r"[^.\[\]]+", place):
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found
