"""The directive ``spinsc-commands``: every command with all of its arguments, from what builds the parser."""

from __future__ import annotations

import argparse
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from spinsc.sim.cli.parser import Parser
from spinsc.sim.cli.registry import COMMANDS, in_order


def page() -> str:
    """Markdown with a section for each command."""
    return "\n".join(_section(name) for name in in_order())


def _section(name: str) -> str:
    command = COMMANDS[name]
    parser = Parser(prog=f"spinsc {name}", add_help=False, formatter_class=_Wide)
    actions = command.add_arguments(parser)
    lines = [f"## spinsc {name}", "", f"{plain(command.summary[0].upper() + command.summary[1:])}.", "", "```text",
             parser.format_usage().removeprefix("usage: ").rstrip(), "```", ""]
    for action in actions:
        flags = ", ".join(action.option_strings)
        value = "" if action.nargs == 0 else parser._get_formatter()._format_args(action, action.metavar or action.dest)
        lines += [f"`{' '.join(filter(None, (flags, value)))}`", f": {plain(action.help or '')}", ""]
    return "\n".join(lines)


class _Wide(argparse.HelpFormatter):
    """Lines of one width, whatever the terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=84)


def plain(text: str) -> str:
    """Text as Markdown that shows it as it is; options and quoted words as code."""
    text = re.sub(r"([\\`*_{}\[\]<>#|$~])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?<![\w-])(--[a-z][a-z-]*[a-z])", r"`\1`", text)


class Commands(SphinxDirective):
    """Takes no arguments."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes(page(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("spinsc-commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
