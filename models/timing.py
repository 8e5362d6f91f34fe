"""Which of several ways is fastest on this machine, measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

_RUNS = 3
_HOPELESS = 8.0  # times what the best took

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
        How much longer each of the ways took; infinite for those that were left out as hopeless.
    """

    name: str
    seconds: float
    ratios: dict[str, float]

    def __str__(self) -> str:
        others = ", ".join(f"{name} {f'{ratio:.1f}x' if ratio < np.inf else f'over {_HOPELESS:.0f}x'} its time"
                           for name, ratio in self.ratios.items() if name != self.name)
        return f"{self.name} ({others})"


def fastest(tasks: Mapping[str, Callable[[int], object]], few: int, many: int) -> Choice:
    """Time tasks by the number of things to do, which they take.

    A task that would take far too long for ``many``, by what it takes for ``few``, is not run so often.
    """
    best = dict.fromkeys(tasks, np.inf)
    for name, task in tasks.items():
        task(1)  # what is compiled or prepared at the first call
        if _taken(task, few) * many / few <= _HOPELESS * min(best.values()):
            best[name] = min(_taken(task, many) for _ in range(_RUNS))
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
