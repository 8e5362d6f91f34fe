"""Energy of memories, which are no cells: a model.

A read or a write of a word costs 10 pJ for 64 bits of an 8 KiB memory, and in proportion to its bits and to the square
root of the memory's size: at 45 nm and 0.9 V, from the two figures of 10 pJ (8 KiB) and 20 pJ (32 KiB) in M. Horowitz,
"Computing's energy problem (and what we can do about it)", ISSCC 2014, figure 1.1.9. Ours are far smaller than these,
and most are read-only, so the figure may be off by a factor of two either way.
"""

from __future__ import annotations

import math

#: Of a bit of a memory of `BASE_BITS`, at `NODE_NM`.
BASE_J, BASE_BITS = 10e-12 / 64, 8 * 1024 * 8
NODE_NM, VOLTAGE_V = 45, 0.9
#: Factor by which the model may be off.
UNCERTAINTY = 2.0


def access_energy(width: int, bits: int) -> float:
    """Joules for a word of ``width`` bits of a memory of so many ``bits``, at `NODE_NM` and `VOLTAGE_V`."""
    return BASE_J * width * math.sqrt(bits / BASE_BITS)
