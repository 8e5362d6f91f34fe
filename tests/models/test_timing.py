"""The fastest of several ways, by a clock that only they move."""

from __future__ import annotations

import numpy as np
import pytest

from spinsc.models import timing
from spinsc.models.timing import fastest


class Task:
    """Takes a time for each thing, and one of its own."""

    now = 0.0

    def __init__(self, each: float, once: float = 0.0) -> None:
        self.each, self.once = each, once
        self.numbers: list[int] = []

    def __call__(self, number: int) -> None:
        Task.now += self.once + self.each * number
        self.numbers.append(number)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_seconds", lambda: Task.now)


def test_the_fastest_for_many() -> None:
    """Not the fastest for few, and not the first."""
    tasks = {"slow": Task(3), "prepared": Task(1, once=100)}
    choice = fastest(tasks, few=10, many=100)
    assert choice.name == "prepared"
    assert choice.seconds == 200
    assert choice.ratios == {"slow": 1.5, "prepared": 1}
    assert str(choice) == "prepared (slow 1.5x its time)"


def test_the_far_slower_are_not_timed_often() -> None:
    tasks = {"fast": Task(1), "slow": Task(3.9), "slower": Task(4.1), "hopeless": Task(201)}
    choice = fastest(tasks, few=10, many=1000)
    assert choice.ratios == {"fast": 1, "slow": pytest.approx(3.9), "slower": pytest.approx(4.1), "hopeless": np.inf}
    assert str(choice) == "fast (slow 3.9x its time, slower 4.1x its time, hopeless far slower)"
    assert [task.numbers.count(1000) for task in tasks.values()] == [4, 4, 1, 0]
