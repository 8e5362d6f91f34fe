"""Which of several ways is fastest on this machine, measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

_RUNS = 3
_FAR_SLOWER = 4.0  # times what the best took; not timed again

# Of the thread, which other programs do not disturb, where it is fine enough.
_seconds = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-6 else time.perf_counter


@dataclass(frozen=True)
class Choice:
    """The fastest of several ways.

    Attributes
    ----------
    name : str
    seconds : float
        It took.
    ratios : dict of str to float
        How much longer each of the ways took; infinite for those that took twice as long for few as the best for many.
    """

    name: str
    seconds: float
    ratios: dict[str, float]

    def __str__(self) -> str:
        return comparison(self.name, self.ratios)


def comparison(name: str, ratios: Mapping[str, float]) -> str:
    """One line about a choice, see `Choice`."""
    others = ", ".join(f"{other} far slower" if ratio == np.inf else f"{other} {ratio:.1f}x its time"
                       for other, ratio in ratios.items() if other != name)
    return f"{name} ({others})" if others else name


def fastest(tasks: Mapping[str, Callable[[int], object]], few: int, many: int) -> Choice:
    """Time tasks by the number of things to do, which they take; few before many, as some may be far slower."""
    best = dict.fromkeys(tasks, np.inf)
    for name, task in tasks.items():
        task(few)  # what is compiled or prepared at the first call
        if _taken(task, few) <= 2 * min(best.values()):
            best[name] = _taken(task, many)
    for _ in range(_RUNS):
        for name, task in tasks.items():
            if best[name] <= _FAR_SLOWER * min(best.values()):
                best[name] = min(best[name], _taken(task, many))
    name = min(best, key=lambda each: best[each])
    return Choice(name, best[name], {each: seconds / best[name] for each, seconds in best.items()})


def _taken(task: Callable[[int], object], number: int) -> float:
    begin = _seconds()
    task(number)
    return _seconds() - begin


@contextmanager
def one_thread_per_operation() -> Iterator[int]:
    """Yield the number of torch's threads, for whole images to share; many small operations would mostly wait."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)
