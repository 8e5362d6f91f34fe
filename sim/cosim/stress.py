"""What the hardware did under a schedule of stress: every word, and what its ports may do in each cycle.

The schedule decides where episodes begin and end; everything else is seen in the record of the cycles.
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
    records = run.cycles(layout)
    found = Comparison()
    resets = [0, *(episode.stop + 1 for episode in stress.episodes)]
    checks = [_EpisodeCheck(layout, stress, episode, reset, records, trace)
              for episode, reset in zip(stress.episodes, resets, strict=False)]
    violations = [(cycle, text) for check in checks for cycle, text in check.compare(found)]
    if len(records) != stress.cycles:
        violations.append((len(records), f"cycle {len(records)}: the simulation ended, {stress.cycles} cycles were "
                                         "scheduled"))
    for line in run.violations():
        cycle = int(re.findall(r"\d+", line)[0])
        check = next((check for check in checks if cycle < check.episode.stop), checks[-1])
        violations.append((cycle, f"{line}, near image {check.image(check.results, cycle)}"))
    found.violations = [text for _, text in sorted(violations)]
    found.keep_first_listed()
    return found


@dataclass
class _EpisodeCheck:
    """The record of an episode against what is right. ``records`` and ``trace`` are of the whole schedule.

    Attributes
    ----------
    reset : int
        The first cycle before the episode in which all has been reset.
    results : integers
        Cycles, from the episode's first one on, in which classes were taken.
    """

    layout: Layout
    stress: Stress
    episode: Episode
    reset: int
    records: Records
    trace: Trace
    results: Integers = field(init=False)
    violations: list[tuple[int, str]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        episode = self.episode
        places = slice(episode.first, episode.first + episode.images)
        self.idle = self.records[self.reset:episode.start + 1]
        self.records = self.records[episode.start:episode.stop]
        self.numbers = np.array(self.stress.numbers[places])
        self.words = Words(self.layout, _part(self.trace, places), self.numbers, episode.complete)
        flags = {name: self.records["flags"] >> b & 1 == 1 for b, name in enumerate(CYCLE_FLAGS)}
        self.taken_in = flags["s_axis_tvalid"] & flags["s_axis_tready"]
        self.valid, self.ready = flags["m_axis_tvalid"], flags["m_axis_tready"]
        self.results = np.flatnonzero(self.valid & self.ready)

    def image(self, events: Integers, cycle: int, each: int = 1) -> int:
        """Number of the image that was due in a cycle, where every ``each`` events before were one."""
        before = int(np.searchsorted(events, cycle - self.episode.start)) // each
        return int(self.numbers[min(before, len(self.numbers) - 1)])

    def compare(self, found: Comparison) -> list[tuple[int, str]]:
        """Compare all words, which go into ``found``; the cycles and texts of what is wrong besides."""
        start, layout = self.episode.start, self.layout
        found.images += min(len(self.results), self.episode.images)
        for number in range(len(layout.neurons)):
            cycles = self._traced(number)
            words = np.zeros(len(cycles), TRACE_RECORD)
            for name in TRACE_RECORD.names or ():
                words[name] = self.records["layers"][name][cycles, number]
            self.words.compare_layer(found, number, words, start + cycles)
        results = np.zeros(len(self.results), result_type(layout.classes))
        results["class"] = self.records["tdata"][self.results]
        results["scores"] = _scores(self.records["tuser"][self.results], layout)
        self.words.compare_results(found, results, start + self.results)
        self._nothing_after_reset()
        self._results_stand()
        self._offered()
        for number, steps in enumerate(self.stress.steps):
            self._random(number, steps)
        return self.violations

    def _traced(self, number: int) -> Integers:
        """Cycles of the episode in which a layer hands on a result."""
        return np.flatnonzero(self.records["layers"]["flags"][:, number] & 1)

    def _say(self, cycle: int, image: int, port: str, text: str) -> None:
        cycle += self.episode.start
        self.violations.append((cycle, f"cycle {cycle}, image {image}, {port}: {text}"))

    def _nothing_after_reset(self) -> None:
        """While the reset lasts, from its second cycle on, and in the cycle after it, nothing comes."""
        wires = {"m_axis_tvalid": self.idle["flags"] >> CYCLE_FLAGS.index("m_axis_tvalid")}
        for number in range(len(self.layout.neurons)):
            for b in range(2 if self.stress.steps else 1):
                wires[LAYER_FLAGS[b].format(number)] = self.idle["layers"]["flags"][:, number] >> b
        for port, values in wires.items():
            for cycle in np.flatnonzero(values & 1)[:1]:
                self._say(self.reset + int(cycle) - self.episode.start, int(self.numbers[0]), port,
                          "is 1, although all was reset")

    def _results_stand(self) -> None:
        """What is on ``m_axis`` stays until it is taken."""
        tdata, tuser = self.records["tdata"], self.records["tuser"]
        waited = np.flatnonzero(self.valid[:-1] & ~self.ready[:-1]) + 1
        for cycle in waited[~self.valid[waited]][:1]:
            self._say(cycle, self.image(self.results, self.episode.start + cycle), "m_axis_tvalid",
                      "fell before the class was taken")
        waited = waited[self.valid[waited]]
        for port, differs in (("m_axis_tdata", tdata[waited] != tdata[waited - 1]),
                              ("m_axis_tuser", (tuser[waited] != tuser[waited - 1]).any(1))):
            for cycle in waited[differs][:1]:
                values = f" from {tdata[cycle - 1]} to {tdata[cycle]}" if port == "m_axis_tdata" else ""
                self._say(cycle, self.image(self.results, self.episode.start + cycle), port,
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
        start, flags = self.episode.start, self.records["layers"]["flags"][:, number]
        taken = np.flatnonzero(flags >> 1 & 1)
        place = np.arange(len(taken)) % steps.cycles
        right = {"last": place == steps.cycles - 1}
        if steps.partial:
            right["partial"] = (place >= steps.fill) & ((place - steps.fill) % steps.chunk == steps.chunk - 1)
        for port, values in right.items():
            got = flags[taken] >> LAYER_FLAGS.index(f"random{{}}_{port}") & 1
            for step in np.flatnonzero(got != values)[:1]:
                self._say(int(taken[step]), self.image(taken, start + int(taken[step]), steps.cycles),
                          f"random{number}_{port}",
                          f"is {got[step]} in cycle {place[step]} of the {steps.cycles} of an image that take numbers")
        if number:
            given, an_image = self._traced(number - 1), self.layout.neurons[number - 1]
        else:
            given, an_image = np.flatnonzero(self.taken_in), self.stress.beats
        early = np.arange(len(taken)) // steps.cycles >= np.searchsorted(given, taken) // an_image
        for step in np.flatnonzero(early)[:1]:
            self._say(int(taken[step]), self.image(taken, start + int(taken[step]), steps.cycles),
                      f"random{number}_step", "is 1 before the image is there")
        due = self.episode.images * steps.cycles
        if self.episode.complete and len(taken) < due:
            self._say(len(flags) - 1, int(self.numbers[-1]), f"random{number}_step",
                      f"was 1 in {len(taken)} cycles of {self.episode.images} images, not in {due}")


def _part(trace: Trace, places: slice) -> Trace:
    return Trace(trace.input_states[places], [layer[places] for layer in trace.accumulators],
                 [layer[places] for layer in trace.states], trace.scores[places], trace.classes[places])


def _scores(words: npt.NDArray[np.uint32], layout: Layout) -> npt.NDArray[np.int64]:
    """Scores of some results, shape (results, classes), from the words in which they were recorded."""
    bits = np.unpackbits(np.ascontiguousarray(words).astype("<u4").view(np.uint8), axis=1, bitorder="little")
    scores = bits[:, :layout.classes * layout.score_bits].reshape(-1, layout.classes, layout.score_bits)
    weights = 1 << np.arange(layout.score_bits)
    weights[-1] *= -1
    found: npt.NDArray[np.int64] = scores.astype(np.int64) @ weights
    return found
