"""cocotb tests of an emitted network driven by a client that others wrote: sources and sinks of cocotbext-axi.

The folder ``SPINSC_RUN`` holds ``client.npz``: images, and the golden model's classes and scores.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamSink, AxiStreamSource

SEED = 20261125
#: Probability of a pause in a cycle, and the length of each, for source and sink.
PAUSES = {"never": (0.0, 1), "coin": (0.5, 1), "long": (0.1, 90), "mostly": (0.95, 1)}


def pauses(style: str, draw: Random) -> Iterator[bool]:
    """Whether to pause in each cycle."""
    probability, longest = PAUSES[style]
    while True:
        yield from [True] * draw.randint(1, longest) if draw.random() < probability else [False]


class TB:
    """Clock, reset, source and sink of one network, whose ports and file may have a prefix."""

    def __init__(self, dut: Any, *purpose: object, prefix: str = "") -> None:
        self.dut, self.draw = dut, Random(f"{SEED}/{purpose}")
        with np.load(Path(os.environ["SPINSC_RUN"]) / f"{prefix}client.npz") as archive:
            self.images: list[bytes] = [image.tobytes() for image in archive["images"]]
            self.expected: list[tuple[int, list[int]]] = list(
                zip(archive["classes"].tolist(), archive["scores"].tolist(), strict=True))
        cocotb.start_soon(Clock(dut.clk, 10, "ns").start())
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, f"{prefix}s_axis"), dut.clk, dut.rst)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, f"{prefix}m_axis"), dut.clk, dut.rst)
        self.score_width = len(getattr(dut, f"{prefix}m_axis_tuser")) // len(self.expected[0][1])

    async def reset(self) -> None:
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 3)
        self.source.clear()
        self.sink.clear()
        self.dut.rst.value = 0
        await RisingEdge(self.dut.clk)

    def pause(self, idle: str, stall: str) -> None:
        self.source.set_pause_generator(pauses(idle, self.draw))
        self.sink.set_pause_generator(pauses(stall, self.draw))

    async def results(self, count: int) -> list[tuple[int, list[int]]]:
        """Class and scores of the next results."""
        frames = [await with_timeout(self.sink.recv(), 50, "us") for _ in range(count)]
        assert all(len(frame.tdata) == 1 for frame in frames), "a result is a frame of its own"
        return [(frame.tdata[0], self._scores(frame.tuser if isinstance(frame.tuser, int) else frame.tuser[0]))
                for frame in frames]

    def _scores(self, word: int) -> list[int]:
        sign = 1 << self.score_width - 1
        fields = (word >> c * self.score_width & 2 * sign - 1 for c in range(len(self.expected[0][1])))
        return [(field ^ sign) - sign for field in fields]

    def beats(self, count: int) -> bytes:
        """A frame of noise of so many beats."""
        return self.draw.randbytes(count * self.source.byte_lanes)

    @property
    def image_beats(self) -> int:
        return -(-len(self.images[0]) // self.source.byte_lanes)

    async def nothing_more(self) -> None:
        """After the last result, none may follow."""
        self.pause("never", "never")
        await ClockCycles(self.dut.clk, 300)
        assert self.sink.empty(), "a result without an image"


@cocotb.test()
@cocotb.parametrize((("idle", "stall"), [
    ("never", "never"), ("coin", "coin"), ("long", "never"), ("never", "long"), ("mostly", "coin"),
    ("coin", "mostly")]))
async def results_with_pauses(dut: Any, idle: str, stall: str) -> None:
    """Every class and score, whatever the pauses of source and sink."""
    tb = TB(dut, idle, stall)
    await tb.reset()
    tb.pause(idle, stall)
    for image in tb.images:
        await tb.source.send(image)
    assert await tb.results(len(tb.images)) == tb.expected
    await tb.nothing_more()


@cocotb.test()
async def results_after_resets(dut: Any) -> None:
    """A reset at any moment forgets what was on its way; the next image is right."""
    tb = TB(dut, "resets")
    for _ in range(6):
        await tb.reset()
        tb.pause("coin", "coin")
        for image in itertools.islice(tb.images, 3):
            await tb.source.send(image)
        await ClockCycles(dut.clk, tb.draw.randint(1, 400))
    await tb.reset()
    for image in tb.images:
        await tb.source.send(image)
    assert await tb.results(len(tb.images)) == tb.expected


@cocotb.test()
@cocotb.parametrize((("idle", "stall"), [("never", "never"), ("coin", "long")]))
async def frames_of_the_wrong_length_are_dropped(dut: Any, idle: str, stall: str) -> None:
    """Between images, frames too short and too long by up to twice an image: nothing comes of them, and all else is
    right.
    """
    if not hasattr(dut, "s_axis_tlast"):
        return
    tb = TB(dut, "frames", idle, stall)
    await tb.reset()
    tb.pause(idle, stall)
    wrong = [count for count in range(1, 3 * tb.image_beats + 1) if count != tb.image_beats]
    for image in tb.images:
        for count in tb.draw.choices(wrong, k=tb.draw.randint(0, 3)):
            await tb.source.send(tb.beats(count))
        await tb.source.send(image)
    assert await tb.results(len(tb.images)) == tb.expected
    assert int(dut.frame_error.value) == 3
    await tb.nothing_more()


@cocotb.test()
async def each_wrong_frame_is_flagged_until_the_reset(dut: Any) -> None:
    """Too short: bit 0; too long: bit 1; an image: neither."""
    if not hasattr(dut, "s_axis_tlast"):
        return
    tb = TB(dut, "flags")
    for count, error in ((tb.image_beats - 1, 1), (tb.image_beats + 1, 2), (1, 1), (3 * tb.image_beats, 2)):
        await tb.reset()
        await tb.source.send(tb.images[0])
        await tb.source.wait()
        assert int(dut.frame_error.value) == 0
        await tb.source.send(tb.beats(count))
        await tb.source.send(tb.images[1])
        assert await tb.results(2) == tb.expected[:2]
        assert int(dut.frame_error.value) == error
        await tb.nothing_more()
