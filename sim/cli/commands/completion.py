"""``spinsc completion``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from spinsc.sim.cli.command import NETWORK, PATHS, Command, positional

_FUNCTION = "_spinsc_networks"


@dataclass(frozen=True, kw_only=True)
class Completion(Command):
    """The script by which a shell completes command lines; it is static, so that completing starts no Python."""

    summary = "print what makes a shell complete commands and options: eval \"$(spinsc completion bash)\""

    shell: str = positional("SHELL", "bash, zsh or fish", choices=("bash", "zsh", "fish"))

    def run(self) -> int:
        import shtab

        from spinsc.models.shipped import SHIPPED
        from spinsc.sim.cli.parser import build_parser

        names = " ".join(shipped.name for shipped in SHIPPED)
        network = {
            "bash": _FUNCTION, "zsh": _FUNCTION, "fish": f"({_FUNCTION})",
            "preamble": {
                "bash": f'{_FUNCTION}() {{ compgen -W "{names}" -- $1; compgen -f -- $1; }}',
                "zsh": f"{_FUNCTION}() {{ compadd -- {names}; _files }}",
                "fish": f"function {_FUNCTION}\n  string split ' ' '{names}'\n"
                        "  __fish_complete_path (commandline -ct)\nend"}}
        actions: list[argparse.Action] = []
        parser = build_parser(actions)
        for action in actions:
            if action.metavar in PATHS:
                action.complete = shtab.DIRECTORY if PATHS[action.metavar] else shtab.FILE  # type: ignore[attr-defined]
            elif action.metavar == NETWORK:
                action.complete = network  # type: ignore[attr-defined]
        print(shtab.complete(parser, self.shell))
        return 0
