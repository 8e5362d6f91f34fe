"""From the registry's commands to argparse, with errors in the form of every other bad input."""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import shlex
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from spinsc.errors import InputError, did_you_mean
from spinsc.sim.cli.command import Command
from spinsc.sim.cli.registry import COMMANDS, GROUPS, in_order

DESCRIPTION = "Trained networks to stochastic-computing Verilog on s-MTJ randomness, checked bit for bit."
EXIT_CODES = "Exit codes: 0 good, 1 a comparison failed, 2 bad input or a missing tool, 3 a fault of spinsc itself."

#: What argparse says, and the same in the words of all other messages.
_PLAINER = (
    (r"\B-\w/--", "--"),
    (r"^argument (\S+): (?=must )", r"\1 "),
    (r"^argument (\S+): expected (one|at least one) argument$", r"\1 needs a value"),
    (r"^argument (\S+): ignored explicit argument .*", r"\1 takes no value"),
    (r"^argument (\S+): not allowed with argument (\S+)$", r"\1 and \2 exclude each other; give one of them"),
    (r"^one of the arguments (.*) is required$", lambda found: f"give one of {', '.join(found[1].split())}"),
    (r"^the following arguments are required: (.*)$", r"missing: \1"))


class Parser(argparse.ArgumentParser):
    """A parser whose errors are those of every other bad input, and that completes no half-written option."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        for pattern, words in _PLAINER:
            message = re.sub(pattern, words, message)
        raise InputError(f"{message}; see '{self.prog} --help'")


def build_parser(actions: list[argparse.Action] | None = None) -> Parser:
    """The parser of all commands, which sets ``command`` to the name of the one chosen.

    All of their arguments are added to ``actions``, if it is given.
    """
    actions = [] if actions is None else actions
    top = Parser(prog="spinsc", description=DESCRIPTION, epilog=EXIT_CODES)
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    places: dict[str, Any] = {"": top.add_subparsers(metavar="COMMAND", required=True)}
    for name in in_order():
        try:
            command = COMMANDS[name]
        except InputError as error:  # of another package: no reason for ours not to run
            print(f"spinsc: warning: {error}", file=sys.stderr)
            continue
        group, _, last = name.rpartition(" ")
        if group not in places:
            places[group] = _add(places[""], group, GROUPS.get(group, f"commands of {group}")).add_subparsers(
                metavar="ACTION", required=True)
        parser = _add(places[group], last, command.summary)
        actions += command.add_arguments(parser)
        parser.set_defaults(command=name)
    return top


def parse(arguments: Sequence[str]) -> Command:
    """The command of a command line.

    Raises
    ------
    InputError
        If it is none; a word that is nearly right is named with what is right.
    SystemExit
        After ``--help``.
    """
    _check_words(arguments)
    namespace, unknown = build_parser().parse_known_args(arguments)
    command = COMMANDS[namespace.command]
    if unknown:
        flags = [flag for name in command.arguments() for flag in command.flags(name)]
        hint = did_you_mean(unknown[0].partition("=")[0], flags) if unknown[0].startswith("-") else ""
        raise InputError(f"unrecognized argument {unknown[0]}{hint}; see 'spinsc {namespace.command} --help'")
    return command.from_namespace(namespace, shlex.join(["spinsc", *arguments]))


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        print(f"{parser.prog} {importlib.metadata.version('spinsc')}")
        parser.exit()


def _check_words(arguments: Sequence[str]) -> None:
    """Refuse names of commands that do not exist, before argparse lists all that do."""
    said = ""
    for word in arguments[:2]:
        known = {name.removeprefix(said).split(" ")[0] for name in COMMANDS if name.startswith(said)}
        if word.startswith("-"):
            return
        if word not in known:
            place = f"spinsc {said}".rstrip()
            raise InputError(f"'{place}' has no command {word!r}{did_you_mean(word, known)}; see '{place} --help'")
        if f"{said}{word}" in COMMANDS:
            return
        said = f"{word} "


def _add(place: Any, name: str, summary: str) -> Parser:
    added: Parser = place.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    return added
