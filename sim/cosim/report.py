"""The outcome of a co-simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spinsc.gen.manifest import Manifest
from spinsc.sim.cosim.comparison import Comparison, merge
from spinsc.sim.cosim.schedule import Schedule
from spinsc.sim.simulators.base import Simulator


@dataclass(frozen=True)
class StressOutcome:
    """What was found under stress: pauses of the source, a sink that stops, and resets.

    Attributes
    ----------
    comparison : Comparison
        Of all schedules.
    seeds : tuple of int
        From which they were drawn.
    cycles, resets : int
        Cycles of all schedules, and resets in the middle of work.
    """

    comparison: Comparison
    seeds: tuple[int, ...]
    cycles: int
    resets: int

    @classmethod
    def of(cls, schedules: Sequence[Schedule], found: Sequence[Comparison]) -> StressOutcome | None:
        """What was found under each schedule; None if there was none."""
        if not schedules:
            return None
        return cls(merge(list(found)), tuple(schedule.seed for schedule in schedules),
                   sum(schedule.cycles for schedule in schedules), sum(schedule.resets for schedule in schedules))

    @property
    def passed(self) -> bool:
        """Nothing is wrong, and there was something to compare."""
        return self.comparison.clean and self.comparison.images > 0


@dataclass(frozen=True, repr=False)
class Report:
    """Outcome of a co-simulation.

    Attributes
    ----------
    comparison : Comparison
    manifest : Manifest
        Of the directory. Its cycles are exact: hardware as it was emitted must keep to them.
    edited : list of str
        Files changed or added since they were emitted, as far as the manifest has digests.
    simulator : Simulator
    build_s, simulation_s : float
    shards, resumed : int
        Stretches into which the images were cut, and images that an earlier, interrupted run had compared already.
    waveform : Path or None
        Waveform of an image, or of stress, as it was asked for.
    stress : StressOutcome or None
        What was found under stress, if there was any.
    """

    comparison: Comparison
    manifest: Manifest
    edited: list[str]
    simulator: Simulator
    build_s: float
    simulation_s: float
    shards: int = 1
    resumed: int = 0
    waveform: Path | None = None
    stress: StressOutcome | None = None

    def __repr__(self) -> str:
        found = self.comparison
        return (f"Report({'PASSED' if self.passed else 'FAILED'}, {found.images:,} images, {found.words:,} words, "
                f"{found.mismatches:,} mismatches)")

    @property
    def cycles_per_image(self) -> float | None:
        """Clock cycles between results; None if there are fewer than two.

        The mean interval in the second half of the first `TIMED` images of the run, or all if there are fewer, which
        lie in one shard whatever its size: by then the pipeline has filled.
        """
        cycles = self.comparison.result_cycles
        if len(cycles) < 2:
            return None
        middle = (len(cycles) - 1) // 2
        return (cycles[-1] - cycles[middle]) / (len(cycles) - 1 - middle)

    @property
    def latency(self) -> int:
        """Clock cycles from the reset to the first result; 0 if there is none."""
        return self.comparison.result_cycles[0] if self.comparison.result_cycles else 0

    @property
    def predicted_cycles_per_image(self) -> int:
        """What the manifest says."""
        return self.manifest.cycles_per_image

    @property
    def predicted_latency(self) -> int:
        """What the manifest says."""
        return self.manifest.latency_cycles

    @property
    def passed(self) -> bool:
        """Everything is equal, and there was something to compare."""
        found = self.comparison
        return found.mismatches == 0 and found.images > 0 and not found.violations and not self.untimely \
            and (self.stress is None or self.stress.passed)

    @property
    def untimely(self) -> bool:
        """Results arrived at other clock cycles than predicted, although nobody edited the hardware."""
        return not self.comparison.timely and not self.edited
