"""cocotb test of two networks in one design: each gives its own results, whatever the other does."""

from __future__ import annotations

from typing import Any

import cocotb

from tests.benches.testbench_client import TB


@cocotb.test()
async def both_give_their_results(dut: Any) -> None:
    benches = [TB(dut, prefix, prefix=f"{prefix}_") for prefix in ("one", "TWO")]
    await benches[0].reset()
    for tb, idle, stall in zip(benches, ("coin", "long"), ("long", "coin"), strict=True):
        tb.pause(idle, stall)
        for image in tb.images:
            await tb.source.send(image)
    for tb in benches:
        assert await tb.results(len(tb.images)) == tb.expected
