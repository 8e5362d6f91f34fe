"""What the hardware did under a schedule of stress: every word, and what its ports may do in each cycle.

The schedule decides where episodes begin and end; everything else is seen in what was recorded of the wires.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.models.golden.trace import Trace
from spinsc.sim.cosim.compare import Words
from spinsc.sim.cosim.comparison import Comparison
from spinsc.sim.cosim.run_folder import CYCLE_FLAGS, LAYER_FLAGS, TRACE_RECORD, Layout, RunFolder, result_type
from spinsc.sim.cosim.schedule import Episode, Steps, Stress

#: Times the predicted latency in which a class comes, even if somebody has edited the hardware.
LATENCIES = 2

Records = npt.NDArray[np.void]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer[Any]]


def compare_stressed(run: RunFolder, stress: Stress) -> Comparison:
    """Compare everything that was recorded under a schedule with the golden model and the contract."""
    layout, trace = run.layout(), run.expected().trace
    wires = Wires.of(run.cycles(layout))
    found = Comparison()
    resets = [0, *(episode.stop + 1 for episode in stress.episodes)]
    checks = [_EpisodeCheck(layout, stress, episode, wires.part(reset, episode.start + 1),
                            wires.part(episode.start, episode.stop), trace)
              for episode, reset in zip(stress.episodes, resets, strict=False)]
    violations = [(cycle, text) for check in checks for cycle, text in check.compare(found)]
    if wires.cycles != stress.cycles:
        violations.append((wires.cycles, f"cycle {wires.cycles}: the simulation ended, {stress.cycles} cycles were "
                                         "scheduled"))
    for line in run.violations():
        cycle = int(re.findall(r"\d+", line)[0])
        check = next((check for check in checks if cycle < check.episode.stop), checks[-1])
        violations.append((cycle, f"{line}, near image {check.image(check.results, cycle - check.episode.start)}"))
    found.violations = [text for _, text in sorted(violations)]
    found.keep_first_listed()
    return found


@dataclass(frozen=True, eq=False)
class Wires:
    """What was on the recorded wires in some consecutive cycles.

    Attributes
    ----------
    records : array of `cycle_type`
    number : int32, shape (cycles,)
        Which record is of each cycle.
    """

    records: Records
    number: npt.NDArray[np.int32]

    @classmethod
    def of(cls, records: Records) -> Wires:
        """All cycles from 0 to that of the last record, which tells the end."""
        starts: Integers = records["cycle"].astype(np.int64)
        lengths = starts - np.concatenate([[0], starts[:-1]])
        return cls(records, np.repeat(np.arange(len(records), dtype=np.int32) - 1, lengths))

    @property
    def cycles(self) -> int:
        """How many there are."""
        return len(self.number)

    def part(self, start: int, stop: int) -> Wires:
        """Those of some cycles."""
        return Wires(self.records, self.number[start:stop])

    def flag(self, name: str) -> Flags:
        """A wire of `CYCLE_FLAGS` in each cycle."""
        flags: Flags = (self.records["flags"] >> CYCLE_FLAGS.index(name) & 1 == 1)[self.number]
        return flags

    def of_layer(self, layer: int, name: str) -> Flags:
        """A wire of `LAYER_FLAGS` in each cycle."""
        flags: Flags = (self.records["layers"]["flags"][:, layer] >> LAYER_FLAGS.index(name) & 1 == 1)[self.number]
        return flags

    def at(self, cycles: Integers) -> Records:
        """Records of some cycles."""
        records: Records = self.records[self.number[cycles]]
        return records


@dataclass
class _EpisodeCheck:
    """What was recorded of an episode against what is right.

    Attributes
    ----------
    idle : Wires
        Before the episode, from when all has been reset, and in its first cycle.
    wires : Wires
        In the episode, whose cycles are counted from its first one on.
    trace : Trace
        Of all images of the schedule.
    results : integers
        Cycles in which classes were taken.
    taken_in : bool, shape (cycles,)
        Whether a beat of the input was taken.
    """

    layout: Layout
    stress: Stress
    episode: Episode
    idle: Wires
    wires: Wires
    trace: Trace
    results: Integers = field(init=False)
    taken_in: Flags = field(init=False)
    violations: list[tuple[int, str]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        places = slice(self.episode.first, self.episode.first + self.episode.images)
        self.numbers = np.array(self.stress.numbers[places])
        self.words = Words(self.layout, self.trace.part(places), self.numbers, self.episode.complete)
        self.valid, self.ready = self.wires.flag("m_axis_tvalid"), self.wires.flag("m_axis_tready")
        self.results = np.flatnonzero(self.valid & self.ready)
        self.taken_in = self.wires.flag("s_axis_tvalid") & self.wires.flag("s_axis_tready")

    def image(self, events: Integers, cycle: int, each: int = 1) -> int:
        """Number of the image that was due in a cycle, where every ``each`` events before were one."""
        before = int(np.searchsorted(events, cycle)) // each
        return int(self.numbers[min(before, len(self.numbers) - 1)])

    def compare(self, found: Comparison) -> list[tuple[int, str]]:
        """Compare all words, which go into ``found``; the cycles and texts of what is wrong besides."""
        start, layout = self.episode.start, self.layout
        found.images += min(len(self.results), self.episode.images)
        for number in range(len(layout.neurons)):
            cycles = self._traced(number)
            words = np.zeros(len(cycles), TRACE_RECORD)
            for name in TRACE_RECORD.names or ():
                words[name] = self.wires.at(cycles)["layers"][name][:, number]
            self.words.compare_layer(found, number, words, start + cycles)
        taken = self.wires.at(self.results)
        results = np.zeros(len(taken), result_type(layout.classes))
        results["class"], results["scores"] = taken["tdata"], _scores(taken["tuser"], layout)
        self.words.compare_results(found, results, start + self.results)
        self._nothing_after_reset()
        self._results_stand()
        self._offered()
        for number, steps in enumerate(self.stress.steps):
            self._random(number, steps)
        return self.violations

    def _traced(self, number: int) -> Integers:
        """Cycles in which a layer hands on a result."""
        return np.flatnonzero(self.wires.of_layer(number, "trace{}_valid"))

    def _say(self, cycle: int, image: int, port: str, text: str) -> None:
        cycle += self.episode.start
        self.violations.append((cycle, f"cycle {cycle}, image {image}, {port}: {text}"))

    def _nothing_after_reset(self) -> None:
        """While the reset lasts, from its second cycle on, and in the cycle after it, nothing comes."""
        wires = {"m_axis_tvalid": self.idle.flag("m_axis_tvalid")}
        for number in range(len(self.layout.neurons)):
            for name in LAYER_FLAGS[:2 if self.stress.steps else 1]:
                wires[name.format(number)] = self.idle.of_layer(number, name)
        for port, values in wires.items():
            for cycle in np.flatnonzero(values)[:1]:
                self._say(int(cycle) + 1 - self.idle.cycles, int(self.numbers[0]), port,
                          "is 1, although all was reset")

    def _results_stand(self) -> None:
        """What is on ``m_axis`` stays until it is taken."""
        waited = np.flatnonzero(self.valid[:-1] & ~self.ready[:-1]) + 1
        for cycle in waited[~self.valid[waited]][:1]:
            self._say(cycle, self.image(self.results, cycle), "m_axis_tvalid", "fell before the class was taken")
        waited = waited[self.valid[waited] & (self.wires.number[waited] != self.wires.number[waited - 1])]
        before, after = self.wires.at(waited - 1), self.wires.at(waited)
        for port, differs in (("tdata", before["tdata"] != after["tdata"]),
                              ("tuser", (before["tuser"] != after["tuser"]).any(1))):
            for number in np.flatnonzero(differs)[:1]:
                values = f" from {before[number][port]} to {after[number][port]}" if port == "tdata" else ""
                self._say(waited[number], self.image(self.results, waited[number]), f"m_axis_{port}",
                          f"changed{values} before the class was taken")

    def _offered(self) -> None:
        """A class comes although the sink has not been ready: ``m_axis_tvalid`` does not wait for ``m_axis_tready``."""
        ready = np.flatnonzero(self.ready)
        last = (int(ready[0]) if len(ready) else len(self.ready)) - 1
        beats = np.flatnonzero(self.taken_in[:max(0, last - LATENCIES * self.layout.latency)])
        if len(beats) >= self.stress.beats and not self.valid[last]:
            since = last - int(beats[self.stress.beats - 1])
            self._say(last, int(self.numbers[0]), "m_axis_tvalid",
                      f"is 0, although the image has been there for {since} cycles: does it wait for m_axis_tready?")

    def _random(self, number: int, steps: Steps) -> None:
        """The ports of a layer's random numbers: what they say of each step, and no step but the images'."""
        taken = np.flatnonzero(self.wires.of_layer(number, "random{}_step"))
        place = np.arange(len(taken)) % steps.cycles
        right = {"last": place == steps.cycles - 1}
        if steps.partial:
            right["partial"] = (place >= steps.fill) & ((place - steps.fill) % steps.chunk == steps.chunk - 1)
        for port, values in right.items():
            got = self.wires.of_layer(number, f"random{{}}_{port}")[taken]
            for step in np.flatnonzero(got != values)[:1]:
                self._say(int(taken[step]), self.image(taken, taken[step], steps.cycles), f"random{number}_{port}",
                          f"is {int(got[step])} in cycle {place[step]} of the {steps.cycles} of an image that take "
                          "numbers")
        if number:
            given, an_image = self._traced(number - 1), self.layout.neurons[number - 1]
        else:
            given = np.flatnonzero(self.taken_in)
            an_image = self.stress.beats
        early = np.arange(len(taken)) // steps.cycles >= np.searchsorted(given, taken) // an_image
        for step in np.flatnonzero(early)[:1]:
            self._say(int(taken[step]), self.image(taken, taken[step], steps.cycles), f"random{number}_step",
                      "is 1 before the image is there")
        due = self.episode.images * steps.cycles
        if self.episode.complete and len(taken) < due:
            self._say(self.wires.cycles - 1, int(self.numbers[-1]), f"random{number}_step",
                      f"was 1 in {len(taken)} cycles of {self.episode.images} images, not in {due}")


def _scores(words: npt.NDArray[np.uint32], layout: Layout) -> npt.NDArray[np.int64]:
    """Scores of some results, shape (results, classes), from the words in which they were recorded."""
    bits = np.unpackbits(np.ascontiguousarray(words).astype("<u4").view(np.uint8), axis=1, bitorder="little")
    scores = bits[:, :layout.classes * layout.score_bits].reshape(-1, layout.classes, layout.score_bits)
    weights = 1 << np.arange(layout.score_bits)
    weights[-1] *= -1
    found: npt.NDArray[np.int64] = scores.astype(np.int64) @ weights
    return found
