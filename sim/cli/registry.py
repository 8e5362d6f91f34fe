"""All commands by name: the files of `spinsc.sim.cli.commands`, and what other packages add.

The command ``recording info`` is the class ``RecordingInfo`` in ``recording_info.py``. Another package adds a command
by an entry point of the group ``spinsc.commands`` that names a subclass of `Command`.
"""

from __future__ import annotations

import pkgutil
from pathlib import Path

from spinsc.registry import Registry
from spinsc.sim.cli.command import Command

#: The order in which people need them; others follow by name.
ORDER = (
    "run", "networks", "train", "import", "eval", "emit", "cosim", "synth", "cost", "recording", "junctions",
    "calibrate", "explore", "sweep", "study", "data", "doctor", "regression", "completion")
#: What the commands of two words have in common, by their first word.
GROUPS = {"recording": "make, import and judge recordings of random bits",
          "study": "make the tables and figures of docs/studies again"}

COMMANDS: Registry[type[Command]] = Registry("command", "spinsc.commands", {
    module.name.replace("_", " "): f"spinsc.sim.cli.commands.{module.name}:{module.name.title().replace('_', '')}"
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "commands")])})


def in_order() -> list[str]:
    """Names of all commands, those that people need first at the beginning."""
    def rank(name: str) -> tuple[int, str]:
        first = name.partition(" ")[0]
        return ORDER.index(first) if first in ORDER else len(ORDER), name
    return sorted(COMMANDS, key=rank)
