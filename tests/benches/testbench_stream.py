"""cocotb protocol tests of an emitted network: both AXI-Streams with pauses, resets, and the golden model's integers.

Python makes the clock: every cycle all drivers set their signals, the logic settles, all monitors look, and the edge
comes. The folder ``SPINSC_RUN`` holds the manifest and ``episodes.npz``, which has the images and the golden model's
integers of several stretches of images that each begin after a reset.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import cocotb
import numpy as np
import numpy.typing as npt
from cocotb.triggers import Timer

from spinsc.gen.manifest import MANIFEST, Manifest

SEED = 20261123
#: Ways to pause, from :func:`pauses`.
STYLES = ("never", "coin", "bursts", "mostly")

Array = npt.NDArray[Any]


def pauses(style: str, draw: Random) -> Iterator[bool]:
    """Whether to pause in each cycle."""
    while True:
        if style == "bursts":
            yield from [False] * draw.randint(1, 60)
            yield from [True] * draw.randint(1, 200)
        else:
            yield draw.random() < {"never": 0.0, "coin": 0.5, "mostly": 0.95}[style]


class Source:
    """Drives ``s_axis`` with the pixels of images; valid stays until ready, as the protocol demands."""

    def __init__(self, dut: Any, pixels_per_beat: int, draw: Random) -> None:
        self.dut, self.pixels_per_beat, self.draw = dut, pixels_per_beat, draw
        self.beats: list[int] = []
        self.pauses = pauses("never", draw)
        self.valid = False

    def send(self, images: Array) -> None:
        """Queue images; the bytes of a last beat beyond the image are noise."""
        for image in images:
            for first in range(0, len(image), self.pixels_per_beat):
                beat = bytes(image[first:first + self.pixels_per_beat])
                beat += self.draw.randbytes(self.pixels_per_beat - len(beat))
                self.beats.append(int.from_bytes(beat, "little"))

    def clear(self) -> None:
        self.beats, self.valid = [], False

    def drive(self) -> None:
        if not self.valid:
            self.valid = bool(self.beats) and not next(self.pauses)
        self.dut.s_axis_tvalid.value = self.valid
        width = 8 * self.pixels_per_beat
        self.dut.s_axis_tdata.value = self.beats[0] if self.valid else self.draw.getrandbits(width)

    def look(self) -> None:
        if self.valid and int(self.dut.s_axis_tready.value):
            self.beats.pop(0)
            self.valid = False


class Sink:
    """Drives ``m_axis_tready``, collects classes and scores, and checks that an offer stands until it is taken."""

    def __init__(self, dut: Any, classes: int, score_width: int, draw: Random) -> None:
        self.dut, self.classes, self.score_width = dut, classes, score_width
        self.pauses = pauses("never", draw)
        self.ready = False
        self.clear()

    def clear(self) -> None:
        self.results: list[tuple[int, list[int]]] = []
        self.cycles: list[int] = []
        self.offered: tuple[int, int] | None = None

    def drive(self) -> None:
        self.ready = not next(self.pauses)
        self.dut.m_axis_tready.value = self.ready

    def look(self, cycle: int) -> None:
        valid = bool(int(self.dut.m_axis_tvalid.value))
        offer = (int(self.dut.m_axis_tdata.value), int(self.dut.m_axis_tuser.value)) if valid else None
        if self.offered is not None:
            assert offer == self.offered, f"cycle {cycle}: {offer} on m_axis, but {self.offered} was not taken yet"
        self.offered = offer
        if offer is not None and self.ready:
            self.offered = None
            self.results.append((offer[0], [self._score(offer[1], c) for c in range(self.classes)]))
            self.cycles.append(cycle)

    def _score(self, word: int, number: int) -> int:
        value = word >> number * self.score_width & (1 << self.score_width) - 1
        return value - (value >> self.score_width - 1 << self.score_width)


class TraceMonitor:
    """Collects (index, accumulator, state) of every result of a layer; state 0 for the output layer."""

    def __init__(self, dut: Any, number: int) -> None:
        names = [f"trace{number}_{name}" for name in ("valid", "index", "accumulator", "state")]
        self.valid, *self.words = [getattr(dut, name) for name in names if hasattr(dut, name)]
        self.got: list[tuple[int, int, int]] = []

    def clear(self) -> None:
        self.got = []

    def look(self) -> None:
        if int(self.valid.value):
            index, accumulator, *state = [int(word.value) for word in self.words]
            self.got.append((index, accumulator, state[0] if state else 0))


class TB:
    """Clock, reset, source, sink and monitors of one network."""

    def __init__(self, dut: Any, *purpose: object) -> None:
        run = Path(os.environ["SPINSC_RUN"])
        self.dut = dut
        self.manifest = Manifest.load(run / MANIFEST)
        with np.load(run / "episodes.npz") as archive:
            self.expected = {name: archive[name] for name in archive.files}
        self.draw = Random(f"{SEED}/{purpose}")
        dut._log.info("seed %d, %s", SEED, purpose)
        self.source = Source(dut, self.manifest.pixels_per_beat, self.draw)
        self.sink = Sink(dut, self.manifest.classes, self.manifest.score_width, self.draw)
        self.traces = [TraceMonitor(dut, number) for number in range(len(self.manifest.layers))]
        self.cycle = 0
        #: Change the inputs within each cycle to see which outputs follow at once.
        self.check_paths = False

    @property
    def episodes(self) -> int:
        return len(self.expected["episodes"])

    def of(self, episode: int, name: str) -> Array:
        """Images or expected integers of an episode."""
        array: Array = self.expected[f"{episode}_{name}"]
        return array

    async def settle(self) -> None:
        await Timer(1, "ns")

    async def edge(self) -> None:
        self.dut.clk.value = 1
        await self.settle()
        self.dut.clk.value = 0
        await self.settle()
        self.cycle += 1

    async def reset(self) -> None:
        """Reset of one to three cycles, in which the source offers noise that must be lost."""
        self.source.clear()
        self.sink.clear()
        for trace in self.traces:
            trace.clear()
        self.dut.rst.value = 1
        for number in range(self.draw.randint(1, 3)):
            self.dut.s_axis_tvalid.value = self.draw.getrandbits(1)
            self.dut.s_axis_tdata.value = self.draw.getrandbits(8 * self.source.pixels_per_beat)
            self.dut.m_axis_tready.value = self.draw.getrandbits(1)
            await self.settle()
            assert number == 0 or not int(self.dut.m_axis_tvalid.value), "m_axis_tvalid in reset"
            await self.edge()
        self.dut.rst.value = 0
        self.dut.s_axis_tvalid.value = 0
        await self.settle()
        assert not int(self.dut.m_axis_tvalid.value), "m_axis_tvalid after reset"
        self.cycle = 0

    async def step(self) -> None:
        """One clock cycle."""
        self.source.drive()
        self.sink.drive()
        await self.settle()
        if self.check_paths:
            await self._no_combinational_path()
        self.source.look()
        self.sink.look(self.cycle)
        for trace in self.traces:
            trace.look()
        await self.edge()

    async def _no_combinational_path(self) -> None:
        """No handshake output may follow an input of either stream within the cycle."""
        dut = self.dut
        outputs = (dut.m_axis_tvalid, dut.m_axis_tdata, dut.m_axis_tuser, dut.s_axis_tready)
        inputs = {dut.m_axis_tready: 1, dut.s_axis_tvalid: 1, dut.s_axis_tdata: 8 * self.source.pixels_per_beat}
        before = [int(output.value) for output in outputs]
        for signal, width in inputs.items():
            kept = int(signal.value)
            signal.value = kept ^ (1 << width) - 1
            await self.settle()
            after = [int(output.value) for output in outputs]
            assert after == before, f"cycle {self.cycle}: outputs follow {signal._name} within the cycle"
            signal.value = kept
            await self.settle()

    async def run(self, episode: int, *, idle: str = "never", stall: str = "never", cycles: int | None = None) -> None:
        """Reset, send the images of an episode and compare; ``cycles`` ends it early."""
        await self.reset()
        self.source.pauses, self.sink.pauses = pauses(idle, self.draw), pauses(stall, self.draw)
        images = self.of(episode, "images")
        self.source.send(images)
        patience = 400 * (len(images) + 2) * self.manifest.cycles_per_image
        while len(self.sink.results) < len(images) and (cycles is None or self.cycle < cycles):
            await self.step()
            assert self.cycle < patience, f"{len(self.sink.results)} results after {self.cycle} cycles"
        if cycles is None:
            # Nothing may follow: no result twice, no rest of an image.
            for _ in range(2 * sum(layer.cycles_per_image for layer in self.manifest.layers)):
                await self.step()
        self.compare(episode, complete=cycles is None)

    def compare(self, episode: int, complete: bool) -> None:
        """Everything recorded since the reset; all of it must be there if the episode is ``complete``."""
        for number, trace in enumerate(self.traces):
            accumulators = self.of(episode, f"accumulators{number}")
            states = self.of(episode, f"states{number}") if f"{episode}_states{number}" in self.expected \
                else np.zeros_like(accumulators)
            images, neurons = accumulators.shape
            indices = np.tile(np.arange(neurons), images)
            words = list(zip(*(part.reshape(-1).tolist() for part in (indices, accumulators, states)), strict=True))
            self._equal(f"layer {number}, (neuron, accumulator, state)", trace.got, words, complete)
        results = list(zip(self.of(episode, "classes").tolist(), self.of(episode, "scores").tolist(), strict=True))
        self._equal("class and scores", self.sink.results, results, complete)

    def _equal(self, what: str, got: list[Any], expected: list[Any], complete: bool) -> None:
        enough = len(got) == len(expected) if complete else len(got) <= len(expected)
        assert enough, f"{what}: {len(got)} of {len(expected)}"
        for number, (one, other) in enumerate(zip(got, expected, strict=False)):
            assert one == other, f"{what}: word {number} is {one}, not {other}"


@cocotb.test()
@cocotb.parametrize(idle=STYLES, stall=STYLES)
async def every_word_with_pauses(dut: Any, idle: str, stall: str) -> None:
    """All accumulators, states, scores and classes, whatever the pauses of the two streams."""
    tb = TB(dut, "pauses", idle, stall)
    await tb.run(tb.draw.randrange(tb.episodes), idle=idle, stall=stall)


@cocotb.test()
async def results_stand_until_they_are_taken(dut: Any) -> None:
    """A sink that takes nothing for long: the whole pipeline stands, and loses nothing."""
    tb = TB(dut, "standing")
    await tb.reset()
    images = tb.of(0, "images")
    tb.source.send(images)
    tb.sink.pauses = iter([True] * (20 * (len(images) + 3) * tb.manifest.cycles_per_image) + [False] * 100_000)
    while not tb.sink.results:
        await tb.step()
    assert tb.source.beats, "every image was taken in although none came out"
    while len(tb.sink.results) < len(images):
        await tb.step()
    tb.compare(0, complete=True)


@cocotb.test()
async def outputs_follow_no_input_within_a_cycle(dut: Any) -> None:
    """tready must not make tvalid, nor may any other path lead from one handshake signal to another."""
    tb = TB(dut, "paths")
    tb.check_paths = True
    await tb.run(1, idle="coin", stall="coin")


@cocotb.test()
async def images_back_to_back_take_the_predicted_cycles(dut: Any) -> None:
    """Without pauses, results come as far apart as the manifest says."""
    tb = TB(dut, "cycles")
    await tb.run(0)
    apart = [after - before for before, after in zip(tb.sink.cycles, tb.sink.cycles[1:], strict=False)]
    assert apart[-1] == tb.manifest.cycles_per_image, f"{apart} cycles, not {tb.manifest.cycles_per_image}"


@cocotb.test()
async def resets_at_any_moment(dut: Any) -> None:
    """After a reset the next image is the first again, whatever was on its way."""
    tb = TB(dut, "resets")
    per_image = tb.manifest.cycles_per_image
    for number in range(30):
        idle, stall = tb.draw.choice(STYLES[:3]), tb.draw.choice(STYLES[:3])
        await tb.run(number % tb.episodes, idle=idle, stall=stall, cycles=tb.draw.randrange(5 * per_image))
    for cycles in range(2 * tb.manifest.beats_per_image + 8):
        await tb.run(cycles % tb.episodes, cycles=cycles)
    await tb.run(2)
