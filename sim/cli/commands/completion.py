"""``spinsc completion``."""

from __future__ import annotations

from dataclasses import dataclass

from spinsc.sim.cli.command import Command, positional


@dataclass(frozen=True, kw_only=True)
class Completion(Command):
    """The script by which a shell completes command lines; it is static, so that completing starts no Python."""

    summary = "print what makes a shell complete commands and options: eval \"$(spinsc completion bash)\""

    shell: str = positional("SHELL", "bash, zsh or fish", choices=("bash", "zsh", "fish"))

    def run(self) -> int:
        import shtab

        from spinsc.sim.cli.parser import build_parser

        print(shtab.complete(build_parser(), self.shell))
        return 0
