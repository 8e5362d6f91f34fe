"""What a command of ``spinsc`` is: a dataclass whose fields are its arguments and whose `Command.run` is its body."""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import re
import types
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from spinsc.errors import InputError, did_you_mean

#: Arguments that are paths, by what help calls them, and whether only folders will do.
PATHS = {"FILE": False, "PATH": False, "MODEL": False, "DIR": True, "FOLDER": True}
#: What help calls a network: the name of a shipped one, or a file.
NETWORK = "NET"

_FLAGS, _LOW, _ONE_OF, _SETTINGS = "flags", "low", "one of", "settings"


def option(*flags: str, default: Any = None, low: float | None = None, one_of: str = "", **settings: Any) -> Any:
    """A field of a command that is an argument of its command line.

    The field's type says how the text is read: str, Path, int, float, a tuple of these for several, and bool for an
    option without a value, which turns the default round.

    Parameters
    ----------
    flags : str
        ``--name`` and perhaps ``-n``; by default ``--`` and the field's name.
    default
        What the field is when the option is not given.
    low : number, optional
        The smallest value that is accepted.
    one_of : str
        Exactly one of the options with the same word here must be given.
    settings
        ``help``, ``metavar``, ``required``, ``choices`` and others of `argparse.ArgumentParser.add_argument`.
    """
    return dataclasses.field(default=default, metadata={
        _FLAGS: flags or None, _LOW: low, _ONE_OF: one_of, _SETTINGS: settings})


def positional(metavar: str, help: str, **settings: Any) -> Any:
    """A field of a command that is given by its position."""
    return dataclasses.field(metadata={_FLAGS: (), _SETTINGS: {"metavar": metavar, "help": help} | settings})


@dataclass(frozen=True, kw_only=True)
class Command(ABC):
    """A command; an instance is one command line of it.

    A subclass is a frozen, keyword-only dataclass, perhaps with some of `spinsc.sim.cli.options` among its bases. Its
    module imports nothing heavy: that belongs into `run`.

    Attributes
    ----------
    summary : str
        For the list of commands, without a capital and without a full stop.
    parameters : mapping
        Fields of the command that set a parameter of the library, by its name, where that is another one.
    given : frozenset of str
        Names of the fields that the command line sets; the others have their defaults.
    line : str
        The command line, as a shell takes it.
    """

    summary: ClassVar[str]
    parameters: ClassVar[Mapping[str, Sequence[str]]] = {}
    given: frozenset[str] = frozenset()
    line: str = ""

    def check(self) -> None:  # noqa: B027 - most commands have nothing to refuse
        """Refuse what can be refused before any work: options without effect, what is not installed, files in use.

        Raises
        ------
        InputError
        """

    @abstractmethod
    def run(self) -> int:
        """Do it, after `check`; the exit code.

        Raises
        ------
        InputError
            For bad input, whose message is all that the user then sees.
        """

    @classmethod
    def arguments(cls) -> dict[str, dataclasses.Field[Any]]:
        """Fields that are arguments, by name: those of the class itself, then those of its bases in their order."""
        fields = {field.name: field for field in dataclasses.fields(cls) if field.metadata}
        names = [name for base in cls.__mro__ for name in vars(base).get("__annotations__", ()) if name in fields]
        return {name: fields[name] for name in dict.fromkeys(names)}

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> list[argparse.Action]:
        """Add all arguments to a parser; what is not given stays out of the namespace."""
        actions: list[argparse.Action] = []
        hints = typing.get_type_hints(cls)
        groups: dict[str, Any] = {}
        for name, field in cls.arguments().items():
            target: Any = parser
            if group := field.metadata.get(_ONE_OF):
                target = groups.setdefault(group, None) or parser.add_mutually_exclusive_group(required=True)
                groups[group] = target
            flags = cls.flags(name)
            settings = _reading(hints[name], field) | field.metadata[_SETTINGS]
            if flags:
                settings |= {"dest": name, "default": argparse.SUPPRESS}
            action = target.add_argument(*flags or [name], **settings)
            if flags and not isinstance(field.default, bool) and field.default not in (None, ""):
                action.help = f"{action.help} (default: {field.default})"
            actions.append(action)
        return actions

    @classmethod
    def flags(cls, name: str) -> tuple[str, ...]:
        """Option strings of a field, none of one that is given by its position."""
        flags = cls.arguments()[name].metadata[_FLAGS]
        return ("--" + name.replace("_", "-"),) if flags is None else tuple(flags)

    @classmethod
    def from_namespace(cls, namespace: argparse.Namespace, line: str = "") -> Self:
        """The command of a parsed command line, and that line."""
        given = {name: tuple(value) if isinstance(value, list) else value
                 for name, value in vars(namespace).items() if name in cls.arguments()}
        return cls(**given, given=frozenset(given), line=line)

    def in_options(self, message: str) -> str:
        """A library's message about one of its parameters, in terms of the option that sets it."""
        found = re.match(r"(?:the )?(\w+(?: \w+)?)(?= (?:\(\w\) )?(?:must |'))", message)
        if found is None:
            return message
        parameter = found[1].lower().replace(" ", "_")
        names = self.parameters.get(parameter, (parameter,))
        flags = [flag for name in names if name in self.given for flag in self.flags(name)[-1:]]
        return message if not flags else flags[0] + message[found.end():]

    def writes(self, name: str, path: str | Path, inputs: Iterable[str | Path | None], force: bool) -> None:
        """Refuse to write a file over an input, or over anything else unless ``force`` is given.

        Parameters
        ----------
        name : str
            The field that names the file.
        path : path
            The file.
        inputs : iterable of paths
            What the command reads; None is nothing.
        """
        flag = self.flags(name)[-1]
        if any(given is not None and same_file(path, given) for given in inputs):
            raise InputError(f"{flag} {path} is also an input, which would be lost; give another name")
        self.check_folder(name, Path(path).parent)
        if Path(path).is_dir():
            raise InputError(f"{flag} {path} is a folder; give the name of a file")
        if os.path.lexists(path) and not force:
            raise InputError(f"{flag} {path} is there already; give another name, or --force to replace it")

    def check_folder(self, name: str, folder: Path) -> None:
        """Refuse a folder in which nothing can be written because it, or one above it, is a file."""
        for place in (folder, *folder.parents):
            if os.path.lexists(place):
                if not place.is_dir():
                    raise InputError(f"{self.flags(name)[-1]} cannot be in {place}, which is no folder; give another "
                                     "name")
                return

    def refuse_idle(self, idle: bool, names: Iterable[str], where: str) -> None:
        """Refuse options that have no effect, by an error that names them.

        Parameters
        ----------
        idle : bool
            Whether they have no effect.
        names : iterable of str
            Fields; those that were not given are no fault.
        where : str
            The circumstance, such as "without --flips".
        """
        for name in names:
            if idle and name in self.given:
                value = getattr(self, name)
                text = self.flags(name)[-1] + ("" if isinstance(value, bool) else f" {value}")
                raise InputError(f"{text} has no effect {where}; leave it out")


def same_file(a: str | Path, b: str | Path) -> bool:
    """Whether two names are of one file that exists."""
    try:
        return os.path.samefile(a, b)
    except OSError:
        return False


def whole(text: str) -> int:
    """A whole number, with a message that says so."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


def real(text: str) -> float:
    """A finite number, with a message that says so."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}")
    return value


def _reading(hint: Any, field: dataclasses.Field[Any]) -> dict[str, Any]:
    """Settings of argparse that follow from a field's type."""
    several = False
    if isinstance(hint, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    if typing.get_origin(hint) is tuple:
        hint, several = typing.get_args(hint)[0], True
    if hint is bool:
        return {"action": "store_false" if field.default else "store_true"}
    read: Callable[[str], Any] = {int: whole, float: real, str: _some}.get(hint, hint)
    if field.metadata.get(_LOW) is not None:
        read = _at_least(field.metadata[_LOW], read)
    if (choices := field.metadata[_SETTINGS].get("choices")) is not None:
        read = _one_of(choices)
    return {"type": read} | ({"nargs": "+"} if several and "action" not in field.metadata[_SETTINGS] else {})


def _some(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if text not in choices:
            raise argparse.ArgumentTypeError(
                f"must be {', '.join(choices[:-1])} or {choices[-1]}, not {text!r}{did_you_mean(text, choices)}")
        return text
    return checked


def _at_least(low: float, read: Callable[[str], Any]) -> Callable[[str], Any]:
    def checked(text: str) -> Any:
        value = read(text)
        if value < low:
            raise argparse.ArgumentTypeError(f"must be at least {low}, not {text}")
        return value
    return checked
