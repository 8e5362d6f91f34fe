"""``spinsc completion``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from spinsc.sim.cli.command import Command, positional

#: Arguments that are paths, by what help calls them, and whether only folders will do.
_PATHS = {"FILE": False, "PATH": False, "NET": False, "DIR": True, "FOLDER": True}


@dataclass(frozen=True, kw_only=True)
class Completion(Command):
    """The script by which a shell completes command lines; it is static, so that completing starts no Python."""

    summary = "print what makes a shell complete commands and options: eval \"$(spinsc completion bash)\""

    shell: str = positional("SHELL", "bash, zsh or fish", choices=("bash", "zsh", "fish"))

    def run(self) -> int:
        import shtab

        from spinsc.sim.cli.parser import build_parser

        actions: list[argparse.Action] = []
        parser = build_parser(actions)
        for action in actions:
            if action.metavar in _PATHS:
                action.complete = shtab.DIRECTORY if _PATHS[action.metavar] else shtab.FILE  # type: ignore[attr-defined]
        print(shtab.complete(parser, self.shell))
        return 0
