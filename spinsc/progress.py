"""How far a long work is: a bar on a terminal's standard error, by rich, and nothing anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def is_terminal(stream: TextIO) -> bool:
    """Whether people watch a stream, on a terminal that can do more than print one line after the other."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Bar:
    """How far a work is; without a place to show it, what is said is lost.

    Attributes
    ----------
    done : int
        Steps that were told so far.
    """

    def __init__(self, done: int = 0, shown: Progress | None = None, task: TaskID | None = None) -> None:
        self.done = done
        self._shown, self._task = shown, task

    def advance(self, steps: int = 1) -> None:
        """So many more steps are done."""
        self.at(self.done + steps)

    def at(self, done: int, total: int | None = None) -> None:
        """So many steps are done, of ``total`` if that is another number now."""
        self.done = done
        if self._shown is not None and self._task is not None:
            self._shown.update(self._task, completed=done, total=total)

    def describe(self, text: str) -> None:
        """What is being done, before the bar."""
        if self._shown is not None and self._task is not None:
            self._shown.update(self._task, description=text)

    def remark(self, text: str) -> None:
        """What was found last, behind the bar."""
        if self._shown is not None and self._task is not None:
            self._shown.update(self._task, remark=text)

    def restart(self) -> None:
        """The time that steps take is that from now on."""
        if self._shown is not None and self._task is not None:
            self._shown.reset(self._task, completed=self.done)

    def say(self, line: str) -> None:
        """Print a line on standard error, above the bar."""
        if self._shown is not None:
            self._shown.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr)


@contextmanager
def progress_bar(description: str, total: int | None = None, *, unit: str = "", done: int = 0,
                 shown: bool = True) -> Iterator[Bar]:
    """Show how far the work in this block is, until it ends.

    Parameters
    ----------
    description : str
        What is being done.
    total : int, optional
        Steps of the work, if that is known.
    unit : str
        What a step is, for the rate: "image".
    done : int
        Steps that were done before.
    shown : bool
        Whether to show it where there is a terminal.
    """
    if not (shown and is_terminal(sys.stderr)):
        yield Bar(done)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Steps done, of how many, and per second."""

        def render(self, task: Task) -> Text:
            of = "" if task.total is None else f"/{task.total:,.0f}"
            rate = "" if not task.speed else f", {task.speed:,.3g}/s" if task.speed < 100 else f", {task.speed:,.0f}/s"
            return Text(f"{task.completed:,.0f}{of} {unit}s{rate}" if unit else "")

    columns = [TextColumn("{task.description}", markup=False), *([] if not unit and total is None else [BarColumn()]),
               Rate(), TimeElapsedColumn(), *([TimeRemainingColumn()] if unit else []),
               TextColumn("{task.fields[remark]}", markup=False)]
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=5) as bar:
        yield Bar(done, bar, bar.add_task(description, total=total, completed=done, remark=""))
